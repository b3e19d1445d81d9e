"""Mutual information of binned expression: alone, beside what is usual (CLR), or pruned (ARACNE)."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Method, Network, hookimpl, log_normalized, track, workers
from bengrn_methods._bins import Binned, Binning, bin_genes, check_binning
from bengrn_methods._names import check_cells, positions

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["MutualInformation"]

Floats = npt.NDArray[np.float32]

# nats; rounding leaves less of genes that share nothing
_NO_INFORMATION = 1e-12


@dataclass(frozen=True, kw_only=True)
class MutualInformation:
    """Score a pair by the mutual information of its genes' binned log-normalised counts, in nats.

    Symmetric: of two regulators it cannot tell which one regulates the other. With context "none", memory is
    4 R G bytes for R regulators and G genes; with another, 4 G^2, and time grows with G^2 whatever R.

    Parameters
    ----------
    binning
        How expression becomes states: equal-frequency, equal-width or bayesian-blocks.
    bins
        States at most; none for the cube root of the number of cells, so that as many cells are expected in
        each pair of states. More states raise the information of genes that have them (minet takes the square
        root: one cell in each pair of states).
    context
        "none": the information itself. "clr": how many standard deviations it is over the mean of either
        gene's pairs, both squared and added (Faith et al. 2007). "aracne": 0 for the weakest pair of any
        triplet (Margolin et al. 2006).
    tolerance
        Of aracne: a pair goes only if it is weaker than the other two by more than this share.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.
    """

    name: ClassVar[str] = "mutual-information"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "published"
    source: ClassVar[str] = (
        "Butte and Kohane 2000, https://doi.org/10.1142/9789814447331_0040; "
        "clr: Faith et al. 2007, https://doi.org/10.1371/journal.pbio.0050008; "
        "aracne: Margolin et al. 2006, https://doi.org/10.1186/1471-2105-7-S1-S7"
    )
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "clr": {"context": "clr"},
        "aracne": {"context": "aracne"},
    }

    binning: Binning = "equal-frequency"
    bins: int | None = None
    context: Literal["none", "clr", "aracne"] = "none"
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        """Validate the settings."""
        check_binning(self.binning, self.bins)
        if self.context not in ("none", "clr", "aracne"):
            raise ValueError(f"context is {self.context!r}; expected none, clr or aracne.")
        if not 0 <= self.tolerance < 1:
            raise ValueError(f"tolerance is {self.tolerance}; expected 0 to less than 1.")
        if self.tolerance and self.context != "aracne":
            raise ValueError(f"tolerance is {self.tolerance}, but only context=aracne has one. Leave it out.")

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return the information, or what the context makes of it; a constant gene scores 0."""
        check_cells(adata)
        genes = [str(name) for name in adata.var_names]
        rows_R = positions(genes, regulators)
        binned = bin_genes(log_normalized(adata), self.binning, self.bins)
        if self.context == "none":
            return Network(information(binned, rows_R), tuple(regulators), tuple(genes))
        information_GG = information(binned, np.arange(len(genes)))
        if self.context == "clr":
            scores_RT = _beyond_both_backgrounds(information_GG, rows_R)
        else:
            scores_RT = _without_weakest(information_GG, rows_R, self.tolerance)
        return Network(scores_RT, tuple(regulators), tuple(genes))


def information(binned: Binned, rows_R: npt.NDArray[np.intp]) -> Floats:
    """Return the mutual information of these genes with every gene in nats, shape (R, G); with itself 0."""
    from bengrn_methods._information_kernels import specific_information

    n_genes, n_cells = binned.code_GC.shape
    row_of_G = np.full(n_genes, -1)
    row_of_G[rows_R] = np.arange(len(rows_R))
    weight_GB = binned.count_GB / n_cells
    found_RG = np.zeros((len(rows_R), n_genes), dtype=np.float32)

    def fill(row: int) -> None:
        gene = rows_R[row]
        # a pair of two rows is worked out by the first of them
        partners = np.flatnonzero((row_of_G < 0) | (row_of_G > row))
        told_BP = specific_information(gene, partners, binned.code_GC, binned.count_GB, binned.log_N)
        mutual_P = weight_GB[gene] @ told_BP
        mutual_P[mutual_P < _NO_INFORMATION] = 0.0
        found_RG[row, partners] = mutual_P
        rows = row_of_G[partners]
        found_RG[rows[rows >= 0], gene] = mutual_P[rows >= 0]

    with ThreadPoolExecutor(workers()) as pool:
        for _ in track(pool.map(fill, range(len(rows_R))), "regulators", len(rows_R)):
            pass
    return found_RG


def _beyond_both_backgrounds(information_GG: Floats, rows_R: npt.NDArray[np.intp]) -> Floats:
    """Return the root of the summed squares of both genes' scores over their means, in deviations."""
    n_others = len(information_GG) - 1
    total_G = information_GG.sum(axis=1, dtype=np.float64)
    mean_G = total_G / max(n_others, 1)
    square_G = np.einsum("ij,ij->i", information_GG, information_GG, dtype=np.float64)
    variance_G = (square_G - n_others * mean_G**2) / max(n_others - 1, 1)
    # rounding, not variance
    deviation_G = np.sqrt(np.where(variance_G > 1e-9 * mean_G**2, variance_G, np.inf))
    scores_RT = np.zeros((len(rows_R), len(information_GG)), dtype=np.float32)
    for row, gene in enumerate(rows_R):
        over_own_T = np.maximum((information_GG[gene] - mean_G[gene]) / deviation_G[gene], 0.0)
        over_other_T = np.maximum((information_GG[gene] - mean_G) / deviation_G, 0.0)
        scores_RT[row] = np.hypot(over_own_T, over_other_T)
    return scores_RT


def _without_weakest(information_GG: Floats, rows_R: npt.NDArray[np.intp], tolerance: float) -> Floats:
    """Return the information with 0 for each pair that is the weakest of some triplet of genes."""
    from bengrn_methods._information_kernels import weakest_of_triplets

    scores_RT = information_GG[rows_R]

    def clear(row: int) -> None:
        scores_RT[row, weakest_of_triplets(rows_R[row], information_GG, tolerance)] = 0.0

    with ThreadPoolExecutor(workers()) as pool:
        for _ in track(pool.map(clear, range(len(rows_R))), "regulators of triplets", len(rows_R)):
            pass
    return scores_RT


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer mutual information."""
    return [MutualInformation]
