"""A task whose genes are partly kept for selecting heads: which are scored, and what is saved."""

import dataclasses

import numpy as np
import pytest
from scipy import sparse

from bengrn.errors import TruthError
from bengrn.request import Selection
from bengrn.tasks.frozen import FrozenTask, freeze
from bengrn.tasks.held_out import beside_training, hold_out, notes_on, scored_genes_alone, trained_on
from bengrn.truths.split import split_truth
from bengrn.values import Network, Truth


@pytest.fixture
def task(counts):
    names = tuple(counts.var_names)
    edges = np.random.default_rng(0).random((len(names), len(names))) < 0.2
    return freeze(counts, Truth(sparse.csr_array(edges), names, names), Selection(genes=None, cells=None))


def _genes(truth):
    return {*truth.regulators, *truth.targets}


def test_no_gene_is_both_scored_and_trained_on(task):
    held = hold_out(task, "x")
    assert not _genes(held.truth) & _genes(held.train)


def test_the_scored_part_is_that_of_the_split_whatever_the_heads_are_selected_by(task):
    expected = split_truth(task.truth, train=0.3).test
    other = dataclasses.replace(task.truth, edges=task.truth.edges.T)
    parts = [
        hold_out(task, "x", share=0.3),
        hold_out(task, "x", other=other, other_name="y", share=0.3),
    ]
    assert [_genes(one.truth) for one in parts] == [_genes(expected)] * 2


def test_methods_are_asked_for_the_regulators_of_the_whole_task(task):
    held = hold_out(task, "x")
    assert held.regulators == task.truth.regulators
    assert held.digests["regulators"] == task.digests["regulators"]


def test_another_truth_is_brought_to_the_genes_and_names_of_the_task(task):
    names = (*task.truth.regulators, "GAPDH")
    edges = sparse.csr_array(np.ones((len(names), len(names))))
    old = tuple("IL8" if name == "CXCL8" else name for name in names)  # its previous symbol
    held = hold_out(task, "x", other=Truth(edges, old, old), other_name="y")
    assert _genes(held.truth) | _genes(held.train) == set(task.truth.regulators)


def test_a_saved_task_is_the_same_when_it_is_loaded(task, tmp_path):
    held = hold_out(task, "x")
    held.save(tmp_path / "task")
    loaded = FrozenTask.load(tmp_path / "task")
    assert loaded.digest == held.digest
    assert loaded.regulators == held.regulators
    assert loaded.train.regulators == held.train.regulators


def test_another_training_truth_is_another_task(task):
    other = dataclasses.replace(task.truth, edges=task.truth.edges.T)
    digests = {
        hold_out(task, "x").digest,
        hold_out(task, "x", other=other, other_name="x").digest,
        task.digest,
    }
    assert len(digests) == 3


def test_a_task_without_training_says_nothing_of_it(task, tmp_path):
    task.save(tmp_path / "task")
    assert not (tmp_path / "task" / "train").exists()
    assert not [name for name in task.digests if "train" in name or "scored" in name]
    assert trained_on(task, "x") is None
    assert notes_on(task) == []


def test_the_report_counts_both_parts(task):
    held = hold_out(task, "x")
    facts = held.report["trained_on"]
    assert (held.report["regulators"], held.report["targets"]) == held.truth.edges.shape
    assert facts["truth"] == "x"
    total = split_truth(task.truth)
    assert facts["unused_edges"] == total.unused_edges
    assert "scored on the genes that no head is selected by: 30 regulators" in notes_on(held)[0]


def test_too_few_scored_regulators_are_refused(task):
    names = task.truth.regulators
    rows = np.zeros((2, len(names)))
    rows[:, ::2] = 1
    few = Truth(sparse.csr_array(rows), names[:2], names)
    with pytest.raises(TruthError, match="1 regulators of x are left to be scored; expected at least 2"):
        hold_out(dataclasses.replace(task, truth=few), "x")


def test_another_truth_without_edges_between_the_genes_is_refused(task):
    other = Truth(sparse.csr_array(np.ones((1, 1))), ("GAPDH",), ("ACTB",))
    with pytest.raises(TruthError, match="y has no edge between genes that are not scored on x"):
        hold_out(task, "x", other=other, other_name="y")
    with pytest.raises(TruthError, match="y has no edge between the 60 genes of the task"):
        beside_training(task, "x", other, "y")


def test_a_truth_of_another_species_is_refused(task):
    mouse = dataclasses.replace(task.truth, organism="mouse")
    for refuse in (lambda: hold_out(task, "x", other=mouse, other_name="y"),
                   lambda: beside_training(task, "x", mouse, "y")):  # fmt: skip
        with pytest.raises(TruthError, match="y is a truth of mouse, x of human"):
            refuse()


def test_a_truth_of_an_unknown_species_is_taken(task):
    unknown = dataclasses.replace(task.truth, organism="")
    assert hold_out(task, "x", other=unknown, other_name="y").train is not None


def test_as_published_all_pairs_stay(task):
    beside = beside_training(task, "x", task.truth, "y")
    assert beside.truth is task.truth
    assert beside.train.edges.nnz == task.truth.edges.nnz
    assert notes_on(beside) == []


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_gene_sets_are_tested_on_the_scored_genes_alone(task, kind):
    names = task.truth.regulators
    held = hold_out(task, "x")
    scores = np.arange(len(names) ** 2, dtype=np.float32).reshape(len(names), -1)
    part = scored_genes_alone(Network(kind(scores), names, names), held)
    assert set(part.targets) == _genes(held.truth)
    row, column = names.index(part.regulators[3]), names.index(part.targets[5])
    assert part.scores[3, 5] == scores[row, column]


def test_gene_sets_are_tested_on_all_genes_where_none_was_held_out(task):
    names = task.truth.regulators
    network = Network(np.ones((len(names), len(names))), names, names)
    assert scored_genes_alone(network, task) is network
