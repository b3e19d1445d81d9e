"""A truth as a table of edges: anybody's, or one that we wrote, which also says what was tested."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from bengrn import genes as gene_names
from bengrn.edge_table import read_columns, refuse_repeated
from bengrn.errors import DataError, StoreError, TruthError
from bengrn.truths.pairs import pair_truth
from bengrn.values import Truth
from bengrn.whole import write_whole

__all__ = ["check_truth_path", "read_truth", "write_truth"]

_KEY = b"bengrn.truth"
_FACTS = ("organism", "id_kind", "directed", "version", "licence", "citation")
_SIGNS = {"+": 1, "-": -1, "activation": 1, "repression": -1, "unknown": 0, "?": 0}


def write_truth(truth: Truth, path: Path) -> None:
    """Write a truth as a parquet: source, target, and sign and effect where known; all or nothing.

    Which genes were tested, and where the truth comes from, is in the file's metadata: `read_truth`
    brings all of it back, and any other reader sees a plain table.

    Raises
    ------
    StoreError
        If the name does not end in .parquet, or the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    check_truth_path(path)
    edges = sparse.coo_array(truth.edges)
    columns = {
        "source": np.array(truth.regulators, dtype=object)[edges.row],
        "target": np.array(truth.targets, dtype=object)[edges.col],
    }
    for name in ("sign", "effect"):
        matrix = getattr(truth, name)
        if matrix is not None:
            columns[name] = np.asarray(matrix[edges.row, edges.col]).ravel() if edges.nnz else np.zeros(0)
    about = {name: getattr(truth, name) for name in _FACTS}
    about |= {"regulators": truth.regulators, "targets": truth.targets, "losses": dict(truth.losses)}
    table = pa.table(columns).replace_schema_metadata({_KEY: json.dumps(about)})
    write_whole(path, lambda work: pq.write_table(table, work))


def check_truth_path(path: Path) -> None:
    """Refuse a path that no truth can be written to.

    Raises
    ------
    StoreError
        If the name does not end in .parquet.
    """
    if path.suffix != ".parquet":
        raise StoreError(
            f"{path.name} is no .parquet file; expected one, because a plain table of edges cannot say which "
            "genes were tested."
        )


def read_truth(path: Path) -> Truth:
    """Read a truth from a parquet that `write_truth` wrote, or from anybody's long table.

    Of a plain table (tsv, csv, parquet) the sources are the tested regulators, all its names the targets;
    the species is told from the names; where no name is a gene's, it is not known, and the names are taken as
    they are. Ensembl ids
    become symbols; an id that is unknown, or one of several of a gene, stays as it is, and so does every
    name of a table that mostly holds other names.

    Raises
    ------
    TruthError
        If the file cannot be read, lacks a column, holds an edge twice or only self-pairs, names genes of
        two species, or has signs that are none.
    """
    about = _metadata(path)
    optional = ("effect", "sign")
    table = read_columns(path, ("source", "target"), TruthError, optional=optional)
    refuse_repeated(table, path, TruthError)
    more: dict[str, Any] = {name: table[name].to_numpy() for name in optional if name in table}
    if "sign" in more:
        more["sign"] = _read_signs(more["sign"], path)
    source, target = table["source"].to_numpy(), table["target"].to_numpy()
    if about is None:
        source, target, more["organism"] = _current(source, target, path)
        about = {"version": path.name}
    try:
        return pair_truth(source, target, **more, **_without_counted(about))
    except (ValueError, TypeError) as error:
        raise TruthError(f"{path.name}: {error}.") from error


def _metadata(path: Path) -> dict[str, Any] | None:
    """Return what `write_truth` said of a truth; None of anybody's table."""
    if path.suffix != ".parquet" or not path.is_file():
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException):
        return None  # reading the table will say what is wrong
    return json.loads(metadata[_KEY]) if _KEY in metadata else None


def _without_counted(about: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of a truth, without the loss that will be counted again."""
    losses = {reason: count for reason, count in about.get("losses", {}).items() if reason != "self-pairs"}
    return {**about, "losses": losses}


def _read_signs(column: Any, path: Path) -> list[int]:
    """Return -1, 0 or 1 per row, of numbers or of words such as + and repression."""
    if column.dtype.kind in "fiu":
        return [int(sign) for sign in np.sign(np.nan_to_num(column.astype(np.float64)))]
    signs = [_SIGNS.get(str(word).strip().lower()) for word in column]
    if None in signs:
        strange = column[signs.index(None)]
        known = ", ".join(_SIGNS)
        raise TruthError(f"{path.name} has the sign {strange!r}; expected a number or one of {known}.")
    return [int(sign) for sign in signs if sign is not None]


def _current(source: Any, target: Any, path: Path) -> tuple[Any, Any, str]:
    """Return the ends of the edges with Ensembl ids as symbols, and the organism; empty where none tells."""
    names = sorted({*source, *target})
    try:
        organism = gene_names.guess_organism(names)
        mapped = gene_names.to_symbols(names, organism=organism)
    except DataError as error:
        raise TruthError(f"{path.name}: {error}") from error
    if mapped.n_lost == len(names):
        return source, target, ""
    if mapped.kind != "ensembl":
        return source, target, organism
    symbol = {old: new or old for old, new in zip(names, mapped.symbols, strict=True)}
    return [symbol[one] for one in source], [symbol[one] for one in target], organism
