"""MAGIC: let each cell take over expression from its neighbours along a graph of cells."""

import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.plugin import Denoised, Method, Scale, hookimpl, track, workers
from bengrn_methods._ordered import ordered_counts

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Magic"]

Floats = npt.NDArray[np.float32]

_GENES_AT_ONCE = 256
# the package looks for this many times knn neighbours, and for the cell itself
_MOST_NEIGHBOURS = 3


@dataclass(frozen=True, kw_only=True)
class Magic:
    """Diffuse expression over a graph of nearest cells, as the package magic-impute does.

    The package makes the graph, out of a sparse float32 matrix; the diffusion is done here, in float32 and
    some genes at a time. Memory: 12 C G bytes, the sparse matrix and the graph.

    Parameters
    ----------
    scale
        What is diffused, and what comes out: "sqrt" of counts per 10,000 (the authors' advice), "log"
        (of 1 + counts per 10,000), or the "counts" as they are.
    solver
        "exact" diffuses genes, "approximate" their principal components, which can give negative values.
        They are the same with no more than `n_pca` cells or genes: then there are no components.
    knn
        The neighbour whose distance is a cell's bandwidth; thrice as many are looked at.
    decay
        How fast the kernel exp(-(distance / bandwidth)^decay) falls.
    t
        How many steps of diffusion.
    n_pca
        In how many principal components neighbours are sought.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.
    """

    name: ClassVar[str] = "magic"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "paper"
    source: ClassVar[str] = "van Dijk et al. 2018, https://doi.org/10.1016/j.cell.2018.05.061"
    extra: ClassVar[str] = "magic"
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        # the notebooks of the scPRINT paper gave raw counts to scanpy's wrapper
        "paper": {"scale": "counts", "solver": "approximate"},
        "author": {"scale": "sqrt", "solver": "exact"},
    }

    scale: Scale = "sqrt"
    solver: Literal["exact", "approximate"] = "exact"
    knn: int = 5
    decay: float = 1.0
    t: int = 3
    n_pca: int = 100

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing."""
        if min(self.knn, self.t, self.n_pca) < 1:
            raise ValueError(f"knn, t, n_pca are {self.knn}, {self.t}, {self.n_pca}; expected 1 or more.")
        if not self.decay > 0:
            raise ValueError(f"decay is {self.decay}; expected more than 0.")

    def denoise(self, adata: "AnnData", *, seed: int) -> Denoised:
        """Return the diffused expression, on the scale that was asked for."""
        least = _MOST_NEIGHBOURS * self.knn + 1
        if adata.n_obs < least:
            raise ValueError(
                f"got {adata.n_obs} cells; expected at least {least}, {_MOST_NEIGHBOURS} times knn and one. "
                "Choose more cells, or set knn lower."
            )
        counts = ordered_counts(adata)
        x_CG = counts.x_CG
        if self.scale != "counts":
            known = adata.obs.get("total_counts")
            depth_C = x_CG.sum(axis=1) if known is None else np.asarray(known, np.float32)[counts.cells_C]
            x_CG *= (1e4 / np.maximum(depth_C, 1.0)).astype(np.float32)[:, None]
            (np.sqrt if self.scale == "sqrt" else np.log1p)(x_CG, out=x_CG)
        with warnings.catch_warnings():
            # of a package of 2021: names it should no longer use; and cells or genes that need not concern
            # the user: equal cells, genes that none expresses, fewer cells than components
            warnings.simplefilter("ignore")
            values_CG = self._diffused(x_CG, seed)
        return Denoised(
            counts.restore(values_CG),
            tuple(adata.obs_names),
            tuple(adata.var_names),
            scale=self.scale,
            signed=self.solver == "approximate",
        )

    def _diffused(self, x_CG: Floats, seed: int) -> Floats:
        """Return the expression after t steps; `x_CG` may be overwritten."""
        from magic import MAGIC

        program = MAGIC(
            knn=self.knn,
            decay=self.decay,
            t=self.t,
            n_pca=self.n_pca,
            n_jobs=workers(),
            random_state=seed,
            verbose=0,
        )
        program.fit(_sparse(x_CG))
        step_CC = sparse.csr_array(program.diff_op, dtype=np.float32)
        components_CD: Any = program.graph.data_nu
        if self.solver == "exact" or sparse.issparse(components_CD):  # as given: there are no components
            return _diffuse(x_CG, step_CC, self.t)
        reduced_CD = _diffuse(np.array(components_CD, dtype=np.float32), step_CC, self.t)
        return np.asarray(program.graph.inverse_transform(reduced_CD), dtype=np.float32)


def _sparse(x_CG: Floats) -> sparse.csr_matrix:
    """Return a sparse matrix: the package fails on a sparse array, and takes twice as long on a dense one.

    As `csr_matrix(x_CG)`, in half its time.
    """
    n_cells, n_genes = x_CG.shape
    places_N = np.flatnonzero(x_CG)
    starts_C = np.searchsorted(places_N, np.arange(n_cells + 1) * n_genes)
    return sparse.csr_matrix((x_CG.ravel()[places_N], places_N % n_genes, starts_C), shape=x_CG.shape)


def _diffuse(x_CG: Floats, step_CC: sparse.csr_array, t: int) -> Floats:
    """Replace x by step^t x, in place, some columns at a time: no n x n power, no second copy of x."""

    def diffuse(first: int) -> None:
        columns = slice(first, first + _GENES_AT_ONCE)
        part_CG = np.ascontiguousarray(x_CG[:, columns])
        for _ in range(t):
            part_CG = step_CC @ part_CG
        x_CG[:, columns] = part_CG

    starts = range(0, x_CG.shape[1], _GENES_AT_ONCE)
    with ThreadPoolExecutor(workers()) as pool:
        for _ in track(pool.map(diffuse, starts), "blocks of genes", len(starts)):
            pass
    return x_CG


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer MAGIC."""
    return [Magic]
