"""Nearest neighbours among labelled cells: the classifier that a learned one must beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from bengrn.plugin import CellLabels, Method, hookimpl
from bengrn_methods._components import logarithms, principal_components
from bengrn_methods._names import check_cells
from bengrn_methods._training_cells import by_name, training_labels

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Knn", "elect"]


@dataclass(frozen=True, kw_only=True)
class Knn:
    """Give a cell the label that most of its k nearest training cells bear.

    Nearest by Euclidean distance on the principal components of the training cells' log-normalised
    expression, onto which the others are projected; exact. Among labels with as many votes the one of the
    nearest cell wins. Batches are not looked at.

    Parameters
    ----------
    k
        How many neighbours vote; at most as many as there are training cells.
    components
        How many components; all there are where that is fewer.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.
    """

    name: ClassVar[str] = "knn"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "paper"
    source: ClassVar[str] = "Cover and Hart 1967, https://doi.org/10.1109/TIT.1967.1053964"

    k: int = 5
    components: int = 50

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing."""
        for setting in ("k", "components"):
            if getattr(self, setting) < 1:
                raise ValueError(f"{setting} is {getattr(self, setting)}; expected 1 or more.")

    def classify(self, train: "AnnData", adata: "AnnData", *, seed: int) -> CellLabels:
        """Return the elected labels."""
        from sklearn.neighbors import NearestNeighbors

        label_C = training_labels(train, adata)
        check_cells(train)
        if self.k > train.n_obs:
            raise ValueError(
                f"k is {self.k}, but there are {train.n_obs} training cells; expected at most as many "
                "neighbours as those. Set k lower, or choose another split."
            )
        # of training cells at equal distance the order decides: that of their names
        order_C = by_name(train)
        known_CG = logarithms(train)[order_C]
        found = principal_components(known_CG, self.components)
        index = NearestNeighbors(n_neighbors=self.k, algorithm="brute").fit(found.project(known_CG))
        near_CK = index.kneighbors(found.project(logarithms(adata)), return_distance=False)
        terms, code_C = np.unique(label_C[order_C], return_inverse=True)
        chosen_C = elect(code_C[near_CK], len(terms))
        cells = tuple(map(str, adata.obs_names))
        return CellLabels(tuple(terms[chosen_C].tolist()), cells, reachable=tuple(terms.tolist()))


def elect(code_CK: npt.NDArray[np.intp], labels: int) -> npt.NDArray[np.intp]:
    """Return the label with the most votes, shape (C,); of several the one that stands first.

    Parameters
    ----------
    code_CK
        Votes, from the nearest neighbour on: 0 to `labels` - 1.
    labels
        How many there are.
    """
    rows_C1 = np.arange(len(code_CK))[:, None]
    votes_CL = np.zeros((len(code_CK), labels), np.intp)
    np.add.at(votes_CL, (rows_C1, code_CK), 1)
    most_C1 = votes_CL.max(axis=1, keepdims=True)
    first_C = (votes_CL[rows_C1, code_CK] == most_C1).argmax(axis=1)
    chosen_C: npt.NDArray[np.intp] = code_CK[rows_C1[:, 0], first_C]
    return chosen_C


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer nearest neighbours."""
    return [Knn]
