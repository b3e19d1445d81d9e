"""Metrics of the predicted set, of fixed budgets and of scale, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bengrn.errors import MetricError
from bengrn.metrics import METRICS, overlap
from bengrn.metrics.metric import Ranking
from bengrn.metrics.ranking import rank
from bengrn.truths.align import align
from bengrn.values import Network, Truth


def _ranking(scores, truth, known=None):
    """Rank one regulator; the network knows the first `known` of its targets."""
    names = tuple(f"t{position}" for position in range(len(truth)))
    network = Network(np.array([scores], float)[:, :known], ("r",), names[:known])
    return rank(align(network, Truth(np.array([truth]), ("r",), names)))


def _large(true_at_top):
    """2,000 pairs with distinct scores, 100 of them true, `true_at_top` of those among the first 1,000."""
    truth = np.zeros(2000, dtype=bool)
    truth[:true_at_top], truth[1000 : 1100 - true_at_top] = True, True
    return _ranking(np.arange(2000, 0, -1), truth)


FIVE = _ranking([3, 2, 0, 0, 0], [1, 0, 0, 1, 0], known=4)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (overlap.precision, 1 / 2),
        (overlap.recall, 1 / 2),
        (overlap.random_precision, 2 / 5),
        (overlap.expected_tp, 4 / 5),
        (overlap.n_candidates, 5),
        (overlap.n_positive, 2),
        (overlap.n_predicted, 2),
        (overlap.coverage, 4 / 5),
    ],
)
def test_the_metric_matches_hand_computation(metric, expected):
    assert metric(FIVE) == pytest.approx(expected)


def test_precision_without_a_prediction_is_an_error():
    with pytest.raises(MetricError, match="no candidate has a non-zero score"):
        overlap.precision(_ranking([0, 0], [1, 0]))


def test_precision_and_recall_at_a_budget_count_the_first_pairs():
    ranking = _large(30)
    assert [overlap.precision_at(1000)(ranking), overlap.recall_at(1000)(ranking)] == [0.03, 0.3]


@pytest.mark.parametrize("name", ["precision_at_10000", "recall_at_100000"])
def test_a_budget_over_the_number_of_candidates_is_undefined(name):
    compute = next(metric.compute for metric in METRICS if metric.name == name)
    with pytest.raises(MetricError, match="undefined on 2,000 candidates"):
        compute(_large(30))


def test_each_budget_metric_uses_its_own_budget():
    names = [metric.name for metric in METRICS if "_at_" in metric.name]
    ranking = Ranking(np.array([0]), np.array([200_000]), np.array([1000]), 200_000, 200_000, 1000, 200_000)
    values = [next(m.compute for m in METRICS if m.name == name)(ranking) for name in names]
    assert values == pytest.approx([0.005, 0.005, 0.005, 0.05, 0.005, 0.5])


def test_the_odds_ratio_adds_a_half_to_every_cell():
    # K = 2: the first two pairs hold TP 1, FP 1; FN 1, TN 2
    assert overlap.odds_ratio_topk(FIVE) == pytest.approx((1.5 * 2.5) / (1.5 * 1.5))


def test_the_odds_ratio_of_a_perfect_ranking_is_finite():
    assert overlap.odds_ratio_topk(_ranking([3, 2, 1], [1, 0, 0])) == pytest.approx((1.5 * 2.5) / (0.5 * 0.5))


def test_the_uncorrected_odds_ratio_of_a_perfect_ranking_is_an_error():
    with pytest.raises(MetricError, match="divides by 0"):
        overlap.odds_ratio(3, 3, 10)


@given(st.integers(1, 200), st.integers(3, 50))
def test_the_odds_ratio_of_chance_is_about_one(k, inverse_density):
    n_pairs = k * inverse_density
    assert overlap.odds_ratio(k * k / n_pairs, k, n_pairs) == pytest.approx(1)
