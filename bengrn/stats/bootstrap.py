"""Intervals by drawing regulators again, for scores and for their lift over a degree null."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.errors import MetricError
from bengrn.metrics.metric import Ranking
from bengrn.metrics.ranking import ap_ratio, auroc, average_precision, epr, rank
from bengrn.stats.drawn import Bootstrapped, Drawn
from bengrn.stats.draws import (
    Draws,
    choose_thresholds,
    draw_pairs,
    draw_regulators,
    true_counts,
    values_of,
)
from bengrn.stats.influence import Influence, influences
from bengrn.stats.interval import (
    ARCSINE,
    LOG,
    MIN_REGULATORS,
    Interval,
    Scale,
    counts_scale,
    effective_number,
    t_interval,
)
from bengrn.stats.null_response import NullResponse, edge_gains, null_response
from bengrn.stats.null_scores import count_edge_levels

if TYPE_CHECKING:
    from bengrn.truths.align import Candidates

__all__ = ["BOOTSTRAP_VERSION", "bootstrap"]

BOOTSTRAP_VERSION = "4"

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

_DRAWS_AT_A_TIME = 1000
# nulls that are counted in every draw; the others follow to first order
_COUNTED_NULLS = 5
_METRICS: Mapping[str, Callable[[Ranking], float]] = {
    "ap": average_precision,
    "ap_ratio": ap_ratio,
    "auroc": auroc,
    "epr": epr,
}
_LIFTED = ("ap", "epr")


def bootstrap(
    candidates: "Candidates",
    null_edges: Sequence[sparse.csr_array],
    *,
    draws: int = 1000,
    seed: int,
    level: float = 0.95,
    ranking: Ranking | None = None,
) -> Bootstrapped:
    """Compute intervals from draws of regulators, with replacement.

    Regulators are drawn, not pairs: pairs of one regulator rise and fall together, and treating them
    as independent makes intervals many times too narrow.

    Parameters
    ----------
    candidates
        The scored pairs, shape (R, T).
    null_edges
        Truths with the same degrees, from `degree_nulls`; without any there is no lift.
    draws
        How often the R regulators are drawn.
    seed
        The only source of randomness.
    level
        Share of such intervals that hold the true value.
    ranking
        Of the candidates, where it was made already.

    Returns
    -------
    Bootstrapped
        Of `ap`, `ap_ratio`, `auroc`, `epr`; with nulls also of `ap_lift` and `epr_lift`, the value over the
        mean of all nulls. The same seed and number of draws draw the same regulators.

    Notes
    -----
    The interval is the value -+ t times the standard deviation of the draws: on the logarithm of AP and of
    its lift, the arcsine of AUROC, and the root of EPR and its lift (as counts). What few regulators with
    many edges do to it is corrected for (`influences`). Percentiles of the draws and BCa cover less than
    they say (docs/benchmarks.md).

    No draw is ranked again. A draw is R integer weights; its counts at L thresholds are a matrix
    product of the weights with each regulator's own counts. A draw's null is made of five nulls counted in
    the draw, of what the others would add, and of the in-degrees of the drawn truth (`null_response`).
    """
    edges = [candidates.edges, *null_edges]
    scores = [candidates.scores_at(one) for one in edges]
    levels = count_edge_levels(candidates, scores)
    own = ranking or rank(candidates)
    nulls = [levels.ranking(one, candidates) for one in scores[1:]]
    values, null_facts = _point_values(own, nulls)
    degree_R = np.diff(candidates.edges.indptr)
    regulators = int((degree_R > 0).sum()), effective_number(degree_R)
    drawn: Draws = {name: np.empty(0) for name in values}
    if regulators[0] >= MIN_REGULATORS and draws > 0:
        responses = _responses(edges, scores, nulls)
        thresholds = choose_thresholds(levels.scores, levels.at_least)
        counted = zip(edges[: 1 + _COUNTED_NULLS], scores, strict=False)
        true_RL = [true_counts(*one, thresholds) for one in counted]
        parts = [
            _draw(candidates, thresholds, true_RL, weights_DR, responses)
            for weights_DR in draw_regulators(candidates.shape[0], draws, seed, _DRAWS_AT_A_TIME)
        ]
        drawn = {name: np.concatenate([part[name] for part in parts]) for name in values}
    intervals, kept = dict[str, Interval](), dict[str, Drawn]()
    scales = {name: _scale(name, own, null_facts.get(name, ())) for name in values}
    found = influences(
        {name: scales[name].forth(drawn[name]) for name in values},
        draw_regulators(candidates.shape[0], len(drawn["ap"]), seed, _DRAWS_AT_A_TIME),
        degree_R,
    )
    for name, value in values.items():
        facts, scale = null_facts.get(name, ()), scales[name]
        intervals[name] = _interval(name, value, drawn[name], regulators[0], level, own, scale, found[name])
        if facts:
            intervals[name] = replace(intervals[name], null_mean=facts[0], null_sd=facts[1])
        if value is not None and intervals[name].low is not None:
            draws_D = drawn[name].astype(np.float32)
            kept[name] = Drawn(value, draws_D, scale, *regulators, as_ratio=name != "auroc")
    return Bootstrapped(intervals, kept)


def _point_values(
    own: Ranking, nulls: Sequence[Ranking]
) -> tuple[dict[str, float | None], dict[str, tuple[float, float]]]:
    """Return the value of everything that gets an interval, and of lifts the nulls' mean and sd."""
    values: dict[str, float | None] = {}
    facts: dict[str, tuple[float, float]] = {}
    for name, compute in _METRICS.items():
        try:
            values[name] = compute(own)
        except MetricError:
            values[name] = None
    for name in _LIFTED if nulls else ():
        on_nulls = [_METRICS[name](ranking) for ranking in nulls]
        mean, value = float(np.mean(on_nulls)), values[name]
        values[f"{name}_lift"] = value / mean if mean > 0 and value is not None else None
        facts[f"{name}_lift"] = mean, float(np.std(on_nulls))
    return values, facts


