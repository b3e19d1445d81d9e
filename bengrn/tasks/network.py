"""Score a network against the truth of a frozen task: strict, compat, nulls and intervals."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from bengrn.errors import MetricError
from bengrn.metrics import METRICS, REGULATOR_METRICS
from bengrn.metrics.compat import COMPAT_VERSION, compat_scores
from bengrn.metrics.metric import Metric, Ranking, RegulatorMetric
from bengrn.metrics.per_regulator import rank_regulators
from bengrn.metrics.ranking import epr_range, rank
from bengrn.request import Scoring
from bengrn.stats.bootstrap import BOOTSTRAP_VERSION, bootstrap
from bengrn.stats.degree_null import NULL_VERSION, degree_nulls
from bengrn.stats.interval import Interval
from bengrn.stats.regulator_intervals import regulator_intervals
from bengrn.truths.align import Candidates, align
from bengrn.values import Network, Truth

__all__ = ["LIFTS", "SCORE_VERSION", "score_network"]

SCORE_VERSION = f"network/1 null/{NULL_VERSION} bootstrap/{BOOTSTRAP_VERSION} compat/{COMPAT_VERSION}"
LIFT_VERSION = "2"
LIFTS = {
    "ap_lift": "average precision over its mean on truths with the same degrees, edges swapped",
    "epr_lift": "early precision ratio over its mean on truths with the same degrees, edges swapped",
}
# with fewer true positives expected by chance, an early precision is mostly luck
_LOW_POWER = 20
# the seed of nulls and bootstraps is fixed: the same network always gets the same interval
_STATISTICS_SEED = 0

Scores = dict[str, dict[str, dict[str, Any]]]


def score_network(
    network: Network, truth: Truth, scoring: Scoring, extra: Iterable[Metric | RegulatorMetric] = ()
) -> tuple[Scores, list[str]]:
    """Return the scores of a network on a truth restricted to the frozen task, and warnings.

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

    Returns
    -------
    scores
        mode -> metric -> value (None where undefined, with a reason), version, and an interval where
        there is one.
    warnings
        What a reader of the numbers should know.

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
    strict |= _per_regulator([one for one in every if isinstance(one, RegulatorMetric)], candidates, scoring)
    warnings = [*_add_intervals(strict, candidates, ranking, scoring), *_notes(strict, ranking.n_positive)]
    compat = {
        name: {"value": _plain(value), "version": COMPAT_VERSION}
        for name, value in compat_scores(candidates).items()
    }
    return {"strict": strict, "compat": compat}, warnings


def _per_regulator(
    metrics: Sequence[RegulatorMetric], candidates: Candidates, scoring: Scoring
) -> dict[str, dict[str, Any]]:
    """Return the metrics that are means over regulators, each with its interval."""
    intervals = regulator_intervals(
        rank_regulators(candidates),
        metrics,
        draws=scoring.bootstrap_draws,
        seed=_STATISTICS_SEED,
        level=scoring.level,
    )
    cells: dict[str, dict[str, Any]] = {}
    for metric in metrics:
        cells[metric.name] = {"value": _plain(intervals[metric.name].value), "version": metric.version}
        _write(cells[metric.name], intervals[metric.name])
    return cells


def _add_intervals(
    strict: dict[str, dict[str, Any]], candidates: Candidates, ranking: Ranking, scoring: Scoring
) -> list[str]:
    """Add intervals and lifts to the scores; return why there is no lift, if so."""
    nulls, why = [], ""
    try:
        nulls = degree_nulls(candidates, draws=scoring.null_draws, seed=_STATISTICS_SEED)
    except MetricError as error:
        why = str(error)
    intervals = bootstrap(
        candidates,
        nulls,
        draws=scoring.bootstrap_draws,
        seed=_STATISTICS_SEED,
        level=scoring.level,
        ranking=ranking,
    )
    for name, interval in intervals.items():
        cell = strict.setdefault(name, {"value": interval.value, "version": LIFT_VERSION})
        _write(cell, interval)
    for name in LIFTS:
        none = {"value": None, "version": LIFT_VERSION, "reason": why or "no null was drawn (--nulls 0)"}
        strict.setdefault(name, none)
    return [f"no lift: {why}"] if why else []


def _write(cell: dict[str, Any], interval: Interval) -> None:
    """Put an interval into a cell of the record."""
    cell.update(low=_plain(interval.low), high=_plain(interval.high))
    if interval.null_mean is not None:
        cell.update(null_mean=interval.null_mean, null_sd=interval.null_sd)
    if interval.reason:
        cell["reason"] = interval.reason


def _notes(strict: dict[str, dict[str, Any]], n_positive: int) -> list[str]:
    """Return what a reader of the scores should know."""
    notes = []
    expected = strict["expected_tp"]["value"]
    if expected is not None and expected < _LOW_POWER:
        notes.append(
            f"low power: {expected:.1f} true positives expected by chance among the first "
            f"{n_positive:,} pairs; below {_LOW_POWER} early precision is mostly luck"
        )
    if strict["coverage"]["value"] < 1:
        notes.append(f"the network covers {strict['coverage']['value']:.1%} of the candidates")
    return notes


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
