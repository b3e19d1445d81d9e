"""Metrics inside each regulator's own targets: what is left when out-degrees are no help."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bengrn.metrics.metric import RegulatorRanking

if TYPE_CHECKING:
    from bengrn.truths.align import Candidates

__all__ = [
    "ap_per_regulator",
    "ap_ratio_per_regulator",
    "auroc_per_regulator",
    "rank_regulators",
]

Floats = npt.NDArray[np.float64]
Parts = tuple[Floats, Floats]

_BLOCK = 1 << 19


def rank_regulators(candidates: "Candidates") -> RegulatorRanking:
    """Count, for every true edge, the candidates of its own regulator that score as high and higher.

    Exact and free of memory order, as `rank` is: a score of 0 is no prediction, and all candidates of a
    regulator that are not predicted share its lowest place. Rows without a true edge are not looked at.
    """
    edges = candidates.edges
    scores = np.maximum(candidates.scores_at(edges), 0)
    counts = np.zeros((4, edges.nnz), dtype=np.int32)
    n_pairs_R = candidates.pairs_per_regulator
    for first, block in candidates.blocks(_BLOCK):
        for row, regulator in zip(block, range(first, first + len(block)), strict=True):
            here = slice(edges.indptr[regulator], edges.indptr[regulator + 1])
            if here.start == here.stop:
                continue
            row.sort()
            counts[:, here] = _count_row(row, scores[here], int(n_pairs_R[regulator]))
    return RegulatorRanking(counts[0], counts[1], counts[2], counts[3], edges.indptr, n_pairs_R)


def _count_row(
    row: npt.NDArray[np.float32], true: npt.NDArray[np.float32], n_pairs: int
) -> tuple[npt.NDArray[np.intp], ...]:
    """Return above, at least, true above, true at least for the scores of one regulator's true edges."""
    ordered = np.sort(true)
    true_above = len(true) - np.searchsorted(ordered, true, side="right")
    true_at_least = len(true) - np.searchsorted(ordered, true)
    above = len(row) - np.searchsorted(row, true, side="right")
    at_least = len(row) - np.searchsorted(row, true)
    at_least[true == 0] = n_pairs  # -1 (not in the network) is as low as 0; self-pairs are no candidates
    return above, at_least, true_above, true_at_least


def auroc_per_regulator(ranking: RegulatorRanking) -> Parts:
    """Mean over regulators of the probability that a true target outranks a false one, ties half.

    Over regulators with at least one true and one false target. In [0, 1], 0.5 is random: exactly so for
    anything that gives all targets of a regulator one score, such as its out-degree.

    Returns
    -------
    value_R, weight_R
        The AUROC of each regulator, and 1 where it is defined (else both 0).
    """
    degree_R, counted_R = ranking.degrees, ranking.two_sided
    false_above_E = ranking.above_E - ranking.true_above_E
    false_at_least_E = ranking.at_least_E - ranking.true_at_least_E
    inverted_R = ranking.sum_of((false_above_E + false_at_least_E) / 2)
    couples_R = np.where(counted_R, degree_R * (ranking.n_pairs_R - degree_R), 1)
    return np.where(counted_R, 1 - inverted_R / couples_R, 0.0), counted_R.astype(np.float64)


def ap_per_regulator(ranking: RegulatorRanking) -> Parts:
    """Mean over regulators of the average precision among their own targets ("MAP").

    Over regulators with at least one true and one false target. In (0, 1]. Equal scores are put in a random
    order, in expectation, so that a constant score has exactly the value that a random one has on average.

    Returns
    -------
    value_R, weight_R
        The average precision of each regulator, and 1 where it is defined (else both 0).
    """
    counted_R = ranking.two_sided
    total_R = ranking.sum_of(_expected_precision(ranking))
    value_R = np.divide(total_R, ranking.degrees, out=np.zeros_like(total_R), where=counted_R)
    return value_R, counted_R.astype(np.float64)


def ap_ratio_per_regulator(ranking: RegulatorRanking) -> Parts:
    """Mean average precision over regulators (`ap_per_regulator`) over the mean that random orders have.

    Over 0; 1 is random: in expectation, and exactly so for anything that gives all targets of a regulator
    one score. The chance value is exact. That of few edges is well above their share of the pairs (one edge
    among 1,000: 0.0075, not 0.001), so that dividing by the share would make a random network look good.

    Returns
    -------
    value_R, weight_R
        Average precision and its chance value for each regulator where defined (else both 0).
    """
    value_R, counted_R = ap_per_regulator(ranking)
    pairs_R, degree_R = np.maximum(ranking.n_pairs_R, 2), ranking.degrees
    harmonic_R = _harmonic(int(pairs_R.max(initial=2)))[pairs_R]
    others_R = (degree_R - 1) * (pairs_R - harmonic_R) / (pairs_R - 1)
    return value_R, (harmonic_R + others_R) / pairs_R * counted_R


def _expected_precision(ranking: RegulatorRanking) -> Floats:
    """Return the precision at every true edge, the mean over all orders of the edges that tie with it.

    Of a group of m candidates with j true ones behind a candidates with b true ones, the i-th is true with
    probability j / m, and is then preceded by (i - 1)(j - 1) / (m - 1) true ones of the group.
    """
    above_E, group_E = ranking.above_E, ranking.at_least_E - ranking.above_E
    true_E = ranking.true_at_least_E - ranking.true_above_E
    harmonic = _harmonic(int(ranking.at_least_E.max(initial=1)))
    # sum of 1 / (a + i), and of (i - 1) / (a + i), over i = 1 ... m
    first_E = harmonic[ranking.at_least_E] - harmonic[above_E]
    second_E = group_E - (above_E + 1) * first_E
    within_E = (true_E - 1) / np.maximum(group_E - 1, 1)
    expected_E: Floats = ((ranking.true_above_E + 1) * first_E + within_E * second_E) / group_E
    return expected_E


def _harmonic(last: int) -> Floats:
    """Return 1 + 1/2 + ... + 1/n for n = 0 ... last."""
    return np.concatenate([[0.0], np.cumsum(1 / np.arange(1, last + 1))])
