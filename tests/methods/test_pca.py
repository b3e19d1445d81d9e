"""Principal components: against a plain decomposition, sparse and dense alike, and on difficult input."""

import anndata
import numpy as np
import pytest
from scipy import sparse

from bengrn_methods._components import logarithms, principal_components
from bengrn_methods.pca import Pca


def cells(counts, stored=sparse.csr_array, depth=None):
    adata = anndata.AnnData(stored(np.asarray(counts, np.float32)))
    adata.obs_names = [f"c{place}" for place in range(adata.n_obs)]
    adata.obs["total_counts"] = np.asarray(counts, float).sum(axis=1) if depth is None else depth
    adata.obs["batch"] = "one"
    return adata


def drawn(n_cells=40, n_genes=25, seed=0):
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n_cells, 3)) @ rng.normal(size=(3, n_genes))
    return rng.poisson(np.exp(0.5 * factors))


def plainly(counts, components, *, scale=False):
    """Return coordinates by a whole decomposition of log(1 + counts per 10,000)."""
    x = np.log1p(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) * 1e4)
    x = x - x.mean(axis=0)
    if scale:
        x = x / np.where(x.std(axis=0) > 0, x.std(axis=0), 1)
    left, size, right = np.linalg.svd(x, full_matrices=False)
    sign = np.sign(right[np.arange(len(right)), np.abs(right).argmax(axis=1)])
    return (left * size * sign)[:, :components]


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("stored", [np.asarray, sparse.csr_array, sparse.csr_matrix])
def test_coordinates_are_those_of_a_plain_decomposition(stored, scale):
    counts = drawn()
    found = Pca(components=4, scale=scale).embed(cells(counts, stored), seed=0)
    np.testing.assert_allclose(found.values, plainly(counts, 4, scale=scale), atol=1e-4)
    assert found.cells == tuple(f"c{place}" for place in range(40))


@pytest.mark.parametrize("scale", [False, True])
def test_large_sparse_data_give_the_same_without_a_dense_table(scale, monkeypatch):
    counts = drawn(560, 520)
    expected = plainly(counts, 3, scale=scale)
    adata = cells(counts)
    monkeypatch.setattr(sparse.csr_array, "toarray", None)  # blocks come from `log_normalized` alone
    monkeypatch.setattr("bengrn_methods._components.log_normalized", lambda _: np.log1p(
        counts / counts.sum(axis=1, keepdims=True) * 1e4
    ))  # fmt: skip
    found = Pca(components=3, scale=scale).embed(adata, seed=0)
    np.testing.assert_allclose(found.values, expected, atol=1e-3)


def test_other_cells_are_projected_with_the_mean_and_scale_of_the_first():
    x, y = (logarithms(cells(drawn(seed=seed))) for seed in (0, 1))
    found = principal_components(x, 5, scale=True)
    dense = x.toarray()
    weight = 1 / np.where(dense.std(axis=0) > 0, dense.std(axis=0), 1)
    _, _, right = np.linalg.svd((dense - dense.mean(axis=0)) * weight, full_matrices=False)
    expected = ((y.toarray() - dense.mean(axis=0)) * weight) @ right[:5].T
    np.testing.assert_allclose(np.abs(found.project(y)), np.abs(expected), atol=1e-8)


def test_blocks_of_cells_are_put_together_in_their_order(monkeypatch):
    adata = cells(drawn())
    whole = logarithms(adata).toarray()
    monkeypatch.setattr("bengrn_methods._components._CELLS_AT_ONCE", 7)
    np.testing.assert_array_equal(logarithms(adata).toarray(), whole)


def test_fewer_components_than_asked_for_are_all_there_are():
    assert Pca().embed(cells(drawn(5, 9)), seed=0).values.shape == (5, 4)
    assert Pca().embed(cells(drawn(30, 9)), seed=0).values.shape == (30, 9)


def test_cells_that_are_all_alike_stand_in_one_place():
    found = Pca().embed(cells(np.ones((6, 5))), seed=0)
    np.testing.assert_allclose(found.values, 0, atol=1e-6)


def test_the_depth_is_that_of_all_genes():
    counts = drawn()
    shallow, deep = (
        Pca(components=2).embed(cells(counts, depth=depth), seed=0).values for depth in (1e3, 1e5)
    )
    assert np.abs(shallow - deep).max() > 0.1


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (np.ones((1, 3)), "got 1 cells x 3 genes; expected at least 2 cells"),
        (np.ones((3, 0)), "got 3 cells x 0 genes"),
        ([[1, 2], [-1, 2]], "from -1 to 2; expected raw counts"),
        ([[1, np.nan], [1, 2]], "expected raw counts"),
    ],
)
def test_what_has_no_components_is_refused_in_one_line(counts, said):
    with pytest.raises(ValueError, match=said):
        Pca().embed(cells(counts), seed=0)


def test_no_components_are_refused():
    with pytest.raises(ValueError, match="components is 0"):
        Pca(components=0)
