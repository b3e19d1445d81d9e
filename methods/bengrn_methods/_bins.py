"""Expression in discrete states, as the information methods need it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from bengrn.plugin import workers

__all__ = ["Binned", "Binning", "bin_genes", "check_binning"]

Binning = Literal["equal-frequency", "equal-width", "bayesian-blocks"]

_MAX_BINS = 255


@dataclass(frozen=True, eq=False)
class Binned:
    """The state of each gene in each cell.

    Parameters
    ----------
    code_GC
        Shape (G, C), uint8: states counted from 0 without a gap.
    count_GB
        Shape (G, B): in how many cells each gene has each state; B is the most that a gene has.
    log_N
        Shape (C + 1,): natural logarithms of 0 (as 0), 1, ..., C.
    """

    code_GC: npt.NDArray[np.uint8]
    count_GB: npt.NDArray[np.int64]
    log_N: npt.NDArray[np.float64]


def check_binning(binning: str, bins: int | None) -> None:
    """Refuse a binning that does not exist.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.
    """
    known = ("equal-frequency", "equal-width", "bayesian-blocks")
    if binning not in known:
        raise ValueError(f"binning is {binning!r}; expected {' or '.join(known)}.")
    if bins is not None and not 2 <= bins <= _MAX_BINS:
        raise ValueError(
            f"bins is {bins}; expected 2 to {_MAX_BINS}, or none for the cube root of the cells."
        )
    if bins is not None and binning == "bayesian-blocks":
        raise ValueError(f"bins is {bins}, but bayesian-blocks finds their number itself. Leave bins out.")


def bin_genes(x_CG: npt.NDArray[np.floating], binning: Binning, bins: int | None) -> Binned:
    """Bring every gene's expression, shape (C, G), to states; equal values share one.

    Parameters
    ----------
    binning
        "equal-frequency": a value's state is that of the middle of its ranks; many zeros are one state.
        "equal-width": of the range from the gene's least to its greatest value.
        "bayesian-blocks": Scargle et al. 2013, https://doi.org/10.1088/0004-637X/764/2/167.
    bins
        How many at most; None for the cube root of the number of cells, rounded.

    Raises
    ------
    ValueError
        If Bayesian blocks finds more states than there can be.
    """
    n_cells, n_genes = x_CG.shape
    most = bins or min(max(round(n_cells ** (1 / 3)), 2), _MAX_BINS)
    log_N = np.log(np.maximum(np.arange(n_cells + 1, dtype=np.float64), 1.0))
    x_GC = np.ascontiguousarray(x_CG.T, dtype=np.float64)
    code_GC = np.zeros((n_genes, n_cells), dtype=np.uint8)

    def of_gene(gene: int) -> int:
        value_U, where_C, count_U = np.unique(x_GC[gene], return_inverse=True, return_counts=True)
        code_U = _codes(value_U, count_U.astype(np.int64), log_N, binning, most)
        if code_U[-1] >= _MAX_BINS:
            raise ValueError(
                f"bayesian-blocks finds {code_U[-1] + 1} states of a gene in {n_cells} cells; expected at "
                f"most {_MAX_BINS}. Use binning=equal-frequency, or fewer cells."
            )
        code_GC[gene] = code_U[where_C]
        return int(code_U[-1]) + 1

    with ThreadPoolExecutor(workers()) as pool:
        n_states = max(pool.map(of_gene, range(n_genes)))
    count_GB = np.stack([np.bincount(code_C, minlength=n_states) for code_C in code_GC])
    return Binned(code_GC, count_GB, log_N)


def _codes(
    value_U: npt.NDArray[np.float64],
    count_U: npt.NDArray[np.int64],
    log_N: npt.NDArray[np.float64],
    binning: Binning,
    most: int,
) -> npt.NDArray[np.int64]:
    """Return the state of each distinct value, ascending; counted from 0 without a gap."""
    if len(value_U) == 1:
        return np.zeros(1, dtype=np.int64)
    if binning == "bayesian-blocks":
        from bengrn_methods._information_kernels import block_codes

        return block_codes(value_U, count_U, log_N)
    if binning == "equal-frequency":
        middle_U = np.cumsum(count_U) - count_U / 2
        wanted_U = (middle_U * most / count_U.sum()).astype(np.int64)
    else:
        share_U = (value_U - value_U[0]) / (value_U[-1] - value_U[0])
        wanted_U = np.minimum((share_U * most).astype(np.int64), most - 1)
    return np.cumsum(np.diff(wanted_U, prepend=wanted_U[0]) > 0)
