"""Controls for denoising: doing nothing, and forgetting the cells. They mark the scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bengrn.plugin import Denoised, Method, hookimpl
from bengrn_methods._ordered import checked_counts

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["GeneMean", "Identity"]

_CONTROL = "control of this project"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Return the counts as they came: what a method must improve on."""

    name: ClassVar[str] = "identity"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = _CONTROL

    def denoise(self, adata: "AnnData", *, seed: int) -> Denoised:
        """Return a copy of the counts."""
        return Denoised(checked_counts(adata), tuple(adata.obs_names), tuple(adata.var_names))


@dataclass(frozen=True, kw_only=True)
class GeneMean:
    """Give every cell the mean counts of all: no noise is left, and no cell is told from another.

    Scores that pool all cells and genes are mostly about the means of genes: this control is what they give
    for those alone.
    """

    name: ClassVar[str] = "gene-mean"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = _CONTROL

    def denoise(self, adata: "AnnData", *, seed: int) -> Denoised:
        """Return each gene's mean count in every cell (one row in memory)."""
        counts_CG = checked_counts(adata)
        mean_G = counts_CG.mean(axis=0, dtype=np.float64).astype(np.float32)
        return Denoised(
            np.broadcast_to(mean_G, counts_CG.shape), tuple(adata.obs_names), tuple(adata.var_names)
        )


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer the controls."""
    return [Identity, GeneMean]
