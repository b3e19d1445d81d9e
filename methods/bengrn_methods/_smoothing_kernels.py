"""The compiled loops of neighbour smoothing. Importing this imports numba: do so inside functions.

All take a range of cells, hold no n x n table, and give each cell the same numbers whatever the range.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["find_nearest", "stabilize", "sum_cells"]

Function = TypeVar("Function", bound=Callable[..., object])
Floats = npt.NDArray[np.float32]

_CANDIDATES = 1024  # whose distances one cell holds at a time: they stay in the first cache
_GENES = 1024


def _compiled(function: Function) -> Function:
    """Compile on the first call, keep the machine code on disk, run without the GIL; no fast-math."""
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


@_compiled
def stabilize(x_CG: Floats, factor_C: Floats, first: int, last: int) -> None:
    """Replace x by sqrt(fx) + sqrt(fx + 1), with a factor per cell, in place: Freeman and Tukey 1950."""
    for cell in range(first, last):
        factor = factor_C[cell]
        for gene in range(x_CG.shape[1]):
            scaled = x_CG[cell, gene] * factor
            x_CG[cell, gene] = np.sqrt(scaled) + np.sqrt(scaled + np.float32(1))


@_compiled
def find_nearest(y_DC: Floats, near_CK: npt.NDArray[np.int32], first: int, last: int) -> None:
    """Fill in the nearest cells of each cell, itself among them, by Euclidean distance.

    Exact: every pair is looked at. From near to far; of equal distances the cell that stands first.

    Parameters
    ----------
    y_DC
        Coordinates, one row per dimension.
    near_CK
        Where the places of the K nearest go.
    """
    n_dimensions, n_cells = y_DC.shape
    k = near_CK.shape[1]
    squared = np.empty(_CANDIDATES, dtype=np.float32)
    best_K = np.empty(k, dtype=np.float32)
    for cell in range(first, last):
        best_K[:] = np.inf
        for start in range(0, n_cells, _CANDIDATES):
            n_here = min(_CANDIDATES, n_cells - start)
            squared[:n_here] = 0
            for one in range(n_dimensions):
                own = y_DC[one, cell]
                for other in range(n_here):
                    gap = y_DC[one, start + other] - own
                    squared[other] += gap * gap
            for other in range(n_here):
                if squared[other] < best_K[k - 1]:
                    place = k - 1
                    while place > 0 and best_K[place - 1] > squared[other]:
                        best_K[place] = best_K[place - 1]
                        near_CK[cell, place] = near_CK[cell, place - 1]
                        place -= 1
                    best_K[place] = squared[other]
                    near_CK[cell, place] = start + other


@_compiled
def sum_cells(x_CG: Floats, near_CK: npt.NDArray[np.int32], sum_CG: Floats, first: int, last: int) -> None:
    """Fill in the sum of each cell's neighbours."""
    n_genes = x_CG.shape[1]
    for cell in range(first, last):
        for start in range(0, n_genes, _GENES):
            end = min(start + _GENES, n_genes)
            sum_CG[cell, start:end] = 0
            for place in range(near_CK.shape[1]):
                other = near_CK[cell, place]
                for gene in range(start, end):
                    sum_CG[cell, gene] += x_CG[other, gene]
