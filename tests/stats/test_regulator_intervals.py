"""Intervals of means over regulators: by hand, and when a metric has none."""

import numpy as np
import pytest
from scipy import sparse, stats

from bengrn.metrics import REGULATOR_METRICS
from bengrn.metrics.metric import RegulatorMetric
from bengrn.metrics.per_regulator import auroc_per_regulator, rank_regulators
from bengrn.stats.draws import draw_regulators
from bengrn.stats.regulator_intervals import regulator_intervals
from bengrn.truths.align import align
from bengrn.values import Network, Truth

NAMES = tuple(f"t{one}" for one in range(40))


def _ranking(edges, scores=None):
    regulators = tuple(f"r{one}" for one in range(len(edges)))
    scores = np.random.default_rng(0).random(edges.shape) + 0.3 * edges if scores is None else scores
    return rank_regulators(
        align(Network(scores, regulators, NAMES), Truth(sparse.csr_array(edges), regulators, NAMES))
    )


def _metric(parts, bounds=(-np.inf, np.inf)):
    return RegulatorMetric("mine", "1", parts, "a test", 1, "0", bounds, "a test")


def test_the_interval_is_that_of_the_mean_in_draws_of_regulators():
    ranking = _ranking(np.random.default_rng(1).random((12, 40)) < 0.2)
    found = regulator_intervals(ranking, REGULATOR_METRICS, draws=300, seed=3).intervals[
        "auroc_per_regulator"
    ]
    value_R, _ = auroc_per_regulator(ranking)
    (weights_DR,) = draw_regulators(12, 300, 3, 300)
    drawn = np.arcsin(np.sqrt(weights_DR @ value_R / 12))
    reach = stats.t.ppf(0.975, 11) * drawn.std() * np.sqrt(12 / 11)
    center = np.arcsin(np.sqrt(value_R.mean()))
    assert found.value == pytest.approx(value_R.mean())
    assert (found.low, found.high) == pytest.approx(tuple(np.sin([center - reach, center + reach]) ** 2))


def test_out_degrees_alone_have_an_interval_of_no_width_at_chance():
    edges = np.random.default_rng(1).random((12, 40)) < 0.2
    ranking = _ranking(edges, np.repeat(edges.sum(axis=1)[:, None] + 1.0, 40, axis=1))
    found = regulator_intervals(ranking, REGULATOR_METRICS, draws=50, seed=0).intervals
    assert (found["auroc_per_regulator"].low, found["auroc_per_regulator"].high) == pytest.approx((0.5, 0.5))


def test_regulators_that_do_not_count_are_no_reason_for_an_interval():
    edges = np.zeros((12, 40), dtype=bool)
    edges[:4, :5] = True
    found = regulator_intervals(_ranking(edges), REGULATOR_METRICS, draws=50, seed=0).intervals[
        "ap_per_regulator"
    ]
    assert found.value is not None
    assert found.reason == "no interval: 4 regulators with a true edge; needs 5"


def test_without_a_regulator_that_counts_there_is_no_value():
    edges = np.zeros((12, 40), dtype=bool)
    edges[0] = True
    found = regulator_intervals(_ranking(edges), REGULATOR_METRICS, draws=50, seed=0).intervals[
        "ap_per_regulator"
    ]
    assert (found.value, found.low) == (None, None)
    assert "no regulator has both a true and a false target" in found.reason


def test_a_metric_of_a_plugin_that_breaks_says_so_and_the_others_stand():
    def broken(ranking):
        raise RuntimeError("not today")

    ranking = _ranking(np.random.default_rng(1).random((12, 40)) < 0.2)
    found = regulator_intervals(ranking, [_metric(broken), REGULATOR_METRICS[0]], draws=50, seed=0).intervals
    assert found["mine"].reason == "RuntimeError: not today"
    assert found["auroc_per_regulator"].low is not None


def test_a_metric_without_bounds_has_a_symmetric_interval():
    ranking = _ranking(np.random.default_rng(1).random((12, 40)) < 0.2)
    metric = _metric(lambda one: (np.arange(12.0) - 5, np.ones(12)))
    found = regulator_intervals(ranking, [metric], draws=200, seed=0).intervals["mine"]
    assert found.value == pytest.approx(0.5)
    assert found.high - 0.5 == pytest.approx(0.5 - found.low)
