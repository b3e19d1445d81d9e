"""The cells of a screen: which are controls, which carry which perturbation, how deep each is."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.errors import DataError, TruthError
from bengrn.preprocess import take_counts
from bengrn.screens.rank_sum import Design, median_ratio_depth
from bengrn.settings import suggest

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["ScreenCells", "take_cells"]


@dataclass(frozen=True, eq=False)
class ScreenCells:
    """C cells of P perturbations and of the controls, at G genes.

    Parameters
    ----------
    x_CG
        Raw counts, CSR.
    genes, names
        G measured and P perturbed genes.
    design
        Which cell belongs where.
    too_few
        Perturbations that were left out, and their cells.
    losses
        Cells that were left out: reason -> count.
    """

    x_CG: sparse.csr_array
    genes: tuple[str, ...]
    names: tuple[str, ...]
    design: Design
    too_few: Mapping[str, int]
    losses: Mapping[str, int]

    @property
    def own(self) -> npt.NDArray[np.int64]:
        """Where each perturbed gene stands among the measured ones, shape (P,); -1 where it does not."""
        place = {gene: position for position, gene in enumerate(self.genes)}
        return np.array([place.get(name, -1) for name in self.names], np.int64)

    @property
    def is_control(self) -> npt.NDArray[np.bool_]:
        """Whether each of C cells is a control."""
        return np.asarray(self.design.group_C == 0)

    def detected(self) -> npt.NDArray[np.float64]:
        """Return the share of cells, perturbed or not, in which each gene is seen."""
        return np.asarray(self.x_CG.count_nonzero(axis=0) / self.x_CG.shape[0])

    def at(self, columns: npt.NDArray[np.integer]) -> "ScreenCells":
        """Return the same cells at some of the genes."""
        genes = tuple(self.genes[column] for column in columns)
        return dataclasses.replace(self, x_CG=sparse.csr_array(self.x_CG[:, columns]), genes=genes)

    def with_equal_medians(self, columns: npt.NDArray[np.integer]) -> "ScreenCells":
        """Return the same cells with the depths of `median_ratio_depth` at these genes."""
        depth_C = median_ratio_depth(self.x_CG[:, columns], self.design)
        return dataclasses.replace(self, design=dataclasses.replace(self.design, depth_C=depth_C))


def take_cells(
    adata: "AnnData",
    perturbation: str | Sequence[str | None],
    control: str,
    *,
    batch: str | Sequence[str] | None,
    layer: str,
    min_cells: int,
    min_controls: int,
) -> ScreenCells:
    """Sort the cells of a screen; the arguments are those of `screen_truth`.

    Raises
    ------
    DataError
        If a column or the control is missing, the controls do not suffice, or the data are no counts.
    TruthError
        If no perturbation has cells enough.
    """
    counts = take_counts(adata, layer)
    x_CG = _clean(sparse.csr_array(counts.X))
    labels, label_C = _labels(adata, perturbation, "perturbation")
    batch_C = np.zeros(len(label_C), np.int64) if batch is None else _labels(adata, batch, "batch")[1]
    given_C = np.array([label != "" for label in labels])[label_C]
    counted_C = np.diff(x_CG.indptr) > 0
    control_C = np.array([label == control for label in labels])[label_C] & counted_C
    matched_C = np.isin(batch_C, batch_C[control_C]) if control_C.any() else counted_C
    usable_C = given_C & counted_C & matched_C
    size = dict(zip(labels, np.bincount(label_C[usable_C], minlength=len(labels)).tolist(), strict=True))
    size.pop("", None)
    controls = size.pop(control, 0)
    _check_sizes(size, control, controls, min_cells=min_cells, min_controls=min_controls)
    large = [name for name in sorted(size) if size[name] >= min_cells]
    number = {name: position for position, name in enumerate([control, *large])}
    group_C = np.array([number.get(label, -1) for label in labels], np.int64)[label_C]
    kept_C = np.flatnonzero(usable_C & (group_C >= 0))
    strata, stratum_C = np.unique(batch_C[kept_C], return_inverse=True)
    depth_C = counts.obs["total_counts"].to_numpy(dtype=np.float64)[kept_C]
    return ScreenCells(
        sparse.csr_array(x_CG[kept_C]),
        tuple(map(str, counts.var_names)),
        tuple(large),
        Design(group_C[kept_C], stratum_C.astype(np.int64), depth_C, len(large), len(strata)),
        {name: cells for name, cells in size.items() if cells < min_cells},
        {
            "cells without a perturbation": int((~given_C).sum()),
            "cells without counts": int((given_C & ~counted_C).sum()),
            "cells of batches without controls": int((given_C & counted_C & ~matched_C).sum()),
        },
    )


def _clean(x_CG: sparse.csr_array) -> sparse.csr_array:
    """Return counts without stored zeros and duplicates; the arrays may be the caller's, so copy first."""
    if x_CG.has_canonical_format and (x_CG.data != 0).all():
        return x_CG
    x_CG = x_CG.copy()
    x_CG.sum_duplicates()
    x_CG.eliminate_zeros()
    return x_CG


def _labels(
    adata: "AnnData", given: str | Sequence[str | None], what: str
) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the different labels as text, and which one each of C cells has; "" is a missing one."""
    import pandas as pd

    if isinstance(given, str):
        if given not in adata.obs:
            columns = suggest(given, map(str, adata.obs), "Columns")
            raise DataError(f"The data have no obs[{given!r}] to read the {what} from.{columns}")
        given = adata.obs[given]
    if len(given) != adata.n_obs:
        raise DataError(f"There are {len(given)} {what} labels for {adata.n_obs} cells; expected one each.")
    codes_C, found = pd.factorize(pd.Series(list(given), dtype=object), use_na_sentinel=True)
    # -1, a missing label, is the last of the list; labels that differ by spaces only are one
    texts = [*(str(one).strip() for one in found), ""]
    labels = list(dict.fromkeys(texts))
    place = {label: position for position, label in enumerate(labels)}
    return labels, np.array([place[text] for text in texts], np.int64)[codes_C]


def _check_sizes(
    size: Mapping[str, int], control: str, controls: int, *, min_cells: int, min_controls: int
) -> None:
    """Refuse a screen without controls, without perturbations, or with too few cells of either."""
    if not controls:
        raise DataError(f"No cell is labelled {control!r}, the control.{suggest(control, size, 'Labels')}")
    if controls < min_controls:
        raise DataError(
            f"There are {controls} control cells ({control!r}); expected at least {min_controls}. "
            "Lower min_controls knowingly."
        )
    if not size:
        raise TruthError(f"Every labelled cell is a control ({control!r}); expected perturbed cells as well.")
    most = max(size.values())
    if most < min_cells:
        raise TruthError(
            f"None of the {len(size)} perturbations has {min_cells} cells; the largest has {most}. "
            "Lower min_cells knowingly."
        )
