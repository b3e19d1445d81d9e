"""Intervals over regulators: against plain resampling, and what they must and must not hold."""

import numpy as np
import pytest
from scipy import sparse, stats
from sklearn.metrics import average_precision_score, roc_auc_score

from bengrn.metrics.ranking import ap_ratio, auroc, average_precision, epr, rank
from bengrn.stats.bootstrap import bootstrap
from bengrn.stats.degree_null import degree_nulls, degree_preserving_swap
from bengrn.stats.draws import choose_thresholds, draw_regulators
from bengrn.stats.influence import influences
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


def _plain_draws(scores, edges, weights_DR):
    """Score every draw anew, each pair weighted by how often its regulator was drawn."""
    candidate = ~np.eye(*edges.shape, dtype=bool)
    s, y = scores[candidate], edges[candidate]
    for weight_R in weights_DR:
        w = np.broadcast_to(weight_R[:, None], edges.shape)[candidate].astype(float)
        ap = average_precision_score(y, s, sample_weight=w)
        yield ap, ap / ((w * y).sum() / w.sum()), roc_auc_score(y, s, sample_weight=w)


def _arcsine(value):
    return np.arcsin(np.sqrt(value))


@pytest.mark.parametrize("decimals", [0, 1, 5])
def test_intervals_equal_those_of_plain_resampling(decimals):
    rng = np.random.default_rng(3)
    edges = rng.random((12, 20)) < 0.2
    np.fill_diagonal(edges, 0)
    scores = (3 * rng.random((12, 20)) * (rng.random((12, 20)) < 0.8) + edges).round(decimals)
    (weights_DR,) = draw_regulators(12, 200, 4, 200)
    plain = np.array(list(_plain_draws(scores.astype(np.float32), edges, weights_DR)))
    intervals = bootstrap(_candidates(scores, edges), [], draws=200, seed=4, level=0.9).intervals
    scales = {"ap": (np.log, np.exp), "ap_ratio": (np.log, np.exp),
              "auroc": (_arcsine, lambda angle: np.sin(angle) ** 2)}  # fmt: skip
    for (name, (forth, back)), drawn in zip(scales.items(), plain.T, strict=True):
        how = influences({name: forth(drawn)}, [weights_DR], edges.sum(axis=1))[name]
        error = how.widening * forth(drawn).std() * np.sqrt(12 / 11)
        reach = stats.t.ppf(0.95, how.freedom) * error * np.array([-1, 1])
        expected = back(forth(intervals[name].value) + reach)
        assert (intervals[name].low, intervals[name].high) == pytest.approx(expected, rel=1e-5), name


def test_an_early_precision_varies_as_plain_resampling_says_but_for_the_roughness_of_its_cut():
    rng = np.random.default_rng(3)
    edges = _skewed_truth(rng, 60, 200, 800)
    scores = rng.random(edges.shape) + 0.4 * edges
    found = bootstrap(_candidates(scores, edges), [], draws=400, seed=4).drawn["epr"].draws_D
    drawn = []
    for weight_R in next(draw_regulators(60, 400, 4, 400)).astype(int):
        rows = np.repeat(np.arange(60), weight_R)
        s, y = scores[rows].ravel(), edges[rows].ravel()
        k = y.sum()
        drawn.append(y[np.argsort(-s, kind="stable")[:k]].mean() * len(y) / k)
    assert np.sqrt(found).std() == pytest.approx(np.sqrt(drawn).std(), rel=0.15)


def test_values_are_exact():
    rng = np.random.default_rng(0)
    candidates = _candidates(rng.random((30, 200)), rng.random((30, 200)) < 0.05)
    intervals = bootstrap(candidates, [], draws=10, seed=0).intervals
    ranking = rank(candidates)
    assert {name: one.value for name, one in intervals.items()} == {
        name: compute(ranking) for name, compute in EXACT.items()
    }


def test_the_lift_is_the_value_over_the_mean_of_the_nulls():
    rng = np.random.default_rng(0)
    scores, edges = rng.random((20, 50)), _skewed_truth(rng, 20, 50, 100)
    candidates = _candidates(scores, edges)
    nulls = degree_nulls(candidates, draws=7, seed=0)
    intervals = bootstrap(candidates, nulls, draws=10, seed=0).intervals
    for name in ("ap", "epr"):
        of_nulls = [EXACT[name](rank(_candidates(scores, null))) for null in nulls]
        lift = intervals[f"{name}_lift"]
        assert lift.value == pytest.approx(intervals[name].value / np.mean(of_nulls), rel=1e-12)
        assert (lift.null_mean, lift.null_sd) == pytest.approx(
            (np.mean(of_nulls), np.std(of_nulls)), rel=1e-12
        )


@pytest.mark.parametrize(
    ("module", "within"), [("draws._EXACT_LEVELS", 0.02), ("null_scores._EXACT_LEVELS", 1e-4)]
)
def test_coarse_levels_hardly_move_an_interval(monkeypatch, module, within):
    rng = np.random.default_rng(5)
    edges = _skewed_truth(rng, 300, 1000, 6000)
    candidates = _candidates(rng.lognormal(size=edges.shape) * (1 + edges), edges)
    nulls = degree_nulls(candidates, draws=3, seed=0)
    coarse = bootstrap(candidates, nulls, draws=300, seed=1).intervals
    monkeypatch.setattr(f"bengrn.stats.{module}", 10**6)
    exact = bootstrap(candidates, nulls, draws=300, seed=1).intervals
    assert exact["ap"].value == coarse["ap"].value
    assert exact["ap_lift"].value == pytest.approx(coarse["ap_lift"].value, rel=1e-4)
    for name, interval in exact.items():
        ends = coarse[name].low, coarse[name].high
        assert ends == pytest.approx((interval.low, interval.high), rel=within), name


