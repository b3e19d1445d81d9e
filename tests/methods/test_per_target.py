"""What the forests share: the planted network, and what must change no score."""

import dataclasses

import anndata
import numpy as np
import pytest
from scipy import sparse

from bengrn_methods.forest.per_target import explain_targets
from bengrn_methods.forest.prepared import prepare
from bengrn_methods.genie3 import GENIE3
from bengrn_methods.genie3_shared import SharedGENIE3
from bengrn_methods.grnboost2 import GRNBoost2

N_CELLS, N_GENES, N_REGULATORS = 80, 14, 4
REGULATORS = tuple(f"g{gene:02d}" for gene in range(N_REGULATORS))
METHODS = [
    pytest.param(GENIE3(ntrees=25), id="genie3"),
    pytest.param(GENIE3(ntrees=25, tree="extra-trees", max_features="all"), id="extra-trees"),
    pytest.param(GENIE3(ntrees=25, normalize="counts"), id="genie3-counts"),
    pytest.param(SharedGENIE3(ntrees=400), id="genie3-shared"),
    pytest.param(GRNBoost2(ntrees=60, max_features=0.5), id="grnboost2"),
]


@pytest.fixture(autouse=True)
def one_worker(monkeypatch):
    monkeypatch.setenv("BENGRN_CPUS", "1")


@pytest.fixture
def planted():
    """Regulator i of 4 drives the targets 4 + i, 8 + i and 12 + i; gene 3 is silent."""
    rng = np.random.default_rng(1)
    activity_CR = rng.gamma(2, 2, size=(N_CELLS, N_REGULATORS))
    driver_G = np.arange(N_GENES) % N_REGULATORS
    counts_CG = rng.poisson(5 * activity_CR[:, driver_G])
    counts_CG[:, 3] = 0
    return counts_CG.astype(np.float32)


def make_adata(counts_CG):
    adata = anndata.AnnData(sparse.csr_array(counts_CG))
    adata.var_names = [f"g{gene:02d}" for gene in range(counts_CG.shape[1])]
    adata.obs["total_counts"] = np.full(len(counts_CG), 300.0, dtype=np.float32)
    return adata


@pytest.mark.parametrize("method", METHODS)
def test_the_planted_regulator_leads_every_target(planted, method):
    network = method.infer(make_adata(planted), regulators=REGULATORS, seed=0)
    targets = [4, 5, 6, 8, 9, 10, 12, 13]
    leaders = network.scores[:, targets].argmax(axis=0)
    np.testing.assert_array_equal(leaders, np.array(targets) % N_REGULATORS)


@pytest.mark.parametrize("method", METHODS)
def test_permuting_the_genes_permutes_the_network_exactly(planted, method):
    adata = make_adata(planted)
    whole = method.infer(adata, regulators=REGULATORS, seed=0)
    order = np.random.default_rng(2).permutation(N_GENES)
    permuted = method.infer(adata[:, order], regulators=REGULATORS[::-1], seed=0)
    np.testing.assert_array_equal(permuted.scores, whole.scores[::-1][:, order])


@pytest.mark.parametrize("method", METHODS)
def test_permuting_the_cells_changes_nothing(planted, method):
    adata = make_adata(planted)
    whole = method.infer(adata, regulators=REGULATORS, seed=0)
    order = np.random.default_rng(2).permutation(N_CELLS)
    permuted = method.infer(adata[order], regulators=REGULATORS, seed=0)
    np.testing.assert_array_equal(permuted.scores, whole.scores)


@pytest.mark.parametrize("method", METHODS)
def test_the_number_of_workers_changes_nothing(planted, method, monkeypatch):
    alone = method.infer(make_adata(planted), regulators=REGULATORS, seed=0)
    monkeypatch.setenv("BENGRN_CPUS", "2")
    together = method.infer(make_adata(planted), regulators=REGULATORS, seed=0)
    np.testing.assert_array_equal(together.scores, alone.scores)


@pytest.mark.parametrize("method", METHODS)
def test_another_seed_gives_another_network(planted, method):
    first = method.infer(make_adata(planted), regulators=REGULATORS, seed=0)
    second = method.infer(make_adata(planted), regulators=REGULATORS, seed=1)
    assert np.any(first.scores != second.scores)


