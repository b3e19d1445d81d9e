"""PIDC: what two genes share that no third one tells, weighed against what is usual for both."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, cast

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Method, Network, hookimpl, log_normalized, track, workers
from bengrn_methods._bins import Binned, Binning, bin_genes, check_binning
from bengrn_methods._names import check_cells, positions

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["PIDC"]

Floats = npt.NDArray[np.float64]
Context = Literal["gamma", "gaussian", "none"]

# of a mutual information in nats; rounding leaves less
_NO_INFORMATION = 1e-13
_ROWS_AT_ONCE = 64
_NEWTON_STEPS = 20


@dataclass(frozen=True, kw_only=True)
class PIDC:
    """Score a pair by the share of its mutual information that is unique to it, beside every third gene.

    For each third gene, the information that one gene has about the other splits into a part that the third
    one has too (redundant: Williams and Beer's measure) and a unique part. The proportional unique
    contribution of a pair is unique / mutual information, summed over the third genes and both directions;
    all genes are third genes, whatever the regulators. Context turns it into how high it is among all scores
    of either gene. Symmetric: it cannot tell which of two regulators regulates the other.

    Time grows with G^2 (C + B^2 + B log G) for G genes, C cells and B states, and with G C^2 for Bayesian
    blocks: the sums over third genes come out of sorted columns, without a loop over triplets. Memory:
    8 G^2 bytes, and 4 R G for R regulators.

    Parameters
    ----------
    binning
        How expression becomes states; the authors use bayesian-blocks.
    bins
        States at most, for the other binnings; none for the cube root of the number of cells.
    context
        "gamma": the sum of both genes' cumulative gamma distributions, fitted to their scores over 0, as the
        authors do. "gaussian": of their normal distributions. "none": the contribution itself (PUC).

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.
    """

    name: ClassVar[str] = "pidc"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "published"
    source: ClassVar[str] = "Chan et al. 2017, https://doi.org/10.1016/j.cels.2017.08.014"
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {"puc": {"context": "none"}}

    binning: Binning = "bayesian-blocks"
    bins: int | None = None
    context: Context = "gamma"

    def __post_init__(self) -> None:
        """Validate the settings."""
        check_binning(self.binning, self.bins)
        if self.context not in ("gamma", "gaussian", "none"):
            raise ValueError(f"context is {self.context!r}; expected gamma, gaussian or none.")

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return the score in context, at most 2; a pair that shares no information scores 0."""
        check_cells(adata)
        genes = [str(name) for name in adata.var_names]
        if len(genes) < 3:
            raise ValueError(f"got {len(genes)} genes; expected at least 3: a third judges each pair.")
        rows_R = positions(genes, regulators)
        unique_GG = unique_contributions(bin_genes(log_normalized(adata), self.binning, self.bins))
        scores_RT = (
            unique_GG[rows_R] if self.context == "none" else in_context(unique_GG, rows_R, self.context)
        )
        return Network(scores_RT, tuple(regulators), tuple(genes))


def unique_contributions(binned: Binned) -> Floats:
    """Return the proportional unique contribution of every pair, (G, G), symmetric, in [0, 2 (G - 2)]."""
    from bengrn_methods._information_kernels import redundancy, specific_information

    n_genes, n_cells = binned.code_GC.shape
    share_GG = np.zeros((n_genes, n_genes))

    def of_target(target: int) -> None:
        others = np.delete(np.arange(n_genes), target)
        information_BP = specific_information(target, others, binned.code_GC, binned.count_GB, binned.log_N)
        weight_B = binned.count_GB[target] / n_cells
        mutual_P = weight_B @ information_BP
        redundant_P = redundancy(information_BP, weight_B)
        some = mutual_P > _NO_INFORMATION
        # a redundancy is at most the mutual information, but for its rounding error
        unique_P = np.maximum(n_genes - 2 - redundant_P[some] / mutual_P[some], 0.0)
        share_GG[target, others[some]] = unique_P

    with ThreadPoolExecutor(workers()) as pool:
        for _ in track(pool.map(of_target, range(n_genes)), "genes", n_genes):
            pass
    for start in range(0, n_genes, _ROWS_AT_ONCE):  # in place: the transpose is added block by block
        rows, rest = slice(start, start + _ROWS_AT_ONCE), slice(start, None)
        both = share_GG[rows, rest] + share_GG[rest, rows].T
        share_GG[rows, rest] = both
        share_GG[rest, rows] = both.T
    return share_GG


def in_context(unique_GG: Floats, rows_R: npt.NDArray[np.intp], context: Context) -> npt.NDArray[np.float32]:
    """Return for the rows how high each score is among those of its row, plus among those of its column.

    A score of 0 stays 0, and a gene whose scores are all equal tells nothing of any.
    """
    first_G, second_G = _fit(unique_GG, context)
    cumulative = _gamma_share if context == "gamma" else _gaussian_share
    scores_RT = np.zeros((len(rows_R), len(unique_GG)), dtype=np.float32)

    def fill(start: int) -> None:
        rows = rows_R[start : start + _ROWS_AT_ONCE]
        score_BT = unique_GG[rows]
        by_row = cumulative(score_BT, first_G[rows, None], second_G[rows, None])
        by_column = cumulative(score_BT, first_G, second_G)
        scores_RT[start : start + _ROWS_AT_ONCE] = np.where(score_BT > 0, by_row + by_column, 0.0)

    with ThreadPoolExecutor(workers()) as pool:
        list(pool.map(fill, range(0, len(rows_R), _ROWS_AT_ONCE)))
    return scores_RT


def _fit(unique_GG: Floats, context: Context) -> tuple[Floats, Floats]:
    """Return shape and scale of each gene's gamma distribution, or mean and deviation of its normal one.

    Of a gene whose scores are all equal, NaN.
    """
    n_genes = len(unique_GG)
    first_G, second_G = np.full(n_genes, np.nan), np.full(n_genes, np.nan)
    for gene in range(n_genes):
        scores = np.delete(unique_GG[gene], gene)
        scores = scores[scores > 0] if context == "gamma" else scores
        if len(scores) < 2 or np.ptp(scores) <= 1e-9 * scores.max():
            continue
        first_G[gene] = scores.mean()
        second_G[gene] = np.log(scores).mean() if context == "gamma" else scores.std(ddof=0)
    return _gamma_parameters(first_G, second_G) if context == "gamma" else (first_G, second_G)


def _gamma_parameters(mean_G: Floats, mean_log_G: Floats) -> tuple[Floats, Floats]:
    """Return shape and scale of greatest likelihood: Minka 2002, "Estimating a Gamma distribution"."""
    from scipy.special import digamma, polygamma

    gap_G = np.log(mean_G) - mean_log_G
    shape_G = (3 - gap_G + np.sqrt((gap_G - 3) ** 2 + 24 * gap_G)) / (12 * gap_G)
    for _ in range(_NEWTON_STEPS):
        step_G = (np.log(shape_G) - digamma(shape_G) - gap_G) / (
            shape_G**2 * (1 / shape_G - polygamma(1, shape_G))
        )
        shape_G = 1 / (1 / shape_G + step_G)
    return shape_G, mean_G / shape_G


def _gamma_share(score: Floats, shape: Floats, scale: Floats) -> Floats:
    from scipy.special import gammainc

    return cast(Floats, np.nan_to_num(gammainc(shape, score / scale)))


def _gaussian_share(score: Floats, mean: Floats, deviation: Floats) -> Floats:
    from scipy.special import ndtr

    return cast(Floats, np.nan_to_num(ndtr((score - mean) / deviation)))


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer PIDC."""
    return [PIDC]
