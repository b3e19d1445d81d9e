"""Metrics inside each regulator's own targets, against scikit-learn and every order of ties."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import average_precision_score, roc_auc_score

from bengrn.errors import MetricError
from bengrn.metrics import REGULATOR_METRICS
from bengrn.metrics.per_regulator import (
    ap_per_regulator,
    ap_ratio_per_regulator,
    auroc_per_regulator,
    rank_regulators,
)
from bengrn.truths.align import align
from bengrn.values import Network, Truth

BY_NAME = {one.name: one for one in REGULATOR_METRICS}
R, T = 4, 7
NAMES = tuple("abcdefg")


def _ranking(scores, edges, make=np.asarray, **keywords):
    """Rank; the regulators are the first targets, so that each has a self-pair."""
    network = Network(make(np.asarray(scores, dtype=np.float32)), NAMES[:R], NAMES, **keywords)
    return rank_regulators(align(network, Truth(sparse.csr_array(edges), NAMES[:R], NAMES)))


def _value(name, ranking):
    return BY_NAME[name].compute(ranking)


def _rows(scores, edges):
    """Yield the candidates of every regulator that has true and false ones."""
    for row in range(R):
        keep = np.arange(T) != row
        s, y = np.asarray(scores)[row, keep], np.asarray(edges)[row, keep]
        if 0 < y.sum() < len(y):
            yield s, y


@st.composite
def cases(draw):
    """Draw tied scores, zeros among them, and a truth; the first regulator has both kinds of targets."""
    levels = st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0]), min_size=R * T, max_size=R * T)
    scores = np.array(draw(levels)).reshape(R, T)
    edges = np.array(draw(st.lists(st.booleans(), min_size=R * T, max_size=R * T))).reshape(R, T)
    edges[0, 1:3] = True, False
    return scores, edges


@settings(max_examples=80, deadline=None)
@given(cases())
def test_auroc_is_the_mean_of_scikit_learn_over_rows(case):
    expected = np.mean([roc_auc_score(y, s) for s, y in _rows(*case)])
    assert _value("auroc_per_regulator", _ranking(*case)) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(cases(), st.integers(0, 1000))
def test_ap_without_ties_is_the_mean_of_scikit_learn_over_rows(case, seed):
    scores = case[0] + np.random.default_rng(seed).random((R, T)) + 0.1
    expected = np.mean([average_precision_score(y, s) for s, y in _rows(scores.astype(np.float32), case[1])])
    assert _value("ap_per_regulator", _ranking(scores, case[1])) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("scores", "truth"),
    [
        ([3, 2, 2, 2, 1, 0], [0, 1, 0, 1, 0, 1]),
        ([1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0]),
        ([5, 0, 0, 0, 0, 0], [0, 1, 0, 1, 1, 0]),
    ],
)
def test_tied_ap_is_the_mean_over_all_orders_of_the_ties(scores, truth):
    found = []
    for order in itertools.permutations(range(6)):
        if all(scores[a] >= scores[b] for a, b in itertools.pairwise(order)):
            y = np.array([truth[one] for one in order])
            found.append((np.cumsum(y) / np.arange(1, 7) * y).sum() / y.sum())
    table, edges = np.zeros((R, T)), np.zeros((R, T), dtype=bool)
    table[0, 1:], edges[0, 1:] = scores, truth
    assert ap_per_regulator(_ranking(table, edges))[0][0] == pytest.approx(np.mean(found), abs=1e-12)


@pytest.mark.parametrize("degree", [1, 2, 5])
def test_the_chance_value_of_an_ap_is_the_mean_over_all_truths(degree):
    # distinct scores, every choice of the true targets: 6 candidates of the first regulator
    table = np.zeros((R, T))
    table[0, 1:] = np.arange(6, 0, -1)
    found = []
    for chosen in itertools.combinations(range(1, T), degree):
        edges = np.zeros((R, T), dtype=bool)
        edges[0, list(chosen)] = True
        found.append(ap_per_regulator(_ranking(table, edges))[0][0])
    assert ap_ratio_per_regulator(_ranking(table, edges))[1][0] == pytest.approx(np.mean(found), abs=1e-12)


def test_out_degrees_alone_score_exactly_as_chance():
    rng = np.random.default_rng(0)
    edges = rng.random((R, T)) < 0.4
    ranking = _ranking(np.repeat(edges.sum(axis=1)[:, None], T, axis=1) + 1.0, edges)
    assert _value("auroc_per_regulator", ranking) == 0.5
    assert _value("ap_ratio_per_regulator", ranking) == pytest.approx(1, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(cases())
def test_dense_sparse_and_signed_networks_rank_alike(case):
    scores, edges = case
    sign = np.where(np.arange(T) % 2, -1, 1)
    first, *others = (
        _ranking(scores, edges),
        _ranking(scores, edges, sparse.csr_array),
        _ranking(scores * sign, edges, signed=True),
    )
    for other in others:
        assert all(np.array_equal(getattr(first, name), getattr(other, name)) for name in vars(first))


def test_targets_that_the_network_lacks_tie_with_those_that_score_zero():
    scores, edges = np.random.default_rng(1).random((R, T)), np.random.default_rng(2).random((R, T)) < 0.4
    scores[:, 5:] = 0
    truth = Truth(sparse.csr_array(edges), NAMES[:R], NAMES)
    fewer = rank_regulators(align(Network(scores[:, :5], NAMES[:R], NAMES[:5]), truth))
    assert [_value(name, fewer) for name in BY_NAME] == [
        _value(name, _ranking(scores, edges)) for name in BY_NAME
    ]


def test_regulators_with_one_kind_of_target_do_not_count():
    scores, edges = np.random.default_rng(0).random((R, T)), np.zeros((R, T), dtype=bool)
    edges[1], edges[2, 4] = True, True  # the others have no true target
    value_R, weight_R = auroc_per_regulator(_ranking(scores, edges))
    assert weight_R.tolist() == [0, 0, 1, 0]
    assert value_R[[0, 1, 3]].tolist() == [0, 0, 0]


@pytest.mark.parametrize("name", BY_NAME)
def test_without_a_two_sided_regulator_the_metric_refuses(name):
    edges = np.zeros((R, T), dtype=bool)
    edges[1] = True
    with pytest.raises(MetricError, match="no regulator has both a true and a false target"):
        _value(name, _ranking(np.ones((R, T)), edges))


def test_many_blocks_rank_like_one(monkeypatch):
    rng = np.random.default_rng(2)
    scores, edges = rng.random((R, T)).round(1), rng.random((R, T)) < 0.4
    whole = _ranking(scores, edges)
    monkeypatch.setattr("bengrn.metrics.per_regulator._BLOCK", 10)
    parts = _ranking(scores, edges)
    assert all(np.array_equal(getattr(whole, name), getattr(parts, name)) for name in vars(whole))


@settings(max_examples=40, deadline=None)
@given(cases())
def test_values_stay_within_their_bounds(case):
    ranking = _ranking(*case)
    for metric in REGULATOR_METRICS:
        assert metric.bounds[0] <= metric.compute(ranking) <= metric.bounds[1] + 1e-12
    assert math.isinf(BY_NAME["ap_ratio_per_regulator"].bounds[1])