def _responses(
    edges: Sequence[sparse.csr_array], scores: Sequence[Floats], nulls: Sequence[Ranking]
) -> dict[str, NullResponse]:
    """Return how the mean of the nulls' AP and EPR answers to draws; nothing without nulls."""
    if not nulls:
        return {}
    gains = [edge_gains(ranking, one) for ranking, one in zip(nulls, scores[1:], strict=True)]
    return {
        name: null_response(edges[0], edges[1:], [gain[name] for gain in gains], _COUNTED_NULLS)
        for name in _LIFTED
    }


def _draw(
    candidates: "Candidates",
    thresholds: Floats,
    true_RL: Sequence[sparse.csr_array],
    weights_DR: Floats,
    responses: Mapping[str, NullResponse],
) -> Draws:
    """Return every value in every draw, shape (D,) each; NaN where undefined."""
    # all regulators once, before the draws: says where the first K pairs end
    every_DR = np.concatenate([np.ones_like(weights_DR[:1]), weights_DR])
    pairs_DL = draw_pairs(candidates, thresholds, every_DR)
    values = values_of(pairs_DL, every_DR @ true_RL[0], tuple(_METRICS))
    if responses:
        on_nulls = [values_of(pairs_DL, every_DR @ null, _LIFTED) for null in true_RL[1:]]
        for name in _LIFTED:
            null = np.mean([one[name] for one in on_nulls], axis=0) * responses[name].factor(every_DR)
            lift = np.divide(values[name], null, out=np.full(len(null), np.nan), where=null > 0)
            values[f"{name}_lift"] = lift
    return {name: one[1:] for name, one in values.items()}


def _scale(name: str, own: Ranking, null_facts: tuple[float, ...]) -> Scale:
    """Return the scale on which draws of a score are even."""
    # what one true edge more among the first K is worth
    unit = own.n_pairs / own.n_positive**2 / (null_facts[0] if null_facts and null_facts[0] > 0 else 1.0)
    return {"auroc": ARCSINE, "epr": counts_scale(unit), "epr_lift": counts_scale(unit)}.get(name, LOG)


def _interval(
    name: str,
    value: float | None,
    draws: Doubles,
    n_regulators: int,
    level: float,
    own: Ranking,
    scale: Scale,
    how: Influence,
) -> Interval:
    """Return the interval of one value, on its own scale and within its bounds."""
    if value is None:
        return Interval(None, None, None, "undefined: no false pair, or a null that finds nothing")
    high = {"ap": 1.0, "auroc": 1.0, "ap_ratio": own.n_pairs / own.n_positive,
            "epr": own.n_pairs / own.n_positive}.get(name, np.inf)  # fmt: skip
    return t_interval(
        value,
        draws,
        scale=scale,
        n_regulators=n_regulators,
        freedom=how.freedom,
        level=level,
        bounds=(0.0, high),
        widening=how.widening,
    )
