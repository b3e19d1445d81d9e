"""What draws of regulators score, from each regulator's own counts: nothing is ranked again."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

if TYPE_CHECKING:
    from bengrn.truths.align import Candidates

__all__ = ["Draws", "choose_thresholds", "draw_pairs", "draw_regulators", "true_counts", "values_of"]

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Draws = dict[str, Doubles]

_BLOCK = 1 << 20
_AT_A_TIME = 250
_EXACT_LEVELS = 1024
_TOP_LEVELS = _SPACED_LEVELS = 512
# the precision around the cut is that between this much less and this much more than K pairs
_WINDOW = 0.3


def draw_regulators(n_regulators: int, draws: int, seed: int, at_a_time: int) -> Iterator[Floats]:
    """Yield how often each regulator is in each draw, shape (at most `at_a_time`, R), float32.

    A draw is R regulators with replacement. How many are yielded at a time does not change them.
    """
    rng = np.random.default_rng(seed)
    for start in range(0, draws, at_a_time):
        weights_DR = np.empty((min(at_a_time, draws - start), n_regulators), dtype=np.float32)
        for weight_R in weights_DR:
            weight_R[:] = np.bincount(rng.integers(n_regulators, size=n_regulators), minlength=n_regulators)
        yield weights_DR


def choose_thresholds(levels: Floats, at_least: npt.NDArray[np.int64]) -> Floats:
    """Choose the scores at which draws are counted, ascending.

    Parameters
    ----------
    levels
        Shape (L,), the distinct positive scores of edges, ascending.
    at_least
        Shape (L,), candidates with that score or a higher one.

    Returns
    -------
    array
        All levels where they are at most 1,024; else the highest 512 and then 512 spaced geometrically
        in rank, which moves an AP by less than 2 %, in all draws alike.
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


def true_counts(edges: sparse.csr_array, scores: Floats, thresholds: Floats) -> sparse.csr_array:
    """Count each regulator's true edges at each threshold, highest first; (R, L + 1), last: no score."""
    row = np.repeat(np.arange(edges.shape[0]), np.diff(edges.indptr))
    column = len(thresholds) - np.searchsorted(thresholds, scores, side="right")
    ones = np.ones(len(row), dtype=np.float32)
    return sparse.csr_array((ones, (row, column)), shape=(edges.shape[0], len(thresholds) + 1))


def draw_pairs(candidates: "Candidates", thresholds: Floats, weights_DR: Floats) -> Floats:
    """Count the drawn pairs at or above each threshold, highest first; (D, L + 1), last: all pairs."""
    n_levels = len(thresholds)
    pairs_DL = np.zeros((len(weights_DR), n_levels + 1), dtype=np.float32)
    per_regulator = candidates.pairs_per_regulator
    for first, block in candidates.blocks(_BLOCK):
        block.sort(axis=1)
        rows = slice(first, first + len(block))
        counts_RL = np.empty((len(block), n_levels + 1), dtype=np.float32)
        for count, row in zip(counts_RL, block, strict=True):
            count[:n_levels] = len(row) - np.searchsorted(row, thresholds)[::-1]
        counts_RL[:, n_levels] = per_regulator[rows]
        pairs_DL += weights_DR[:, rows] @ counts_RL
    return pairs_DL


def values_of(pairs_DL: Floats, true_DL: Floats, names: Sequence[str]) -> Draws:
    """Return AP, AP ratio, AUROC and EPR, whichever are named, of every draw, shape (D,) each.

    Parameters
    ----------
    pairs_DL
        Pairs at or above each threshold, the last column all pairs. The first row is no draw but all
        regulators once: it says where the cut of the EPR lies.
    true_DL
        True edges at each threshold, the last column those without a score.
    names
        Of "ap", "ap_ratio", "auroc", "epr"; the first two come together.

    Notes
    -----
    The EPR of a draw is that of the whole and a step of first order: the curve is rough where it is cut,
    and the draws' own cuts would make draws vary more than samples do. The step counts the true edges
    above the whole's cut, and the precision around it for the pairs by which the draw's cut differs.
    """
    parts = []
    for start in range(0, len(pairs_DL), _AT_A_TIME):
        here = slice(start, start + _AT_A_TIME)
        parts.append(_curve_values(pairs_DL[here], true_DL[here], names))
    values = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    if "epr" in names:
        values["epr"] = _early(pairs_DL, true_DL)
    return values


def _curve_values(pairs_DL: Floats, true_DL: Floats, names: Sequence[str]) -> Draws:
    """Return those values that need the whole curve."""
    pairs, found = pairs_DL.astype(np.float64), np.cumsum(true_DL, axis=1, dtype=np.float64)
    n_true, n_pairs = found[:, -1], pairs[:, -1]
    values: Draws = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.divide(found, pairs, out=np.zeros_like(found), where=pairs > 0)
        values["ap"] = np.einsum("dl,dl->d", true_DL, precision) / n_true
        values["ap_ratio"] = values["ap"] * n_pairs / n_true
        if "auroc" in names:
            false = pairs - found
            below = 2 * false - np.diff(false, axis=1, prepend=0)
            inverted = np.einsum("dl,dl->d", true_DL, below) / 2
            values["auroc"] = 1 - inverted / (n_true * false[:, -1])
    return values


def _early(pairs_DL: Floats, true_DL: Floats) -> Doubles:
    """Return the EPR of every draw, to first order, shape (D,)."""
    n_true, n_pairs = true_DL.sum(axis=1, dtype=np.float64), pairs_DL[:, -1].astype(np.float64)
    k, total = float(n_true[0]), float(n_pairs[0])
    (low, pairs_low), (found, pairs), (high, pairs_high) = (
        _first(pairs_DL, true_DL, min(share * k, total)) for share in (1 - _WINDOW, 1.0, 1 + _WINDOW)
    )
    slope = (high[0] - low[0]) / (pairs_high[0] - pairs_low[0])
    early = found + slope * (n_true - pairs)
    step = found[0] * ((n_pairs - total) / total - 2 * (n_true - k) / k)
    ratio: Doubles = (early + step) * total / k**2
    ratio[n_true == 0] = np.nan
    return np.maximum(ratio, 0)


def _first(pairs_DL: Floats, true_DL: Floats, k: float) -> tuple[Doubles, Doubles]:
    """Return every draw's true edges and pairs above the cut of the undrawn first `k` pairs, shape (D,)."""
    pairs_L = pairs_DL[0].astype(np.float64)
    position = int(np.searchsorted(pairs_L, k))
    before = pairs_L[position - 1] if position else 0.0
    share = (k - before) / (pairs_L[position] - before)
    found = true_DL[:, :position].sum(axis=1, dtype=np.float64) + share * true_DL[:, position]
    above = pairs_DL[:, position - 1].astype(np.float64) if position else np.zeros(len(pairs_DL))
    return found, above + share * (pairs_DL[:, position] - above)
