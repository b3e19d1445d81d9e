"""The plug-in runs arboreto's own regressions, and says when their stopping is not the published one."""

import anndata
import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, RandomForestRegressor

from bengrn.notes import taken_notes
from bengrn.plugin import log_normalized
from bengrn_methods._canonical import canonical_cells
from bengrn_methods._names import seed_for
from bengrn_methods.arboreto import Arboreto, improvements_are_paired
from bengrn_methods.grnboost2 import GRNBoost2

pytest.importorskip("arboreto.core", reason="the extra 'arboreto' is not installed")


@pytest.fixture(autouse=True)
def one_worker(monkeypatch):
    monkeypatch.setenv("BENGRN_CPUS", "1")
    taken_notes()


@pytest.fixture
def adata():
    rng = np.random.default_rng(3)
    activity_CF = rng.gamma(2, 2, size=(120, 3))
    made = anndata.AnnData(rng.poisson(activity_CF @ rng.random((3, 9)) * 3).astype(np.float32))
    made.var_names = [f"g{gene}" for gene in range(9)]
    made.obs["total_counts"] = np.full(120, 100.0, dtype=np.float32)
    return made


@pytest.mark.parametrize(
    ("kind", "model"), [("genie3", RandomForestRegressor), ("extra-trees", ExtraTreesRegressor)]
)
def test_a_column_equals_the_shares_of_scikit_learns_forest(adata, kind, model):
    network = Arboreto(kind=kind, ntrees=20).infer(adata, regulators=["g1", "g2", "g5"], seed=4)
    x_CG = log_normalized(adata)
    x_CG = x_CG[canonical_cells(x_CG)]
    oracle = model(20, max_features="sqrt", random_state=seed_for(4, "g3"))
    oracle.fit(x_CG[:, [1, 2, 5]], x_CG[:, 3].astype(float))
    np.testing.assert_allclose(network.scores[:, 3], oracle.feature_importances_, rtol=1e-5)


def test_boosting_scores_add_up_to_the_number_of_trees(adata):
    network = Arboreto().infer(adata, regulators=list(adata.var_names), seed=4)
    trees_T = network.scores.sum(axis=0)
    np.testing.assert_allclose(trees_T, np.rint(trees_T), atol=1e-3)
    assert trees_T.min() >= 25


def test_importances_that_rounding_leaves_below_zero_are_zero(adata, monkeypatch):
    monkeypatch.setattr(
        "arboreto.core.to_feature_importances",
        lambda kind, settings, made: np.full(made.n_features_in_, -4e-17),
    )
    assert not Arboreto(ntrees=5).infer(adata, regulators=["g1", "g2"], seed=4).scores.any()


@pytest.mark.parametrize("paired", [True, False])
def test_a_stopping_rule_that_changed_is_noted(adata, monkeypatch, paired):
    monkeypatch.setattr("bengrn_methods.arboreto.improvements_are_paired", lambda: paired)
    Arboreto(ntrees=30).infer(adata, regulators=["g1", "g2"], seed=4)
    (said,) = taken_notes()
    assert ("stops boosting early" in said) is not paired


def test_the_stopping_rule_is_told_from_what_scikit_learn_reports():
    rng = np.random.default_rng(1)
    x_CP, y_C = rng.normal(size=(200, 3)), rng.normal(size=200)
    model = GradientBoostingRegressor(n_estimators=40, subsample=0.9, random_state=0).fit(x_CP, y_C)
    # of unpaired improvements, which telescope, the mean is the difference of the two ends
    ends = getattr(model, "oob_scores_", np.full(40, np.nan))[[0, -1]]
    telescopes = np.isclose(model.oob_improvement_[1:].sum(), ends[0] - ends[1])
    assert improvements_are_paired() is not bool(telescopes)


@pytest.mark.skipif(improvements_are_paired(), reason="this scikit-learn stops as published")
def test_our_boosting_goes_on_where_arboreto_stops(adata):
    regulators = list(adata.var_names)
    theirs = Arboreto().infer(adata, regulators=regulators, seed=0).scores.sum(axis=0)
    ours = GRNBoost2().infer(adata, regulators=regulators, seed=0).scores.sum(axis=0)
    assert np.median(ours) > 2 * np.median(theirs)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ntrees": -1}, "ntrees is -1; expected at least 1, or 0"),
        ({"kind": "xgb"}, "kind is 'xgb'; expected grnboost2 or genie3 or extra-trees"),
        ({"normalize": "z"}, "normalize is 'z'; expected log or counts"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Arboreto(**settings)
