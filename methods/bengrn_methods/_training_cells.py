"""Cells to learn labels from: checked, and in an order that does not hang on how they were stored."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bengrn_methods._names import check_cells

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["by_name", "training_labels"]

_LABELS = "cell_type"


def training_labels(train: "AnnData", adata: "AnnData") -> npt.NDArray[np.str_]:
    """Return the labels of the training cells, shape (C,).

    Raises
    ------
    ValueError
        If there are no cells on either side, they have other genes, or a training cell has no label.
    """
    check_cells(adata, 1)
    if not train.n_obs:
        raise ValueError("got 0 training cells; expected at least one with a label. Choose another split.")
    if list(train.var_names) != list(adata.var_names):
        raise ValueError(
            f"the training cells have {train.n_vars} genes, the others {adata.n_vars}, or in another order; "
            "expected the same. Subset both to the genes that they share."
        )
    if _LABELS not in train.obs:
        raise ValueError(f"the training cells have no obs[{_LABELS!r}]; expected a label for each.")
    column = train.obs[_LABELS]
    missing = int(column.isna().sum())
    if missing:
        raise ValueError(
            f"{missing} of {train.n_obs} training cells have no label; expected one for each. Leave them out."
        )
    return np.array(column, dtype=str)


def by_name(adata: "AnnData") -> npt.NDArray[np.intp]:
    """Return the places of the cells in the order of their names, shape (C,)."""
    return np.argsort(np.array(adata.obs_names, dtype=str), kind="stable")
