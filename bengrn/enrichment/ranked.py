"""One ranking of genes, made ready for many gene sets."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.errors import MetricError

__all__ = ["Ranked", "auroc", "rank", "row_of"]

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ranked:
    """One ranking: its genes' weights from the highest score down, where each gene stands, sorted scores."""

    name: str
    weight_N: Floats
    rank_G: Positions
    ascending_N: Floats


def row_of(score_RG: Any, row: int) -> Floats:
    """Return the scores of one ranking, shape (G,), dense."""
    if sparse.issparse(score_RG):
        dense: Floats = np.zeros(score_RG.shape[1])
        here = slice(score_RG.indptr[row], score_RG.indptr[row + 1])
        dense[score_RG.indices[here]] = score_RG.data[here]
        return dense
    return np.asarray(score_RG[row], dtype=np.float64)


def rank(name: str, score_G: Floats, order_G: Positions, own: int) -> Ranked | str:
    """Rank the genes from the highest score down; `own` is left out. A string says why they cannot be."""
    if not np.isfinite(score_G).all():
        bad = int((~np.isfinite(score_G)).sum())
        raise MetricError(
            f"The ranking {name!r} holds {bad} scores that are NaN or infinite; expected finite ones."
        )
    down = order_G[np.argsort(-score_G[order_G], kind="stable")]
    down = down[down != own]
    score_N = score_G[down]
    if len(down) < 2 or score_N[0] == score_N[-1]:
        return f"{len(down)} genes with the same score" if len(down) else "no gene"
    rank_G = np.full(len(score_G), -1, dtype=np.int64)
    rank_G[down] = np.arange(len(down))
    return Ranked(name, np.abs(score_N), rank_G, score_N[::-1])


def auroc(ranked: Ranked, position_K: Positions) -> float:
    """Return the probability that a gene of the set outscores another gene, ties counting half."""
    ascending_N = ranked.ascending_N
    n, k = len(ascending_N), len(position_K)
    score_K = ascending_N[n - 1 - position_K]
    under = np.searchsorted(ascending_N, score_K, "left") + np.searchsorted(ascending_N, score_K, "right")
    return float((under.sum() - k * k) / (2 * k * (n - k)))
