"""Scores of a trained model: against hand-made values, and beside an untrained twin."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from scipy import stats

from scprint_model.checkpoint.ours import load
from scprint_model.corpus.collate import Collator
from scprint_model.corpus.read import Corpus
from scprint_model.errors import TrainingError
from scprint_model.labels import LabelSpace
from scprint_model.objective_settings import Objective
from scprint_model.train.answers import batches_of, untrained_twin
from scprint_model.train.config import TrainConfig
from scprint_model.train.evaluate import Look, evaluate
from scprint_model.train.loop import fit
from scprint_model.train.scores import accuracy, best_constant, macro_f1, spearman

# two leaves under a group, one beside it
SPACE = LabelSpace("type", ("a", "b", "c"), (("ab", (0, 1)),))


def test_a_leaf_under_a_true_group_is_right():
    assert accuracy(np.array([0, 1, 2, 2]), np.array([3, 3, 3, 2]), SPACE) == 3 / 4


def test_the_best_constant_label_counts_groups_too():
    # b is right for the two b and for the group; a for one a and the group; c for two c
    assert best_constant(np.array([1, 1, 3, 0, 2, 2]), SPACE) == 3 / 6


def test_macro_f1_is_the_mean_over_true_leaves():
    # a: 1 hit of 2 said, 1 true; b: none of 2 true; the last cell's truth is a group
    found, truth = np.array([0, 0, 2, 0]), np.array([0, 1, 1, 3])
    assert macro_f1(found, truth, SPACE) == pytest.approx((2 / 3 + 0) / 2)
    assert np.isnan(macro_f1(np.array([0]), np.array([3]), SPACE))


def test_spearman_is_that_of_scipy_and_refuses_what_is_undefined():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, 50), rng.integers(0, 9, 50)
    assert spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic)
    with pytest.raises(TrainingError, match="undefined"):
        spearman(np.ones(5), rng.random(5))
    with pytest.raises(TrainingError, match="2 entries"):
        spearman(np.arange(2), np.arange(2))


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_corpus, write_tiny):
    """Train for long enough that a model beats an untrained one."""
    folder = tmp_path_factory.mktemp("trained")
    loop = {"steps": 150, "lr": 5e-3, "validate_every": 150, "save_every": 150, "schedule": "cosine"}
    write_tiny(folder / "c.json", train=loop, data={"context": 30}, model={"dropout": 0.0, "layers": 1})
    config = TrainConfig.from_dict(json.loads((folder / "c.json").read_text()))
    return load(fit(config, out=folder / "run")), Corpus.open(tiny_corpus)


LOOK = Look(collator=Collator(context=30), batch=8)


def _evaluate(trained, look=LOOK):
    pretrained, corpus = trained
    rows = np.flatnonzero(corpus.dataset == 2)
    return evaluate(pretrained, corpus, rows, objective=Objective(), look=look, device=torch.device("cpu"))


def test_a_trained_model_beats_its_untrained_twin_on_held_out_cells(trained):
    found = _evaluate(trained)
    assert found.datasets == ("set2",)
    assert found.losses["total"] < found.untrained_losses["total"] - 1
    assert found.denoising.model > found.denoising.untrained + 0.1
    assert found.denoising.gain > 0


@pytest.mark.slow
def test_labels_are_learned_above_the_majority(tmp_path, write_corpus):
    corpus = write_corpus(tmp_path / "corpus", cells=300)
    loop = {
        "steps": 600,
        "lr": 5e-3,
        "validate_every": 600,
        "save_every": 600,
        "schedule": "cosine",
        "warmup": 2,
    }
    values = {
        "corpus": str(corpus),
        "model": {"d_model": 16, "layers": 2, "heads": 2, "dropout": 0.0},
        "data": {"context": 30, "batch": 16, "test_datasets": ["set2"]},
        "train": {**loop, "threads": 1},
    }
    pretrained = load(fit(TrainConfig.from_dict(values), out=tmp_path / "run"))
    (cell_type, _) = _evaluate((pretrained, Corpus.open(corpus))).classes
    assert cell_type.accuracy > cell_type.majority + 0.3
    assert cell_type.macro_f1 > 0.8


def test_an_evaluation_repeats_exactly_and_fits_into_json(trained):
    first, second = _evaluate(trained).to_dict(), _evaluate(trained).to_dict()
    assert json.loads(json.dumps(first)) == json.loads(json.dumps(second))


def test_labels_are_matched_by_name(trained):
    corpus = trained[1]
    types, sexes = corpus.labels
    turned = LabelSpace(types.name, types.leaves[::-1], (("CL:0", (1, 2)),))
    rows = np.arange(20)
    (batch,) = batches_of(corpus, rows, dataclasses.replace(LOOK, batch=20), (sexes, turned))
    expected = [types.decode(code) for code in corpus.classes[rows, 0]]
    assert [turned.decode(code) for code in batch.classes[:, 1].tolist()] == expected
    assert batch.classes[:, 0].tolist() == corpus.classes[rows, 1].tolist()


def test_a_class_that_the_corpus_lacks_is_unknown(trained):
    _, corpus = trained
    (batch,) = batches_of(corpus, np.arange(4), LOOK, (LabelSpace("disease", ("x",)),))
    assert batch.classes.tolist() == [[-1]] * 4


def test_the_twin_has_the_places_but_none_of_what_was_learned(trained):
    model = trained[0].model
    twin = untrained_twin(model, 0)
    assert torch.equal(twin.position_tokens.table, model.position_tokens.table)
    assert not torch.equal(twin.gene_tokens.table.weight, model.gene_tokens.table.weight)


def test_a_corpus_of_other_genes_is_refused(trained, tiny_pretrained):
    with pytest.raises(TrainingError, match="other genes than the model"):
        _evaluate((tiny_pretrained(), trained[1]))


def test_no_cells_are_refused(trained):
    pretrained, corpus = trained
    rows = np.array([], np.int64)
    with pytest.raises(TrainingError, match="no cell"):
        evaluate(pretrained, corpus, rows, objective=Objective(), look=LOOK, device=torch.device("cpu"))


def test_running_out_of_memory_says_what_to_lower(trained, monkeypatch):
    def full(*_arguments, **_keywords):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr("scprint_model.train.answers.evaluate_batch", full)
    with pytest.raises(TrainingError, match="with 8 cells x 30 genes: lower --batch or --context"):
        _evaluate(trained)
