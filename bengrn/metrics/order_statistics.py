"""Order statistics of more scores than are ever held at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["OrderStatistics", "order_statistics"]

Floats = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]
Keys = npt.NDArray[np.int64]

# three passes over the scores find any float32: 2^11 parts of parts of parts of 2^32 keys
_PARTS = 1 << 11
_SIGN = 1 << 31


@dataclass(frozen=True, eq=False)
class OrderStatistics:
    """Values at some places of sorted scores, shape (P,) each.

    Parameters
    ----------
    value
        What stands at the place, counted from 0, ascending.
    below, at_most
        How many scores are lower; lower or equal.
    """

    value: Floats
    below: Counts
    at_most: Counts


def order_statistics(
    pieces: Callable[[], Iterable[Floats]], zeros: int, places: npt.NDArray[np.integer]
) -> OrderStatistics:
    """Find what would stand at these places if all scores were sorted.

    Parameters
    ----------
    pieces
        Gives one-dimensional pieces of the scores, finite; called three times. A piece is sorted in place.
    zeros
        Scores of 0 that the pieces leave out.
    places
        Shape (P,), each from 0 to the number of scores - 1.

    Notes
    -----
    The bits of a float32, read as an integer, have the order of the floats. Each pass cuts the range of
    integers in which a place lies into 2,048 parts and counts the scores under every cut; places that share
    a range share its cuts. Memory: one piece, and 2,048 counts for every distinct place.
    """
    wanted, which = np.unique(np.asarray(places, dtype=np.int64), return_inverse=True)
    low = np.full(len(wanted), _key(np.float32(-np.inf)) + 1, dtype=np.int64)
    high = np.full(len(wanted), _key(np.float32(np.inf)), dtype=np.int64)
    below, at_most = (np.zeros(len(wanted), dtype=np.int64) for _ in range(2))
    while (high - low > 1).any():
        cuts = _cuts(low, high)
        counts = _count_below(pieces(), zeros, _score(cuts))
        for place, rank in enumerate(wanted):
            first, last = np.searchsorted(cuts, (low[place], high[place]))
            # the last cut with no more than `rank` scores under it
            found = first + np.searchsorted(counts[first : last + 1], rank, side="right") - 1
            low[place], high[place] = cuts[found], cuts[found + 1]
            below[place], at_most[place] = counts[found], counts[found + 1]
    return OrderStatistics(_score(low)[which], below[which], at_most[which])


def _key(score: np.float32) -> int:
    """Return the integer that has the place of a float among all floats."""
    bits = int(score.view(np.uint32))
    return _SIGN - (bits - _SIGN) - 1 if bits >= _SIGN else bits + _SIGN


def _score(key: Keys) -> Floats:
    """Return the floats of keys."""
    bits = np.where(key >= _SIGN, key - _SIGN, 2 * _SIGN - 1 - key)
    return bits.astype(np.uint32).view(np.float32)


def _cuts(low: Keys, high: Keys) -> Keys:
    """Return where the distinct ranges are cut, their ends included; ascending."""
    cuts = [
        np.unique(np.append(np.arange(first, last, max(1, -(-(last - first) // _PARTS))), last))
        for first, last in {(int(one), int(other)) for one, other in zip(low, high, strict=True)}
    ]
    return np.unique(np.concatenate(cuts))


def _count_below(pieces: Iterable[Floats], zeros: int, cuts: Floats) -> Counts:
    """Return how many scores are lower than each cut."""
    counts = np.where(cuts > 0, np.int64(zeros), np.int64(0))
    for piece in pieces:
        piece.sort()
        counts += np.searchsorted(piece, cuts)
    return counts
