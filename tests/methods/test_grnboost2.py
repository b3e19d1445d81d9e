"""GRNBoost2 boosts as written down, and stops by improvements on one left-out sample each."""

import anndata
import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.tree import DecisionTreeRegressor

from bengrn.notes import taken_notes
from bengrn.plugin import log_normalized
from bengrn_methods.forest.boosting import start_boosting
from bengrn_methods.forest.codes import code_features
from bengrn_methods.forest.data import stream, tabulate
from bengrn_methods.forest.prepared import Target
from bengrn_methods.grnboost2 import GRNBoost2

N_CELLS, N_PREDICTORS = 90, 20
WORD = (1 << 64) - 1


class Draws:
    """SplitMix64 in Python's integers."""

    def __init__(self, seed):
        self.state = int(stream(seed)[0])

    def below(self, n):
        self.state = (self.state + 0x9E3779B97F4A7C15) & WORD
        word = self.state
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & WORD
        return (((word ^ (word >> 31)) >> 32) * n) >> 32


@pytest.fixture
def predictors():
    rng = np.random.default_rng(5)
    return np.asfortranarray(rng.normal(size=(N_CELLS, N_PREDICTORS)), dtype=np.float32)


@pytest.fixture
def explained(predictors):
    noise_C = np.random.default_rng(6).normal(size=N_CELLS)
    return 2.0 * predictors[:, 3] + predictors[:, 8] + 0.5 * noise_C


def make_target(y_C, seed=0):
    return Target(0, y_C, np.arange(N_PREDICTORS, dtype=np.int32), seed)


@pytest.fixture
def data(predictors):
    return tabulate(code_features(predictors, "exact"))


def test_a_residual_never_leaves_its_fixed_point_range(data, explained):
    residuals = start_boosting(explained, 1, data)
    assert np.abs(residuals.residual_C).max() <= residuals.span


def boost_by_hand(x_CP, y_C, draws, method):
    """Boost with predictions kept for every tree; judge each tree on its left-out cells alone."""
    order, prediction_C = np.arange(N_CELLS), np.full(N_CELLS, y_C.mean())
    n_inside, improvements, importances_P = int(0.9 * N_CELLS), [], np.zeros(N_PREDICTORS)
    while len(improvements) < method.ntrees:
        for place in range(N_CELLS - 1, n_inside - 1, -1):
            drawn = draws.below(place + 1)
            order[[place, drawn]] = order[[drawn, place]]
        taken, left_out = order[:n_inside], order[n_inside:]
        tree = DecisionTreeRegressor(max_depth=method.depth, min_samples_leaf=1, random_state=0)
        tree.fit(x_CP[taken], (y_C - prediction_C)[taken])
        updated_C = prediction_C + 0.01 * tree.predict(x_CP)
        loss_before = np.mean((y_C[left_out] - prediction_C[left_out]) ** 2)
        loss_after = np.mean((y_C[left_out] - updated_C[left_out]) ** 2)
        improvements.append(loss_before - loss_after)
        importances_P += tree.tree_.compute_feature_importances(normalize=False)
        prediction_C = updated_C
        for _ in range(int(np.sum(tree.tree_.children_left >= 0))):
            for left in range(N_PREDICTORS, 0, -1):  # a search over all predictors draws each
                draws.below(left)
        if len(improvements) >= method.window and np.mean(improvements[-method.window :]) < 0:
            break
    return importances_P, improvements


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    "settings",
    [
        # in the small nodes further down splits tie, and searches end early: other draws for later trees
        {"depth": 1, "window": 5, "ntrees": 300},
        {"depth": 1, "window": 25, "ntrees": 300},
        {"depth": 2, "ntrees": 1},
    ],
)
def test_boosting_and_stopping_match_a_loop_written_from_the_definition(
    predictors, explained, data, seed, settings
):
    method = GRNBoost2(max_features=1.0, **settings)
    importances_P, improvements = method._boost(data, make_target(explained, seed))
    expected_P, expected = boost_by_hand(predictors, explained, Draws(seed), method)
    assert len(improvements) == len(expected)
    np.testing.assert_allclose(improvements, expected, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(importances_P, expected_P, rtol=1e-6, atol=1e-9)


def trees_of(method, data, y_C, seed):
    return len(method._boost(data, make_target(y_C, seed))[1])


def test_a_target_with_structure_is_given_far_more_trees_than_the_window(data, explained):
    ntrees = [trees_of(GRNBoost2(), data, explained, seed) for seed in range(5)]
    assert min(ntrees) > 100


def test_noise_is_given_fewer_trees_than_structure(data, explained):
    noise_C = np.random.default_rng(7).normal(size=N_CELLS)
    on_noise = np.mean([trees_of(GRNBoost2(), data, noise_C, seed) for seed in range(5)])
    on_structure = np.mean([trees_of(GRNBoost2(), data, explained, seed) for seed in range(5)])
    assert on_noise < on_structure / 3


def test_importance_shares_match_those_of_scikit_learns_boosting(predictors, explained, data):
    found_P = GRNBoost2()._explain(data, make_target(explained))
    ntrees = round(found_P.sum())
    oracle = GradientBoostingRegressor(
        learning_rate=0.01, n_estimators=ntrees, max_features=0.1, subsample=0.9, random_state=0
    ).fit(predictors, explained)
    # other draws, the same model: the two drivers lead with shares that agree
    assert list(np.argsort(-found_P)[:2]) == [3, 8]
    np.testing.assert_allclose(found_P / ntrees, oracle.feature_importances_, atol=0.05)


def test_scores_of_a_target_add_up_to_its_number_of_trees(data, explained):
    method = GRNBoost2()
    scores_P = method._explain(data, make_target(explained))
    assert scores_P.sum() == pytest.approx(trees_of(method, data, explained, 0))


def test_boosting_ends_at_the_most_trees_allowed(data, explained):
    assert trees_of(GRNBoost2(ntrees=30), data, explained, 0) == 30


def test_predictors_without_variation_score_zero(explained):
    constant = tabulate(code_features(np.ones((N_CELLS, N_PREDICTORS), dtype=np.float32)))
    assert not GRNBoost2(ntrees=40)._explain(constant, make_target(explained)).any()


def test_the_trees_of_the_targets_are_noted(predictors):
    taken_notes()
    adata = anndata.AnnData(np.abs(predictors))
    GRNBoost2(ntrees=40).infer(adata, regulators=["0", "1"], seed=0)
    (said,) = taken_notes()
    assert said.startswith("trees per target: median ")
    assert "to 40;" in said


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
        ({"bins": "64"}, "bins is '64'; expected 256 or exact"),
        ({"normalize": "z"}, "normalize is 'z'; expected log or counts"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        GRNBoost2(**settings)
