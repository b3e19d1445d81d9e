import graphlib
import os
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from bengrn_datasets.sergio.regnetwork_cells import SergioRegNetwork, SergioRegNetworkCells

SMALL = {"genes": 60, "regulators": 12, "max_regulators": 3}


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """Write a list in RegNetwork's format: 400 random rows of 20 regulators and 90 genes, with cycles."""
    rng = np.random.default_rng(2)
    source, target = rng.integers(0, 20, 400), rng.integers(0, 90, 400)
    signs = rng.choice(["-->", "-->", "--|", "-/-"], 400)
    path = tmp_path_factory.mktemp("regnetwork") / "list.txt"
    rows = zip(source, target, signs, strict=True)
    path.write_text("#header\n" + "".join(f"g{a} {a} g{b} {b} {sign}\n" for a, b, sign in rows))
    return {"edges": path}


@pytest.fixture(scope="module")
def upstream():
    folder = os.environ.get("BENGRN_DATA")
    path = Path(folder or "") / "regnetwork/new_kegg.human.reg.direction.txt"
    if not folder or not path.is_file():
        pytest.skip("needs RegNetwork's file: set BENGRN_DATA")
    return {"edges": path}


@pytest.fixture(scope="module")
def truth(upstream):
    return SergioRegNetwork().load(upstream)


@pytest.fixture(scope="module")
def easy(upstream):
    return SergioRegNetworkCells().load(upstream)


def rows_of(paths):
    return [line.split() for line in paths["edges"].read_text().splitlines() if not line.startswith("#")]


def pairs_of(truth):
    edges = truth.edges.tocoo()
    return {(truth.regulators[a], truth.targets[b]) for a, b in zip(edges.row, edges.col, strict=True)}


def is_acyclic(pairs):
    sorter = graphlib.TopologicalSorter()
    for source, target in pairs:
        sorter.add(target, source)
    try:
        sorter.prepare()
    except graphlib.CycleError:
        return False
    return True


def correlations(adata, truth):
    """|r| of the log counts of every regulator and target, self-pairs left out, and which are edges."""
    x_CG = np.log1p(adata.X.toarray())
    x_CG = (x_CG - x_CG.mean(axis=0)) / np.maximum(x_CG.std(axis=0), 1e-9) / np.sqrt(len(x_CG))
    rows = adata.var_names.get_indexer(list(truth.regulators))
    r_RT = np.abs(x_CG[:, rows].T @ x_CG)
    other = rows[:, None] != np.arange(adata.n_vars)
    return r_RT[other], truth.edges.toarray()[other]


def test_truth_and_cells_have_the_same_genes(listed):
    truth = SergioRegNetwork(**SMALL).load(listed)
    adata = SergioRegNetworkCells(**SMALL, cells=20).load(listed)
    assert tuple(adata.var_names) == truth.targets
    assert len(truth.targets) == 60
    assert len(truth.regulators) == 12


def test_the_truth_is_acyclic_and_listed(listed):
    pairs = pairs_of(SergioRegNetwork(**SMALL).load(listed))
    assert is_acyclic(pairs)
    assert pairs <= {(row[0], row[2]) for row in rows_of(listed)}


def test_edges_and_losses_add_up_to_the_listed_rows(listed):
    for network in ("strict", "published"):
        truth = SergioRegNetwork(**SMALL, network=network).load(listed)
        assert truth.edges.nnz + sum(truth.losses.values()) == 400


def test_the_sign_of_an_edge_is_that_of_its_strength(listed):
    truth = SergioRegNetwork(**SMALL).load(listed)
    assert truth.sign.nnz == truth.effect.nnz == truth.edges.nnz
    assert (np.sign(truth.effect.toarray()) == truth.sign.toarray()).all()
    assert set(np.unique(truth.sign.data)) == {-1, 1}


def test_cells_are_whole_counts_of_two_types(listed):
    adata = SergioRegNetworkCells(**SMALL, cells=20).load(listed)
    assert isinstance(adata.X, sparse.csr_array)
    assert adata.X.dtype == np.float32
    assert np.array_equal(adata.X.data, np.rint(adata.X.data))
    assert adata.obs["cell_type"].value_counts().to_dict() == {"type 0": 10, "type 1": 10}


