"""Counts drawn from known expression: the known answer of the conformance kit for denoisers."""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["PlantedExpression", "planted_expression"]

_PROGRAMMES = 3
_MEDIAN_DEPTH = 400.0


@dataclass(frozen=True, eq=False)
class PlantedExpression:
    """Counts, and what the cells truly express: `shares_CG`, in each cell a share of 1 for every gene."""

    adata: "AnnData"
    shares_CG: npt.NDArray[np.float64]

    def permuted(self, *, genes: bool) -> "PlantedExpression":
        """Return the same data with its genes, or its cells, in another order."""
        order = np.random.default_rng(1).permutation(self.adata.shape[1 if genes else 0])
        adata = self.adata[:, order] if genes else self.adata[order]
        return PlantedExpression(adata.copy(), np.take(self.shares_CG, order, axis=1 if genes else 0))

    def with_difficulties(self) -> "PlantedExpression":
        """Return the data with a gene that nobody expresses, one that is 1 everywhere, and an empty cell."""
        adata = self.adata.copy()
        counts = adata.X.toarray()
        counts[:, 0], counts[:, 1] = 0, 1
        counts[0] = 0
        adata.X = sparse.csr_array(counts)
        return dataclasses.replace(self, adata=adata)

    def without_cells(self) -> "PlantedExpression":
        """Return the data with no cell left."""
        return PlantedExpression(self.adata[:0].copy(), self.shares_CG[:0])


def planted_expression(*, cells: int = 200, genes: int = 120) -> PlantedExpression:
    """Draw few molecules per cell from a few programmes of genes: what neighbours share is worth more.

    Parameters
    ----------
    cells, genes
        C and G.
    """
    from anndata import AnnData

    rng = np.random.default_rng(0)
    level_CG = rng.normal(size=(cells, _PROGRAMMES)) @ rng.normal(scale=0.6, size=(_PROGRAMMES, genes))
    shares_CG = np.exp(level_CG + rng.normal(size=genes))
    shares_CG /= shares_CG.sum(axis=1, keepdims=True)
    depth_C = _MEDIAN_DEPTH * np.exp(rng.normal(scale=0.3, size=cells))
    adata = AnnData(X=sparse.csr_array(rng.poisson(depth_C[:, None] * shares_CG).astype(np.float32)))
    adata.var_names = [f"G{number:03d}" for number in rng.permutation(genes)]
    adata.obs_names = [f"cell{number}" for number in range(cells)]
    adata.obs["total_counts"] = np.asarray(adata.X.sum(axis=1)).ravel()
    return PlantedExpression(adata, shares_CG)
