"""Data as the forests read them: in one order, whatever the order of genes and cells was, and coded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Network, dense_counts, log_normalized
from bengrn_methods._canonical import canonical_cells, canonical_genes
from bengrn_methods._names import check_cells, positions, seed_for
from bengrn_methods.forest.codes import Bins, code_features
from bengrn_methods.forest.data import Data, tabulate

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Normalization", "Prepared", "Target", "prepare"]

Normalization = Literal["log", "counts"]

_GENES_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Target:
    """A gene to be explained.

    Parameters
    ----------
    number
        Its place in the order of the names.
    y_C
        Its values.
    features
        The regulators other than itself, int32, as numbers of `Data.code_PC`.
    seed
        Its own, whatever the order of the genes.
    """

    number: int
    y_C: npt.NDArray[np.float64]
    features: npt.NDArray[np.int32]
    seed: int


@dataclass(frozen=True, eq=False)
class Prepared:
    """Genes in the order of their names, cells in that of their contents, regulators coded.

    Parameters
    ----------
    data
        The regulators, coded.
    x_CG
        All genes, column-major.
    genes, regulators
        Names as they were given.
    place_G, place_R
        Where the genes and regulators, in the order of their names, were given.
    """

    data: Data
    x_CG: npt.NDArray[np.float32]
    genes: tuple[str, ...]
    regulators: tuple[str, ...]
    place_G: npt.NDArray[np.intp]
    place_R: npt.NDArray[np.intp]

    def targets(self, numbers: Sequence[int], seed: int) -> Iterator[Target]:
        """Yield these genes, as places in the order of the names, one by one."""
        names = [self.regulators[place] for place in self.place_R]
        for number in numbers:
            name = self.genes[self.place_G[number]]
            features = np.array([row for row, one in enumerate(names) if one != name], dtype=np.int32)
            yield Target(number, self.x_CG[:, number].astype(np.float64), features, seed_for(seed, name))

    def regulator_values(self) -> npt.NDArray[np.float32]:
        """Return the values of the regulators in the order of their names, (C, R), column-major."""
        number = {self.genes[place]: column for column, place in enumerate(self.place_G)}
        columns = [number[self.regulators[place]] for place in self.place_R]
        return np.asfortranarray(self.x_CG[:, columns])

    def network(self, rows_TR: npt.NDArray[np.float32]) -> Network:
        """Return scores by target and regulator, in the order of the names, as the network asked for.

        A regulator does not regulate itself: such a pair scores 0.
        """
        scores_RT = np.empty((len(self.regulators), len(self.genes)), dtype=np.float32)
        for number, place in enumerate(self.place_G):
            scores_RT[self.place_R, place] = rows_TR[number]
        column_of = {name: column for column, name in enumerate(self.genes)}
        for row, name in enumerate(self.regulators):
            scores_RT[row, column_of[name]] = 0.0
        return Network(scores_RT, self.regulators, self.genes)


def prepare(adata: "AnnData", regulators: Sequence[str], *, normalize: Normalization, bins: Bins) -> Prepared:
    """Read, order and code the data; at most two dense float32 copies of them are held at a time.

    Raises
    ------
    ValueError
        If there are fewer than 2 cells, or a regulator is not a gene.
    """
    check_cells(adata)
    genes = tuple(str(name) for name in adata.var_names)
    rows_R = positions(genes, regulators)
    place_G, place_R = canonical_genes(genes), canonical_genes(regulators)
    x_CG = log_normalized(adata) if normalize == "log" else dense_counts(adata)
    x_CG = np.ascontiguousarray(x_CG[:, place_G])
    x_CG = _by_column(x_CG, canonical_cells(x_CG))
    number_G = np.empty_like(place_G)
    number_G[place_G] = np.arange(len(place_G))
    codes = code_features(x_CG, bins, number_G[rows_R[place_R]])
    return Prepared(tabulate(codes), x_CG, genes, tuple(regulators), place_G, place_R)


def _by_column(x_CG: npt.NDArray[np.float32], order_C: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    """Return the cells in this order, column-major, with one copy of some genes more."""
    ordered_CG = np.empty(x_CG.shape, dtype=np.float32, order="F")
    for first in range(0, x_CG.shape[1], _GENES_AT_ONCE):
        genes = slice(first, first + _GENES_AT_ONCE)
        ordered_CG[:, genes] = x_CG[order_C, genes]
    return ordered_CG
