"""How the null answers to a draw of regulators: to first order, without shuffling the draw again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.metrics.metric import Ranking

__all__ = ["NullResponse", "edge_gains", "null_response"]

Doubles = npt.NDArray[np.float64]

# cells of nulls that the effects of targets are fitted to: more make them no better
_MAX_CELLS = 400_000
_MIN_NULLS = 5
_ROUNDS = 10


@dataclass(frozen=True)
class NullResponse:
    """What is added, per regulator, to the logarithm of the null's score when it is drawn once more.

    Parameters
    ----------
    shift_R
        Shape (R,): beyond what the counted nulls do by themselves.
    """

    shift_R: Doubles

    def factor(self, weights_DR: npt.NDArray[np.floating]) -> Doubles:
        """Return by what the counted nulls of every draw are to be multiplied, shape (D,)."""
        # a step of first order does not hold for the rare draw that is far away
        moved_D = weights_DR @ self.shift_R.astype(np.float32) - self.shift_R.sum()
        factor_D: Doubles = np.exp(np.clip(moved_D, -1.0, 1.0)).astype(np.float64)
        return factor_D


def edge_gains(ranking: Ranking, scores: npt.NDArray[np.float32]) -> dict[str, Doubles]:
    """Return what one more edge with the score of each edge adds to the logarithm of AP and EPR, K fixed.

    Parameters
    ----------
    ranking
        Of edges with these scores.
    scores
        Shape (K,), at most 0 where not predicted.

    Returns
    -------
    dict
        "ap": the edge's own precision, and one edge more found at every edge below. "epr": one edge more
        among the first K, in expectation. Shape (K,) each.
    """
    own = np.unique(scores[scores > 0])
    # levels stand highest first, and behind them, if at all, the edges without a prediction
    place_E = np.where(scores > 0, len(own) - 1 - np.searchsorted(own, scores), len(own))
    precision = np.cumsum(ranking.true_at) / ranking.at_least
    below = np.cumsum((ranking.true_at / ranking.at_least)[::-1])[::-1]
    ap = (precision + below) / (ranking.true_at @ precision)
    slots = (ranking.n_positive - ranking.above) / (ranking.at_least - ranking.above)
    early = np.clip(slots, 0, 1)
    epr = early / max(float(ranking.true_at @ early), 1e-300)
    return {"ap": ap[place_E], "epr": epr[place_E]}


def null_response(
    truth: sparse.csr_array,
    nulls: Sequence[sparse.csr_array],
    gains: Sequence[Doubles],
    n_counted: int,
) -> NullResponse:
    """Work out how the mean over all nulls answers to draws in which only the first few are counted.

    Parameters
    ----------
    truth, nulls
        Shape (R, T), edges; the nulls have the degrees of the truth.
    gains
        For each null, per edge in CSR order: what it adds to the logarithm of the score (`edge_gains`).
    n_counted
        The first so many nulls are counted in every draw.

    Notes
    -----
    Two parts. What all nulls gain by a regulator less what the counted ones gain. And: a null has the
    in-degrees of its truth, so the null of a draw has the in-degrees of that draw, not those of all
    regulators. An edge more at a target is worth b to the null, where a + b, summed over a regulator's a and
    a target's b, is fitted to the gains by least squares with weights p (1 - p), p being the share of
    nulls that have the edge: to first order that is how a uniform truth with given degrees responds.
    The nulls of a draw thus gain b for every edge of the drawn truth instead of every edge of the drawn
    nulls. Without this the interval of a lift over degrees is far too wide: it covers 100 %, not 95 %.
    """
    gained_R = [_sum_rows(edges, gain) for edges, gain in zip(nulls, gains, strict=True)]
    shift_R = np.mean(gained_R, axis=0) - np.mean(gained_R[:n_counted], axis=0)
    if len(nulls) > 1:
        n_fitted = min(len(nulls), max(_MIN_NULLS, _MAX_CELLS // truth.nnz))
        effect_T = _target_effects(nulls[:n_fitted], gains[:n_fitted])
        by_target_R = [_sum_rows(edges, effect_T[edges.indices]) for edges in (truth, *nulls)]
        shift_R = shift_R + by_target_R[0] - np.mean(by_target_R[1:], axis=0)
    return NullResponse(shift_R)


def _sum_rows(edges: sparse.csr_array, value_E: Doubles) -> Doubles:
    """Add up a value of the edges of each regulator, shape (R,)."""
    row_E = np.repeat(np.arange(edges.shape[0]), np.diff(edges.indptr))
    total_R: Doubles = np.bincount(row_E, value_E, edges.shape[0]).astype(np.float64)
    return total_R


def _target_effects(nulls: Sequence[sparse.csr_array], gains: Sequence[Doubles]) -> Doubles:
    """Fit gain = a (regulator) + b (target) with weights p (1 - p); return b, shape (T,)."""
    n_rows, n_columns = nulls[0].shape
    row = np.concatenate([np.repeat(np.arange(n_rows), np.diff(one.indptr)) for one in nulls])
    cell = row * n_columns + np.concatenate([one.indices for one in nulls])
    place, first, times = np.unique(cell, return_index=True, return_counts=True)
    row, column = np.divmod(place, n_columns)
    gain, n = np.concatenate(gains)[first], len(nulls)
    # unbiased for p (1 - p) where the edge is in `times` of n nulls
    weight = times * (n - times) / (n * (n - 1))
    per_row = np.maximum(np.bincount(row, weight, n_rows), 1e-12)
    per_column = np.maximum(np.bincount(column, weight, n_columns), 1e-12)
    effect_T = np.zeros(n_columns)
    for _ in range(_ROUNDS):
        effect_R = np.bincount(row, weight * (gain - effect_T[column]), n_rows) / per_row
        effect_T = np.bincount(column, weight * (gain - effect_R[row]), n_columns) / per_column
    return effect_T
