"""The compiled loops of prerank. Importing this module imports numba: do so inside functions."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["ROUNDING", "draw_null", "walk"]

Function = TypeVar("Function", bound=Callable[..., object])
Floats = npt.NDArray[np.float64]

# scores that differ by less are equal
ROUNDING = 1e-12

_ONE, _HALF, _LOW = np.uint64(1), np.uint64(32), np.uint64(0xFFFFFFFF)
_SHIFT, _MASK, _TOP = np.uint64(6), np.uint64(63), np.uint64(58)
# Steele et al. 2014, https://doi.org/10.1145/2660193.2660195 (SplitMix64): one stream per key, counted up
_STEP, _MIX_1, _MIX_2 = (
    np.uint64(one) for one in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
# a de Bruijn sequence: its top six bits, after a shift by b, tell b
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_BIT = np.zeros(64, dtype=np.int64)
for _bit in range(64):
    _BIT[((0x03F79D71B4CB0A89 << _bit) & 0xFFFFFFFFFFFFFFFF) >> 58] = _bit


def _compiled(function: Function) -> Function:
    """Compile on the first call, keep the machine code on disk, run without the GIL; no fast-math."""
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


@_compiled
def walk(position_K: npt.NDArray[np.int64], weight_K: Floats, n: int, weight: float) -> float:
    """Return the enrichment score: the running sum where it is furthest from 0, the first of equals.

    The sum rises by a gene's share of the set's weight at each of the set's K genes and falls evenly at the
    others, so that its extremes lie just before or just after a gene of the set.

    Parameters
    ----------
    position_K
        Where the set's genes stand in the ranking of n genes, ascending.
    weight_K
        Their weights.
    n, weight
        Genes in the ranking, and the sum of the weights.
    """
    miss, hit = 1.0 / (n - len(position_K)), 1.0 / weight
    furthest, now, last = 0.0, 0.0, -1
    for one in range(len(position_K)):
        position = position_K[one]
        now -= miss * (position - last - 1)
        if abs(now) > abs(furthest):
            furthest = now
        now += hit * weight_K[one]
        if abs(now) > abs(furthest):
            furthest = now
        last = position
    return furthest


@_compiled
def _draw(words: npt.NDArray[np.uint64], n: int, k: int, state: np.uint64) -> np.uint64:
    """Set k distinct of the first n bits, which must all be 0, at random; return the stream's new state."""
    wide, taken = np.uint64(n), 0
    while taken < k:
        state += _STEP
        z = (state ^ (state >> _S30)) * _MIX_1
        z = (z ^ (z >> _S27)) * _MIX_2
        z ^= z >> _S31
        for half in ((z >> _HALF), (z & _LOW)):
            place = (half * wide) >> _HALF
            bit = _ONE << (place & _MASK)
            word = np.int64(place >> _SHIFT)
            if taken < k and not words[word] & bit:
                words[word] |= bit
                taken += 1
    return state


@_compiled
def _take(words: npt.NDArray[np.uint64], flip: np.uint64, position_S: npt.NDArray[np.int64]) -> None:
    """Write out which bits are set (or, flipped, which are not), ascending; leave all of them 0.

    What lies in `position_S` beyond the bits taken is undefined; it needs 66 places more than there are bits.
    """
    taken = 0
    for word in range(len(words)):
        bits = words[word] ^ flip
        words[word] = np.uint64(0)
        # most words have a bit or two: no branch for them, which could not be predicted
        for _ in range(2):
            low = bits & (~bits + _ONE)
            position_S[taken] = word * 64 + _BIT[(low * _DE_BRUIJN) >> _TOP]
            taken += int(bits != np.uint64(0))
            bits ^= low
        while bits:
            low = bits & (~bits + _ONE)
            position_S[taken] = word * 64 + _BIT[(low * _DE_BRUIJN) >> _TOP]
            taken += 1
            bits ^= low


@_compiled
def _furthest(position_K: npt.NDArray[np.int64], weight_K: Floats, n: int, weight: float) -> float:
    """Return what `walk` does but for rounding, and for which of two equal extremes is taken; faster."""
    miss, share = 1.0 / (n - len(position_K)), 1.0 / weight
    hit, high, low = 0.0, 0.0, 0.0
    for one in range(len(position_K)):
        missed = miss * (position_K[one] - one)
        low = min(low, hit - missed)
        hit += share * weight_K[one]
        high = max(high, hit - missed)
    return high if high > -low else low


@_compiled
def draw_null(weight_G: Floats, k: int, key: int, score: float, stop_after: int, null_B: Floats) -> int:
    """Fill in the scores of random sets of k genes; return how many were drawn.

    Parameters
    ----------
    weight_G
        The weights of the ranking's genes, in the order of the ranking.
    k
        Genes in the set.
    key
        Names the stream of random numbers: the same key gives the same sets.
    score, stop_after
        Stop when so many random scores reach this one; never, if 0.
    null_B
        Filled in place; NaN where a random set has no weight.
    """
    n = len(weight_G)
    words = np.zeros((n + 63) // 64, dtype=np.uint64)
    position_S, weight_K = np.empty(k + 66, dtype=np.int64), np.empty(k)
    position_K = position_S[:k]
    # of a large set, those that are left out are drawn
    drawn = min(k, n - k)
    flip = np.uint64(0) if drawn == k else ~np.uint64(0)
    state, reached = np.uint64(key), 0
    for one in range(len(null_B)):
        state = _draw(words, n, drawn, state)
        _take(words, flip, position_S)
        total = 0.0
        for place in range(k):
            weight_K[place] = weight_G[position_K[place]]
            total += weight_K[place]
        null_B[one] = _furthest(position_K, weight_K, n, total) if total > 0 else np.nan
        reached += null_B[one] >= score - ROUNDING
        if reached == stop_after and stop_after > 0:
            return one + 1
    return len(null_B)
