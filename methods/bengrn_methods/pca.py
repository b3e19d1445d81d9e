"""Principal components: the embedding that a learned one must beat, and most are made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bengrn.plugin import Embedding, Method, hookimpl
from bengrn_methods._components import logarithms, principal_components
from bengrn_methods._names import check_cells

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Pca"]


@dataclass(frozen=True, kw_only=True)
class Pca:
    """Project cells onto the principal components of their log-normalised expression.

    Exact, without random numbers; batches are not looked at. Sparse data stay sparse.

    Parameters
    ----------
    components
        How many; all there are where that is fewer.
    scale
        Divide each gene by its standard deviation over the cells first.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.
    """

    name: ClassVar[str] = "pca"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "published"
    source: ClassVar[str] = "Hotelling 1933, https://doi.org/10.1037/h0071325"

    components: int = 50
    scale: bool = False

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing."""
        if self.components < 1:
            raise ValueError(f"components is {self.components}; expected 1 or more.")

    def embed(self, adata: "AnnData", *, seed: int) -> Embedding:
        """Return the coordinates, from the component of the most variance on."""
        check_cells(adata)
        x_CG = logarithms(adata)
        found = principal_components(x_CG, self.components, scale=self.scale)
        return Embedding(found.project(x_CG).astype(np.float32), tuple(map(str, adata.obs_names)))


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer principal components."""
    return [Pca]
