"""Cells of known types in two batches: the known answer of the conformance kit for embeddings and labels."""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["PlantedGroups", "planted_groups"]

# B cell, T cell, neutrophil; of unequal number, so that the most frequent one is a guess of its own
_TYPES = {"CL:0000236": 0.5, "CL:0000084": 0.3, "CL:0000775": 0.2}
_MEDIAN_DEPTH = 600.0
_GENES_OF_A_TYPE = 0.7  # spread of a type's genes around the mean, on the scale of logarithms
_BATCH = 0.15


@dataclass(frozen=True, eq=False)
class PlantedGroups:
    """Counts of cells, all with types and batches in `obs`; half of them to learn from."""

    train: "AnnData"
    test: "AnnData"

    def cells(self, *, labels: bool) -> "AnnData":
        """Return the cells to embed or to label, with their types or without."""
        return self.test.copy() if labels else _without_types(self.test)

    @property
    def types(self) -> npt.NDArray[np.str_]:
        """The types of the cells to label, shape (C,)."""
        return np.array(self.test.obs["cell_type"], dtype=str)

    def permuted(self, *, genes: bool) -> "PlantedGroups":
        """Return the same data with their genes, or both halves' cells, in another order."""
        rng = np.random.default_rng(1)
        if genes:
            order = rng.permutation(self.test.n_vars)
            return PlantedGroups(self.train[:, order].copy(), self.test[:, order].copy())
        train, test = (one[rng.permutation(one.n_obs)].copy() for one in (self.train, self.test))
        return PlantedGroups(train, test)

    def with_difficulties(self) -> "PlantedGroups":
        """Return the data with a gene that nobody expresses, one that is 1 everywhere, and an empty cell."""
        return PlantedGroups(*(_with_difficulties(one) for one in (self.train, self.test)))

    def without_cells(self) -> "PlantedGroups":
        """Return the data with no cell left to embed or to label."""
        return dataclasses.replace(self, test=self.test[:0].copy())

    def of_one_group(self) -> "PlantedGroups":
        """Return the data as if all cells were of one type and one batch."""
        return PlantedGroups(*(_of_one_group(one) for one in (self.train, self.test)))


def planted_groups(*, cells: int = 150, genes: int = 100) -> PlantedGroups:
    """Draw cells of three types, half of each in another batch whose genes differ a little.

    Parameters
    ----------
    cells
        C, to learn from and to label each.
    genes
        G.
    """
    rng = np.random.default_rng(0)
    names = [f"G{number:03d}" for number in rng.permutation(genes)]
    level_TG = rng.normal(size=genes) + rng.normal(scale=_GENES_OF_A_TYPE, size=(len(_TYPES), genes))
    shift_BG = rng.normal(scale=_BATCH, size=(2, genes))
    halves = []
    for half in ("train", "test"):
        type_C = rng.choice(len(_TYPES), size=cells, p=list(_TYPES.values()))
        batch_C = rng.integers(2, size=cells)
        shares_CG = np.exp(level_TG[type_C] + shift_BG[batch_C])
        shares_CG /= shares_CG.sum(axis=1, keepdims=True)
        depth_C = _MEDIAN_DEPTH * np.exp(rng.normal(scale=0.3, size=cells))
        counts_CG = rng.poisson(depth_C[:, None] * shares_CG).astype(np.float32)
        halves.append(_cells(counts_CG, names, half, type_C, batch_C))
    return PlantedGroups(*halves)


def _cells(
    counts_CG: npt.NDArray[np.float32],
    genes: list[str],
    half: str,
    type_C: npt.NDArray[np.int64],
    batch_C: npt.NDArray[np.int64],
) -> "AnnData":
    from anndata import AnnData

    adata = AnnData(X=sparse.csr_array(counts_CG))
    adata.var_names = genes
    adata.obs_names = [f"{half}{number}" for number in range(len(counts_CG))]
    adata.obs["total_counts"] = counts_CG.sum(axis=1)
    adata.obs["batch"] = [f"batch{number}" for number in batch_C]
    adata.obs["cell_type"] = np.array(list(_TYPES))[type_C]
    return adata


def _without_types(adata: "AnnData") -> "AnnData":
    bare = adata.copy()
    del bare.obs["cell_type"]
    return bare


def _with_difficulties(adata: "AnnData") -> "AnnData":
    changed = adata.copy()
    counts = changed.X.toarray()
    counts[:, 0], counts[:, 1] = 0, 1
    counts[0] = 0
    changed.X = sparse.csr_array(counts)
    changed.obs["total_counts"] = counts.sum(axis=1)
    return changed


def _of_one_group(adata: "AnnData") -> "AnnData":
    changed = adata.copy()
    changed.obs["batch"], changed.obs["cell_type"] = "batch0", next(iter(_TYPES))
    return changed
