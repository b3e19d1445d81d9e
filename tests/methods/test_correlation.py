"""Correlations agree with numpy and scipy, and are defined where those are not."""

import anndata
import numpy as np
import pytest
from scipy import sparse, stats

from bengrn.plugin import log_normalized
from bengrn_methods.correlation import Pearson, Spearman

N_CELLS, N_GENES = 60, 20
REGULATORS = ("g07", "g02", "g15")
ROWS = [7, 2, 15]


@pytest.fixture
def counts():
    rng = np.random.default_rng(0)
    mean_CG = np.exp(rng.normal(size=(N_CELLS, 3)) @ rng.normal(size=(3, N_GENES)) * 0.5)
    return rng.poisson(mean_CG).astype(np.float32)


def make_adata(counts_CG):
    adata = anndata.AnnData(sparse.csr_array(counts_CG))
    adata.var_names = [f"g{gene:02d}" for gene in range(counts_CG.shape[1])]
    adata.obs["total_counts"] = np.full(len(counts_CG), 50.0, dtype=np.float32)
    return adata


def test_pearson_matches_numpy(counts):
    adata = make_adata(counts)
    expected = np.abs(np.corrcoef(log_normalized(adata).astype(np.float64), rowvar=False))[ROWS]
    scores = Pearson().infer(adata, regulators=REGULATORS, seed=0).scores
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


def test_spearman_matches_scipy_with_ties(counts):
    adata = make_adata(counts)
    expected = np.abs(stats.spearmanr(log_normalized(adata)).statistic)[ROWS]
    scores = Spearman().infer(adata, regulators=REGULATORS, seed=0).scores
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


def test_blocks_of_regulators_join_without_a_seam(counts, monkeypatch):
    adata = make_adata(counts)
    whole = Pearson().infer(adata, regulators=adata.var_names, seed=0).scores
    monkeypatch.setattr("bengrn_methods.correlation._ROWS_AT_ONCE", 7)
    blocks = Pearson().infer(adata, regulators=adata.var_names, seed=0).scores
    np.testing.assert_allclose(blocks, whole, rtol=1e-6)


@pytest.mark.parametrize("method", [Pearson(), Spearman()])
@pytest.mark.parametrize("value", [0, 3])
def test_a_constant_gene_scores_zero_in_its_row_and_column(counts, method, value):
    counts[:, 7] = value
    network = method.infer(make_adata(counts), regulators=REGULATORS, seed=0)
    assert not network.scores[0].any()
    assert not network.scores[:, 7].any()
    assert network.scores[1, 15] > 0


@pytest.mark.parametrize("method", [Pearson(), Spearman()])
def test_repression_scores_as_high_as_activation(method):
    up = np.arange(1.0, 31.0, dtype=np.float32)
    adata = make_adata(np.column_stack([up, up, up[::-1]]))
    scores = method.infer(adata, regulators=["g00"], seed=0).scores
    assert scores[0, 1] == pytest.approx(1)
    assert scores[0, 2] > 0.7


@pytest.mark.parametrize("method", [Pearson(), Spearman()])
def test_the_data_are_not_modified(counts, method):
    adata = make_adata(counts)
    method.infer(adata, regulators=REGULATORS, seed=0)
    np.testing.assert_array_equal(adata.X.toarray(), counts)


@pytest.mark.parametrize("method", [Pearson(), Spearman()])
def test_a_single_cell_is_refused(counts, method):
    with pytest.raises(ValueError, match="got 1 cells x 20 genes; expected at least 2"):
        method.infer(make_adata(counts[:1]), regulators=REGULATORS, seed=0)
