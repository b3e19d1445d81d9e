"""Expression as methods want it: dense, or normalised by the depth of each cell."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.errors import DataError

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["dense_counts", "is_continuous", "log_normalized"]


def is_continuous(adata: "AnnData") -> bool:
    """Whether `X` holds expression that is no count (`uns["values"]` is "continuous")."""
    return str(adata.uns.get("values", "counts")) == "continuous"


def dense_counts(adata: "AnnData") -> npt.NDArray[np.float32]:
    """Return `adata.X` as a new dense array, shape (C, G), float32; continuous expression as it is.

    Raises
    ------
    DataError
        If there are no cells or no genes: nothing can be inferred from nothing.
    """
    if 0 in adata.shape:
        raise DataError(f"The data have {adata.n_obs} cells and {adata.n_vars} genes; expected some of both.")
    x: Any = adata.X
    return x.toarray().astype(np.float32, copy=False) if sparse.issparse(x) else np.array(x, np.float32)


def log_normalized(adata: "AnnData", target_sum: float = 1e4) -> npt.NDArray[np.float32]:
    """Return log(1 + counts per `target_sum`), shape (C, G), float32.

    A cell's depth is `obs["total_counts"]`, which counts all genes it was measured on, so that
    choosing genes does not change the normalisation; without that column, the sum of its row.
    Continuous expression has been normalised by whoever made it, and is returned as it is.
    """
    x_CG = dense_counts(adata)
    if is_continuous(adata):
        return x_CG
    if "total_counts" in adata.obs:
        depth_C = np.asarray(adata.obs["total_counts"], dtype=np.float32)
    else:
        depth_C = x_CG.sum(axis=1)
    x_CG *= (target_sum / np.maximum(depth_C, 1.0))[:, None]
    return np.log1p(x_CG, out=x_CG)
