"""Pure steps from any AnnData to raw counts of chosen cells and genes."""

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.counts import is_continuous
from bengrn.errors import DataError, UnknownNameError
from bengrn.settings import suggest

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["GENE_SELECTIONS", "choose_cells", "choose_genes", "expressed_genes", "take_counts"]

# a gene seen in fewer cells has no usable variance; ten cells is the field's habit
MIN_CELLS_PER_GENE = 10
_CHECKED_VALUES = 5_000_000
# relative; a depth may have been stored in single precision
_DEPTH_TOLERANCE = 1e-4


def take_counts(adata: "AnnData", layer: str = "X") -> "AnnData":
    """Return the raw counts in one place: X as CSR float32, obs kept, total counts per cell.

    Parameters
    ----------
    adata
        C cells; counts in `X`, in `raw.X` or in a layer; each cell's depth over all its genes in
        `obs["total_counts"]`, if it is more than its counts here add up to. Where `uns["values"]` is
        "continuous", any non-negative expression. Not modified.
    layer
        "X", "raw" or the name of a layer.

    Raises
    ------
    DataError
        If the layer is absent or does not hold counts (saying which one does), a gene or cell name is
        repeated, or `obs["total_counts"]` is no depth.
    """
    from anndata import AnnData

    matrix, genes = _find_counts(adata, layer)
    counts = sparse.csr_array(matrix, dtype=np.float32)
    names = _unique_names(adata, genes)
    result = AnnData(X=counts, obs=adata.obs.copy())
    result.uns["values"] = "continuous" if is_continuous(adata) else "counts"
    result.var_names = names
    if "total_counts" in result.obs:  # a data set cut to fewer genes brings its own
        _check_depth(result)
    else:
        result.obs["total_counts"] = np.asarray(counts.sum(axis=1)).ravel()
    return result


def _find_counts(adata: "AnnData", layer: str) -> tuple[Any, Any]:
    """Return the matrix of a layer and its gene names; refuse what holds no counts."""
    places = _places(adata)
    if layer not in places:
        raise DataError(f"The data have no layer {layer!r}.{suggest(layer, places, 'They have')}")
    matrix, genes = places[layer]()
    if 0 in matrix.shape:
        raise DataError(
            f"The data have {matrix.shape[0]} cells and {matrix.shape[1]} genes; expected some of both."
        )
    if is_continuous(adata):
        wrong = _not_expression(_values(matrix))
        if wrong:
            raise DataError(f"Layer {layer!r} holds {wrong}; expected expression of at least 0.")
        return matrix, genes
    wrong = _not_counts(matrix)
    if wrong:
        good = [name for name, read in places.items() if name != layer and not _not_counts(read()[0])]
        advice = f"Use --layer {good[0]}." if good else "No other layer holds counts: give raw counts."
        raise DataError(f"Layer {layer!r} holds {wrong}; expected raw counts. {advice}")
    return matrix, genes


def _unique_names(adata: "AnnData", genes: Iterable[object]) -> list[str]:
    """Return the names of genes as text; refuse repeated names of genes and cells."""
    names = [str(name) for name in genes]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(
            f"{len(names) - len(set(names))} gene names are repeated, {twice!r} first; expected unique "
            "names. Sum or drop the duplicates, or use Ensembl ids as var_names."
        )
    if not adata.obs_names.is_unique:
        raise DataError("Cell names are repeated; expected unique ones. Call obs_names_make_unique().")
    return names


def _check_depth(adata: "AnnData") -> None:
    """Refuse an `obs["total_counts"]` that cannot be each cell's depth over all its genes."""
    from pandas.api import types

    given = adata.obs["total_counts"]
    advice = "expected each cell's depth over all its genes. Remove or rename obs['total_counts']."
    if not types.is_numeric_dtype(given) or types.is_bool_dtype(given) or types.is_complex_dtype(given):
        raise DataError(
            f"obs['total_counts'] holds {given.dtype} values, such as {given.iloc[0]!r}; {advice}"
        )
    depth_C = given.to_numpy(dtype=np.float64, na_value=np.nan)
    sum_C = np.asarray(adata.X.sum(axis=1, dtype=np.float64)).ravel()
    wrong_C = ~(np.isfinite(depth_C) & (depth_C >= sum_C * (1 - _DEPTH_TOLERANCE)))
    if wrong_C.any():
        first = int(np.flatnonzero(wrong_C)[0])
        raise DataError(
            f"obs['total_counts'] is {depth_C[first]:.6g} for the cell {adata.obs_names[first]!r}, whose "
            f"counts add up to {sum_C[first]:.0f} ({int(wrong_C.sum())} such cells); {advice}"
        )


def _places(adata: "AnnData") -> dict[str, Callable[[], tuple[Any, Any]]]:
    """Return where counts could be: name -> reader of (matrix, gene names)."""

    def layer(name: str) -> tuple[Any, Any]:
        return adata.layers[name], adata.var_names

    places: dict[str, Callable[[], tuple[Any, Any]]] = {}
    if adata.X is not None:
        places["X"] = lambda: (adata.X, adata.var_names)
    places |= {str(name): functools.partial(layer, name) for name in adata.layers}
    if adata.raw is not None:
        places["raw"] = lambda: (adata.raw.X, adata.raw.var_names)
    return places


def _values(matrix: Any) -> npt.NDArray[Any]:
    """Return the stored values of a matrix; seen or not are counts of at most 1."""
    values = np.asarray(matrix.data if sparse.issparse(matrix) else matrix).ravel()
    return values.view(np.uint8) if values.dtype == np.bool_ else values


