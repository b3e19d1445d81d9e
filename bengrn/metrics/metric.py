"""What a network metric is, and the two statistics that all of them are computed from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bengrn.errors import MetricError

if TYPE_CHECKING:
    from bengrn.values import Network

__all__ = [
    "Example",
    "Metric",
    "NetworkExample",
    "Ranking",
    "RegulatorMetric",
    "RegulatorRanking",
    "ScoreCard",
]

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


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

    above: Counts
    at_least: Counts
    true_at: Counts
    n_pairs: int
    n_predicted: int
    true_predicted: int
    n_covered: int

    @property
    def n_positive(self) -> int:
        """True edges among the candidates."""
        return int(self.true_at.sum())


@dataclass(frozen=True, eq=False)
class RegulatorRanking:
    """Counts at every true edge inside the candidates of its own regulator.

    The K true edges stand in CSR order. Candidates that the network does not predict share the lowest
    place of their regulator. Self-pairs are not counted anywhere.

    Parameters
    ----------
    above_E, at_least_E
        Shape (K,), int32. Candidates of the edge's regulator that score higher, and at least as high.
    true_above_E, true_at_least_E
        Shape (K,), int32. The true edges among those.
    indptr
        Shape (R + 1,). The edges of regulator r are those from `indptr[r]` up to `indptr[r + 1]`.
    n_pairs_R
        Shape (R,). Candidates of each regulator.
    """

    above_E: npt.NDArray[np.int32]
    at_least_E: npt.NDArray[np.int32]
    true_above_E: npt.NDArray[np.int32]
    true_at_least_E: npt.NDArray[np.int32]
    indptr: npt.NDArray[np.integer]
    n_pairs_R: Counts

    @property
    def degrees(self) -> Counts:
        """True edges of each regulator, shape (R,)."""
        return np.diff(self.indptr).astype(np.int64)

    @property
    def two_sided(self) -> npt.NDArray[np.bool_]:
        """Whether a regulator has a true and a false target, shape (R,): else nothing can be ranked."""
        return (self.degrees > 0) & (self.degrees < self.n_pairs_R)

    def sum_of(self, value_E: Floats) -> Floats:
        """Add up a value of the edges of each regulator, shape (R,)."""
        row_E = np.repeat(np.arange(len(self.n_pairs_R)), self.degrees)
        total_R: Floats = np.bincount(row_E, value_E, len(self.n_pairs_R)).astype(np.float64)
        return total_R


@dataclass(frozen=True)
class Example:
    """A known answer: what a metric says of a small network, worked out by hand.

    Parameters
    ----------
    scores, truth
        One row per regulator, one column per target; no regulator is a target.
    value
        What the metric says; None where it refuses.
    note
        Why, in a few words.
    """

    scores: tuple[tuple[float, ...], ...]
    truth: tuple[tuple[int, ...], ...]
    value: float | None
    note: str


@dataclass(frozen=True)
class Metric:
    """A named, versioned function of the one ranking of all candidates.

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
    examples
        Known answers: tested, and shown by `bengrn metrics NAME`.
    """

    name: str
    version: str
    compute: Callable[[Ranking], float]
    summary: str
    direction: int
    chance: str
    bounds: tuple[float, float]
    source: str
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class RegulatorMetric:
    """A named, versioned mean over regulators of something inside each regulator's own targets.

    Regulators are what intervals draw, so every such metric has an interval without further ado.

    Parameters
    ----------
    parts
        Ranking to two arrays of shape (R,): the metric is the sum of the first over the sum of the
        second, and so it is in a draw of regulators. For a mean the second is 1 where a regulator counts,
        and both are 0 where it does not.
    name, version, summary, direction, chance, bounds, source, examples
        As of a `Metric`.
    """

    name: str
    version: str
    parts: Callable[[RegulatorRanking], tuple[Floats, Floats]]
    summary: str
    direction: int
    chance: str
    bounds: tuple[float, float]
    source: str
    examples: tuple[Example, ...] = ()

    def compute(self, ranking: RegulatorRanking) -> float:
        """Return the metric of a network.

        Raises
        ------
        MetricError
            If no regulator counts.
        """
        value_R, weight_R = self.parts(ranking)
        if not weight_R.sum() > 0:
            raise MetricError(f"{self.name} is undefined: no regulator has both a true and a false target.")
        return float(value_R.sum() / weight_R.sum())


@dataclass(frozen=True)
class NetworkExample:
    """A known answer of a score that asks for real genes: too many to be shown as a matrix.

    Parameters
    ----------
    make
        Makes the network.
    value
        What the score says; None where it refuses.
    note
        What the network is, and why that is the answer.
    """

    make: "Callable[[], Network]"
    value: float | None
    note: str


@dataclass(frozen=True)
class ScoreCard:
    """What a reader must know of a score that is no function of one ranking of the candidates.

    Parameters
    ----------
    mode
        "strict" or "compat": where it stands in a record.
    definition
        How it is computed.
    name, version, summary, direction, chance, bounds, source, examples
        As of a `Metric`.
    """

    name: str
    mode: str
    version: str
    summary: str
    definition: str
    direction: int
    chance: str
    bounds: tuple[float, float]
    source: str
    examples: tuple[Example | NetworkExample, ...] = ()
