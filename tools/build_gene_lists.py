"""Build `places_*.tsv.xz`, `tfs_*.tsv.xz` and `orthologs_human.tsv.xz` in `bengrn/data`.

Usage: python tools/build_gene_lists.py [--data FOLDER] [--out FOLDER]

Run build_gene_table.py first: everything is listed under the symbols of the tables that bengrn ships.
FOLDER is laid out as `$BENGRN_DATA` (the default). Rules:

* The place of a gene is that of its first Ensembl id that has one in Ensembl 110; its biotype that of its
  first id in GENCODE 48 or M37, or in Ensembl 110.
* A transcription factor of Lambert et al. ("Is TF? Yes") is found by its Ensembl id, then by its symbol; one
  of GRnnData's mouse list by symbol, former symbol, alias. A factor without a symbol today is left out.
* An ortholog pair of Ensembl 105 counts if neither symbol occurs in another pair, both are genes today,
  neither is then in two pairs, and no other mouse gene is named as the human gene is (Mycs, a copy of Mycn,
  is listed as MYCN's only ortholog). Of genes with several orthologs, the pair of one name is listed as well,
  and marked (NANOG and Nanog, besides NANOGP8).
"""

import argparse
import csv
import gzip
import hashlib
import io
import lzma
import os
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

from bengrn.gene_table import GeneTable, gene_table

FILES = {
    "places": (
        "scprint/biomart_pos.parquet.gz",
        "64f81fd1b430782e4c7d7d4442ef67564aea83d437a49db24e1d729bbc750510",
    ),
    "human": (
        "gene_annotation/genes_homo_sapiens.csv.gz",
        "2ef2138de00aa2b6def4f8779195e40d98bcb4d00556400b40b9cc8d51b4e047",
    ),
    "mouse": (
        "gene_annotation/genes_mus_musculus.csv.gz",
        "a6c827698cb3130df51e2394eae8dfc247c18a6c59a54d55da494891d166fef4",
    ),
    "human factors": (
        "tf_lists/DatabaseExtract_v_1.01.csv.gz",
        "7a6c05df7acc7569f21c5003859562c733f73096a8833ae7f9015df2e885245e",
    ),
    "mouse factors": (
        "grnndata/mTF.txt",
        "7416f299881031c3418bc1516e7b0c6041402ce683366f452ade2212218ae9a3",
    ),
    "orthologs": (
        "gene_annotation/Ensembl105_Human2Mouse_Genes.csv.gz",
        "4a174c83cfa70aad7c470d8e453fda94d8fb5d70f8a2f0ae196d54c9e31369f1",
    ),
}
VERSIONS = {
    "places_human": "Ensembl 110, GRCh38; biotypes of GENCODE 48",
    "places_mouse": "Ensembl 110, GRCm39; biotypes of GENCODE M37",
    "tfs_human": "Lambert et al. 2018, Cell 172:650, table v1.01, Is TF = Yes",
    "tfs_mouse": "mouse list of GRnnData 1.3.2 (MIT)",
    "orthologs_human": "human-mouse orthologs of Ensembl 105",
}


def read(folder: Path, what: str) -> bytes:
    """Return a file, unpacked, its sha256 checked; packed or not, whichever the sha256 is of."""
    path, sha256 = folder / FILES[what][0], FILES[what][1]
    content = path.read_bytes()
    plain = gzip.decompress(content) if path.suffix == ".gz" else content
    if sha256 not in {hashlib.sha256(one).hexdigest() for one in (content, plain)}:
        raise SystemExit(f"{path} does not have the sha256 {sha256[:12]}…")
    return plain


