"""Principal components of log-normalised counts, without a dense table where the data are sparse."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.plugin import log_normalized
from bengrn_methods._names import check_cells

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Components", "logarithms", "principal_components"]

_CELLS_AT_ONCE = 1024
_SMALL = 500  # cells or genes, of which the whole decomposition is as quick as a part of it


@dataclass(frozen=True, eq=False)
class Components:
    """D directions among G genes, and the mean that cells are measured from."""

    axes_GD: npt.NDArray[np.float64]
    origin_D: npt.NDArray[np.float64]

    def project(self, x_CG: sparse.csr_array) -> npt.NDArray[np.float64]:
        """Return the coordinates of cells, shape (C, D)."""
        return np.asarray(x_CG @ self.axes_GD) - self.origin_D


def logarithms(adata: "AnnData") -> sparse.csr_array:
    """Return log(1 + counts per 10,000), shape (C, G), float64; a block of cells is dense at a time.

    Raises
    ------
    ValueError
        If there are no cells or genes, or a value is negative, NaN or infinite.
    """
    check_cells(adata, 1)
    if not adata.n_vars:
        raise ValueError(f"got {adata.n_obs} cells x 0 genes; expected some of both.")
    x: Any = adata.X
    given = x.data if sparse.issparse(x) else np.asarray(x)
    low, high = (float(given.min()), float(given.max())) if given.size else (0.0, 0.0)
    if not (np.isfinite([low, high]).all() and low >= 0):
        raise ValueError(
            f"the values go from {low:g} to {high:g}; expected raw counts in X: finite, at least 0."
        )
    starts = range(0, adata.n_obs, _CELLS_AT_ONCE)
    blocks = [sparse.csr_array(log_normalized(adata[first : first + _CELLS_AT_ONCE])) for first in starts]
    return sparse.csr_array(sparse.vstack(blocks, format="csr"), dtype=np.float64)


def principal_components(x_CG: sparse.csr_array, components: int, *, scale: bool = False) -> Components:
    """Find the directions of the most variance, from the first on.

    Exact: neither a seed nor the order of cells and genes changes more than rounding does. Of a direction's
    two signs the one whose largest weight is positive.

    Parameters
    ----------
    x_CG
        Logarithms of two cells or more.
    components
        How many; all there are where that is fewer.
    scale
        Divide each gene by its standard deviation first; a gene without variance stays.
    """
    from sklearn.decomposition import PCA

    n_cells, n_genes = x_CG.shape
    mean_G = np.asarray(x_CG.mean(axis=0)).ravel()
    weight_G = _weights(x_CG, mean_G) if scale else np.ones(n_genes)
    weighted = sparse.csr_array(x_CG @ sparse.diags_array(weight_G)) if scale else x_CG
    wanted = min(components, n_cells - 1, n_genes)
    if min(n_cells, n_genes) <= max(_SMALL, 2 * wanted):
        given, solver = weighted.toarray(), "full"
    else:
        given, solver = weighted, "arpack"
    with np.errstate(invalid="ignore"):  # the shares of no variance at all, which nobody reads
        found = PCA(wanted, svd_solver=solver, random_state=0).fit(given)
    axes_GD = found.components_.T * weight_G[:, None]
    return Components(axes_GD, mean_G @ axes_GD)


def _weights(x_CG: sparse.csr_array, mean_G: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return one over each gene's standard deviation; 1 where there is none."""
    square_G = np.asarray(x_CG.multiply(x_CG).mean(axis=0)).ravel()
    variance_G = np.maximum(square_G - mean_G**2, 0.0)
    some_G = variance_G > 1e-12
    return np.where(some_G, 1 / np.sqrt(np.where(some_G, variance_G, 1.0)), 1.0)
