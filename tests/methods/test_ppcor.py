"""Partial correlations agree with regression, scikit-learn's shrunken covariance and their formula."""

import itertools

import anndata
import numpy as np
import pytest
from scipy import sparse, stats
from sklearn.covariance import ShrunkCovariance

from bengrn.plugin import log_normalized
from bengrn.testing import method_checks
from bengrn_methods.ppcor import PPCor, best_shrinkage

test_ppcor_conforms = method_checks("ppcor")


def make_adata(n_cells, n_genes, seed=0):
    rng = np.random.default_rng(seed)
    level_CG = np.exp(rng.normal(size=(n_cells, 4)) @ rng.normal(size=(4, n_genes)) * 0.5)
    adata = anndata.AnnData(sparse.csr_array(rng.poisson(3 * level_CG).astype(np.float32)))
    adata.var_names = [f"g{gene:02d}" for gene in range(n_genes)]
    adata.obs["total_counts"] = np.full(n_cells, 100.0, dtype=np.float32)
    return adata


def infer(adata, regulators=None, **settings):
    names = list(adata.var_names) if regulators is None else regulators
    return np.asarray(PPCor(**settings).infer(adata, regulators=names, seed=0).scores, dtype=float)


def standardised(adata):
    x_CG = log_normalized(adata).astype(np.float64)
    return (x_CG - x_CG.mean(axis=0)) / x_CG.std(axis=0)


@pytest.mark.parametrize("correlation", ["pearson", "spearman"])
def test_without_shrinkage_it_is_the_correlation_of_what_the_others_leave(correlation):
    adata = make_adata(60, 7)
    z_CG = standardised(adata)
    if correlation == "spearman":
        z_CG = stats.zscore(stats.rankdata(z_CG, axis=0))
    found = infer(adata, shrinkage=0, correlation=correlation)
    for one, other in itertools.permutations(range(7), 2):
        rest_CG = np.delete(z_CG, [one, other], axis=1)
        left_C2 = z_CG[:, [one, other]]
        left_C2 = left_C2 - rest_CG @ np.linalg.lstsq(rest_CG, left_C2, rcond=None)[0]
        assert found[one, other] == pytest.approx(abs(np.corrcoef(left_C2.T)[0, 1]), abs=1e-6)


@pytest.mark.parametrize(("n_cells", "n_genes"), [(80, 20), (20, 50)])
@pytest.mark.parametrize("shrinkage", [0.05, 0.6])
def test_shrunken_it_is_that_of_scikit_learn(n_cells, n_genes, shrinkage):
    adata = make_adata(n_cells, n_genes)
    precision = ShrunkCovariance(shrinkage=shrinkage).fit(standardised(adata)).precision_
    scale = np.sqrt(np.diag(precision))
    expected = np.abs(precision / np.outer(scale, scale))
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(infer(adata, shrinkage=shrinkage), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("n_cells", "n_genes"), [(40, 6), (8, 12)])
def test_the_best_shrinkage_is_the_variance_of_correlations_over_their_squares(n_cells, n_genes):
    adata = make_adata(n_cells, n_genes)
    x_CG = standardised(adata) * np.sqrt((n_cells - 1) / n_cells)  # unbiased variance 1
    variance = squares = 0.0
    for one, other in itertools.permutations(range(n_genes), 2):
        products_C = x_CG[:, one] * x_CG[:, other]
        spread = ((products_C - products_C.mean()) ** 2).sum()
        variance += n_cells / (n_cells - 1) ** 3 * spread
        squares += (n_cells / (n_cells - 1) * products_C.mean()) ** 2
    z_CG = x_CG / np.linalg.norm(x_CG, axis=0)
    assert best_shrinkage(z_CG) == pytest.approx(variance / squares, rel=1e-9)
    np.testing.assert_allclose(infer(adata), infer(adata, shrinkage=variance / squares), atol=1e-6)


def test_both_ways_to_the_inverse_meet(monkeypatch):
    adata = make_adata(30, 31)
    by_cells = infer(adata, ["g03", "g00"], shrinkage=0.3)
    twice = anndata.concat([adata, adata], index_unique="-")  # the same correlations of more cells
    twice.obs["total_counts"] = 100.0
    np.testing.assert_allclose(infer(twice, ["g03", "g00"], shrinkage=0.3), by_cells, rtol=1e-5)


def test_copies_of_a_gene_and_two_cells_are_no_trouble():
    counts = np.array([[1, 1, 9, 0], [4, 4, 2, 0]], dtype=np.float32)
    adata = anndata.AnnData(sparse.csr_array(counts))
    adata.var_names = ["a", "b", "c", "d"]
    found = infer(adata)
    assert np.isfinite(found).all()
    assert found[0, 1] == pytest.approx(found[0, 2], rel=1e-3)
    assert not found[3].any()


@pytest.mark.parametrize("n_cells", [10, 12])
def test_without_shrinkage_fewer_cells_than_genes_are_refused(n_cells):
    with pytest.raises(ValueError, match=f"12 varying genes in {n_cells} cells cannot be inverted"):
        infer(make_adata(n_cells, 12), shrinkage=0)


def test_without_shrinkage_a_gene_that_follows_from_another_is_refused():
    adata = make_adata(50, 6)
    counts = adata.X.toarray()
    counts[:, 5] = counts[:, 4]
    adata.X = sparse.csr_array(counts)
    with pytest.raises(ValueError, match="no gene that follows from the others"):
        infer(adata, shrinkage=0)


def test_full_shrinkage_leaves_nothing():
    assert not infer(make_adata(30, 5), shrinkage=1).any()


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"shrinkage": 1.5}, "shrinkage is 1.5; expected 0 to 1"), ({"correlation": "kendall"}, "kendall")],
)
def test_settings_that_mean_nothing_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        PPCor(**settings)
