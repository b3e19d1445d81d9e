"""The numbers as the scPRINT paper printed them, defects included, named as what they are.

Not for headlines. The published "EPR" is an odds ratio, the "AUPRC" a trapezoid through 128 quantile
thresholds, self-pairs are ranked, and a negative score counts as the lowest whatever it means.
"""

import bisect
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bengrn.metrics.overlap import odds_ratio

if TYPE_CHECKING:
    from bengrn.truths.align import Candidates

__all__ = ["COMPAT_VERSION", "NO_ODDS_RATIO", "compat_scores"]

COMPAT_VERSION = "2"
NO_ODDS_RATIO = "undefined: all of the first K cells are true, or K is over half of the pairs, so that TN < 0"

Floats = npt.NDArray[np.float32]

# 0.01, 0.02, ..., 0.98, then 30 steps from 0.99 to 1
_QUANTILES = np.append(np.linspace(0, 1, 101)[1:-2], np.linspace(0.99, 1, 30))


def compat_scores(candidates: "Candidates") -> dict[str, float]:
    """Compute the published numbers on all R x T cells, self-pairs included.

    Parameters
    ----------
    candidates
        Ranked by signed score; a pair that the network lacks scores 0. The edges that the truth lists
        on self-pairs, which every strict metric drops, count as true here.

    Returns
    -------
    dict
        `epr_published`
            Odds ratio TP TN / (FP FN) of the K highest cells, K the true cells. Left out where it is
            infinite (all K are true) or would be negative (K is over half of the pairs).
        `auprc_quantile`
            Area under linear segments through 128 quantile thresholds.
        `auprc_minus_random`
            The same less `random_precision`; what some of the tables print.
        `random_precision`
            K / (R T - self-pairs), although self-pairs are ranked and counted in K.

    Notes
    -----
    Memory: one dense float32 copy of the R x T cells, since quantiles need them all.
    The one deviation: the original breaks ties at the K-th cell by memory order; here the expected TP
    of a random order is used, so that the number can be reproduced.
    Source: https://doi.org/10.1038/s41467-025-58699-1 and the library's code up to version 1.3.
    """
    cells = candidates.matrix()
    true = np.sort(_true_cells(candidates, cells))
    cells = cells.reshape(-1)
    cells.sort()
    k, total = len(true), candidates.n_pairs
    random_precision = k / total
    auprc = _quantile_auprc(cells, true, random_precision)
    scores = {
        "auprc_quantile": auprc,
        "auprc_minus_random": auprc - random_precision,
        "random_precision": random_precision,
    }
    found = _expected_found(cells, true)
    if found < k and total - 2 * k + found >= 0:
        scores["epr_published"] = float(odds_ratio(found, k, total))
    return scores


def _true_cells(candidates: "Candidates", cells: Floats) -> Floats:
    """Return the scores of all true cells, shape (K,), self-pairs included."""
    row, column = candidates.edges.nonzero()
    own = np.flatnonzero(candidates.self_edges_R)
    return np.append(cells[row, column], cells[own, candidates.self_column_R[own]])


def _expected_found(cells: Floats, true: Floats) -> float:
    """Return the expected true cells among the K highest, ties broken at random; both sorted."""
    k = len(true)
    cut = cells[-k]
    above, at_least = _count(cells, cut, "right"), _count(cells, cut, "left")
    true_above, true_at_least = _count(true, cut, "right"), _count(true, cut, "left")
    return true_above + (k - above) * (true_at_least - true_above) / (at_least - above)


def _quantile_auprc(cells: Floats, true: Floats, random_precision: float) -> float:
    """Return the published area; `cells` (N,) and `true` (K,) are sorted, ascending."""
    # linear interpolation between order statistics, numpy's default
    place = _QUANTILES * (len(cells) - 1)
    lower = np.floor(place).astype(np.int64)
    low, high = (cells[np.minimum(lower + step, len(cells) - 1)].astype(np.float64) for step in (0, 1))
    points = [_point(_nonzero(cells), _nonzero(true), len(true))]
    for threshold in low + (high - low) * (place - lower):
        points.append(_point(_count(cells, threshold, "right"), _count(true, threshold, "right"), len(true)))
    if all(recall != 1 for recall, _ in points):
        points[:0] = [(1.0, random_precision), (points[0][0], random_precision)]
    recall, precision = np.array(points).T
    return float(-np.trapezoid(precision, recall))


def _point(predicted: int, found: int, k: int) -> tuple[float, float]:
    """Return recall and precision; the precision of nothing is 0."""
    return found / k, found / predicted if predicted else 0.0


def _nonzero(values: Floats) -> int:
    return int(np.count_nonzero(values))


def _count(ordered: Floats, value: float, side: str) -> int:
    """Count the values over (side "right") or at least (side "left") `value`."""
    # numpy's search would first bring all cells to the type of a float64 threshold
    search = bisect.bisect_right if side == "right" else bisect.bisect_left
    return len(ordered) - search(ordered, value)
