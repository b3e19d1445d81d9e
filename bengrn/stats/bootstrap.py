"""Intervals by drawing regulators again, for scores and for their lift over a degree null."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.errors import MetricError
from bengrn.metrics.metric import Ranking
from bengrn.metrics.ranking import ap_ratio, auroc, average_precision, count_levels, epr, ranking_of

if TYPE_CHECKING:
    from bengrn.truths.align import Candidates

__all__ = ["BOOTSTRAP_VERSION", "Interval", "bootstrap", "choose_thresholds"]

BOOTSTRAP_VERSION = "1"

Floats = npt.NDArray[np.float32]
Draws = dict[str, npt.NDArray[np.float64]]

_BLOCK = 1 << 20
_DRAWS_AT_A_TIME = 1000
_EXACT_LEVELS = 2048
_TOP_LEVELS = _SPACED_LEVELS = 1024
# an interval over what is left after dropping more undefined draws than this would be a fake one
_MAX_UNDEFINED = 0.05
# nulls that each draw is compared with, taken at random: their own spread is then in the interval
_NULLS_PER_DRAW = 5
_METRICS = {"ap": average_precision, "ap_ratio": ap_ratio, "auroc": auroc, "epr": epr}


@dataclass(frozen=True)
class Interval:
    """A value with its percentile interval.

    Parameters
    ----------
    value
        On the data themselves, exact; None where undefined.
    low, high
        Ends of the interval; None where there is none.
    reason
        Why something is None.
    null_mean, null_sd
        Of a lift: mean and standard deviation of the score on the nulls.
    """

    value: float | None
    low: float | None
    high: float | None
    reason: str = ""
    null_mean: float | None = None
    null_sd: float | None = None


def bootstrap(
    candidates: "Candidates",
    null_edges: Sequence[sparse.csr_array],
    *,
    draws: int = 1000,
    seed: int,
    level: float = 0.95,
) -> dict[str, Interval]:
    """Compute percentile intervals from draws of regulators, with replacement.

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
        Share of the draws between the ends of an interval.

    Returns
    -------
    dict
        `ap`, `ap_ratio`, `auroc`, `epr`; with nulls also `ap_lift` and `epr_lift`, the value over the
        mean of all nulls (in each draw: of the same regulators, over the mean of five nulls taken at
        random: with more than five, the spread of the nulls is in the interval too).

    Notes
    -----
    No draw is ranked again. A draw is R integer weights; its counts at L thresholds are a matrix
    product of the weights with each regulator's own counts. All scores of true (and null) edges are
    thresholds where they are at most 2,048; else the highest 1,024 and then 1,024 spaced
    geometrically in rank, which moves an AP by less than 1 %. Draws in which a value is undefined (no
    true edge) are dropped; over 5 % of them, there is no interval.
    """
    truths = [candidates.edges, *null_edges]
    scores = [candidates.scores_at(edges) for edges in truths]
    pooled = np.concatenate(scores)
    levels = np.unique(pooled[pooled > 0])
    above, at_least, n_predicted = count_levels(candidates, levels)
    rankings = [ranking_of(one, levels, above, at_least, n_predicted, candidates) for one in scores]
    values, nulls = _point_values(rankings)
    n_regulators = int((np.diff(candidates.edges.indptr) > 0).sum())
    if n_regulators < 2 or draws < 1:
        why = f"no interval: {n_regulators} regulators with a true edge and {draws} draws; needs 2 and 1"
        return {
            name: Interval(value, None, None, why, *nulls.get(name, ())) for name, value in values.items()
        }
    thresholds = choose_thresholds(levels, at_least)
    true_RL = [_true_counts(edges, one, thresholds) for edges, one in zip(truths, scores, strict=True)]
    # two streams: how many nulls there are must not change the draws of regulators
    rng, null_rng = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    parts = []
    for start in range(0, draws, _DRAWS_AT_A_TIME):
        n_draws = min(_DRAWS_AT_A_TIME, draws - start)
        n_rows = candidates.shape[0]
        weights_DR = rng.multinomial(n_rows, np.full(n_rows, 1 / n_rows), size=n_draws).astype(np.float32)
        parts.append(_draw(candidates, true_RL, thresholds, weights_DR, null_rng))
    joined = {name: np.concatenate([part[name] for part in parts]) for name in values}
    return {name: _interval(values[name], joined[name], level, nulls.get(name, ())) for name in values}


def choose_thresholds(levels: Floats, at_least: npt.NDArray[np.int64]) -> Floats:
    """Choose the scores at which draws are counted, ascending.

    Parameters
    ----------
    levels
        Shape (L,), the distinct positive scores of edges, ascending.
    at_least
        Shape (L,), candidates with that score or a higher one.
    """
    if len(levels) <= _EXACT_LEVELS:
        # a second threshold just over each level parts it from the pairs between two levels
        return np.unique(np.append(levels, np.nextafter(levels, np.float32(np.inf))))
    rank = at_least[::-1]
    wanted = np.geomspace(rank[_TOP_LEVELS - 1], rank[-1], _SPACED_LEVELS)
    spaced = np.searchsorted(rank, wanted).clip(max=len(rank) - 1)
    kept = np.unique(np.concatenate([np.arange(_TOP_LEVELS), spaced, [len(rank) - 1]]))
    chosen: Floats = levels[::-1][kept][::-1]
    return chosen


def _point_values(
    rankings: Sequence[Ranking],
) -> tuple[dict[str, float | None], dict[str, tuple[float, float]]]:
    """Return the exact value of everything that gets an interval, and of lifts the nulls' mean and sd."""
    values: dict[str, float | None] = {}
    nulls: dict[str, tuple[float, float]] = {}
    for name, compute in _METRICS.items():
        try:
            values[name] = compute(rankings[0])
        except MetricError:
            values[name] = None
    for name in ("ap", "epr") if len(rankings) > 1 else ():
        on_nulls = [_METRICS[name](ranking) for ranking in rankings[1:]]
        null, own = float(np.mean(on_nulls)), values[name]
        values[f"{name}_lift"] = own / null if null > 0 and own is not None else None
        nulls[f"{name}_lift"] = null, float(np.std(on_nulls))
    return values, nulls


