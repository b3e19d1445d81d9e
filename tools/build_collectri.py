"""Build the shipped CollecTRI file out of the published table.

Usage: python tools/build_collectri.py [--data FOLDER] [--out FOLDER]

FOLDER is laid out as `$BENGRN_DATA` (the default). `collectri.tsv.xz` keeps every row, ordered by name:
source, target, sign (+1 or -1).
"""

import argparse
import csv
import gzip
import hashlib
import io
import lzma
import os
from pathlib import Path

TABLE = "collectri/collectri.csv"
SHA256 = "f746151ef057e2520a5c5a4699c6056ce91e15be7b9e1bdfbeac9267f41c4839"


def read_table(folder: Path) -> list[tuple[str, str, int]]:
    """Return the rows of the published table, its sha256 checked."""
    path = folder / TABLE
    packed = path.with_name(path.name + ".gz")
    content = path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes())
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise SystemExit(f"{path} does not have the sha256 {SHA256[:12]}…")
    rows = csv.DictReader(io.StringIO(content.decode()))
    return [(row["source"], row["target"], int(row["weight"])) for row in rows]


def main() -> None:
    """Build the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("BENGRN_DATA"))
    parser.add_argument("--out", type=Path, default=Path("datasets/bengrn_datasets/priors/data"))
    asked = parser.parse_args()
    if asked.data is None:
        parser.error("give --data, or set BENGRN_DATA")
    rows = [("source", "target", "sign"), *sorted(read_table(Path(asked.data)))]
    text = "".join(f"{source}\t{target}\t{sign}\n" for source, target, sign in rows)
    path = asked.out / "collectri.tsv.xz"
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{path}: {len(rows) - 1:,} rows, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
