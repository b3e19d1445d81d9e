"""Some rows and columns of an h5ad file that is too large to load: old and new layouts, dense or CSR."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["opened", "read_column", "read_names", "row_blocks", "rows_where", "whole_counts"]

Positions = npt.NDArray[np.intp]

_VALUES = 1 << 22  # numbers of a dense matrix that are read at once
_ROWS = 512  # rows of a CSR matrix that are read at once
_GAP = 16  # rows between two wanted ones of a CSR matrix that are rather read than skipped


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open an h5ad file; what goes wrong while it is read becomes one line.

    Raises
    ------
    ValueError
        If it cannot be read, or has no `X`, `obs` or `var`.
    """
    import h5py

    try:
        with h5py.File(path, "r") as stored:
            lacking = [part for part in ("X", "obs", "var") if part not in stored]
            if lacking:
                raise ValueError(f"{path.name} has no {', '.join(lacking)}; expected an AnnData file")
            yield stored
    except OSError as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(
            f"{path.name} cannot be read as h5ad ({reason}). If it is cut short, download it again"
        ) from error


def read_names(frame: Any) -> npt.NDArray[Any]:
    """Return the row names of `obs` or `var`."""
    return read_column(frame, str(frame.attrs.get("_index", "_index")))


def read_column(frame: Any, name: str) -> npt.NDArray[Any]:
    """Return a column of `obs` or `var`; text as str, "" where a category is missing.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    values, categories = _parts(frame, name)
    if categories is None:
        return values
    named: npt.NDArray[Any] = np.append(categories, "")[values]  # a code of -1 takes the last one
    return named


def rows_where(frame: Any, column: str, value: str) -> Positions:
    """Return the rows of `obs` or `var` where a column has this value.

    Raises
    ------
    ValueError
        If there is no such column, or no row has the value.
    """
    values, categories = _parts(frame, column)
    if categories is None:
        categories, values = np.unique(values.astype(str), return_inverse=True)
    found = np.flatnonzero(np.isin(values, np.flatnonzero(categories.astype(str) == value)))
    if not len(found):
        shown = ", ".join(repr(str(one)) for one in categories[:5])
        more = f" and {len(categories) - 5} more" if len(categories) > 5 else ""
        raise ValueError(f"no {column} is {value!r}; it is {shown or 'always missing'}{more}")
    return found


def _parts(frame: Any, name: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any] | None]:
    """Return the values of a column; where it is categorical, its codes and the categories."""
    import h5py

    if name not in frame:
        there = ", ".join(sorted(one for one in frame if not one.startswith("__")))
        raise ValueError(f"{frame.name[1:]} has no column {name!r}; it has {there or 'none'}")
    column = frame[name]
    if isinstance(column, h5py.Group):
        if "codes" in column:
            return column["codes"][:], _plain(column["categories"])
        return _plain(column["values"]), None
    old = frame.get(f"__categories/{name}")  # before anndata 0.8
    return (_plain(column), None) if old is None else (column[:], _plain(old))


def _plain(stored: Any) -> npt.NDArray[Any]:
    """Return a stored array; text as str."""
    import h5py

    is_text = h5py.check_string_dtype(stored.dtype) is not None
    values: npt.NDArray[Any] = stored.asstr()[:] if is_text else stored[:]
    return values


def row_blocks(matrix: Any, rows: Positions, *, values: int = _VALUES) -> Iterator[sparse.csr_array]:
    """Yield the chosen rows of `X`, in pieces of CSR float32 that follow each other.

    Parameters
    ----------
    matrix
        `X` of an open file: dense, or CSR.
    rows
        C positions, ascending.
    values
        How many numbers of a dense matrix may be read at once (at least a row is).

    Raises
    ------
    ValueError
        If the matrix is stored by columns.
    """
    import h5py

    if isinstance(matrix, h5py.Group):
        read, gap, most = _sparse_reader(matrix), _GAP, _ROWS
    else:
        read, most = matrix.__getitem__, max(1, values // matrix.shape[1])
        # contiguous: skip what is not wanted; chunked: a chunk is unpacked whole, so read it once
        gap = min(matrix.chunks[0], most) if matrix.chunks else 1
    for first, last in _spans(rows, gap, most):
        wanted = rows[first:last] - rows[first]
        piece = read(slice(int(rows[first]), int(rows[last - 1]) + 1))[wanted]
        yield sparse.csr_array(piece, dtype=np.float32)


def _sparse_reader(matrix: Any) -> Callable[[slice], sparse.csr_array]:
    """Return how a slice of rows is read from a stored CSR matrix."""
    layout = str(matrix.attrs.get("encoding-type", matrix.attrs.get("h5sparse_format", "")))
    if "csr" not in layout:
        raise ValueError(
            f"X is stored as {layout or 'something unknown'}, so its rows cannot be read one by one; "
            "expected a dense or CSR matrix"
        )
    starts = matrix["indptr"][:]
    n_columns = int(matrix.attrs["shape" if "shape" in matrix.attrs else "h5sparse_shape"][1])

    def read(rows: slice) -> sparse.csr_array:
        mine = starts[rows.start : rows.stop + 1]
        stored = slice(int(mine[0]), int(mine[-1]))
        parts = matrix["data"][stored], matrix["indices"][stored], mine - mine[0]
        return sparse.csr_array(parts, shape=(len(mine) - 1, n_columns))

    return read


def _spans(rows: Positions, gap: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield first and last (exclusive) position of runs of rows at most `gap` apart, `most` rows long."""
    first = 0
    for position in range(1, len(rows) + 1):
        at_end = position == len(rows)
        if at_end or rows[position] - rows[position - 1] > gap or rows[position] - rows[first] >= most:
            yield first, position
            first = position


def whole_counts(blocks: Iterator[sparse.csr_array]) -> sparse.csr_array:
    """Join blocks of rows; refuse values that are no counts.

    Raises
    ------
    ValueError
        If a value is negative, not finite, or no whole number.
    """
    kept = []
    for block in blocks:
        wrong = block.data[
            ~((block.data >= 0) & (block.data == np.rint(block.data)) & np.isfinite(block.data))
        ]
        if wrong.size:
            raise ValueError(f"X holds {wrong[0]:g}; expected raw counts, whole numbers from 0 up")
        kept.append(block)
    return sparse.csr_array(sparse.vstack(kept, format="csr", dtype=np.float32))
