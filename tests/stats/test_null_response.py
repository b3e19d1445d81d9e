"""The null's answer to a draw, against shuffling the draw anew."""

import numpy as np
import pytest
from scipy import sparse

from bengrn.metrics.ranking import average_precision, rank
from bengrn.stats.degree_null import degree_preserving_swap
from bengrn.stats.draws import draw_regulators
from bengrn.stats.null_response import edge_gains, null_response
from bengrn.truths.align import align
from bengrn.values import Network, Truth


def _candidates(scores, edges):
    rows, columns = (
        tuple(f"{kind}{one}" for one in range(n)) for kind, n in zip("rt", edges.shape, strict=True)
    )
    return align(Network(scores, rows, columns), Truth(edges, rows, columns))


def _swap(edges, seed):
    return degree_preserving_swap(sparse.csr_array(edges), np.full(edges.shape[0], -1), seed=seed)


def _log_ap(scores, edges):
    return np.log(average_precision(rank(_candidates(scores, edges))))


def _case():
    rng = np.random.default_rng(1)
    weight = np.outer(rng.lognormal(0, 0.7, 40), rng.lognormal(0, 1, 100))
    edges = _swap(rng.random(weight.shape) < np.minimum(0.06 * weight / weight.mean(), 0.9), 0)
    return np.outer(edges.sum(axis=1), edges.sum(axis=0)) + rng.random(edges.shape), edges


def test_the_response_is_what_shuffling_each_draw_anew_gives():
    scores, edges = _case()
    nulls = [_swap(edges, seed) for seed in range(1, 13)]
    of_nulls = [_candidates(scores, null) for null in nulls]
    gains = [edge_gains(rank(one), one.scores_at(one.edges))["ap"] for one in of_nulls]
    response = null_response(edges, nulls, gains, n_counted=12)
    (weights_DR,) = draw_regulators(40, 25, 0, 25)
    shuffled, counted = [], []
    for seed, weight_R in enumerate(weights_DR.astype(int)):
        rows = np.repeat(np.arange(40), weight_R)
        drawn = sparse.csr_array(edges.toarray()[rows])
        shuffled.append(np.mean([_log_ap(scores[rows], _swap(drawn, [seed, n])) for n in range(6)]))
        counted.append(np.mean([_log_ap(scores[rows], null.toarray()[rows]) for null in nulls]))
    gap = np.array(shuffled) - counted
    left = gap - np.log(response.factor(weights_DR))
    assert left.std() < 0.5 * gap.std()


def test_a_gain_is_the_slope_of_the_logarithm_of_an_ap():
    rng = np.random.default_rng(0)
    scores, edges = rng.random((6, 30)).round(1), sparse.csr_array(rng.random((6, 30)) < 0.2)
    ranking = rank(_candidates(scores, edges))
    gains = edge_gains(ranking, scores[edges.nonzero()].astype(np.float32))

    def log_sum(true_at):
        return np.log((true_at * np.cumsum(true_at) / ranking.at_least).sum())

    for level in range(len(ranking.true_at)):
        step = np.zeros(len(ranking.true_at))
        step[level] = 1e-6
        slope = (log_sum(ranking.true_at + step) - log_sum(ranking.true_at - step)) / 2e-6
        own = np.unique(scores[edges.nonzero()])[::-1][level]
        np.testing.assert_allclose(gains["ap"][scores[edges.nonzero()] == own], slope, rtol=1e-6)


def test_gains_of_an_early_precision_count_the_edges_before_the_cut():
    scores = np.array([[5.0, 4, 3, 3, 2, 0]])
    edges = sparse.csr_array([[1, 0, 1, 0, 0, 1]])  # K = 3; the cut takes one of the two that tie at 3
    ranking = rank(_candidates(scores, edges))
    gains = edge_gains(ranking, np.array([5, 3, 0], dtype=np.float32))["epr"]
    np.testing.assert_allclose(gains, [1 / 1.5, 0.5 / 1.5, 0])


def test_the_response_is_nothing_where_every_regulator_is_drawn_once():
    scores, edges = _case()
    nulls = [_swap(edges, seed) for seed in range(3)]
    gains = [
        edge_gains(rank(one), one.scores_at(one.edges))["ap"]
        for one in (_candidates(scores, n) for n in nulls)
    ]
    assert null_response(edges, nulls, gains, n_counted=1).factor(np.ones((1, 40)))[0] == pytest.approx(1)
