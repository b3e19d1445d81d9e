"""Absolute correlation: the baseline every learned method must beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Method, Network, hookimpl, log_normalized
from bengrn_methods._names import check_cells, positions

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Pearson", "Spearman"]

_ROWS_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class Pearson:
    """Score a pair by the absolute Pearson correlation of its genes' log-normalised counts.

    Symmetric: of two regulators it cannot tell which one regulates the other.
    """

    name: ClassVar[str] = "pearson"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "published"
    source: ClassVar[str] = "Butte and Kohane 2000, https://doi.org/10.1073/pnas.220392197"

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return |r| for every pair; a constant gene scores 0."""
        check_cells(adata)
        return _correlate(log_normalized(adata), adata, regulators)


@dataclass(frozen=True, kw_only=True)
class Spearman:
    """Score a pair by the absolute rank correlation of its genes' log-normalised counts.

    Equal counts share their average rank. Symmetric, as `Pearson` is.
    """

    name: ClassVar[str] = "spearman"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "published"
    source: ClassVar[str] = "Spearman 1904, https://doi.org/10.2307/1412159"

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return |rho| for every pair; a constant gene scores 0."""
        from scipy.stats import rankdata

        check_cells(adata)
        return _correlate(rankdata(log_normalized(adata), axis=0), adata, regulators)


def _correlate(x_CG: npt.NDArray[np.floating], adata: "AnnData", regulators: Sequence[str]) -> Network:
    """Return the absolute correlation of the columns of `x_CG`, shape (C, G).

    Sums run in float64, so that rounding does not break ties between equal genes; only blocks of
    rows are held in float64, the network itself in float32.
    """
    genes = [str(name) for name in adata.var_names]
    rows_R = positions(genes, regulators)
    z_CG = x_CG.astype(np.float64)
    z_CG -= z_CG.mean(axis=0)
    norm_G = np.linalg.norm(z_CG, axis=0)
    norm_G[norm_G == 0] = 1.0  # a constant gene: 0 / 1
    z_CG /= norm_G
    scores_RT = np.empty((len(rows_R), len(genes)), dtype=np.float32)
    for start in range(0, len(rows_R), _ROWS_AT_ONCE):
        block = slice(start, start + _ROWS_AT_ONCE)
        scores_RT[block] = np.abs(z_CG[:, rows_R[block]].T @ z_CG)
    np.minimum(scores_RT, 1.0, out=scores_RT)
    return Network(scores_RT, tuple(regulators), tuple(genes))


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer both correlations."""
    return [Pearson, Spearman]
