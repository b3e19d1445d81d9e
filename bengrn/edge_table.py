"""Networks out of files that other tools wrote: long tables, and AnnData."""

import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.errors import BengrnError, NetworkError
from bengrn.values import Network

__all__ = ["read_columns", "read_network", "refuse_repeated"]

# what tools call the columns, in any case: ours first, then GENIE3's in R (regulatoryGene, targetGene,
# weight), arboreto's and SCENIC's (TF, target, importance) and BEELINE's (Gene1, Gene2, EdgeWeight)
_COLUMNS = {
    "source": ("source", "regulator", "regulators", "regulatorygene", "tf", "from", "gene1"),
    "target": ("target", "targets", "targetgene", "gene", "to", "gene2"),
    "weight": ("weight", "score", "importance", "edgeweight", "value"),
    "sign": ("sign", "mor"),
    "effect": ("effect", "log2_fold_change", "logfc"),
}


def read_network(path: Path) -> Network:
    """Read a network: an h5ad with `varp["GRN"]`, or a long table (tsv, csv, parquet).

    The row, or the source column, holds the regulators. Negative weights make it signed. In a table with no
    column besides source, target and sign, every edge weighs 1.

    Raises
    ------
    NetworkError
        If the file cannot be read, lacks a column, or holds NaN weights or an edge twice.
    """
    if path.suffix == ".h5ad":
        return _network_of_h5ad(path)
    table = read_columns(path, ("source", "target", "weight"), NetworkError)
    weights = table["weight"].to_numpy()
    if weights.dtype.kind not in "fiu":
        raise NetworkError(f"{path.name}: the weights are text ({str(weights[0])!r}); expected numbers.")
    if count := int(np.isnan(weights.astype(float)).sum()):
        raise NetworkError(f"{path.name}: {count} weights are missing or NaN. Leave out such edges.")
    if count := int((np.abs(weights.astype(float)) > np.finfo(np.float32).max).sum()):
        raise NetworkError(
            f"{path.name}: {count} weights are infinite or beyond {np.finfo(np.float32).max:.1g}; expected "
            "finite numbers. Leave out such edges, or scale all of them."
        )
    refuse_repeated(table, path, NetworkError)
    targets = tuple(sorted(set(table["target"])))
    regulators, matrix = _matrix(table, weights.astype(np.float32), targets)
    return Network(matrix, regulators, targets, signed=bool((weights < 0).any()))


def _read_file(path: Path, error: type[BengrnError]) -> Any:
    """Return a file as a data frame, whatever its columns."""
    import pandas as pd

    try:
        if ".parquet" in path.suffixes:
            table = pd.read_parquet(path)
        else:
            separator, other = (",", "\t") if ".csv" in path.suffixes else ("\t", ",")
            table = pd.read_csv(path, sep=separator, comment="#")
            if len(table.columns) == 1 and other in str(table.columns[0]):
                # the suffix misleads: BEELINE's rankedEdges.csv has tabs
                table = pd.read_csv(path, sep=other, comment="#")
    except FileNotFoundError as missing:
        raise error(f"There is no file {path}. Give the path of an edge table.") from missing
    except Exception as broken:
        line = str(broken).splitlines()[0] if str(broken) else type(broken).__name__
        raise error(f"{path.name} cannot be read as a table ({line}).") from broken
    if ".parquet" not in path.suffixes and not isinstance(table.index, pd.RangeIndex):
        raise error(
            f"{path.name} has rows with more fields than its header has names ({len(table.columns)}); "
            "expected as many. Write it without row names, or name every column."
        )
    return table


def read_columns(
    path: Path, wanted: tuple[str, ...], error: type[BengrnError], *, optional: tuple[str, ...] = ()
) -> Any:
    """Return a data frame with the wanted columns under our names, and of the optional those it has.

    Gene names are text. The columns known are source, target, weight, sign and effect.

    Raises
    ------
    error
        If the file cannot be read, lacks a column, holds no edges, or one without source or target.
    """
    table = _read_file(path, error)
    known = {str(column).strip().lower(): column for column in table.columns}
    if "weight" in wanted and _is_plain_list(known):
        table, known = table.assign(weight=1.0), {**known, "weight": "weight"}
    found = {
        name: next((known[alias] for alias in _COLUMNS[name] if alias in known), None)
        for name in (*wanted, *optional)
    }
    if any(found[name] is None for name in wanted):
        have = ", ".join(map(str, list(table.columns)[:6]))
        raise error(f"{path.name} has the columns {have}; expected {', '.join(wanted)}. Add a header line.")
    if not len(table):
        raise error(f"{path.name} holds no edges.")
    kept = {name: column for name, column in found.items() if column is not None}
    table = table[list(kept.values())].set_axis(list(kept), axis=1)
    if table[["source", "target"]].isna().any(axis=None):
        raise error(f"{path.name} holds edges without a source or target. Remove them.")
    return table.assign(**{end: table[end].astype(str).str.strip() for end in ("source", "target")})


def _is_plain_list(columns: Collection[str]) -> bool:
    """Return whether columns are those of a list of edges: none could be a weight under another name."""
    harmless = {*_COLUMNS["source"], *_COLUMNS["target"], *_COLUMNS["sign"]}
    return harmless.issuperset(columns)


def refuse_repeated(table: Any, path: Path, error: type[BengrnError]) -> None:
    """Refuse a long table that lists an edge more than once, saying if its rows contradict each other.

    Raises
    ------
    error
        If it does.
    """
    twice = table.duplicated(["source", "target"])
    if not twice.any():
        return
    first = table[twice].iloc[0]
    edge = f"{first['source']} to {first['target']}"
    if "sign" in table:
        same = table[(table["source"] == first["source"]) & (table["target"] == first["target"])]
        if len(set(same["sign"])) > 1:
            edge += " with contradictory signs"
    raise error(
        f"{path.name} lists {int(twice.sum())} edges more than once, {edge} first; expected each pair once. "
        "Keep one of them."
    )


def _matrix(
    table: Any, values: npt.NDArray[np.float32], targets: tuple[str, ...]
) -> tuple[tuple[str, ...], sparse.csr_array]:
    """Return the sources of a long table and its CSR matrix, sources x targets."""
    regulators = tuple(sorted(set(table["source"])))
    row = {name: position for position, name in enumerate(regulators)}
    column = {name: position for position, name in enumerate(targets)}
    places = (table["source"].map(row).to_numpy(), table["target"].map(column).to_numpy())
    return regulators, sparse.csr_array((values, places), shape=(len(regulators), len(targets)))


def _network_of_h5ad(path: Path) -> Network:
    """Return the network in `varp["GRN"]` of an h5ad."""
    import anndata

    try:
        with warnings.catch_warnings():
            # repeated names are refused later, with a line that says what to do
            warnings.filterwarnings("ignore", message=".*names are not unique")
            adata = anndata.read_h5ad(path)
    except FileNotFoundError as missing:
        raise NetworkError(f"There is no file {path}. Give the path of an h5ad.") from missing
    except Exception as broken:
        line = str(broken).splitlines()[0] if str(broken) else type(broken).__name__
        raise NetworkError(f"{path.name} cannot be read as h5ad ({line}).") from broken
    if "GRN" not in adata.varp:
        have = ", ".join(adata.varp) or "none"
        raise NetworkError(f"{path.name} has no varp['GRN']; its varp entries: {have}.")
    names = tuple(map(str, adata.var_names))
    scores: Any = adata.varp["GRN"]
    values = scores.data if sparse.issparse(scores) else scores
    return Network(scores, names, names, signed=bool((values < 0).any()))