@pytest.mark.parametrize("method", METHODS)
def test_a_regulator_does_not_explain_itself(planted, method):
    network = method.infer(make_adata(planted), regulators=REGULATORS, seed=0)
    assert not np.diag(network.scores[:, :N_REGULATORS]).any()


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_gene_scores_zero_as_regulator_and_as_target(planted, method):
    network = method.infer(make_adata(planted), regulators=REGULATORS, seed=0)
    assert not network.scores[3].any()
    assert not network.scores[:, 3].any()


@pytest.mark.parametrize("method", METHODS)
def test_data_without_any_counts_give_zeros(planted, method):
    network = method.infer(make_adata(np.zeros_like(planted)), regulators=REGULATORS, seed=0)
    assert not network.scores.any()


@pytest.mark.parametrize("method", METHODS)
def test_a_lone_regulator_explains_all_but_itself(planted, method):
    network = method.infer(make_adata(planted), regulators=["g01"], seed=0)
    assert network.scores[0, 1] == 0
    assert np.all(network.scores[0, [0, 2, 5]] > 0)


@pytest.mark.parametrize("method", METHODS)
def test_the_data_are_not_modified(planted, method):
    adata = make_adata(planted)
    method.infer(adata, regulators=REGULATORS, seed=0)
    np.testing.assert_array_equal(adata.X.toarray(), planted)


def test_progress_counts_the_targets(planted, monkeypatch):
    seen = []

    def spy(items, label, total, *, already):
        seen.append((label, total, already))
        return items

    monkeypatch.setattr("bengrn_methods.forest.per_target.track", spy)
    GENIE3(ntrees=1).infer(make_adata(planted), regulators=REGULATORS, seed=0)
    assert seen == [("targets", N_GENES, 0)]


def test_an_error_of_one_target_ends_the_rest(planted, monkeypatch):
    monkeypatch.setenv("BENGRN_CPUS", "2")

    def explain(data, target):
        raise ValueError(f"target {target.number}")

    prepared = prepare(make_adata(planted), REGULATORS, normalize="log", bins="256")
    with pytest.raises(ValueError, match="target 0"):
        explain_targets(explain, prepared, seed=0)


def _forms(counts_CG):
    yield "CSR matrix", sparse.csr_matrix(counts_CG)
    yield "CSC array", sparse.csc_array(counts_CG)
    yield "dense", counts_CG
    yield "column-major", np.asfortranarray(counts_CG)
    yield "float64", counts_CG.astype(np.float64)
    yield "int32", counts_CG.astype(np.int32)


@pytest.mark.parametrize("method", METHODS)
def test_how_the_counts_are_stored_changes_nothing(planted, method):
    whole = method.infer(make_adata(planted), regulators=REGULATORS, seed=0)
    for form, matrix in _forms(planted):
        adata = make_adata(planted)
        adata.X = matrix
        found = method.infer(adata, regulators=REGULATORS, seed=0)
        np.testing.assert_array_equal(found.scores, whole.scores, err_msg=form)


@pytest.mark.parametrize("method", METHODS)
def test_counts_above_65535_do_not_wrap(planted, method):
    large = planted * np.float32(8192)  # exact in float32
    assert large.max() > 65_535
    counts = dataclasses.replace(method, normalize="counts")
    network = counts.infer(make_adata(large), regulators=REGULATORS, seed=0)
    targets = [4, 5, 6, 8, 9, 10, 12, 13]
    leaders = network.scores[:, targets].argmax(axis=0)
    np.testing.assert_array_equal(leaders, np.array(targets) % N_REGULATORS)


@pytest.mark.parametrize("method", METHODS)
def test_more_regulators_than_targets_that_vary_are_fine(planted, method):
    planted[:, 4:] = 1
    every = [f"g{gene:02d}" for gene in range(N_GENES)]
    scores = method.infer(make_adata(planted), regulators=every, seed=0).scores
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("n_cells", [0, 1])
def test_too_few_cells_are_refused(planted, n_cells):
    with pytest.raises(ValueError, match=f"got {n_cells} cells x 14 genes; expected at least 2"):
        GENIE3().infer(make_adata(planted[:n_cells]), regulators=REGULATORS, seed=0)


def test_no_regulators_are_refused(planted):
    with pytest.raises(ValueError, match="got no regulators"):
        GRNBoost2().infer(make_adata(planted), regulators=[], seed=0)
