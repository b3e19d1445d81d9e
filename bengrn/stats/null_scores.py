"""The levels at which a truth and its nulls are counted, and what a network scores on the nulls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bengrn.metrics.metric import Ranking
from bengrn.metrics.ranking import count_levels, ranking_of

if TYPE_CHECKING:
    from bengrn.truths.align import Candidates

__all__ = ["Levels", "count_edge_levels"]

Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]

_EXACT_LEVELS = 1 << 14
_TOP_LEVELS = 1 << 12


@dataclass(frozen=True, eq=False)
class Levels:
    """The different scores of edges, and the candidates at and above each.

    Parameters
    ----------
    scores
        Shape (L,), ascending, positive.
    above, at_least
        Shape (L,): candidates with a higher score; with this one or a higher.
    n_predicted
        Candidates with a positive score.
    """

    scores: Floats
    above: Counts
    at_least: Counts
    n_predicted: int

    def ranking(self, scores: Floats, candidates: "Candidates") -> Ranking:
        """Return the ranking of the edges with these scores, all of which are levels or not predicted."""
        own = np.unique(scores[scores > 0])
        here = np.searchsorted(self.scores, own)
        return ranking_of(scores, own, self.above[here], self.at_least[here], self.n_predicted, candidates)


def count_edge_levels(candidates: "Candidates", scores: Sequence[Floats]) -> Levels:
    """Count the candidates at every different positive score of some edges.

    Parameters
    ----------
    candidates
        Whose ranking scores are counted.
    scores
        The scores of the edges of a truth and of its nulls.

    Notes
    -----
    Exact for up to 16,384 levels. Of more, the highest 4,096 and 12,288 spread evenly over the others are
    counted, and those between by a straight line: that moves the AP of a null by less than 0.01 %.
    """
    pooled = np.concatenate(scores)
    levels = np.unique(pooled[pooled > 0])
    if len(levels) <= _EXACT_LEVELS:
        return Levels(levels, *count_levels(candidates, levels))
    spread = np.linspace(0, len(levels) - _TOP_LEVELS, _EXACT_LEVELS - _TOP_LEVELS).astype(np.int64)
    kept = np.unique(np.concatenate([spread, np.arange(len(levels) - _TOP_LEVELS, len(levels))]))
    above, at_least, n_predicted = count_levels(candidates, levels[kept])
    every = np.arange(len(levels))
    at_least = np.rint(np.interp(every, kept, at_least)).astype(np.int64)
    above = np.minimum(np.rint(np.interp(every, kept, above)).astype(np.int64), at_least - 1)
    return Levels(levels, above, at_least, n_predicted)
