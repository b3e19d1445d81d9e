"""Counts of any size to time a method on: the shape of single-cell data, the same for the same sizes."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from bengrn.errors import DataError
from bengrn.preprocess import choose_cells, choose_genes, expressed_genes, take_counts
from bengrn.tasks.frozen import FrozenTask
from bengrn.values import Truth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Sized", "cut_from", "simulated_counts", "task_of"]

Sized = Callable[[int, int], "AnnData"]
"""From numbers of cells and genes to counts of that size."""

_PROGRAMMES = 12
_ACTIVITY = 0.5
# a gene's mean count and its spread from gene to gene, both as logarithms: about 70 % zeros
_MEAN, _SPREAD = -1.2, 1.5
_SHAPE_OF_GENE, _SPREAD_OF_DEPTH = 2.0, 0.3
_CELLS_AT_ONCE = 512


def simulated_counts(cells: int, genes: int, *, seed: int = 0) -> "AnnData":
    """Return negative binomial counts with about 70 % zeros and genes that vary together.

    A gene's mean follows a few programmes that cells have to a varying degree; the depth of cells varies, and
    each count is drawn from a Poisson distribution whose mean is gamma distributed.

    Parameters
    ----------
    cells, genes
        C and G of the counts; another size is another draw.
    seed
        The same seed gives the same counts.
    """
    from anndata import AnnData

    rng = np.random.default_rng([seed, cells, genes])
    mean_G = rng.normal(_MEAN, _SPREAD, genes)
    weight_PG = rng.normal(0.0, _ACTIVITY, (_PROGRAMMES, genes)) * (rng.random((_PROGRAMMES, genes)) < 0.25)
    parts = []
    for start in range(0, cells, _CELLS_AT_ONCE):
        here = min(_CELLS_AT_ONCE, cells - start)
        level_CG = mean_G + rng.normal(size=(here, _PROGRAMMES)) @ weight_PG
        level_CG += rng.normal(0.0, _SPREAD_OF_DEPTH, (here, 1))
        rate_CG = np.exp(level_CG) * rng.gamma(_SHAPE_OF_GENE, 1 / _SHAPE_OF_GENE, (here, genes))
        parts.append(sparse.csr_array(rng.poisson(rate_CG).astype(np.float32)))
    adata = AnnData(sparse.csr_array(sparse.vstack(parts)))
    adata.obs_names = [f"cell{number}" for number in range(cells)]
    adata.var_names = [f"gene{number:05d}" for number in range(genes)]
    adata.obs["total_counts"] = np.asarray(adata.X.sum(axis=1)).ravel().astype(np.float64)
    return adata


def cut_from(
    adata: "AnnData", *, cell_type: str | None, layer: str, largest: tuple[int, int], seed: int = 0
) -> Sized:
    """Return how to cut counts of any size out of given ones: random cells, and the genes seen in most cells.

    Parameters
    ----------
    adata
        As a data set gives it.
    cell_type, layer
        As of a selection: which cells, and where the counts are.
    largest
        Cells and genes of the largest size that will be asked for.

    Raises
    ------
    DataError
        If the counts cannot be used, or there are fewer cells or expressed genes than that.
    """
    counts = choose_cells(take_counts(adata, layer), cell_type=cell_type, cells=None, min_cells=2)
    names = sorted(np.asarray(counts.var_names)[expressed_genes(counts)])
    there = {"--cells": counts.n_obs, "--genes": len(names)}
    for (option, number), asked in zip(there.items(), largest, strict=True):
        if number < asked:
            raise DataError(
                f"{option} asks for {asked}, but the data have {number} (cells of that type, genes that they "
                "express). Ask for fewer, or leave --data out for simulated counts."
            )
    genes = choose_genes(counts, names, genes=len(names) - 1, selection="expressed")
    ranked = [*genes, *sorted(set(names).difference(genes))]
    order = np.random.default_rng(seed).permutation(counts.n_obs)

    def cut(cells: int, genes: int) -> "AnnData":
        part = counts[np.sort(order[:cells]), ranked[:genes]].copy()
        part.obs = part.obs[["total_counts"]].astype(np.float64)
        return part

    return cut


def task_of(adata: "AnnData", *, regulators: int | None = None) -> FrozenTask:
    """Return counts as a task without an answer: its truth names the regulators and holds one made-up edge.

    Parameters
    ----------
    adata
        Raw counts, with each cell's depth in `obs["total_counts"]`.
    regulators
        How many of the genes, the first ones; None for all.
    """
    genes = tuple(map(str, adata.var_names))
    asked = genes[:regulators]
    edges = sparse.csr_array(([True], ([0], [1])), shape=(len(asked), len(genes)))
    adata.X = sparse.csr_array(adata.X, dtype=np.float32)
    adata.X.sort_indices()
    adata.uns["values"] = str(adata.uns.get("values", "counts"))
    truth = Truth(edges, asked, genes, organism="simulated")
    report = {"cells": adata.n_obs, "genes": adata.n_vars, "regulators": len(asked), "targets": len(genes)}
    return FrozenTask(adata, truth, dict(zip(genes, genes, strict=True)), report)
