"""Intervals over regulators: against plain resampling, and what they must and must not hold."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import average_precision_score, roc_auc_score

from bengrn.metrics.ranking import ap_ratio, auroc, average_precision, epr, rank
from bengrn.stats.bootstrap import bootstrap, choose_thresholds
from bengrn.stats.degree_null import degree_nulls, degree_preserving_swap
from bengrn.truths.align import align
from bengrn.values import Network, Truth

EXACT = {"ap": average_precision, "ap_ratio": ap_ratio, "auroc": auroc, "epr": epr}


def _candidates(scores, edges):
    n_rows, n_columns = edges.shape
    names = tuple(f"g{position}" for position in range(n_columns))
    return align(Network(scores, names[:n_rows], names), Truth(edges, names[:n_rows], names))


def _skewed_truth(rng, n_rows, n_columns, n_edges):
    """Draw a truth with hubs, uniform among those with its degrees."""
    expected = np.outer(rng.pareto(1.5, n_rows) + 0.2, rng.pareto(2, n_columns) + 0.3)
    edges = rng.random((n_rows, n_columns)) < np.minimum(expected * n_edges / expected.sum(), 0.9)
    np.fill_diagonal(edges, 0)
    return degree_preserving_swap(sparse.csr_array(edges), np.arange(n_rows), seed=0).toarray()


def _expected_epr(scores, truth, weight):
    """Go down the levels one by one; within the level of the cut, take the share that fits."""
    n_true, n_pairs = (truth * weight).sum(), weight.sum()
    found, room = 0.0, n_true
    for level in np.unique(scores)[::-1]:
        at = scores == level
        size = weight[at].sum()
        found += (truth * weight)[at].sum() * min(1.0, room / size if size else 0.0)
        room -= min(room, size)
    return found / n_true / (n_true / n_pairs)


def _plain_draws(scores, edges, draws, seed):
    """Score every draw anew, each pair weighted by how often its regulator was drawn."""
    n_rows = len(edges)
    candidate = ~np.eye(*edges.shape, dtype=bool)
    s, y = scores[candidate], edges[candidate]
    for weight_R in np.random.default_rng(seed).multinomial(n_rows, np.full(n_rows, 1 / n_rows), size=draws):
        w = np.broadcast_to(weight_R[:, None], edges.shape)[candidate].astype(float)
        ap = average_precision_score(y, s, sample_weight=w)
        yield ap, ap / ((w * y).sum() / w.sum()), roc_auc_score(y, s, sample_weight=w), _expected_epr(s, y, w)


@pytest.mark.parametrize("decimals", [0, 1, 5])
def test_intervals_equal_those_of_plain_resampling(decimals):
    rng = np.random.default_rng(3)
    edges = rng.random((12, 20)) < 0.2
    np.fill_diagonal(edges, 0)
    scores = (3 * rng.random((12, 20)) * (rng.random((12, 20)) < 0.8) + edges).round(decimals)
    plain = np.array(list(_plain_draws(scores.astype(np.float32), edges, 200, 4)))
    intervals = bootstrap(_candidates(scores, edges), [], draws=200, seed=4, level=0.9)
    found = [(intervals[name].low, intervals[name].high) for name in EXACT]
    np.testing.assert_allclose(found, np.quantile(plain, [0.05, 0.95], axis=0).T, rtol=1e-6)


def test_values_are_exact():
    rng = np.random.default_rng(0)
    candidates = _candidates(rng.random((30, 200)), rng.random((30, 200)) < 0.05)
    intervals = bootstrap(candidates, [], draws=10, seed=0)
    ranking = rank(candidates)
    assert {name: one.value for name, one in intervals.items()} == {
        name: compute(ranking) for name, compute in EXACT.items()
    }


def test_the_lift_is_the_value_over_the_mean_of_the_nulls():
    rng = np.random.default_rng(0)
    scores, edges = rng.random((20, 50)), _skewed_truth(rng, 20, 50, 100)
    candidates = _candidates(scores, edges)
    nulls = degree_nulls(candidates, draws=3, seed=0)
    intervals = bootstrap(candidates, nulls, draws=10, seed=0)
    for name in ("ap", "epr"):
        of_nulls = [EXACT[name](rank(_candidates(scores, null))) for null in nulls]
        expected = intervals[name].value / np.mean(of_nulls)
        assert intervals[f"{name}_lift"].value == pytest.approx(expected, rel=1e-12)


def test_coarse_levels_move_an_ap_by_less_than_one_percent(monkeypatch):
    rng = np.random.default_rng(5)
    edges = _skewed_truth(rng, 300, 1000, 6000)
    candidates = _candidates(rng.lognormal(size=edges.shape) * (1 + edges), edges)
    nulls = degree_nulls(candidates, draws=2, seed=0)
    coarse = bootstrap(candidates, nulls, draws=50, seed=1)
    monkeypatch.setattr("bengrn.stats.bootstrap._EXACT_LEVELS", 10**6)
    exact = bootstrap(candidates, nulls, draws=50, seed=1)
    for name, interval in exact.items():
        assert [coarse[name].low, coarse[name].high] == pytest.approx([interval.low, interval.high], rel=0.01)


def test_coarse_thresholds_keep_the_top_and_the_lowest_level():
    levels = np.arange(1, 50_001, dtype=np.float32)
    chosen = choose_thresholds(levels, np.arange(50_000, 0, -1) * 10)
    assert len(chosen) <= 2049
    np.testing.assert_array_equal(chosen[-1024:], levels[-1024:])
    assert chosen[0] == 1


@pytest.mark.parametrize("option", ["_BLOCK", "_DRAWS_AT_A_TIME"])
def test_blocks_and_parts_do_not_change_the_intervals(monkeypatch, option):
    rng = np.random.default_rng(0)
    candidates = _candidates(rng.random((30, 60)), rng.random((30, 60)) < 0.05)
    whole = bootstrap(candidates, [], draws=100, seed=0)
    monkeypatch.setattr(f"bengrn.stats.bootstrap.{option}", 33)
    parts = bootstrap(candidates, [], draws=100, seed=0)
    for name, interval in whole.items():
        assert [parts[name].low, parts[name].high] == pytest.approx([interval.low, interval.high], rel=1e-6)


def test_dense_and_sparse_networks_have_the_same_intervals():
    rng = np.random.default_rng(0)
    scores, edges = rng.random((20, 50)) * (rng.random((20, 50)) < 0.3), rng.random((20, 50)) < 0.1
    one, other = (bootstrap(_candidates(make(scores), edges), [], draws=50, seed=0)
                  for make in (np.asarray, sparse.csr_array))  # fmt: skip
    assert one == other


def test_random_scores_hold_one_and_true_edges_do_not():
    rng = np.random.default_rng(8)
    edges = _skewed_truth(rng, 100, 300, 1500)
    uniform = rng.random(edges.shape)
    for scores, holds_one in [(uniform, True), (uniform + 0.5 * edges, False)]:
        candidates = _candidates(scores, edges)
        intervals = bootstrap(candidates, degree_nulls(candidates, draws=5, seed=0), draws=300, seed=0)
        for name in ("ap_ratio", "ap_lift", "epr", "epr_lift"):
            assert (intervals[name].low <= 1 <= intervals[name].high) == holds_one, name


def test_degrees_alone_have_no_lift_but_a_high_ratio():
    edges = _skewed_truth(np.random.default_rng(8), 100, 300, 1500)
    candidates = _candidates(np.outer(edges.sum(axis=1), edges.sum(axis=0)).astype(float), edges)
    intervals = bootstrap(candidates, degree_nulls(candidates, draws=5, seed=0), draws=300, seed=0)
    assert intervals["ap_ratio"].low > 3
    assert intervals["ap_lift"].value == pytest.approx(1, abs=0.05)
    assert intervals["ap_lift"].low <= 1 <= intervals["ap_lift"].high


def test_the_truth_itself_has_an_ap_of_one_in_every_draw():
    edges = np.random.default_rng(0).random((20, 50)) < 0.1
    np.fill_diagonal(edges, 0)
    interval = bootstrap(_candidates(edges, edges), [], draws=100, seed=0)["ap"]
    assert (interval.value, interval.low, interval.high) == (1, 1, 1)


def test_a_network_of_zeros_scores_as_chance():
    edges = np.random.default_rng(0).random((20, 50)) < 0.1
    intervals = bootstrap(_candidates(np.zeros((20, 50)), edges), [], draws=50, seed=0)
    found = [(one.low, one.high) for name, one in intervals.items() if name != "ap"]
    np.testing.assert_allclose(found, [(1, 1), (0.5, 0.5), (1, 1)], rtol=1e-6)


def test_the_seed_decides_the_interval():
    rng = np.random.default_rng(0)
    candidates = _candidates(rng.random((20, 50)), rng.random((20, 50)) < 0.1)
    first, again, other = (bootstrap(candidates, [], draws=50, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first["ap"] != other["ap"]


def test_one_regulator_with_edges_gives_no_interval_and_says_why():
    edges = np.zeros((5, 9), dtype=bool)
    edges[2, [0, 1]] = True
    interval = bootstrap(_candidates(np.ones((5, 9)), edges), [], draws=50, seed=0)["ap_ratio"]
    assert (interval.value, interval.low, interval.high) == (pytest.approx(1), None, None)
    assert "1 regulators with a true edge" in interval.reason


def test_many_draws_without_a_true_edge_give_no_interval():
    edges = np.zeros((40, 50), dtype=bool)
    edges[:2, 10:15] = True  # 2 of 40 regulators: no draw holds either in 13 % of the cases
    interval = bootstrap(_candidates(np.ones((40, 50)), edges), [], draws=500, seed=0)["epr"]
    assert interval.low is None
    assert "undefined in" in interval.reason