def test_the_same_seed_gives_the_same_cells_and_another_seed_others(listed):
    def cells(**settings):
        return SergioRegNetworkCells(**SMALL, cells=20, **settings).load(listed).X.toarray()

    assert np.array_equal(cells(), cells())
    assert not np.array_equal(cells(), cells(seed=1))


def test_the_seed_of_the_cells_leaves_the_network_alone(listed):
    strengths = [
        SergioRegNetwork(**SMALL, network_seed=seed).load(listed).effect.toarray() for seed in (0, 0, 1)
    ]
    assert np.array_equal(strengths[0], strengths[1])
    assert strengths[0].shape != strengths[2].shape or not np.array_equal(strengths[0], strengths[2])


def test_clean_cells_are_levels_and_say_so(listed):
    clean = SergioRegNetworkCells(**SMALL, cells=20, level="clean")
    assert (clean.values, SergioRegNetworkCells().values) == ("continuous", "counts")
    levels = clean.load(listed).X.data
    assert (levels >= 0).all()
    assert not np.array_equal(levels, np.rint(levels))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cells": 21}, "cells is 21, which 2 types cannot share evenly"),
        ({"genes": 95}, "reach only .* genes; expected at least 95"),
        ({"regulators": 30}, "expected at least 30: ask for fewer regulators"),
    ],
)
def test_impossible_settings_are_refused(listed, settings, message):
    with pytest.raises(ValueError, match=message):
        SergioRegNetworkCells(**{**SMALL, **settings}).load(listed)


def test_negative_settings_are_refused_at_once():
    with pytest.raises(ValueError, match="max_regulators is 0; expected 1 or more"):
        SergioRegNetwork(max_regulators=0)


def test_upstream_gives_800_genes_and_130_regulators(truth):
    assert (len(truth.targets), len(truth.regulators)) == (800, 130)
    assert truth.edges.sum(axis=0).max() == 12
    assert truth.organism == "simulated"


def test_upstream_loses_five_self_pairs_and_nine_edges_of_cycles(truth):
    assert truth.losses["self-pairs, which cannot be simulated"] == 5
    assert truth.losses["edges removed to break cycles"] == 9
    assert truth.edges.nnz + sum(truth.losses.values()) == 3_954


def test_no_removed_edge_is_in_the_truth(truth, upstream):
    inside = {(row[0], row[2]) for row in rows_of(upstream) if {row[0], row[2]} <= set(truth.targets)}
    pairs = pairs_of(truth)
    assert is_acyclic(pairs)
    assert not any(source == target for source, target in pairs)
    assert pairs < inside


def test_the_papers_network_has_813_genes_and_3546_edges(upstream):
    truth = SergioRegNetwork(network="published").load(upstream)
    removed = [
        count for reason, count in truth.losses.items() if "self-pairs" in reason or "cycles" in reason
    ]
    assert len(truth.targets) == 813
    assert truth.edges.nnz + sum(removed) == 3_546


def test_upstream_cells_are_1000_x_800_counts(easy):
    assert easy.shape == (1_000, 800)
    assert np.array_equal(easy.X.data, np.rint(easy.X.data))


def test_counts_are_those_of_a_shallow_10x_set(easy, upstream):
    hard = SergioRegNetworkCells(level="hard").load(upstream)
    molecules = [float(np.median(adata.X.sum(axis=1))) for adata in (easy, hard)]
    genes = [float(np.median(np.diff(adata.X.indptr))) for adata in (easy, hard)]
    assert 600 < molecules[0] < 1_000
    assert 400 < molecules[1] < 700
    assert genes[0] > 200 > genes[1] > 100


def test_edges_are_correlated_in_the_cells(easy, truth):
    r, is_edge = correlations(easy, truth)
    threshold = np.quantile(r, 0.99)
    # of the pairs with the highest correlations twice as many are edges as of all pairs, at least
    assert is_edge[r > threshold].mean() > 2 * is_edge.mean()


def test_most_of_the_100_best_correlated_pairs_of_clean_cells_are_edges(upstream, truth):
    clean = SergioRegNetworkCells(level="clean").load(upstream)
    r, is_edge = correlations(clean, truth)
    assert is_edge[np.argsort(-r)[:100]].mean() > 0.5
