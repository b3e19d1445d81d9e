"""GENIE3 is a forest on a unit-variance target with unnormalised importances; scikit-learn is the oracle."""

import anndata
import numpy as np
import pytest
from scipy import sparse
from scipy.stats import spearmanr
from sklearn.ensemble import RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor

from bengrn.plugin import dense_counts, log_normalized
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


def reference(x_CP, y_C, n_trees, seed, **settings):
    """Return the unnormalised importances (P,) of scikit-learn's forest."""
    forest = RandomForestRegressor(n_trees, random_state=seed, **settings).fit(x_CP, y_C / y_C.std())
    return np.mean([one.tree_.compute_feature_importances(normalize=False) for one in forest], axis=0)


@pytest.mark.parametrize("bins", ["256", "exact"])
def test_scores_agree_with_scikit_learns_as_its_seeds_do(bins):
    rng = np.random.default_rng(1)
    latent_CF = rng.normal(size=(200, 5))
    counts_CG = rng.poisson(np.exp(latent_CF @ rng.normal(size=(5, 30)) * 0.5 + 1)).astype(np.float32)
    made = anndata.AnnData(counts_CG)
    made.obs["total_counts"] = np.full(200, 1e4, dtype=np.float32)
    names, x_CG = list(made.var_names), log_normalized(made)
    found = GENIE3(ntrees=60, bins=bins).infer(made, regulators=names, seed=0).scores
    ours, floors = [], []
    for target in (0, 7, 19):
        others = np.delete(np.arange(30), target)
        first_P, second_P = (
            reference(x_CG[:, others], x_CG[:, target].astype(float), 60, seed, max_features="sqrt")
            for seed in (0, 1)
        )
        floors.append(spearmanr(first_P, second_P).statistic)
        ours.append(spearmanr(first_P, found[others, target]).statistic)
    assert np.mean(ours) > np.mean(floors) - 0.05


@pytest.mark.parametrize(("normalize", "read"), [("log", log_normalized), ("counts", dense_counts)])
def test_a_lone_regulator_scores_what_scikit_learns_tree_explains(adata, normalize, read):
    # one regulator and the cells of a bootstrap leave nothing to chance but the bootstrap
    method = GENIE3(ntrees=400, normalize=normalize, min_leaf=5)
    found = method.infer(adata, regulators=["g02"], seed=4).scores[0, 5]
    x_CG, rng, explained = read(adata), np.random.default_rng(0), []
    y_C = x_CG[:, 5].astype(float) / x_CG[:, 5].std(dtype=float)
    for _ in range(400):
        drawn = rng.integers(0, N_CELLS, N_CELLS)
        tree = DecisionTreeRegressor(min_samples_leaf=5).fit(x_CG[drawn][:, [2]], y_C[drawn])
        explained.append(tree.tree_.compute_feature_importances(normalize=False)[0])
    error = np.std(explained) / np.sqrt(400)
    assert found == pytest.approx(np.mean(explained), abs=4 * error)


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


@pytest.mark.parametrize("max_features", [1, 4, 100])
def test_the_number_of_regulators_tried_can_be_given(adata, max_features):
    names = list(adata.var_names)
    found = GENIE3(ntrees=5, max_features=max_features).infer(adata, regulators=names, seed=0).scores
    if max_features == 100:
        expected = GENIE3(ntrees=5, max_features="all").infer(adata, regulators=names, seed=0).scores
        np.testing.assert_array_equal(found, expected)
    assert np.isfinite(found).all()


def test_presets_name_the_settings_of_the_paper_and_of_the_authors():
    assert GENIE3(**GENIE3.presets["paper"]) == GENIE3(ntrees=100, normalize="counts")
    assert GENIE3(**GENIE3.presets["author"]) == GENIE3(ntrees=1000, max_features="sqrt")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ntrees": 0}, "ntrees is 0; expected at least 1"),
        ({"max_features": "auto"}, "max_features is 'auto'; expected sqrt or all or at least 1"),
        ({"max_features": 0}, "max_features is 0; expected sqrt or all or at least 1"),
        ({"min_leaf": 0}, "min_leaf is 0; expected at least 1"),
        ({"bins": "512"}, "bins is '512'; expected 256 or exact"),
        ({"tree": "oak"}, "tree is 'oak'; expected forest or extra-trees"),
        ({"normalize": "z"}, "normalize is 'z'; expected log or counts"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        GENIE3(**settings)
