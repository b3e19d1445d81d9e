"""What a network metric is, and the one statistic that all of them are computed from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Metric", "Ranking"]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Counts at every distinct score of a true edge: all that a rank-based metric needs.

    The L levels are the distinct scores that true edges have, highest first. Candidates that the
    network does not predict share one level below all others. Self-pairs are not counted anywhere.

    Parameters
    ----------
    above
        Shape (L,), int64. Candidates with a strictly higher score than the level.
    at_least
        Shape (L,), int64. Candidates with the level's score or a higher one.
    true_at
        Shape (L,), int64. True edges with exactly the level's score.
    n_pairs
        Candidates in all.
    n_predicted
        Candidates with a non-zero score.
    true_predicted
        True edges with a non-zero score.
    n_covered
        Candidates that the network could score at all, zero or not.
    """

    above: npt.NDArray[np.int64]
    at_least: npt.NDArray[np.int64]
    true_at: npt.NDArray[np.int64]
    n_pairs: int
    n_predicted: int
    true_predicted: int
    n_covered: int

    @property
    def n_positive(self) -> int:
        """True edges among the candidates."""
        return int(self.true_at.sum())


@dataclass(frozen=True)
class Metric:
    """A named, versioned function of a ranking.

    Parameters
    ----------
    name
        The field's term, as it stands in tables.
    version
        Raised whenever the value of any network could change; stored scores are then made anew.
    compute
        Ranking to number; raises MetricError where undefined.
    summary
        One line: what the number says.
    direction
        +1 where higher is better, -1 where lower is, 0 for a description.
    chance
        What a random ranking scores, in words: "n_positive / n_pairs".
    bounds
        Lowest and highest possible value.
    source
        Where the definition comes from.
    """

    name: str
    version: str
    compute: Callable[[Ranking], float]
    summary: str
    direction: int
    chance: str
    bounds: tuple[float, float]
    source: str