def _not_expression(values: npt.NDArray[Any]) -> str:
    """Return what keeps values from being expression, or nothing."""
    if not np.issubdtype(values.dtype, np.number):
        return "no numbers"
    low, high = (values.min(), values.max()) if values.size else (0, 0)
    if np.isnan(low):
        return "NaN"
    if low < 0:
        return f"negative values (down to {low:.3g})"
    if not np.isfinite(high):
        return "infinite values"
    return "" if high > 0 else "zeros only"


def _not_counts(matrix: Any) -> str:
    """Return what keeps a matrix from being counts, or nothing."""
    values = _values(matrix)
    wrong = _not_expression(values)
    if wrong:
        return wrong
    for start in range(0, values.size, _CHECKED_VALUES):
        part = values[start : start + _CHECKED_VALUES]
        fraction = part != np.rint(part)
        if fraction.any():
            return f"values that are not whole numbers (such as {part[fraction][0]:.4g})"
    return ""


def choose_cells(
    adata: "AnnData", *, cell_type: str | None, cells: int | None, min_cells: int, seed: int = 0
) -> "AnnData":
    """Return the cells of one type, at most `cells` of them, drawn at random but always the same.

    Raises
    ------
    UnknownNameError
        If the cell type does not exist (listing those that do).
    DataError
        If there is no `obs["cell_type"]`, or fewer than `min_cells` cells are left.
    """
    what = "cells"
    if cell_type is not None:
        if "cell_type" not in adata.obs:
            raise DataError(
                f"The data have no obs['cell_type'], so {cell_type!r} cannot be chosen. "
                "Add that column, or leave --cell-type out."
            )
        labels = adata.obs["cell_type"].astype(str)
        if cell_type not in set(labels):
            counts = labels.value_counts()
            known = ", ".join(f"{name} ({count})" for name, count in counts.items())
            raise UnknownNameError(f"There is no cell type {cell_type!r}. The data have: {known}.")
        adata = adata[(labels == cell_type).to_numpy()]
        what = f"cells of type {cell_type!r}"
    if adata.n_obs < min_cells:
        raise DataError(
            f"There are {adata.n_obs} {what}; expected at least {min_cells}, because networks of few "
            "cells are noise. Choose another cell type, or lower --min-cells knowingly."
        )
    if cells is not None and adata.n_obs > cells:
        if cells < min_cells:
            raise DataError(
                f"--cells {cells} asks for fewer than --min-cells {min_cells}. Raise the one, or lower the "
                "other knowingly."
            )
        chosen = np.random.default_rng(seed).choice(adata.n_obs, cells, replace=False)
        adata = adata[np.sort(chosen)]
    return adata.copy()


def expressed_genes(adata: "AnnData") -> npt.NDArray[np.bool_]:
    """Return which genes, shape (G,), are seen in enough cells to have a variance."""
    seen_G = np.asarray((sparse.csr_array(adata.X) != 0).sum(axis=0)).ravel()
    return np.asarray(seen_G >= min(MIN_CELLS_PER_GENE, adata.n_obs))


def choose_genes(adata: "AnnData", names: Sequence[str], *, genes: int | None, selection: str) -> list[str]:
    """Return at most `genes` of the names, best first, by one of `GENE_SELECTIONS`.

    Parameters
    ----------
    adata
        Raw counts. How a gene ranks is judged among all genes that the cells express.
    names
        The genes to choose from: expressed ones.
    genes
        How many; None for all.
    selection
        A key of `GENE_SELECTIONS`.

    Raises
    ------
    DataError
        If the selection fails on these data.
    """
    if genes is None or len(names) <= genes:
        return list(names)
    # in alphabetical order, so that the order of genes in the file decides nothing
    among = sorted(np.asarray(adata.var_names)[expressed_genes(adata)])
    score = dict(zip(among, GENE_SELECTIONS[selection](adata[:, among]), strict=True))
    return sorted(names, key=lambda name: (-score[name], name))[:genes]


def _by_variance(adata: "AnnData") -> npt.NDArray[np.float64]:
    """Return the variance of standardised counts (Stuart et al. 2019), as `seurat_v3` ranks genes.

    Of continuous expression, whose mean and variance are no longer tied, the plain variance.
    """
    if is_continuous(adata):
        x_CG = sparse.csr_array(adata.X, dtype=np.float64)
        mean_G = np.asarray(x_CG.mean(axis=0)).ravel()
        mean_square_G = np.asarray((x_CG * x_CG).mean(axis=0), dtype=np.float64).ravel()
        return np.asarray(mean_square_G - mean_G**2, dtype=np.float64)
    import scanpy

    counts = adata.copy()
    counts.X = sparse.csr_matrix(counts.X)  # scanpy 1.11 knows sparse matrices, not sparse arrays
    try:
        table = scanpy.pp.highly_variable_genes(
            counts, flavor="seurat_v3", n_top_genes=min(2000, adata.n_vars), inplace=False
        )
    except ValueError as error:
        raise DataError(
            f"Variable genes cannot be found in these {adata.n_obs} cells ({str(error).strip()}). "
            "Use --gene-selection expressed."
        ) from error
    return np.asarray(np.nan_to_num(table["variances_norm"].to_numpy(dtype=np.float64)))


def _by_detection(adata: "AnnData") -> npt.NDArray[np.float64]:
    """Return in how many cells each gene is seen, then how often."""
    x_CG = sparse.csr_array(adata.X)
    seen_G = np.asarray((x_CG != 0).sum(axis=0)).ravel()
    mean_G = np.asarray(x_CG.sum(axis=0)).ravel() / adata.n_obs
    return np.asarray(seen_G + mean_G / (1 + mean_G.max()), dtype=np.float64)


GENE_SELECTIONS: dict[str, Callable[["AnnData"], npt.NDArray[np.float64]]] = {
    "variable": _by_variance,
    "expressed": _by_detection,
}