def places(table: GeneTable, ensembl: bytes, gencode: bytes) -> list[str]:
    """Return symbol, chromosome, start, biotype of the genes that have an Ensembl id."""
    columns = ["ensembl_gene_id", "chromosome_name", "start_position", "gene_biotype"]
    stored = pq.read_table(io.BytesIO(ensembl), columns=columns)
    placed = {row[0]: row[1:] for row in zip(*(stored[one].to_pylist() for one in columns), strict=True)}
    rows = csv.reader(gencode.decode().splitlines())
    biotypes = {one: biotype for one, _, _, _, biotype in rows}
    lines = []
    for gene in table.genes.values():
        here = [placed[one] for one in gene.ensembl if one in placed and placed[one][2]]
        kinds = [biotypes[one] for one in gene.ensembl if one in biotypes] + [kind for _, _, kind in here]
        chromosome, start = (here[0][0], int(here[0][1])) if here else ("", "")
        if kinds:
            lines.append(f"{gene.symbol}\t{chromosome}\t{start}\t{kinds[0]}")
    return lines


def human_factors(table: GeneTable, content: bytes) -> list[str]:
    """Return the current symbols of the transcription factors of Lambert et al."""
    found = set()
    for row in csv.DictReader(content.decode().splitlines()):
        if row["Is TF?"] == "Yes":
            symbol = table.by_ensembl.get(row["Ensembl ID"])
            found.add(symbol or table.find(row["HGNC symbol"].strip())[0])
    return sorted(one for one in found if one)


def mouse_factors(table: GeneTable, content: bytes) -> list[str]:
    """Return the current symbols of the transcription factors of GRnnData's list."""
    found = {table.find(name, aliases=True)[0] for name in content.decode().split()}
    return sorted(one for one in found if one)


def orthologs(human: GeneTable, mouse: GeneTable, content: bytes) -> list[str]:
    """Return the pairs under current symbols, each one-to-one or of one name."""
    listed = [(one, two) for one, two in csv.reader(content.decode().splitlines()) if one and two]

    def today(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        named = [(human.find(one)[0], mouse.find(two)[0]) for one, two in pairs]
        return [(one, two) for one, two in named if one and two]

    single = [(one, two) for one, two in alone(today(alone(listed))) if mouse.recased(one) in {None, two}]
    taken = {place for pair in single for place in enumerate(pair)}
    namesakes = {pair for pair in today(listed) if pair[0].lower() == pair[1].lower()}
    namesakes = {pair for pair in namesakes if taken.isdisjoint(enumerate(pair))}
    rows = [(*pair, "one-to-one") for pair in single] + [(*pair, "namesake") for pair in namesakes]
    return sorted("\t".join(row) for row in rows)


def alone(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs whose names occur in no other."""
    seen = Counter(place for pair in pairs for place in enumerate(pair))
    return [pair for pair in pairs if all(seen[place] == 1 for place in enumerate(pair))]


def main() -> None:
    """Build the lists and say what is in them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("BENGRN_DATA"), required=False)
    parser.add_argument("--out", type=Path, default=Path("bengrn/data"))
    asked = parser.parse_args()
    if asked.data is None:
        parser.error("give --data, or set BENGRN_DATA")
    human, mouse = gene_table("human"), gene_table("mouse")
    content = {what: read(asked.data, what) for what in FILES}
    lists = {
        "places_human": (
            "symbol, chromosome, start, biotype",
            places(human, content["places"], content["human"]),
        ),
        "places_mouse": (
            "symbol, chromosome, start, biotype",
            places(mouse, content["places"], content["mouse"]),
        ),
        "tfs_human": ("symbol", human_factors(human, content["human factors"])),
        "tfs_mouse": ("symbol", mouse_factors(mouse, content["mouse factors"])),
        "orthologs_human": (
            "human symbol, mouse symbol, one-to-one or namesake",
            orthologs(human, mouse, content["orthologs"]),
        ),
    }
    for name, (columns, lines) in lists.items():
        text = "\n".join([f"# {VERSIONS[name]}", f"# {columns}", *lines]) + "\n"
        path = asked.out / f"{name}.tsv.xz"
        path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
        print(f"{path}: {len(lines)} lines, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
