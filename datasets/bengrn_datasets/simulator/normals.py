"""Standard normals that depend on a place only: the same wherever, and in whatever order, they are drawn.

The generator is Philox4x32-10 (Salmon et al. 2011, SC'11, doi:10.1145/2063384.2063405): four random words
for each value of a counter. The counter is a place (step, gene, cell type, running number), the key is
made of the seed; threads share nothing. The normals are Box and Muller's (1958), written without calls
so that they compile into vector instructions: about 1 ns each.
"""

import math

import numpy as np
import numpy.typing as npt

from bengrn_datasets.simulator.arguments import Floats, Key
from bengrn_datasets.simulator.compiled import compiled

__all__ = ["normals", "random_words"]

Words = npt.NDArray[np.uint32]

_u4, _u8, _i4, _f4 = np.uint32, np.uint64, np.int32, np.float32

# the multipliers and key increments of Philox4x32
_M0, _M1 = _u8(0xD2511F53), _u8(0xCD9E8D57)
_W0, _W1 = _u4(0x9E3779B9), _u4(0xBB67AE85)
_HALF = _u8(32)

_SQRT_HALF_BITS = _i4(0x3F3504F3)  # of the float nearest to the root of 1/2
_LN2 = _f4(math.log(2))
_ONE, _TWO, _ZERO = _f4(1), _f4(2), _f4(0)
_L3, _L5, _L7, _L9 = _f4(1 / 3), _f4(1 / 5), _f4(1 / 7), _f4(1 / 9)
_STEP, _HALF_STEP, _TURN = _f4(2**-32), _f4(2**-33), _f4(2**-31)
# Taylor's series of sin and cos of a quarter turn, in powers of the square
_QUARTER = [(-1) ** (power // 2) * (math.pi / 2) ** power / math.factorial(power) for power in range(13)]
_S1, _S3, _S5, _S7, _S9, _S11 = (_f4(term) for term in _QUARTER[1::2])
_C0, _C2, _C4, _C6, _C8, _C10, _C12 = (_f4(term) for term in _QUARTER[::2])


@compiled
def random_words(words_4N: Words, c0: int, c1: int, c2: int, first: int, key: Key) -> None:
    """Fill (4, N) with the words of the counters (c0, c1, c2, first ... first + N - 1)."""
    for number in range(words_4N.shape[1]):
        a, b, c, d = _u4(c0), _u4(c1), _u4(c2), _u4(first + number)
        k0, k1 = key
        for _ in range(10):
            low, high = _M0 * _u8(a), _M1 * _u8(c)
            a, c = _u4(_u4(high >> _HALF) ^ b ^ k0), _u4(_u4(low >> _HALF) ^ d ^ k1)
            b, d = _u4(high), _u4(low)
            k0, k1 = _u4(k0 + _W0), _u4(k1 + _W1)
        words_4N[0, number], words_4N[1, number] = a, b
        words_4N[2, number], words_4N[3, number] = c, d


@compiled
def _to_normals(size_N: Words, angle_N: Words, out_2N: Floats) -> None:
    """Turn two rows of words into two rows of normals."""
    exponent_N, mantissa_N = out_2N  # room to work in, until the last loop
    for n in range(len(size_N)):
        mantissa_N[n] = _f4(size_N[n]) * _STEP + _HALF_STEP  # uniform in (0, 1]
    bits_N = mantissa_N.view(_i4)
    for n in range(len(size_N)):
        exponent = (bits_N[n] - _SQRT_HALF_BITS) >> 23
        bits_N[n] -= exponent << 23  # now in [root of 1/2, root of 2)
        exponent_N[n] = _f4(exponent)
    for n in range(len(size_N)):
        z = (mantissa_N[n] - _ONE) / (mantissa_N[n] + _ONE)  # log m = 2 artanh z
        q = z * z
        log = _TWO * z * (_ONE + q * (_L3 + q * (_L5 + q * (_L7 + q * _L9)))) + exponent_N[n] * _LN2
        radius = math.sqrt(max(-_TWO * log, _ZERO))
        t = _f4(_i4(angle_N[n])) * _TURN  # half turns, in [-1, 1]
        q = t * t
        sin = t * (_S1 + q * (_S3 + q * (_S5 + q * (_S7 + q * (_S9 + q * _S11)))))
        cos = _C0 + q * (_C2 + q * (_C4 + q * (_C6 + q * (_C8 + q * (_C10 + q * _C12)))))
        out_2N[0, n] = radius * _TWO * sin * cos  # the double angle: the full turn
        out_2N[1, n] = radius * (_ONE - _TWO * sin * sin)


@compiled
def normals(out_4N: Floats, words_4N: Words, c0: int, c1: int, c2: int, first: int, key: Key) -> None:
    """Fill (4, N), float32, with the normals of the counters (c0, c1, c2, first ... first + N - 1).

    `words_4N` (uint32) is room to work in.
    """
    random_words(words_4N, c0, c1, c2, first, key)
    _to_normals(words_4N[0], words_4N[1], out_4N[:2])
    _to_normals(words_4N[2], words_4N[3], out_4N[2:])
