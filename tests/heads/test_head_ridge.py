"""The non-negative ridge, against scikit-learn."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from bengrn.heads.ridge import class_sums, nonnegative_ridge


@pytest.fixture
def problem():
    rng = np.random.default_rng(5)
    x_PH = rng.normal(size=(600, 9)) + rng.normal(size=(600, 1))
    true_P = rng.random(600) < 1 / (1 + np.exp(2 - x_PH[:, 0] + x_PH[:, 1]))
    return x_PH.astype(np.float32), true_P


@pytest.mark.parametrize("penalty", [0.01, 1.0, 100.0])
def test_it_equals_scikit_learn(problem, penalty):
    x_PH, true_P = problem
    weight_P = np.where(true_P, 7.0, 1.0)
    sums = class_sums(x_PH.T, true_P, np.zeros(600, dtype=int), 1)
    found = nonnegative_ridge(*sums.normal_equations(np.array([True]), np.array([1.0, 7.0])), penalty)
    peer = Ridge(alpha=penalty, fit_intercept=False, positive=True, tol=1e-12, max_iter=100_000)
    peer.fit(x_PH.astype(np.float64), np.where(true_P, 1.0, -1.0), sample_weight=weight_P)
    np.testing.assert_allclose(found, peer.coef_, atol=1e-6)
    assert (found == 0).any()
    assert (found > 0).any()


@pytest.mark.parametrize("size", [1e-6, 1e6])
def test_the_size_of_the_scores_only_scales_the_answer(problem, size):
    x_PH, true_P = problem
    answers = []
    for factor in (1.0, size):
        sums = class_sums(x_PH.T.astype(np.float64) * factor, true_P, np.zeros(600, dtype=int), 1)
        normal = sums.normal_equations(np.array([True]), np.array([1.0, 7.0]))
        answers.append(nonnegative_ridge(*normal, 3.0 * factor**2) * factor)
    np.testing.assert_allclose(answers[0], answers[1], rtol=1e-9)


def test_groups_add_up(problem):
    x_PH, true_P = problem
    group_P = np.arange(600) % 4
    parts, whole = (
        class_sums(x_PH.T, true_P, group, count) for group, count in ((group_P, 4), (group_P * 0, 1))
    )
    weight_K = np.array([0.3, 0.7])
    for one, other in zip(
        parts.normal_equations(np.ones(4, bool), weight_K),
        whole.normal_equations(np.ones(1, bool), weight_K),
        strict=True,
    ):
        np.testing.assert_allclose(one, other)


def test_predictors_that_do_not_help_get_nothing():
    assert nonnegative_ridge(np.eye(2), np.array([-1.0, -2.0]), 1.0).tolist() == [0.0, 0.0]
    assert nonnegative_ridge(np.zeros((2, 2)), np.zeros(2), 1.0).tolist() == [0.0, 0.0]
