"""How the kernels are compiled. Importing this module imports numba: do so inside functions."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

__all__ = ["compiled"]

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a kernel on its first call, keep the machine code on disk, and run it without the GIL.

    No fast-math: the same arithmetic, hence the same numbers, whatever the width of the processor's vectors.
    """
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
