"""GENIE3 is scikit-learn's forest on a unit-variance target, with unnormalised importances."""

import anndata
import numpy as np
import pytest
from scipy import sparse
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from bengrn.plugin import dense_counts, log_normalized
from bengrn_methods._names import seed_for
from bengrn_methods._per_target import _in_canonical_order
from bengrn_methods.genie3 import GENIE3

N_CELLS, N_GENES = 50, 12


@pytest.fixture(autouse=True)
def one_worker(monkeypatch):
    monkeypatch.setenv("BENGRN_CPUS", "1")


@pytest.fixture
def adata():
    rng = np.random.default_rng(3)
    counts_CG = rng.poisson(rng.gamma(2, 2, size=(N_CELLS, 3)) @ rng.random((3, N_GENES)))
    made = anndata.AnnData(sparse.csr_array(counts_CG.astype(np.float32)))
    made.var_names = [f"g{gene:02d}" for gene in range(N_GENES)]
    made.obs["total_counts"] = np.full(N_CELLS, 100.0, dtype=np.float32)
    return made


def variance_reduction(tree, n_predictors):
    """Add up the weighted impurity decrease of each split, from the definition."""
    importances_P = np.zeros(n_predictors)
    total = tree.weighted_n_node_samples[0]
    for node in np.flatnonzero(tree.children_left >= 0):
        children = [tree.children_left[node], tree.children_right[node]]
        decrease = tree.weighted_n_node_samples[node] * tree.impurity[node]
        decrease -= np.sum(tree.weighted_n_node_samples[children] * tree.impurity[children])
        importances_P[tree.feature[node]] += decrease / total
    return importances_P


@pytest.mark.parametrize("tree", ["forest", "extra-trees"])
@pytest.mark.parametrize(("max_features", "in_sklearn"), [("sqrt", "sqrt"), ("all", None)])
def test_importances_equal_those_of_scikit_learns_forest(adata, tree, max_features, in_sklearn):
    x_CG = log_normalized(adata)
    x_CP, y_C = x_CG[:, 1:], x_CG[:, 0].astype(np.float64)
    grow = RandomForestRegressor if tree == "forest" else ExtraTreesRegressor
    oracle = grow(n_estimators=8, max_features=in_sklearn, random_state=11)
    oracle.fit(x_CP, y_C / y_C.std())
    expected = np.mean([variance_reduction(one.tree_, N_GENES - 1) for one in oracle], axis=0)
    method = GENIE3(ntrees=8, tree=tree, max_features=max_features)
    np.testing.assert_allclose(method._explain(x_CP, y_C, 11), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("normalize", "read"), [("log", log_normalized), ("counts", dense_counts)])
def test_a_column_of_the_network_equals_the_forest_of_its_target(adata, normalize, read):
    regulators = ["g02", "g05", "g07", "g09"]
    method = GENIE3(ntrees=8, normalize=normalize)
    network = method.infer(adata, regulators=regulators, seed=4)
    x_CG = _in_canonical_order(read(adata), list(range(N_GENES)))
    y_C = x_CG[:, 5].astype(np.float64)
    oracle = RandomForestRegressor(n_estimators=8, max_features="sqrt", random_state=seed_for(4, "g05"))
    oracle.fit(x_CG[:, [2, 7, 9]], y_C / y_C.std())
    expected = np.mean([variance_reduction(one.tree_, 3) for one in oracle], axis=0)
    np.testing.assert_allclose(network.scores[[0, 2, 3], 5], expected, rtol=1e-5)


def test_a_target_that_is_explained_well_has_higher_scores_than_noise(adata):
    rng = np.random.default_rng(0)
    counts_CG = rng.poisson(8, size=(N_CELLS, 4)).astype(np.float32)
    counts_CG[:, 2] = counts_CG[:, 0]
    noisy = anndata.AnnData(counts_CG)
    scores = GENIE3(ntrees=50, normalize="counts").infer(noisy, regulators=["0", "1"], seed=0).scores
    # fully grown trees memorise noise as well, but through both regulators
    assert scores[0, 2] > 0.75
    assert max(scores[0, 3], scores[1, 3]) < 0.65


def test_the_scores_of_a_target_add_up_to_at_most_its_variance_for_trees_on_all_cells(adata):
    method = GENIE3(ntrees=10, tree="extra-trees")
    scores = method.infer(adata, regulators=list(adata.var_names), seed=0).scores
    assert scores.sum(axis=0).max() <= 1 + 1e-5


def test_presets_name_the_settings_of_the_paper_and_of_the_authors():
    assert GENIE3(**GENIE3.presets["paper"]) == GENIE3(ntrees=100, normalize="counts")
    assert GENIE3(**GENIE3.presets["author"]) == GENIE3(ntrees=1000, max_features="sqrt")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ntrees": 0}, "ntrees is 0; expected at least 1"),
        ({"max_features": "auto"}, "max_features is 'auto'; expected sqrt or all"),
        ({"tree": "oak"}, "tree is 'oak'; expected forest or extra-trees"),
        ({"normalize": "z"}, "normalize is 'z'; expected log or counts"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        GENIE3(**settings)
