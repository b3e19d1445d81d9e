"""Rank candidates exactly, with ties, in one pass; and the metrics that follow from the counts."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bengrn.errors import MetricError
from bengrn.metrics.metric import Ranking

if TYPE_CHECKING:
    from bengrn.truths.align import Candidates

__all__ = [
    "ap_ratio",
    "auroc",
    "average_precision",
    "count_levels",
    "epr",
    "epr_range",
    "precision_recall_curve",
    "rank",
    "ranking_of",
    "true_positives_at",
]

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

# numbers sorted at a time: every level is looked for in every block, so few blocks are quick; but 3 % of the
# candidates is enough memory, and more than 32 MB no quicker
_MOST, _LEAST, _SHARE = 1 << 23, 1 << 18, 32


def rank(candidates: "Candidates") -> Ranking:
    """Count the candidates at and above every score that a true edge has.

    Exact and free of memory order: equal scores share a level, and a score of 0 is the same as no
    prediction, so a dense and a sparse network, or two gene orders, give the same ranking.

    Returns
    -------
    Ranking
        All that the metrics need.

    Notes
    -----
    The curve changes only where a true edge stands, so blocks of scores are sorted one after the
    other and searched for those few levels; neither all scores nor all ranks are ever held.
    """
    scores = candidates.scores_at(candidates.edges)
    levels = np.unique(scores[scores > 0])
    return ranking_of(scores, levels, *count_levels(candidates, levels), candidates)


def count_levels(candidates: "Candidates", levels: Floats) -> tuple[Counts, Counts, int]:
    """Count the candidates above and at least at each level, and those with a positive score.

    Parameters
    ----------
    candidates
        Whose ranking scores are counted.
    levels
        Shape (L,), ascending, positive.

    Returns
    -------
    above, at_least
        Shape (L,) each.
    n_predicted
        Candidates with a score over 0.
    """
    above, at_least = (np.zeros(len(levels), dtype=np.int64) for _ in range(2))
    n_predicted = 0
    zero = np.float32(0)
    for chunk in candidates.chunks(min(_MOST, max(_LEAST, candidates.n_pairs // _SHARE))):
        chunk.sort()
        predicted = chunk[np.searchsorted(chunk, zero, side="right") :]
        if not len(predicted):
            continue
        n_predicted += len(predicted)
        below = np.searchsorted(predicted, levels)
        at_least += len(predicted) - below
        above += len(predicted) - below
        # few levels occur in any one chunk, so the second search is for those alone
        here = np.flatnonzero(predicted.take(below, mode="clip") == levels)
        above[here] -= np.searchsorted(predicted, levels[here], side="right") - below[here]
    return above, at_least, n_predicted


def ranking_of(
    scores: Floats,
    levels: Floats,
    above: Counts,
    at_least: Counts,
    n_predicted: int,
    candidates: "Candidates",
) -> Ranking:
    """Make a ranking from the scores of the true edges and the counts at all their levels.

    Parameters
    ----------
    scores
        Shape (K,), of the true edges; at most 0 where not predicted.
    levels, above, at_least, n_predicted
        As of `count_levels`; the levels must hold every positive score.
    candidates
        Where the scores come from.
    """
    predicted = scores[scores > 0]
    true_L = np.bincount(np.searchsorted(levels, predicted), minlength=len(levels)).astype(np.int64)
    used = np.flatnonzero(true_L)[::-1]
    above, at_least, true_at = above[used], at_least[used], true_L[used]
    missed = len(scores) - len(predicted)
    if missed:  # true edges without a prediction share the lowest level with all such candidates
        above = np.append(above, n_predicted)
        at_least = np.append(at_least, candidates.n_pairs)
        true_at = np.append(true_at, missed)
    return Ranking(
        above=above,
        at_least=at_least,
        true_at=true_at,
        n_pairs=candidates.n_pairs,
        n_predicted=n_predicted,
        true_predicted=len(predicted),
        n_covered=candidates.n_covered,
    )


def precision_recall_curve(
    ranking: Ranking,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return precision and recall at every level, highest score first, shape (L,) each."""
    found = np.cumsum(ranking.true_at)
    return found / ranking.at_least, found / ranking.n_positive


def average_precision(ranking: Ranking) -> float:
    """Mean precision over the true edges, met from the highest score down.

    In (0, 1], higher is better; constant scores give the share of true edges. Equal scores share
    one threshold (scikit-learn's definition), so gene order cannot change the value.
    """
    precision, _ = precision_recall_curve(ranking)
    return float((precision * ranking.true_at).sum() / ranking.n_positive)


def ap_ratio(ranking: Ranking) -> float:
    """Average precision over its chance value, the share of true edges; 1 is random."""
    return average_precision(ranking) * ranking.n_pairs / ranking.n_positive


def auroc(ranking: Ranking) -> float:
    """Probability that a true edge scores higher than a false one, ties counting half.

    Raises
    ------
    MetricError
        If every candidate is a true edge.
    """
    n_false = ranking.n_pairs - ranking.n_positive
    if n_false == 0:
        raise MetricError("AUROC is undefined: all candidates are true edges, none is false.")
    found = np.cumsum(ranking.true_at)
    false_above = ranking.above - (found - ranking.true_at)
    false_at_least = ranking.at_least - found
    # false edges ranked over a true one, ties half
    inversions = (ranking.true_at * (false_above + false_at_least) / 2).sum()
    return float(1 - inversions / (n_false * ranking.n_positive))


def true_positives_at(ranking: Ranking, budget: int) -> float:
    """Return the expected true edges among the first `budget` pairs, ties broken at random.

    Raises
    ------
    MetricError
        If the budget is not between 1 and the number of candidates.
    """
    certain, slots, true_in_group, group = _cut(ranking, budget)
    return certain + (slots * true_in_group / group if group else 0.0)


def epr(ranking: Ranking) -> float:
    """Early precision ratio: expected precision among the first K pairs over that of chance.

    K is the number of true edges; ties at the cut are broken at random, in expectation. From 0 to
    n_pairs / K; 1 is random.
    """
    return _as_epr(ranking, true_positives_at(ranking, ranking.n_positive))


def epr_range(ranking: Ranking) -> tuple[float, float]:
    """Return the lowest and highest early precision ratio that some order of ties would give."""
    certain, slots, true_in_group, group = _cut(ranking, ranking.n_positive)
    low = certain + max(0, slots - (group - true_in_group))
    high = certain + min(slots, true_in_group)
    return _as_epr(ranking, low), _as_epr(ranking, high)


def _as_epr(ranking: Ranking, true_positives: float) -> float:
    return float(true_positives * ranking.n_pairs / ranking.n_positive**2)


def _cut(ranking: Ranking, budget: int) -> tuple[int, int, int, int]:
    """Cut the ranking after `budget` pairs.

    Returns
    -------
    certain
        True edges above the tied group that the cut goes through.
    slots, true_in_group, group
        Of that group: pairs within the budget, true edges, pairs; 0 where the cut meets no level.
    """
    if not 1 <= budget <= ranking.n_pairs:
        raise MetricError(
            f"A budget of {budget:,} pairs is undefined on {ranking.n_pairs:,} candidates. "
            "Use a budget from 1 to their number."
        )
    level = int(np.searchsorted(ranking.at_least, budget))
    certain = int(ranking.true_at[:level].sum())
    if level == len(ranking.above) or ranking.above[level] >= budget:
        return certain, 0, 0, 0
    above, at_least = int(ranking.above[level]), int(ranking.at_least[level])
    return certain, budget - above, int(ranking.true_at[level]), at_least - above
