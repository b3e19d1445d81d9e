"""The numbers as the scPRINT paper printed them, defects included, named as what they are.

Not for headlines. The published "EPR" is an odds ratio, the "AUPRC" a trapezoid through 128 quantile
thresholds, self-pairs are ranked, and a negative score counts as the lowest whatever it means.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from bengrn.metrics.order_statistics import OrderStatistics, order_statistics
from bengrn.metrics.overlap import odds_ratio

if TYPE_CHECKING:
    from bengrn.truths.align import Candidates

__all__ = ["COMPAT_VERSION", "NO_ODDS_RATIO", "compat_scores"]

COMPAT_VERSION = "2"
NO_ODDS_RATIO = "undefined: all of the first K cells are true, or K is over half of the pairs, so that TN < 0"

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

# cells sorted at a time: as in bengrn.metrics.ranking
_MOST, _LEAST, _SHARE = 1 << 23, 1 << 18, 32
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
    Quantiles are found in blocks of cells: no network is copied, and a sparse one is never made dense.
    The one deviation: the original breaks ties at the K-th cell by memory order; here the expected TP
    of a random order is used, so that the number can be reproduced.
    Source: https://doi.org/10.1038/s41467-025-58699-1 and the library's code up to version 1.3.
    """
    true = np.sort(candidates.true_cells())
    k, total = len(true), candidates.n_pairs
    cells = _Cells.of(candidates, k)
    random_precision = k / total
    auprc = _quantile_auprc(cells, true, random_precision)
    scores = {
        "auprc_quantile": auprc,
        "auprc_minus_random": auprc - random_precision,
        "random_precision": random_precision,
    }
    found = _expected_found(cells.cut, cells.number, true)
    if found < k and total - 2 * k + found >= 0:
        scores["epr_published"] = float(odds_ratio(found, k, total))
    return scores


@dataclass(frozen=True, eq=False)
class _Cells:
    """What the published numbers need of all cells.

    Parameters
    ----------
    number, nonzero
        Of cells, self-pairs included.
    cut
        The K-th highest cell.
    thresholds, predicted
        Shape (Q,): the quantiles, and how many cells are over them.
    """

    number: int
    nonzero: int
    cut: OrderStatistics
    thresholds: Doubles
    predicted: npt.NDArray[np.int64]

    @classmethod
    def of(cls, candidates: "Candidates", k: int) -> "_Cells":
        """Find them in blocks of cells."""
        number = candidates.shape[0] * candidates.shape[1]
        values = min(_MOST, max(_LEAST, number // _SHARE))
        sizes = np.array([(len(piece), np.count_nonzero(piece)) for piece in candidates.cells(values)])
        stored, nonzero = (int(one) for one in sizes.sum(axis=0))
        # linear interpolation between order statistics, numpy's default
        place_Q = _QUANTILES * (number - 1)
        lower_Q = np.floor(place_Q).astype(np.int64)
        upper_Q = np.minimum(lower_Q + 1, number - 1)
        found = order_statistics(
            lambda: candidates.cells(values),
            number - stored,
            np.concatenate([lower_Q, upper_Q, [number - k]]),
        )
        low_Q, high_Q = found.value[:-1].astype(np.float64).reshape(2, -1)
        threshold_Q = low_Q + (high_Q - low_Q) * (place_Q - lower_Q)
        # no cell lies between two neighbours
        under_low_Q, under_high_Q = found.at_most[:-1].reshape(2, -1)
        under_Q = np.where(threshold_Q < high_Q, under_low_Q, under_high_Q)
        cut = OrderStatistics(found.value[-1:], found.below[-1:], found.at_most[-1:])
        return cls(number, nonzero, cut, threshold_Q, number - under_Q)


def _expected_found(cut: OrderStatistics, number: int, true: Floats) -> float:
    """Return the expected true cells among the K highest, ties broken at random; `true` is sorted."""
    k = len(true)
    above, at_least = number - int(cut.at_most[0]), number - int(cut.below[0])
    true_above, true_at_least = _count(true, cut.value[0], "right"), _count(true, cut.value[0], "left")
    return true_above + (k - above) * (true_at_least - true_above) / (at_least - above)


def _quantile_auprc(cells: _Cells, true: Floats, random_precision: float) -> float:
    """Return the published area; `true` (K,) is sorted."""
    points = [_point(cells.nonzero, int(np.count_nonzero(true)), len(true))]
    for threshold, predicted in zip(cells.thresholds, cells.predicted, strict=True):
        points.append(_point(int(predicted), _count(true, threshold, "right"), len(true)))
    if all(recall != 1 for recall, _ in points):
        points[:0] = [(1.0, random_precision), (points[0][0], random_precision)]
    recall, precision = np.array(points).T
    return float(-np.trapezoid(precision, recall))


def _point(predicted: int, found: int, k: int) -> tuple[float, float]:
    """Return recall and precision; the precision of nothing is 0."""
    return found / k, found / predicted if predicted else 0.0


def _count(true: Floats, value: np.floating, side: Literal["left", "right"]) -> int:
    """Count the true cells over (side "right") or at least (side "left") `value`."""
    return len(true) - int(np.searchsorted(true.astype(np.float64), np.float64(value), side=side))