def test_coarse_thresholds_keep_the_top_and_the_lowest_level():
    levels = np.arange(1, 50_001, dtype=np.float32)
    chosen = choose_thresholds(levels, np.arange(50_000, 0, -1) * 10)
    assert len(chosen) <= 1025
    np.testing.assert_array_equal(chosen[-512:], levels[-512:])
    assert chosen[0] == 1


@pytest.mark.parametrize("option", ["draws._BLOCK", "draws._AT_A_TIME", "bootstrap._DRAWS_AT_A_TIME"])
def test_blocks_and_parts_do_not_change_the_intervals(monkeypatch, option):
    rng = np.random.default_rng(0)
    candidates = _candidates(rng.random((30, 60)), rng.random((30, 60)) < 0.05)
    nulls = degree_nulls(candidates, draws=2, seed=0)
    whole = bootstrap(candidates, nulls, draws=100, seed=0).intervals
    monkeypatch.setattr(f"bengrn.stats.{option}", 33)
    parts = bootstrap(candidates, nulls, draws=100, seed=0).intervals
    for name, interval in whole.items():
        assert [parts[name].low, parts[name].high] == pytest.approx([interval.low, interval.high], rel=1e-5)


def test_dense_and_sparse_networks_have_the_same_intervals():
    rng = np.random.default_rng(0)
    scores, edges = rng.random((20, 50)) * (rng.random((20, 50)) < 0.3), rng.random((20, 50)) < 0.1
    one, other = (bootstrap(_candidates(make(scores), edges), [], draws=50, seed=0).intervals
                  for make in (np.asarray, sparse.csr_array))  # fmt: skip
    assert one == other


def test_random_scores_hold_one_and_true_edges_do_not():
    rng = np.random.default_rng(8)
    edges = _skewed_truth(rng, 100, 300, 1500)
    uniform = rng.random(edges.shape)
    for scores, holds_one in [(uniform, True), (uniform + 0.5 * edges, False)]:
        candidates = _candidates(scores, edges)
        intervals = bootstrap(
            candidates, degree_nulls(candidates, draws=5, seed=0), draws=300, seed=0
        ).intervals
        for name in ("ap_ratio", "ap_lift", "epr", "epr_lift"):
            assert (intervals[name].low <= 1 <= intervals[name].high) == holds_one, name


def test_degrees_alone_have_no_lift_but_a_high_ratio():
    edges = _skewed_truth(np.random.default_rng(8), 100, 300, 1500)
    candidates = _candidates(np.outer(edges.sum(axis=1), edges.sum(axis=0)).astype(float), edges)
    intervals = bootstrap(candidates, degree_nulls(candidates, draws=5, seed=0), draws=300, seed=0).intervals
    assert intervals["ap_ratio"].low > 3
    assert intervals["ap_lift"].value == pytest.approx(1, abs=0.05)
    assert intervals["ap_lift"].low <= 1 <= intervals["ap_lift"].high


def test_the_truth_itself_has_an_ap_of_one_in_every_draw():
    edges = np.random.default_rng(0).random((20, 50)) < 0.1
    np.fill_diagonal(edges, 0)
    interval = bootstrap(_candidates(edges, edges), [], draws=100, seed=0).intervals["ap"]
    assert (interval.value, interval.low, interval.high) == (1, 1, 1)


def test_a_network_of_zeros_scores_as_chance():
    edges = np.random.default_rng(0).random((20, 50)) < 0.1
    intervals = bootstrap(_candidates(np.zeros((20, 50)), edges), [], draws=50, seed=0).intervals
    found = [(one.low, one.high) for name, one in intervals.items() if name != "ap"]
    np.testing.assert_allclose(found, [(1, 1), (0.5, 0.5), (1, 1)], rtol=1e-6)


def test_the_seed_decides_the_interval():
    rng = np.random.default_rng(0)
    candidates = _candidates(rng.random((20, 50)), rng.random((20, 50)) < 0.1)
    first, again, other = (bootstrap(candidates, [], draws=50, seed=seed).intervals for seed in (1, 1, 2))
    assert first == again
    assert first["ap"] != other["ap"]


def test_more_nulls_do_not_change_the_draws_of_regulators():
    rng = np.random.default_rng(0)
    candidates = _candidates(rng.random((20, 50)), rng.random((20, 50)) < 0.1)
    few, many = (bootstrap(candidates, degree_nulls(candidates, draws=n, seed=0), draws=50, seed=0).intervals
                 for n in (0, 6))  # fmt: skip
    assert few["auroc"].low == pytest.approx(many["auroc"].low, rel=1e-3)


@pytest.mark.parametrize("regulators", [1, 4])
def test_few_regulators_with_edges_give_no_interval_and_say_why(regulators):
    edges = np.zeros((9, 12), dtype=bool)
    edges[:regulators, 10:] = True
    interval = bootstrap(_candidates(np.ones((9, 12)), edges), [], draws=50, seed=0).intervals["ap_ratio"]
    assert (interval.value, interval.low, interval.high) == (pytest.approx(1), None, None)
    assert interval.reason == f"no interval: {regulators} regulators with a true edge; needs 5"


def test_an_early_precision_of_zero_has_no_interval():
    edges = np.random.default_rng(0).random((20, 50)) < 0.1
    np.fill_diagonal(edges, 0)
    intervals = bootstrap(_candidates(1.0 - edges, edges), [], draws=50, seed=0).intervals
    assert (intervals["epr"].value, intervals["epr"].low) == (0, None)
    assert "nothing was found" in intervals["epr"].reason
