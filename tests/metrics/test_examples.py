"""The known answers on the cards of metrics are what the metrics say."""

import numpy as np
import pytest

from bengrn.errors import MetricError
from bengrn.metrics import ALL_METRICS
from bengrn.metrics.metric import RegulatorMetric
from bengrn.metrics.per_regulator import rank_regulators
from bengrn.metrics.ranking import rank
from bengrn.truths.align import align
from bengrn.values import Network, Truth

CASES = [(metric, example) for metric in ALL_METRICS for example in metric.examples]


def _ranking(metric, example):
    scores, edges = np.array(example.scores), np.array(example.truth)
    regulators = tuple(f"r{row}" for row in range(len(scores)))
    targets = tuple(f"t{column}" for column in range(scores.shape[1]))
    candidates = align(Network(scores, regulators, targets), Truth(edges, regulators, targets))
    return (rank_regulators if isinstance(metric, RegulatorMetric) else rank)(candidates)


@pytest.mark.parametrize(("metric", "example"), CASES, ids=lambda one: getattr(one, "name", ""))
def test_the_example_of_the_card_is_right(metric, example):
    ranking = _ranking(metric, example)
    if example.value is None:
        with pytest.raises(MetricError):
            metric.compute(ranking)
    else:
        assert metric.compute(ranking) == pytest.approx(example.value, abs=1e-12)


@pytest.mark.parametrize("metric", ALL_METRICS, ids=lambda one: one.name)
def test_every_metric_has_an_example_with_a_note(metric):
    assert metric.examples
    assert all(example.note for example in metric.examples)


def test_every_metric_has_a_name_of_its_own():
    assert len({one.name for one in ALL_METRICS}) == len(ALL_METRICS)
