"""Correlation heads against correlations made another way."""

import anndata
import numpy as np
import pytest
from scipy import sparse, stats
from sklearn.decomposition import PCA

from bengrn.counts import log_normalized
from bengrn_methods.correlation_heads import CorrelationHeads


@pytest.fixture(params=[(80, 30), (30, 80)], ids=["cells over genes", "genes over cells"])
def adata(request):
    cells, genes = request.param
    rng = np.random.default_rng(1)
    factors = rng.normal(size=(cells, 3)) @ rng.normal(size=(3, genes))
    data = anndata.AnnData(sparse.csr_array(rng.poisson(np.exp(0.5 + 0.4 * factors)).astype(np.float32)))
    data.var_names = [f"g{number:02d}" for number in range(genes)]
    data.obs["total_counts"] = 1000.0
    return data


def _heads(adata, **settings):
    method = CorrelationHeads(**settings)
    return {name: head.scores for name, head in method.heads(adata, regulators=adata.var_names[:5], seed=0)}


def test_without_components_the_heads_are_plain_correlations(adata):
    heads = _heads(adata, most_components=0)
    x_CG = log_normalized(adata).astype(np.float64)
    expected = {
        "log-0": np.corrcoef(x_CG.T),
        "rank-0": stats.spearmanr(x_CG).statistic,
        "detected-0": np.corrcoef((x_CG > 0).T),
    }
    assert list(heads) == list(expected)
    for name, r_GG in expected.items():
        np.testing.assert_allclose(heads[name], np.abs(r_GG[:5]), atol=1e-6)


def test_components_are_the_principal_ones_of_standardised_genes(adata):
    x_CG = log_normalized(adata).astype(np.float64)
    z_CG = (x_CG - x_CG.mean(axis=0)) / x_CG.std(axis=0)
    model = PCA(2, svd_solver="full").fit(z_CG)
    rest_CG = z_CG - model.inverse_transform(model.transform(z_CG))
    np.testing.assert_allclose(_heads(adata)["log-2"], np.abs(np.corrcoef(rest_CG.T)[:5]), atol=1e-5)


def test_numbers_of_components_double_up_to_a_quarter_of_the_cells(adata):
    assert [name for name in _heads(adata) if name.startswith("log")] == ["log-0", "log-1", "log-2", "log-4"]


def test_components_that_tie_are_not_told_apart():
    # three pairs of genes, each of its own: three components of the same size
    x = np.kron(np.eye(3), np.ones((8, 2))).astype(np.float32)
    data = anndata.AnnData(sparse.csr_array(x))
    data.var_names = [f"g{number}" for number in range(6)]
    names = [name for name, _ in CorrelationHeads().heads(data, regulators=data.var_names, seed=0)]
    assert names == ["log-0", "rank-0", "detected-0"]


def test_a_negative_number_of_components_is_refused():
    with pytest.raises(ValueError, match="0 or more"):
        CorrelationHeads(most_components=-1)
