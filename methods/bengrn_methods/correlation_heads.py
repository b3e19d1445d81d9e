"""Correlations of many kinds as heads: what a truth can teach the plainest method there is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Method, Network, hookimpl, log_normalized
from bengrn_methods._names import check_cells, positions

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["CorrelationHeads"]

Floats = npt.NDArray[np.float64]

_ROWS_AT_ONCE = 256
# so few components can be told apart from the noise of the cells
_CELLS_PER_COMPONENT = 4
# a gene of which less than this is left is constant but for rounding
_NOTHING_LEFT = 1e-6


@dataclass(frozen=True, kw_only=True)
class CorrelationHeads:
    """Offer absolute correlations of genes as heads, which differ in what is correlated.

    Three views of the counts (`log`: log-normalised, `rank`: their ranks over cells, `detected`: whether
    there is any), each as it is and without its first 1, 2, 4, ... principal components: these hold what all
    genes share, such as depth, cycle and cell type. A model whose selected heads score no higher knows no
    more than this. Symmetric, as correlation is; nothing is random.
    """

    name: ClassVar[str] = "correlation-heads"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "own"
    source: ClassVar[str] = "baseline of this project"

    most_components: int = 32

    def __post_init__(self) -> None:
        """Refuse a number that is none."""
        if self.most_components < 0:
            raise ValueError(f"most_components is {self.most_components}; expected 0 or more")

    def heads(
        self, adata: "AnnData", *, regulators: Sequence[str], seed: int
    ) -> Iterator[tuple[str, Network]]:
        """Yield |r| for every pair, once per view and number of components; a constant gene scores 0."""
        check_cells(adata)
        genes = [str(name) for name in adata.var_names]
        row_R = positions(genes, regulators)
        for view, make in _VIEWS.items():
            z_CG = _standardised(make(log_normalized(adata)))
            component_CK, counts = _components(z_CG, self.most_components)
            for count in counts:
                first_CK = component_CK[:, :count]
                rest_CG = _standardised(z_CG - first_CK @ (first_CK.T @ z_CG)) if count else z_CG
                yield f"{view}-{count}", Network(_correlate(rest_CG, row_R), tuple(regulators), tuple(genes))


def _rank(x_CG: npt.NDArray[np.float32]) -> Floats:
    """Return each gene's ranks over cells; equal values share their average."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(x_CG, axis=0), dtype=np.float64)


_VIEWS: dict[str, Callable[[npt.NDArray[np.float32]], npt.NDArray[np.floating]]] = {
    "log": lambda x_CG: x_CG,
    "rank": _rank,
    "detected": lambda x_CG: (x_CG > 0).astype(np.float64),
}


def _standardised(x_CG: npt.NDArray[np.floating]) -> Floats:
    """Return the columns with mean 0 and length 1; one that is constant but for rounding is 0."""
    z_CG = x_CG.astype(np.float64)
    size_G = np.linalg.norm(z_CG, axis=0)
    z_CG -= z_CG.mean(axis=0)
    length_G = np.linalg.norm(z_CG, axis=0)
    # what is left of a standardised gene counts against its length of 1, also where its mean is 0
    constant_G = length_G <= _NOTHING_LEFT * np.maximum(size_G, 1.0)
    z_CG /= np.where(constant_G, 1.0, length_G)
    z_CG[:, constant_G] = 0
    return z_CG


def _components(z_CG: Floats, most: int) -> tuple[Floats, list[int]]:
    """Return principal components over cells, and how many of them can be taken away: 0, 1, 2, 4, ...

    Returns
    -------
    component_CK
        Shape (C, K), orthonormal, the largest first; K is at most `most`.
    counts
        Without those at which two components tie: which of them came first would hang on the order of genes.
    """
    cells, genes = z_CG.shape
    product = z_CG @ z_CG.T if cells <= genes else z_CG.T @ z_CG
    value, vector = (np.flip(one, axis=-1) for one in np.linalg.eigh(product))
    most = min(most, min(cells, genes) // _CELLS_PER_COMPONENT)
    doubled = [2**power for power in range(most.bit_length()) if 2**power <= most]
    counts = [one for one in doubled if value[one - 1] - value[one] > _NOTHING_LEFT * value[0]]
    kept = vector[:, : max(counts, default=0)]
    component_CK = kept if cells <= genes else np.linalg.qr(z_CG @ kept)[0]
    return np.asarray(component_CK), [0, *counts]


def _correlate(z_CG: Floats, row_R: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    """Return |r| of standardised columns, shape (R, G); only blocks of rows are held in float64."""
    scores_RG = np.empty((len(row_R), z_CG.shape[1]), dtype=np.float32)
    for start in range(0, len(row_R), _ROWS_AT_ONCE):
        block = slice(start, start + _ROWS_AT_ONCE)
        scores_RG[block] = np.abs(z_CG[:, row_R[block]].T @ z_CG)
    return np.minimum(scores_RG, 1.0, out=scores_RG)


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer the baseline."""
    return [CorrelationHeads]
