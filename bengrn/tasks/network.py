"""Score a network against the truth of a frozen task: strict, compat, nulls and intervals."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from bengrn.errors import MetricError
from bengrn.metrics import METRICS
from bengrn.metrics.compat import COMPAT_VERSION, compat_scores
from bengrn.metrics.metric import Metric
from bengrn.metrics.ranking import epr_range, rank
from bengrn.request import Scoring
from bengrn.stats.bootstrap import BOOTSTRAP_VERSION, bootstrap
from bengrn.stats.degree_null import NULL_VERSION, degree_nulls
from bengrn.truths.align import align
from bengrn.values import Network, Truth

__all__ = ["LOW_POWER", "SCORE_VERSION", "score_network"]

SCORE_VERSION = f"network/1 null/{NULL_VERSION} bootstrap/{BOOTSTRAP_VERSION} compat/{COMPAT_VERSION}"
# with fewer true positives expected by chance, an early precision is mostly luck
LOW_POWER = 20
# the seed of nulls and bootstraps is fixed: the same network always gets the same interval
_STATISTICS_SEED = 0

Scores = dict[str, dict[str, dict[str, Any]]]


def score_network(
    network: Network, truth: Truth, scoring: Scoring, extra: Iterable[Metric] = ()
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
    strict: dict[str, dict[str, Any]] = {}
    for metric in (*METRICS, *extra):
        strict[metric.name] = _measure(metric, ranking)
    low, high = epr_range(ranking)
    strict["epr"].update(tie_low=low, tie_high=high)
    warnings = []
    try:
        nulls = degree_nulls(candidates, draws=scoring.null_draws, seed=_STATISTICS_SEED)
    except MetricError as error:
        nulls = []
        warnings.append(f"no lift: {error}")
    intervals = bootstrap(
        candidates, nulls, draws=scoring.bootstrap_draws, seed=_STATISTICS_SEED, level=scoring.level
    )
    for name, interval in intervals.items():
        cell = strict.setdefault(name, {"value": interval.value, "version": "1"})
        cell.update(low=interval.low, high=interval.high)
        if interval.reason:
            cell["reason"] = interval.reason
    expected = strict["expected_tp"]["value"]
    if expected is not None and expected < LOW_POWER:
        warnings.append(
            f"low power: {expected:.1f} true positives expected by chance among the first "
            f"{ranking.n_positive} pairs; below {LOW_POWER} early precision is mostly luck"
        )
    if strict["coverage"]["value"] < 1:
        warnings.append(f"the network covers {strict['coverage']['value']:.1%} of the candidates")
    compat = {
        name: {"value": _plain(value), "version": COMPAT_VERSION}
        for name, value in compat_scores(candidates).items()
    }
    return {"strict": strict, "compat": compat}, warnings


def _measure(metric: Metric, ranking: Any) -> dict[str, Any]:
    """Return a metric's value, or why it has none."""
    try:
        return {"value": _plain(metric.compute(ranking)), "version": metric.version}
    except MetricError as error:
        return {"value": None, "version": metric.version, "reason": str(error)}


def _plain(value: float) -> float | None:
    """Return a number that JSON can hold; None for infinity, which a record must not hide as a number."""
    return float(value) if np.isfinite(value) else None
