"""Score a network against the truth of a frozen task: strict, compat, nulls and intervals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bengrn.errors import MetricError
from bengrn.metrics import METRICS, REGULATOR_METRICS
from bengrn.metrics.cards import COMPAT_CARDS, LIFT_CARDS, LIFT_VERSION
from bengrn.metrics.compat import COMPAT_VERSION, NO_ODDS_RATIO, compat_scores
from bengrn.metrics.metric import Metric, Ranking, RegulatorMetric
from bengrn.metrics.per_regulator import rank_regulators
from bengrn.metrics.ranking import epr_range, rank
from bengrn.request import Scoring
from bengrn.stats.bootstrap import BOOTSTRAP_VERSION, bootstrap
from bengrn.stats.degree_null import NULL_VERSION, degree_nulls
from bengrn.stats.drawn import Bootstrapped, Drawn
from bengrn.stats.interval import Interval
from bengrn.stats.regulator_intervals import regulator_intervals
from bengrn.tasks.notes import notes_on_scores
from bengrn.truths.align import Candidates, align
from bengrn.values import Network, Truth

__all__ = ["LIFTS", "SCORE_VERSION", "NetworkScores", "score_network"]

SCORE_VERSION = f"network/2 null/{NULL_VERSION} bootstrap/{BOOTSTRAP_VERSION} compat/{COMPAT_VERSION}"
LIFTS = tuple(card.name for card in LIFT_CARDS)
# the seed of nulls and bootstraps is fixed: the same network always gets the same interval
_STATISTICS_SEED = 0

Scores = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True, eq=False)
class NetworkScores:
    """The scores of a network on a frozen task.

    Parameters
    ----------
    scores
        mode -> metric -> value (None where undefined, with a reason), version, and an interval where
        there is one.
    warnings
        What a reader of the numbers should know.
    draws
        Metric -> its draws of regulators, for every strict metric that has an interval. Networks on one
        task with one `Scoring` get the same draws, so that they can be compared in pairs.
    """

    scores: Scores
    warnings: tuple[str, ...]
    draws: Mapping[str, Drawn]


def score_network(
    network: Network, truth: Truth, scoring: Scoring, extra: Iterable[Metric | RegulatorMetric] = ()
) -> NetworkScores:
    """Score a network on a truth that is restricted to the frozen task.

    Parameters
    ----------
    network
        Joined by name; candidates that it lacks rank last.
    truth
        Its regulators x targets, without self-pairs, are the candidates.
    scoring
        Numbers of null and bootstrap draws, and the interval's level.
    extra
        Metrics beyond the built-in ones.

    Raises
    ------
    MetricError
        If nothing can be scored: no shared pair, or no true edge among the candidates.
    """
    candidates = align(network, truth)
    ranking = rank(candidates)
    every = (*METRICS, *REGULATOR_METRICS, *extra)
    strict = {one.name: _measure(one, ranking) for one in every if not isinstance(one, RegulatorMetric)}
    low, high = epr_range(ranking)
    strict["epr"].update(tie_low=low, tie_high=high)
    per_regulator = [one for one in every if isinstance(one, RegulatorMetric)]
    inside = _inside_regulators(candidates, per_regulator, scoring)
    strict |= _cells(per_regulator, inside.intervals)
    pooled, no_lift = _pooled(candidates, ranking, scoring)
    _add_intervals(strict, pooled.intervals, no_lift or "no null was drawn (--nulls 0)")
    warnings = [f"no lift: {no_lift.rstrip('.')}"] if no_lift else []
    return NetworkScores(
        {"strict": strict, "compat": _compat(candidates)},
        (*warnings, *notes_on_scores(strict)),
        {**pooled.drawn, **inside.drawn},
    )


def _compat(candidates: Candidates) -> dict[str, dict[str, Any]]:
    """Return the cells of the published numbers; only the odds ratio can be undefined."""
    found = compat_scores(candidates)
    cells: dict[str, dict[str, Any]] = {
        card.name: {"value": _plain(found.get(card.name)), "version": COMPAT_VERSION} for card in COMPAT_CARDS
    }
    if "epr_published" not in found:
        cells["epr_published"]["reason"] = NO_ODDS_RATIO
    return cells


def _inside_regulators(
    candidates: Candidates, metrics: Sequence[RegulatorMetric], scoring: Scoring
) -> Bootstrapped:
    """Return the metrics that are means over regulators, in draws of regulators."""
    return regulator_intervals(
        rank_regulators(candidates),
        metrics,
        draws=scoring.bootstrap_draws,
        seed=_STATISTICS_SEED,
        level=scoring.level,
    )


def _pooled(candidates: Candidates, ranking: Ranking, scoring: Scoring) -> tuple[Bootstrapped, str]:
    """Return the pooled metrics and their lifts in draws of regulators; why there is no lift, if so."""
    nulls, why = [], ""
    try:
        nulls = degree_nulls(candidates, draws=scoring.null_draws, seed=_STATISTICS_SEED)
    except MetricError as error:
        why = str(error)
    found = bootstrap(
        candidates,
        nulls,
        draws=scoring.bootstrap_draws,
        seed=_STATISTICS_SEED,
        level=scoring.level,
        ranking=ranking,
    )
    return found, why


def _cells(
    metrics: Sequence[RegulatorMetric], intervals: Mapping[str, Interval]
) -> dict[str, dict[str, Any]]:
    """Return the cells of metrics that are means over regulators."""
    cells: dict[str, dict[str, Any]] = {}
    for metric in metrics:
        cells[metric.name] = {"value": _plain(intervals[metric.name].value), "version": metric.version}
        _write(cells[metric.name], intervals[metric.name])
    return cells


def _add_intervals(
    strict: dict[str, dict[str, Any]], intervals: Mapping[str, Interval], no_lift: str
) -> None:
    """Add intervals and lifts to the scores; where there is no lift, say why."""
    for name, interval in intervals.items():
        cell = strict.setdefault(name, {"value": interval.value, "version": LIFT_VERSION})
        _write(cell, interval)
    for name in LIFTS:
        strict.setdefault(name, {"value": None, "version": LIFT_VERSION, "reason": no_lift})


def _write(cell: dict[str, Any], interval: Interval) -> None:
    """Put an interval into a cell of the record."""
    cell.update(low=_plain(interval.low), high=_plain(interval.high))
    if interval.null_mean is not None:
        cell.update(null_mean=interval.null_mean, null_sd=interval.null_sd)
    if interval.reason:  # a metric that is undefined has said why already
        cell.setdefault("reason", interval.reason)


def _measure(metric: Metric, ranking: Any) -> dict[str, Any]:
    """Return a metric's value, or why it has none."""
    try:
        return {"value": _plain(metric.compute(ranking)), "version": metric.version}
    except MetricError as error:
        return {"value": None, "version": metric.version, "reason": str(error)}
    except Exception as error:  # noqa: BLE001 - a plug-in's metric may raise anything; the others stand
        return {"value": None, "version": metric.version, "reason": f"{type(error).__name__}: {error}"}


def _plain(value: float | None) -> float | None:
    """Return a number that JSON can hold; None for infinity, which a record must not hide as a number."""
    return float(value) if value is not None and np.isfinite(value) else None
