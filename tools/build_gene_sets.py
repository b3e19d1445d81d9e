"""Build `tf_chip_human.tsv.xz` and `markers_human.tsv.xz` in `bengrn/data`.

Usage: python tools/build_gene_sets.py [--data FOLDER] [--out FOLDER]

FOLDER is laid out as `$BENGRN_DATA` (the default). Genes are kept under the names that the sources give them;
`bengrn.enrichment.gene_sets` maps them, by the gene tables and by the hand-written tables `tf_chip_names.tsv`
and `marker_names.tsv` beside them. Rules:

* The targets of a "FACTOR CELL" entry are sorted; the entries are too.
* A marker set is listed as in the source: its name there, tissue, markers, in the source's order. Its id is
  "tissue: name"; where one tissue has several sets of a name, the second and later ones get their number.
* The source has lost Greek letters at the beginning of three names: the id has them back (see GREEK).
"""

import argparse
import gzip
import hashlib
import json
import lzma
import os
from collections import Counter
from pathlib import Path

FILES = {
    "tf_chip": (
        "bengrn/tfchip_data.json",
        "a263590c67d9d3ef96722059df3263bb3fe56fd819e858a21d0a21a0744564a4",
    ),
    "markers": (
        "grnndata/celltype.gmt",
        "4e07f7bd581d7ee1f02c0003f5900608c8b1de9fc4b928b3853a85677c8f18a1",
    ),
}
VERSIONS = {
    "tf_chip": "ENCODE TF ChIP-seq targets of 2014, as benGRN 1.3.2 ships them (MIT)",
    "markers": "cell-type markers as GRnnData 1.3.2 ships them (MIT), after ScType",
}
COLUMNS = {
    "tf_chip": "factor and cell, targets as written",
    "markers": "id, name as written, markers as written",
}
# line of the source, counted from 1, to the name without and with its letter: the T cells hold TRDV2, TRGV9
# and TRGC1; the intercalated cells of the alpha type have SLC4A1, those of the beta type SLC26A4
GREEK = {
    12: ("-T cells", "gamma-delta T cells"),
    85: ("-intercalated cells (Collecting duct system)", "alpha-intercalated cells (Collecting duct system)"),
    86: ("-intercalated cells (Collecting duct system)", "beta-intercalated cells (Collecting duct system)"),
}


def read(folder: Path, what: str) -> bytes:
    """Return a file, plain or packed as NAME.gz, the sha256 of its plain bytes checked."""
    name, sha256 = FILES[what]
    plain, packed = folder / name, folder / f"{name}.gz"
    content = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SystemExit(f"{plain} does not have the sha256 {sha256[:12]}…")
    return content


def chip_lines(content: bytes) -> list[str]:
    """Return entry and targets, a line per entry."""
    entries = json.loads(content)
    return [f"{name}\t{'|'.join(sorted(entries[name]))}" for name in sorted(entries)]


def marker_lines(content: bytes) -> list[str]:
    """Return id, name and markers, a line per set, in the order of the source."""
    lines, seen = [], Counter[str]()
    for number, line in enumerate(content.decode().splitlines(), start=1):
        written, tissue, *markers = line.split("\t")
        lost, name = GREEK.get(number, (written, written))
        if written != lost or (written.startswith("-") and number not in GREEK):
            raise SystemExit(
                f"line {number} is {written!r}; the names that lost a letter are not where they were"
            )
        identity = f"{tissue}: {name}"
        seen[identity] += 1
        if seen[identity] > 1:
            identity += f" ({seen[identity]})"
        lines.append(f"{identity}\t{written}\t{'|'.join(one for one in markers if one)}")
    return lines


def main() -> None:
    """Build the tables and say what is in them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("BENGRN_DATA"), required=False)
    parser.add_argument("--out", type=Path, default=Path("bengrn/data"))
    asked = parser.parse_args()
    if asked.data is None:
        parser.error("give --data, or set BENGRN_DATA")
    for what, lines_of in (("tf_chip", chip_lines), ("markers", marker_lines)):
        lines = lines_of(read(Path(asked.data), what))
        text = "\n".join([f"# {VERSIONS[what]}", f"# {COLUMNS[what]}", *lines]) + "\n"
        path = asked.out / f"{what}_human.tsv.xz"
        path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
        print(f"{path}: {len(lines)} lines, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
