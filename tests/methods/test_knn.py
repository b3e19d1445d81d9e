"""Nearest neighbours: against scikit-learn's own classifier, the rule for ties, and difficult input."""

import anndata
import numpy as np
import pytest
from scipy import sparse

from bengrn_methods.knn import Knn, elect

TYPES = ["CL:0000084", "CL:0000236", "CL:0000775"]


def drawn(n_cells, seed, names="c"):
    """Draw cells of three types that overlap."""
    rng = np.random.default_rng(seed)
    level = np.random.default_rng(99).normal(scale=0.4, size=(3, 30))
    code = rng.integers(3, size=n_cells)
    adata = anndata.AnnData(sparse.csr_array(rng.poisson(np.exp(level[code])).astype(np.float32)))
    adata.obs_names = [f"{names}{place}" for place in range(n_cells)]
    adata.obs["total_counts"] = np.asarray(adata.X.sum(axis=1)).ravel()
    adata.obs["batch"] = "one"
    adata.obs["cell_type"] = np.array(TYPES)[code]
    return adata


def unlabelled(adata):
    bare = adata.copy()
    del bare.obs["cell_type"]
    return bare


def test_labels_are_those_of_scikit_learn_where_no_votes_are_tied():
    from sklearn.decomposition import PCA
    from sklearn.neighbors import KNeighborsClassifier

    train, test = drawn(300, 0, "a"), drawn(120, 1, "b")
    known, x = (np.log1p(one.X.toarray() / one.X.sum(axis=1)[:, None] * 1e4) for one in (train, test))
    pca = PCA(10, svd_solver="full").fit(known)
    model = KNeighborsClassifier(5).fit(pca.transform(known), train.obs["cell_type"])
    share = np.sort(model.predict_proba(pca.transform(x)), axis=1)
    clear = share[:, -1] > share[:, -2]
    found = Knn(components=10).classify(train, unlabelled(test), seed=0)
    assert clear.sum() > 90
    assert list(np.array(found.labels)[clear]) == list(model.predict(pca.transform(x))[clear])
    assert found.cells == tuple(test.obs_names)
    assert found.reachable == tuple(TYPES)


@pytest.mark.parametrize(
    ("votes", "winner"),
    [([0, 1, 1, 2, 1], 1), ([2, 1, 1, 2, 0], 2), ([0, 1, 1, 2, 2], 1), ([2, 1, 0], 2), ([1], 1)],
)
def test_most_votes_win_and_of_a_tie_the_nearest(votes, winner):
    assert elect(np.array([votes]), 3).tolist() == [winner]


def test_the_nearest_training_cell_of_a_training_cell_is_itself():
    train = drawn(50, 0)
    found = Knn(k=1).classify(train, unlabelled(train), seed=0)
    assert list(found.labels) == list(train.obs["cell_type"])


def test_the_order_of_equal_training_cells_does_not_matter():
    train = drawn(40, 0)
    train.X = sparse.csr_array(np.ones(train.shape, np.float32))
    test = unlabelled(drawn(3, 1, "b"))
    first, second = (Knn(k=3).classify(one, test, seed=0).labels for one in (train, train[::-1].copy()))
    assert first == second


def _without_label(train):
    train.obs["cell_type"] = train.obs["cell_type"].where(np.arange(train.n_obs) > 1)


def _without_column(train):
    del train.obs["cell_type"]


@pytest.mark.parametrize(
    ("change", "said"),
    [(_without_label, "2 of 20 training cells have no label"), (_without_column, "no obs\\['cell_type'\\]")],
)
def test_training_cells_without_labels_are_refused(change, said):
    train = drawn(20, 0)
    change(train)
    with pytest.raises(ValueError, match=said):
        Knn().classify(train, unlabelled(drawn(3, 1)), seed=0)


def test_other_genes_no_cells_and_too_few_cells_are_refused():
    train, test = drawn(20, 0), unlabelled(drawn(3, 1))
    for given, cells, said in [
        (train, test[:, ::-1].copy(), "or in another order"),
        (train, test[:0].copy(), "got 0 cells"),
        (train[:0].copy(), test, "got 0 training cells"),
        (train[:1].copy(), test, "expected at least 2 cells"),
        (train[:4].copy(), test, "k is 5, but there are 4 training cells"),
    ]:
        with pytest.raises(ValueError, match=said):
            Knn().classify(given, cells, seed=0)


@pytest.mark.parametrize("wrong", [{"k": 0}, {"components": 0}])
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is 0"):
        Knn(**wrong)
