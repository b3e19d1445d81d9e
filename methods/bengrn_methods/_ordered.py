"""Counts for a denoiser: checked, and in an order that does not hang on how they were stored."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bengrn.plugin import dense_counts
from bengrn_methods._canonical import canonical_cells, canonical_genes

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["OrderedCounts", "checked_counts", "ordered_counts"]

_CELLS_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class OrderedCounts:
    """Counts (C, G), and at which places of the data their cells and genes stand."""

    x_CG: npt.NDArray[np.float32]
    cells_C: npt.NDArray[np.intp]
    genes_G: npt.NDArray[np.intp]

    def restore(self, values_CG: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return values that were made from `x_CG` in the order of the data, with one copy more."""
        restored_CG = np.empty_like(values_CG)
        place_G = np.argsort(self.genes_G)
        for first in range(0, len(values_CG), _CELLS_AT_ONCE):
            block = slice(first, first + _CELLS_AT_ONCE)
            restored_CG[self.cells_C[block]] = np.take(values_CG[block], place_G, axis=1)
        return restored_CG


def checked_counts(adata: "AnnData") -> npt.NDArray[np.float32]:
    """Return the counts as a new dense array, shape (C, G), float32; exact up to 2^24.

    Raises
    ------
    ValueError
        If there are no cells or genes, or a value is negative, NaN or infinite.
    """
    if 0 in adata.shape:
        raise ValueError(f"got {adata.n_obs} cells x {adata.n_vars} genes; expected some of both.")
    x_CG = np.ascontiguousarray(dense_counts(adata))
    low, high = float(x_CG.min()), float(x_CG.max())
    if not (np.isfinite([low, high]).all() and low >= 0):
        raise ValueError(
            f"the values go from {low:g} to {high:g}; expected raw counts in X: finite, at least 0."
        )
    return x_CG


def ordered_counts(adata: "AnnData") -> OrderedCounts:
    """Return the counts with genes in the order of their names, cells in one of their contents.

    What is drawn at random for the n-th cell or gene then follows the cell or gene, wherever it is stored.
    Cells with equal counts stand in the order of their names.

    Raises
    ------
    ValueError
        As of `checked_counts`.
    """
    genes_G = canonical_genes([str(name) for name in adata.var_names])
    by_name_C = canonical_genes([str(name) for name in adata.obs_names])
    # `take` keeps the rows contiguous, an index would not
    x_CG = np.take(np.take(checked_counts(adata), by_name_C, axis=0), genes_G, axis=1)
    order_C = canonical_cells(x_CG)
    return OrderedCounts(np.take(x_CG, order_C, axis=0), by_name_C[order_C], genes_G)
