"""A control for labelling: the same label for everybody. It marks what the shares of the types give."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bengrn.plugin import CellLabels, Method, hookimpl
from bengrn_methods._training_cells import training_labels

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Majority"]


@dataclass(frozen=True, kw_only=True)
class Majority:
    """Give every cell the most frequent label of the training cells; of several the first by name."""

    name: ClassVar[str] = "majority"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = "control of this project"

    def classify(self, train: "AnnData", adata: "AnnData", *, seed: int) -> CellLabels:
        """Return that label for all."""
        terms, count_L = np.unique(training_labels(train, adata), return_counts=True)
        most = str(terms[count_L.argmax()])
        return CellLabels((most,) * adata.n_obs, tuple(map(str, adata.obs_names)), reachable=(most,))


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer the control."""
    return [Majority]