def _true_counts(edges: sparse.csr_array, scores: Floats, thresholds: Floats) -> sparse.csr_array:
    """Count each regulator's true edges at each threshold, highest first; (R, L + 1), last: no score."""
    row = np.repeat(np.arange(edges.shape[0]), np.diff(edges.indptr))
    column = len(thresholds) - np.searchsorted(thresholds, scores, side="right")
    ones = np.ones(len(row), dtype=np.float32)
    return sparse.csr_array((ones, (row, column)), shape=(edges.shape[0], len(thresholds) + 1))


def _draw(
    candidates: "Candidates",
    true_RL: Sequence[sparse.csr_array],
    thresholds: Floats,
    weights_DR: Floats,
    null_rng: np.random.Generator,
) -> Draws:
    """Return every value in every draw, shape (D,) each; NaN where undefined."""
    pairs_DL = _pair_counts(candidates, thresholds, weights_DR)
    own, nulls = _values_of(pairs_DL, weights_DR @ true_RL[0]), true_RL[1:]
    if nulls:
        n_draws, n_taken = len(weights_DR), min(_NULLS_PER_DRAW, len(nulls))
        taken_DN = null_rng.random((n_draws, len(nulls))).argsort(axis=1).argsort(axis=1) < n_taken
        sums = {name: np.zeros(n_draws) for name in ("ap", "epr")}
        for null, taken_D in zip(nulls, taken_DN.T, strict=True):
            part = _values_of(pairs_DL[taken_D], weights_DR[taken_D] @ null)
            for name, sum_D in sums.items():
                sum_D[taken_D] += part[name]
        for name, sum_D in sums.items():
            undefined_D = np.full(n_draws, np.nan)
            own[f"{name}_lift"] = np.divide(own[name] * n_taken, sum_D, out=undefined_D, where=sum_D > 0)
    return own


def _pair_counts(candidates: "Candidates", thresholds: Floats, weights_DR: Floats) -> Floats:
    """Count the drawn pairs at or above each threshold, highest first; (D, L + 1), last: all pairs."""
    n_levels = len(thresholds)
    pairs_DL = np.zeros((len(weights_DR), n_levels + 1), dtype=np.float32)
    for first, block in candidates.blocks(_BLOCK):
        block.sort(axis=1)
        rows = slice(first, first + len(block))
        counts_RL = np.empty((len(block), n_levels + 1), dtype=np.float32)
        for count, row in zip(counts_RL, block, strict=True):
            count[:n_levels] = len(row) - np.searchsorted(row, thresholds)[::-1]
        counts_RL[:, n_levels] = candidates.pairs_per_regulator[rows]
        pairs_DL += weights_DR[:, rows] @ counts_RL
    return pairs_DL


def _values_of(pairs_DL: Floats, true_DL: Floats) -> Draws:
    """Return AP, AP ratio, AUROC and EPR of every draw from its pairs (cumulative) and true edges (not)."""
    values: Draws = {name: np.full(len(pairs_DL), np.nan) for name in _METRICS}
    for draw, (pairs_32, true_32) in enumerate(zip(pairs_DL, true_DL, strict=True)):
        pairs_L, true_L = pairs_32.astype(np.float64), true_32.astype(np.float64)
        found_L = np.cumsum(true_L)
        n_true, n_pairs = found_L[-1], pairs_L[-1]
        if n_true == 0:
            continue
        precision_L = np.divide(found_L, pairs_L, out=np.zeros_like(found_L), where=pairs_L > 0)
        values["ap"][draw] = ap = (true_L @ precision_L) / n_true
        values["ap_ratio"][draw] = ap * n_pairs / n_true
        # straight lines between thresholds: equal scores in expectation
        found = np.interp(n_true, np.append(0, pairs_L), np.append(0, found_L))
        values["epr"][draw] = found * n_pairs / n_true**2
        false_L = pairs_L - found_L
        if false_L[-1] > 0:
            below = 2 * false_L - np.diff(false_L, prepend=0)
            values["auroc"][draw] = 1 - (true_L @ below) / (2 * n_true * false_L[-1])
    return values


def _interval(
    value: float | None, draws: npt.NDArray[np.float64], level: float, nulls: tuple[float, ...] = ()
) -> Interval:
    """Return the percentile interval of the draws that have a value."""
    defined = draws[np.isfinite(draws)]
    if value is None:
        return Interval(None, None, None, "undefined: no false pair, or a null that finds nothing", *nulls)
    if len(defined) < (1 - _MAX_UNDEFINED) * len(draws) or not len(defined):
        why = f"no interval: undefined in {len(draws) - len(defined)} of {len(draws)} draws of regulators"
        return Interval(value, None, None, why, *nulls)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), "", *nulls)
