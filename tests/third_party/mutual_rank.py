"""Mutual rank: a pair scores high where each gene stands high in the other's list of partners."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bengrn.plugin import Method, Network, hookimpl, log_normalized

if TYPE_CHECKING:
    from anndata import AnnData

_GENES_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class MutualRank:
    """Score a pair by one over the geometric mean of both correlation ranks.

    Genes are ranked by absolute Pearson correlation of log-normalised counts, 1 being the best
    partner; equal correlations share their average rank. Symmetric, as correlation is.
    """

    name: ClassVar[str] = "mutual-rank"
    version: ClassVar[str] = "1"
    source: ClassVar[str] = "Obayashi and Kinoshita 2009, https://doi.org/10.1093/dnares/dsp016"

    digits: int = 9
    """Correlations that agree to this many digits are ties."""

    def __post_init__(self) -> None:
        """Validate the settings."""
        if not 1 <= self.digits <= 15:
            raise ValueError(f"digits is {self.digits}; expected 1 to 15.")

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return 1 / mutual rank, in [0, 1]; a constant gene scores 0."""
        from scipy.stats import rankdata

        if adata.n_obs < 2:
            raise ValueError(f"got {adata.n_obs} cells; expected at least 2. Choose more cells.")
        z_CG = log_normalized(adata).astype(np.float64)
        z_CG -= z_CG.mean(axis=0)
        norm_G = np.linalg.norm(z_CG, axis=0)
        z_CG /= np.where(norm_G > 0, norm_G, 1.0)
        rows_R = adata.var_names.get_indexer(list(regulators))
        scores_RG = np.ones((len(rows_R), adata.n_vars), dtype=np.float32)
        for start in range(0, adata.n_vars, _GENES_AT_ONCE):
            block_B = np.arange(start, min(start + _GENES_AT_ONCE, adata.n_vars))
            likeness_BG = np.round(np.abs(z_CG[:, block_B].T @ z_CG), self.digits)
            likeness_BG[np.arange(len(block_B)), block_B] = -1.0  # a gene is no partner of its own
            worth_BG = 1.0 / np.sqrt(rankdata(-likeness_BG, axis=1))
            scores_RG[:, block_B] *= worth_BG[:, rows_R].T
            inside_R = np.flatnonzero((rows_R >= start) & (rows_R <= block_B[-1]))
            scores_RG[inside_R] *= worth_BG[rows_R[inside_R] - start]
        scores_RG[norm_G[rows_R] == 0] = 0.0
        scores_RG[:, norm_G == 0] = 0.0
        return Network(scores_RG, tuple(regulators), tuple(adata.var_names))


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer mutual rank."""
    return [MutualRank]
