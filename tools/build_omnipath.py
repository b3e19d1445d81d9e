"""Build the two shipped OmniPath files out of the frozen snapshot.

Usage: python tools/build_omnipath.py [--data FOLDER] [--out FOLDER]

FOLDER is laid out as `$BENGRN_DATA` (the default). `omnipath.parquet` keeps every row: source, target,
type, sign (+1, -1, or 0 where there is no consensus or both), n_references (0 where none is listed).
`omnipath_members.parquet` says which current gene symbols a complex or a UniProt accession stands for.
"""

import argparse
import gzip
import hashlib
import io
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bengrn.genes import GeneTable, gene_table
from bengrn_datasets.omnipath import name_kind

SNAPSHOT = "omnipath/omnipath.parquet"
SHA256 = "b47f3cd4120b92f567e1195ce9f67047dca5fa098c1c8b10343d76739bd9ccb9"
COMPLEX = "COMPLEX:"


def read_snapshot(folder: Path) -> pa.Table:
    """Return the snapshot, its sha256 checked."""
    path = folder / SNAPSHOT
    packed = path.with_name(path.name + ".gz")
    content = path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes())
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise SystemExit(f"{path} does not have the sha256 {SHA256[:12]}…")
    return pq.read_table(io.BytesIO(content))


def edges(snapshot: pa.Table) -> pa.Table:
    """Return all rows in five columns, ordered by name so that they pack well."""

    def flag(column: str) -> np.ndarray:
        return np.asarray(snapshot[column].to_numpy(), np.int8)

    references = pc.fill_null(snapshot["n_references"], 0).cast(pa.uint16())
    table = pa.table(
        {
            "source": snapshot["source"],
            "target": snapshot["target"],
            "type": snapshot["type"],
            "sign": flag("consensus_stimulation") - flag("consensus_inhibition"),
            "n_references": references,
        }
    )
    order = [(name, "ascending") for name in table.column_names]
    return table.sort_by(order).replace_schema_metadata({"source": SNAPSHOT, "sha256": SHA256})


def members(names: list[str], genes: GeneTable) -> pa.Table:
    """Return the gene symbols of each complex and each accession among the names that has any."""
    by_uniprot: dict[str, list[str]] = {}
    for gene in genes.genes.values():
        for accession in gene.uniprot:
            by_uniprot.setdefault(accession, []).append(gene.symbol)
    plain = {name for name in names if name_kind(name) == "symbol"}

    def as_named_here(symbol: str) -> str:
        """Return the older symbol under which the snapshot itself speaks of a gene, if it does."""
        older = [one for one in genes.genes[symbol].previous if one in plain]
        return older[0] if symbol not in plain and len(older) == 1 else symbol

    def symbols(name: str) -> list[str]:
        if name in plain:
            return [name]
        accession = name.split("-", maxsplit=1)[0]  # P04637-2 is an isoform
        current = [name] if name in genes.genes else by_uniprot.get(accession)
        return [as_named_here(one) for one in current or genes.by_previous.get(name, ())]

    rows: dict[str, list[str]] = {}
    for name in names:
        if name_kind(name) == "complex":
            found = {one for part in name.removeprefix(COMPLEX).split("_") for one in symbols(part)}
        elif name_kind(name) == "accession":
            found = set(symbols(name))
        else:
            continue
        if found:
            rows[name] = sorted(found)
    return pa.table({"name": list(rows), "symbols": list(rows.values())})


def write(table: pa.Table, path: Path) -> None:
    """Write a table as small as parquet allows, and say how small."""
    pq.write_table(table, path, compression="zstd", compression_level=22, row_group_size=len(table))
    print(f"{path}: {len(table)} rows, {path.stat().st_size:,} bytes")


def main() -> None:
    """Build both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("BENGRN_DATA"))
    parser.add_argument("--out", type=Path, default=Path("datasets/bengrn_datasets/data"))
    asked = parser.parse_args()
    if asked.data is None:
        parser.error("give --data, or set BENGRN_DATA")
    table = edges(read_snapshot(Path(asked.data)))
    names = sorted({*pc.unique(table["source"]).to_pylist(), *pc.unique(table["target"]).to_pylist()})
    write(table, asked.out / "omnipath.parquet")
    write(members(names, gene_table("human")), asked.out / "omnipath_members.parquet")


if __name__ == "__main__":
    main()
