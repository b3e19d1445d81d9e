"""Readers of BEELINE's formats: networks, expression and pseudotime, all of them CSV."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Pairs", "cells_to_adata", "read_expression", "read_network", "read_times"]

Floats = npt.NDArray[np.float32]
_SIGNS = {"+": 1, "-": -1}
_ABSENT = {"", "NA", "nan"}


@dataclass(frozen=True)
class Pairs:
    """N rows of a network.

    Parameters
    ----------
    source, target
        N names each: the source regulates the target.
    sign
        N numbers, +1 or -1; None where the file has no column `Type`.
    score
        N numbers of at least 0; None where they were not asked for.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    sign: tuple[int, ...] | None
    score: tuple[float, ...] | None = None


def read_network(path: Path, *, scored: bool = False) -> Pairs:
    """Read a network: `Gene1,Gene2`, perhaps with `Type` (+ or -) and `Score`; other columns are left out.

    Raises
    ------
    ValueError
        If the columns are others, a row is cut short or names no gene, a type is no sign, or a score that
        was asked for is no number.
    """
    header, rows = _network_rows(path)
    if scored and "Score" not in header:
        raise ValueError(f"{path.name} has the columns {', '.join(header)}; expected Score among them")
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    return Pairs(
        columns["Gene1"],
        columns["Gene2"],
        _signs(columns["Type"], path.name) if "Type" in columns else None,
        _numbers(columns["Score"], path.name) if scored else None,
    )


def _network_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of a network, checked."""
    header, rows = _read_csv(path, least=1)
    if header[:2] != ["Gene1", "Gene2"]:
        raise ValueError(
            f"{path.name} has the columns {', '.join(header) or '(none)'}; expected Gene1 (regulator), "
            "Gene2 (target)"
        )
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header) or not row[0] or not row[1]:
            raise ValueError(
                f"{path.name}, line {number}: {','.join(row)!r} is no row of {', '.join(header)}; is the "
                "file cut short?"
            )
    if not rows:
        raise ValueError(f"{path.name} lists no pair; expected rows of {', '.join(header)}")
    return header, rows


def _numbers(scores: Sequence[str], where: str) -> tuple[float, ...]:
    try:
        return tuple(float(one) for one in scores)
    except ValueError as error:
        raise ValueError(f"{where} has a score that is no number ({error}); expected numbers") from error


def _signs(types: Sequence[str], where: str) -> tuple[int, ...]:
    strange = next((one for one in types if one not in _SIGNS), None)
    if strange is not None:
        raise ValueError(f"{where} has the type {strange!r}; expected + (activates) or - (represses)")
    return tuple(_SIGNS[one] for one in types)


def read_expression(path: Path) -> tuple[list[str], list[str], Floats]:
    """Read a matrix of genes (rows) x cells.

    Returns
    -------
    genes, cells, x_CG
        G and C unique names; expression of at least 0, shape (C, G).

    Raises
    ------
    ValueError
        If a row is cut short, a value is no number, negative or infinite, or a name is repeated.
    """
    header, rows = _read_csv(path)
    cells, genes = header[1:], [row[0] for row in rows]
    for what, names in (("cell", cells), ("gene", genes)):
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"{path.name} has the {what} {twice!r} more than once; expected unique names")
    x_GC = np.empty((len(genes), len(cells)), np.float32)
    for position, row in enumerate(rows):
        if len(row) != len(header):
            raise ValueError(
                f"{path.name}: gene {row[0]!r} has {len(row) - 1} values, expected {len(cells)} "
                "(one per cell); is the file cut short?"
            )
        try:
            x_GC[position] = row[1:]
        except ValueError as error:
            raise ValueError(
                f"{path.name}: gene {row[0]!r} has a value that is no number: {error}"
            ) from error
    # written so that NaN is caught, too
    if not (x_GC >= 0).all() or np.isinf(x_GC).any():
        raise ValueError(f"{path.name} holds negative, infinite or missing values; expected expression")
    return genes, cells, x_GC.T


def read_times(path: Path, cells: Sequence[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Read the times of C cells, as columns for `obs`.

    Every trajectory is a column `pseudotime_1`, `pseudotime_2`, ...; NaN where a cell is not on it. A
    column `Time` beside them becomes `time`; on its own, it is the only trajectory.

    Raises
    ------
    ValueError
        If a cell has no row, or a time is no number.
    """
    header, rows = _read_csv(path)
    # as R writes it, the header does not name the column of cells
    columns = header if rows and len(rows[0]) == len(header) + 1 else header[1:]
    of_cell = {row[0]: row[1:] for row in rows}
    lost = [cell for cell in cells if len(of_cell.get(cell, ())) != len(columns)]
    if lost:
        raise ValueError(
            f"{path.name} has no row of {len(columns)} times for {len(lost)} of {len(cells)} cells, "
            f"{lost[0]!r} first; expected the cells of the expression"
        )
    try:
        times_CK = np.array(
            [[np.nan if one in _ABSENT else float(one) for one in of_cell[cell]] for cell in cells]
        )
    except ValueError as error:
        raise ValueError(f"{path.name} has a time that is no number: {error}") from error
    trajectories = [place for place, name in enumerate(columns) if name != "Time"]
    found = {f"pseudotime_{number}": times_CK[:, place] for number, place in enumerate(trajectories, 1)}
    if "Time" in columns:
        found["time" if trajectories else "pseudotime_1"] = times_CK[:, columns.index("Time")]
    return found


def cells_to_adata(
    genes: Sequence[str], cells: Sequence[str], x_CG: Floats, obs: Mapping[str, npt.NDArray[np.float64]]
) -> "AnnData":
    """Return C cells x G genes, CSR float32."""
    import pandas as pd
    from anndata import AnnData

    return AnnData(
        X=sparse.csr_array(x_CG),
        obs=pd.DataFrame(dict(obs), index=pd.Index(cells, dtype=object)),
        var=pd.DataFrame(index=pd.Index(genes, dtype=object)),
    )


def _read_csv(path: Path, least: int = 2) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of a CSV; empty lines are left out."""
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            lines = [row for row in csv.reader(handle) if row]
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is no text ({error.reason}); expected a CSV") from error
    if len(lines) < least:
        raise ValueError(f"{path.name} has {len(lines)} lines; expected a header and rows")
    return lines[0], lines[1:]
