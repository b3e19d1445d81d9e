"""GRNBoost2 boosts as written down, and stops by improvements on one left-out sample each."""

import anndata
import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils import check_random_state

from bengrn.plugin import log_normalized
from bengrn_methods.grnboost2 import GRNBoost2

N_CELLS, N_PREDICTORS = 90, 20


@pytest.fixture
def predictors():
    rng = np.random.default_rng(5)
    return np.asfortranarray(rng.normal(size=(N_CELLS, N_PREDICTORS)), dtype=np.float32)


@pytest.fixture
def explained(predictors):
    noise_C = np.random.default_rng(6).normal(size=N_CELLS)
    return 2.0 * predictors[:, 3] + predictors[:, 8] + 0.5 * noise_C


def boost_by_hand(x_CP, y_C, seed, window):
    """Boost with predictions kept for every tree; judge each tree on its left-out cells alone."""
    draws = check_random_state(seed)
    prediction_C = np.full(len(y_C), y_C.mean())
    improvements, importances_P = [], np.zeros(x_CP.shape[1])
    while len(improvements) < 5000:
        left_out = draws.permutation(len(y_C))[: len(y_C) - int(0.9 * len(y_C))]
        taken = np.setdiff1d(np.arange(len(y_C)), left_out)
        tree = DecisionTreeRegressor(max_depth=1, max_features=0.1, random_state=draws)
        tree.fit(x_CP[taken], (y_C - prediction_C)[taken])
        updated_C = prediction_C + 0.01 * tree.predict(x_CP)
        loss_before = np.mean((y_C[left_out] - prediction_C[left_out]) ** 2)
        loss_after = np.mean((y_C[left_out] - updated_C[left_out]) ** 2)
        improvements.append(loss_before - loss_after)
        importances_P += tree.tree_.compute_feature_importances(normalize=False)
        prediction_C = updated_C
        if len(improvements) >= window and np.mean(improvements[-window:]) < 0:
            break
    return importances_P, len(improvements)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("window", [5, 25])
def test_boosting_and_stopping_match_a_loop_written_from_the_definition(predictors, explained, seed, window):
    # one split a tree: in the tiny nodes further down, splits tie up to rounding
    method = GRNBoost2(window=window, depth=1)
    importances_P, ntrees = method._boost(predictors, explained, seed)
    expected_P, expected_ntrees = boost_by_hand(predictors, explained, seed, window)
    assert ntrees == expected_ntrees
    np.testing.assert_allclose(importances_P, expected_P, rtol=1e-9, atol=1e-12)


def test_a_target_with_structure_is_given_far_more_trees_than_the_window(predictors, explained):
    ntrees = [GRNBoost2()._boost(predictors, explained, seed)[1] for seed in range(5)]
    assert min(ntrees) > 100


def test_noise_is_given_fewer_trees_than_structure(predictors, explained):
    noise_C = np.random.default_rng(7).normal(size=N_CELLS)
    on_noise = np.mean([GRNBoost2()._boost(predictors, noise_C, seed)[1] for seed in range(5)])
    on_structure = np.mean([GRNBoost2()._boost(predictors, explained, seed)[1] for seed in range(5)])
    assert on_noise < on_structure / 3


def test_importance_shares_match_those_of_scikit_learns_boosting(predictors, explained):
    found_P = GRNBoost2()._explain(predictors, explained, 0)
    ntrees = round(found_P.sum())
    oracle = GradientBoostingRegressor(
        learning_rate=0.01, n_estimators=ntrees, max_features=0.1, subsample=0.9, random_state=0
    ).fit(predictors, explained)
    # other draws, the same model: the two drivers lead with shares that agree
    assert list(np.argsort(-found_P)[:2]) == [3, 8]
    np.testing.assert_allclose(found_P / ntrees, oracle.feature_importances_, atol=0.05)


def test_scores_of_a_target_add_up_to_its_number_of_trees(predictors, explained):
    method = GRNBoost2()
    ntrees = method._boost(predictors, explained, 0)[1]
    assert method._explain(predictors, explained, 0).sum() == pytest.approx(ntrees)


def test_boosting_ends_at_the_most_trees_allowed(predictors, explained):
    assert GRNBoost2(ntrees=30)._boost(predictors, explained, 0)[1] == 30


def test_predictors_without_variation_score_zero(explained):
    constant = np.ones((N_CELLS, 3), dtype=np.float32)
    assert not GRNBoost2(ntrees=40)._explain(constant, explained, 0).any()


def test_two_cells_suffice():
    adata = anndata.AnnData(np.array([[1, 5], [4, 2]], dtype=np.float32))
    assert log_normalized(adata).shape == (2, 2)
    scores = GRNBoost2(ntrees=3, max_features=1.0).infer(adata, regulators=["0"], seed=0).scores
    assert scores.shape == (1, 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ntrees": 0}, "ntrees is 0; expected at least 1"),
        ({"depth": 0}, "depth is 0; expected at least 1"),
        ({"window": 0}, "window is 0; expected at least 1"),
        ({"learning_rate": 0.0}, r"learning_rate is 0.0; expected within \(0, 1\]"),
        ({"max_features": 1.5}, r"max_features is 1.5; expected within \(0, 1\]"),
        ({"subsample": 1.0}, r"subsample is 1.0; expected within \(0, 1\)"),
        ({"normalize": "z"}, "normalize is 'z'; expected log or counts"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        GRNBoost2(**settings)
