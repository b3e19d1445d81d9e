"""kNN-smoothing 2: sum the counts of each cell's nearest neighbours, found in a few widening steps."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Denoised, Method, hookimpl, track, workers
from bengrn_methods._ordered import checked_counts, ordered_counts

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["KnnSmoothing2", "smooth"]

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class KnnSmoothing2:
    """Sum the counts of the k nearest cells, version 2.1 of the algorithm.

    Steps of 2, 4, 8, ... k neighbours. Each scales the sums so far to their median depth, stabilises their
    variance by sqrt(x) + sqrt(x + 1), takes `d` principal components by a randomised decomposition, adds
    noise to them, and sums the original counts over the nearest cells, each cell itself among them. The
    result is about k times deeper than the counts.

    Computed in float32, distances pair by pair. With `order` "given" it is the authors' program on the same
    matrix and the same seed, but for neighbours at almost equal distance. Memory: 12 C G + 4 C k bytes.

    Parameters
    ----------
    k
        How many cells are summed; at most as many as there are. 1 returns the counts.
    d
        How many principal components tell neighbours; all of them where there are fewer.
    dither
        Width of the uniform noise, as a share of a component's range. 0 for none.
    order
        What the random draws follow: "canonical": the contents of the cells and the names of the genes,
        wherever they stand; "given": their places in the data, as in the authors' program.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.
    """

    name: ClassVar[str] = "knnsmoothing2"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "paper"
    source: ClassVar[str] = "Wagner, Yan and Yanai 2018, https://doi.org/10.1101/217737"
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        # as the notebooks of the scPRINT paper called the authors' program
        "paper": {"k": 10, "d": 10, "dither": 0.03},
        # d and dither are its defaults; it has none for k, and its description shows 15
        "author": {"k": 15, "d": 10, "dither": 0.03},
    }

    k: int = 10
    d: int = 10
    dither: float = 0.03
    order: Literal["canonical", "given"] = "canonical"

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing."""
        if self.k < 1 or self.d < 1:
            raise ValueError(f"k and d are {self.k} and {self.d}; expected 1 or more.")
        if not 0 <= self.dither <= 1:
            raise ValueError(f"dither is {self.dither}; expected a share, 0 to 1.")

    def denoise(self, adata: "AnnData", *, seed: int) -> Denoised:
        """Return the sums; of a matrix without any count zeros."""
        if self.k > max(adata.n_obs, 1):
            raise ValueError(
                f"k is {self.k}, but there are {adata.n_obs} cells; expected at most as many neighbours as "
                "cells, each cell itself among them. Set k lower, or choose more cells."
            )
        names = tuple(adata.obs_names), tuple(adata.var_names)
        if self.order == "given":
            return Denoised(self._smooth(checked_counts(adata), seed), *names)
        counts = ordered_counts(adata)
        return Denoised(counts.restore(self._smooth(counts.x_CG, seed)), *names)

    def _smooth(self, x_CG: Floats, seed: int) -> Floats:
        return smooth(x_CG, k=self.k, d=self.d, dither=self.dither, seed=seed)


def smooth(x_CG: Floats, *, k: int, d: int, dither: float, seed: int) -> Floats:
    """Return the sums over k neighbours.

    Parameters
    ----------
    x_CG
        Counts, C order. Not modified.
    k, d, dither
        As of `KnnSmoothing2`.
    seed
        In [0, 2^32).

    Returns
    -------
    array
        Shape (C, G).
    """
    from bengrn_methods._smoothing_kernels import find_nearest, sum_cells

    # the authors' program draws from these two streams: one for the noise, one anew for each decomposition
    noise = np.random.RandomState(seed)
    sum_CG = x_CG.copy()
    n_cells, n_genes = x_CG.shape
    n_steps = (k - 1).bit_length()
    for step in track(range(1, n_steps + 1), "steps", n_steps):
        y_DC = _components(sum_CG, min(d, n_genes, n_cells - 1), seed)
        if dither > 0:
            width_D1 = dither * np.ptp(y_DC, axis=1, keepdims=True)
            y_DC += ((noise.random_sample(y_DC.shape) - 0.5) * width_D1).astype(np.float32)
        near_CK = np.empty((n_cells, min(2**step, k)), dtype=np.int32)
        _over_cells(n_cells, lambda *cells: find_nearest(y_DC, near_CK, *cells))  # noqa: B023 - done in this step
        _over_cells(n_cells, lambda *cells: sum_cells(x_CG, near_CK, sum_CG, *cells))  # noqa: B023 - as above
    return sum_CG


def _components(sum_CG: Floats, d: int, seed: int) -> Floats:
    """Return d principal components of the stabilised sums, shape (d, C); what the sums held is lost."""
    from sklearn.utils.extmath import randomized_svd

    from bengrn_methods._smoothing_kernels import stabilize

    depth_C = sum_CG.sum(axis=1, dtype=np.float64)
    some_C = depth_C > 0  # a cell without counts stays without; the authors' program divides by zero
    median = np.median(depth_C[some_C]) if some_C.any() else 0.0
    factor_C = np.divide(median, depth_C, out=np.zeros_like(depth_C), where=some_C).astype(np.float32)
    _over_cells(len(sum_CG), lambda *cells: stabilize(sum_CG, factor_C, *cells))
    sum_CG -= sum_CG.mean(axis=0, dtype=np.float64).astype(np.float32)
    left_CD, size_D, right_DG = randomized_svd(sum_CG, d, flip_sign=False, random_state=seed)
    # the noise is not symmetric in a component's sign: that of the largest weight is positive, as in
    # scikit-learn's PCA since 1.5
    largest_D = np.abs(right_DG).argmax(axis=1)
    sign_D = np.sign(right_DG[np.arange(d), largest_D])
    return np.ascontiguousarray((left_CD * (size_D * sign_D)).T, dtype=np.float32)


def _over_cells(n_cells: int, loop: Callable[..., Any]) -> None:
    """Run a loop over ranges of cells, in as many threads as may be used."""
    n_parts = workers()
    ends = np.linspace(0, n_cells, n_parts + 1).astype(int).tolist()
    with ThreadPoolExecutor(n_parts) as pool:
        list(pool.map(loop, ends[:-1], ends[1:]))


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer neighbour smoothing."""
    return [KnnSmoothing2]
