"""A control for embedding: coordinates that know nothing. They mark the bottom of the scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bengrn.plugin import Embedding, Method, hookimpl
from bengrn_methods._names import check_cells, seed_for

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["RandomEmbedding"]


@dataclass(frozen=True, kw_only=True)
class RandomEmbedding:
    """Draw every coordinate of every cell from a normal distribution.

    What is drawn hangs on the seed and the cell's name. Batches are mixed perfectly: scores of integration
    alone reward it.

    Parameters
    ----------
    dimensions
        How many coordinates a cell has.

    Raises
    ------
    ValueError
        If there is not one dimension.
    """

    name: ClassVar[str] = "random-embedding"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = "control of this project"

    dimensions: int = 50

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing."""
        if self.dimensions < 1:
            raise ValueError(f"dimensions is {self.dimensions}; expected 1 or more.")

    def embed(self, adata: "AnnData", *, seed: int) -> Embedding:
        """Return the draws."""
        check_cells(adata, 1)
        cells = tuple(map(str, adata.obs_names))
        values_CD = np.empty((len(cells), self.dimensions), np.float32)
        for place, cell in enumerate(cells):
            values_CD[place] = np.random.default_rng(seed_for(seed, cell)).normal(size=self.dimensions)
        return Embedding(values_CD, cells)


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer the control."""
    return [RandomEmbedding]
