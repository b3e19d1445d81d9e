"""Build `bengrn/data/genes_human.tsv.xz` out of HGNC and GENCODE.

Usage: python tools/build_gene_table.py [--data FOLDER] [--out FILE]

FOLDER is laid out as `$BENGRN_DATA` (the default). Rules:

* HGNC's approved entries give symbol, previous symbols, aliases, UniProt accessions, locus group.
* GENCODE is newer: where it names an HGNC gene's Ensembl id otherwise, its name is the current symbol and
  HGNC's becomes a previous one. GENCODE genes unknown to HGNC are added under their name.
* An Ensembl id used as a name is no name. A name shared by more than three ids without an HGNC entry is
  a family (Y_RNA), not a gene: left out.
* The first Ensembl id of a symbol is the one that HGNC gives it; the others are alternatives.
"""

import argparse
import csv
import gzip
import hashlib
import lzma
import os
from dataclasses import dataclass, field
from pathlib import Path

HGNC = (
    "gene_annotation/hgnc_complete_set.txt.gz",
    "2e0dec08f2b8af8c770a4aba2806ffd4e37373cce8482215c62ee931b55c63aa",
)
GENCODE = (
    "gene_annotation/genes_homo_sapiens.csv.gz",
    "2ef2138de00aa2b6def4f8779195e40d98bcb4d00556400b40b9cc8d51b4e047",
)
HEADER = (
    "# Human gene names. HGNC complete set as of 2020-05-27 (CC0) and GENCODE release 48 (free to use). "
    "Columns: symbol, Ensembl ids, previous symbols, aliases, UniProt accessions, locus group"
)
LARGEST_FAMILY = 3
GROUPS = {
    "protein-coding gene": "protein",
    "protein_coding": "protein",
    "non-coding RNA": "rna",
    "pseudogene": "pseudogene",
}


@dataclass
class Gene:
    """One line of the table."""

    symbol: str
    group: str
    ids: list[str] = field(default_factory=list)
    previous: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    uniprot: list[str] = field(default_factory=list)
    in_hgnc: bool = False

    def line(self) -> str:
        """Return the line, tab-separated; several values of a column are separated by a pipe."""
        previous = sorted(set(self.previous) - {self.symbol})
        aliases = sorted(set(self.aliases) - {self.symbol} - set(previous))
        lists = ("|".join(one) for one in (self.ids, previous, aliases, sorted(set(self.uniprot))))
        return "\t".join((self.symbol, *lists, self.group))


def read(folder: Path, declared: tuple[str, str]) -> str:
    """Return the text of a gzip file, its sha256 checked."""
    path, sha256 = folder / declared[0], declared[1]
    content = path.read_bytes()
    for plain in (content, gzip.decompress(content)):  # a mirror checks the upstream file, packed or not
        if hashlib.sha256(plain).hexdigest() == sha256:
            return gzip.decompress(content).decode()
    raise SystemExit(f"{path} does not have the sha256 {sha256[:12]}…")


def group_of(name: str) -> str:
    """Return a short word for an HGNC locus group or a GENCODE biotype."""
    if "pseudogene" in name:
        return "pseudogene"
    return GROUPS.get(name, "rna" if "RNA" in name else "other")


def parts(text: str) -> list[str]:
    """Split a column of HGNC."""
    return [one for one in text.strip('"').split("|") if one and "\t" not in one]


def hgnc_genes(text: str, gencode: dict[str, tuple[str, str]]) -> dict[str, Gene]:
    """Return HGNC's genes by their current symbol."""
    genes: dict[str, Gene] = {}
    rows = [row for row in csv.DictReader(text.splitlines(), delimiter="\t") if row["status"] == "Approved"]
    still_used = {name for name, _ in gencode.values()}
    # entries that keep their symbol first: they own it
    rows.sort(key=lambda row: gencode.get(row["ensembl_gene_id"], (row["symbol"], ""))[0] != row["symbol"])
    for row in rows:
        old, ensembl = row["symbol"], row["ensembl_gene_id"]
        new = gencode.get(ensembl, (old, ""))[0]
        if new.startswith("hsa-") or (new in genes and new != old):
            new = old if old not in genes and old not in still_used else new
        gene = genes.setdefault(new, Gene(new, group_of(row["locus_group"]), in_hgnc=True))
        gene.ids += [ensembl] if ensembl else []
        gene.previous += [*parts(row["prev_symbol"]), old]
        gene.aliases += parts(row["alias_symbol"])
        gene.uniprot += parts(row["uniprot_ids"])
    return genes


def build(folder: Path) -> list[Gene]:
    """Return all genes in alphabetical order."""
    gencode: dict[str, tuple[str, str]] = {}
    for ensembl, symbol, _, _, biotype in csv.reader(read(folder, GENCODE).splitlines()):
        if not symbol.startswith("ENSG"):
            gencode[ensembl] = (symbol, biotype)
    genes = hgnc_genes(read(folder, HGNC), gencode)
    known = {one for gene in genes.values() for one in gene.ids}
    for ensembl, (symbol, biotype) in sorted(gencode.items()):
        if ensembl not in known:
            genes.setdefault(symbol, Gene(symbol, group_of(biotype))).ids.append(ensembl)
    kept = [gene for gene in genes.values() if gene.in_hgnc or len(gene.ids) <= LARGEST_FAMILY]
    return sorted(kept, key=lambda gene: gene.symbol)


def main() -> None:
    """Build the table and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("BENGRN_DATA"), required=False)
    parser.add_argument("--out", type=Path, default=Path("bengrn/data/genes_human.tsv.xz"))
    asked = parser.parse_args()
    if asked.data is None:
        parser.error("give --data, or set BENGRN_DATA")
    genes = build(asked.data)
    text = "\n".join([HEADER, *(gene.line() for gene in genes)]) + "\n"
    asked.out.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    ids = sum(len(gene.ids) for gene in genes)
    print(f"{asked.out}: {len(genes)} symbols, {ids} Ensembl ids, {asked.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
