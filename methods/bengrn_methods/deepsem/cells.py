"""What the model sees: standardised expression in one order, and which entries count in the loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from bengrn.plugin import log_normalized
from bengrn_methods._canonical import canonical_cells, canonical_genes

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Cells", "Entries", "Input", "prepare"]

Input = Literal["log", "scaled"]
Entries = Literal["nonzero", "all"]

_LEAST_STD = 1e-6  # of a gene whose values differ by rounding only


@dataclass(frozen=True, eq=False)
class Cells:
    """Standardised expression of the genes that vary.

    Parameters
    ----------
    x_CG
        Shape (C, G), float32: 0 mean and unit variance over the counted entries, clipped.
    counted_CG
        Shape (C, G), bool: the entries that the reconstruction is held against.
    place_G
        Shape (G,): where each of these genes stands in the data.
    source_R
        Shape (R,): the columns of `x_CG` that may regulate others.
    """

    x_CG: npt.NDArray[np.float32]
    counted_CG: npt.NDArray[np.bool_]
    place_G: npt.NDArray[np.intp]
    source_R: npt.NDArray[np.intp]


def prepare(
    adata: "AnnData", sources: Sequence[str] | None, *, values: Input, entries: Entries, clip: float
) -> Cells:
    """Standardise each gene, and leave out those without variation: they tell nothing.

    Parameters
    ----------
    adata
        As in `bengrn.plugin.Infers.infer`.
    sources
        The genes that may regulate; None for all.
    values
        "log": log-normalised counts. "scaled": the same per median depth, scaled to 0 mean and unit
        variance before; then no entry is 0.
    entries
        "nonzero": mean, deviation and loss over the entries that are not 0; "all": over all.
    clip
        The largest magnitude of a standardised value.
    """
    genes = [str(name) for name in adata.var_names]
    place_G = canonical_genes(genes)
    x_CG = log_normalized(adata, _median_depth(adata) if values == "scaled" else 1e4)[:, place_G]
    # before any sum: the rounding of a sum follows the order of its terms
    x_CG = x_CG[canonical_cells(x_CG)]
    if values == "scaled":
        x_CG = _standardised(x_CG, np.ones(x_CG.shape, dtype=bool), ddof=1)[0]
    counted_CG = x_CG != 0 if entries == "nonzero" else np.ones(x_CG.shape, dtype=bool)
    x_CG, varies_G = _standardised(x_CG, counted_CG, ddof=0)
    place_G = place_G[varies_G]
    wanted = set(genes if sources is None else sources)
    source_R = np.flatnonzero([genes[place] in wanted for place in place_G])
    x_CG = np.ascontiguousarray(np.clip(x_CG[:, varies_G], -clip, clip))
    return Cells(x_CG, np.ascontiguousarray(counted_CG[:, varies_G]), place_G, source_R)


def _median_depth(adata: "AnnData") -> float:
    """Return the median total count of the cells; 1 where they have none."""
    depth_C = adata.obs["total_counts"] if "total_counts" in adata.obs else adata.X.sum(axis=1)
    return float(np.median(np.asarray(depth_C, dtype=np.float64))) or 1.0


def _standardised(
    x_CG: npt.NDArray[np.float32], counted_CG: npt.NDArray[np.bool_], *, ddof: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return x less its mean over its deviation, both over the counted entries, and which genes vary.

    A gene without variation, 0/0 in the original, is 0 everywhere.
    """
    count_G = np.maximum(counted_CG.sum(axis=0), 1)
    mean_G = np.sum(x_CG, axis=0, dtype=np.float64, where=counted_CG) / count_G
    x_CG = x_CG - mean_G.astype(np.float32)
    square_G = np.sum(x_CG * x_CG, axis=0, dtype=np.float64, where=counted_CG)
    std_G = np.sqrt(square_G / np.maximum(count_G - ddof, 1))
    varies_G = std_G > _LEAST_STD * np.maximum(np.abs(mean_G), 1.0)
    x_CG /= np.where(varies_G, std_G, 1.0).astype(np.float32)
    x_CG[:, ~varies_G] = 0.0
    return x_CG, varies_G
