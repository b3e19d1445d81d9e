"""Build `bengrn/data/genes_human.tsv.xz` and `genes_mouse.tsv.xz` out of HGNC, GENCODE and Ensembl.

Usage: python tools/build_gene_table.py [--data FOLDER] [--out FOLDER]

Then run build_gene_lists.py. FOLDER is laid out as `$BENGRN_DATA` (the default). Rules for human:

* HGNC's approved entries give symbol, previous symbols, aliases, UniProt accessions, locus group.
* GENCODE is newer: where it names an HGNC gene's Ensembl id otherwise, its name is the current symbol and
  HGNC's becomes a previous one. GENCODE genes unknown to HGNC are added under their name.
* The name that an earlier GENCODE gave an id is a previous symbol, unless another gene has it today.
* An Ensembl id used as a name is no name. A name shared by more than three ids without an HGNC entry is
  a family (Y_RNA), not a gene: left out.
* The first Ensembl id of a symbol is the one that HGNC gives it; the others are alternatives.

Rules for mouse, of which there is no list of former names here:

* GENCODE gives symbols; of several ids of one symbol, a protein-coding one is first, then the oldest.
* A symbol of Ensembl 105 that is gone today, whose gene was one-to-one with a human gene, is a previous
  symbol of the mouse gene that is named today as that human gene is: Atp5a1 of ATP5F1A is Atp5f1a. But only
  if the human gene was renamed as well: Zrsr1 of ZRSR2 is a copy beside Zrsr2, and not its former name.
* A previous symbol of one human gene, in mouse spelling, is an alias of the mouse gene named as that gene is
  (CTGF, now CCN2: Ctgf is an alias of Ccn2), unless it is a symbol. Inferred, so no previous symbol.
"""

import argparse
import csv
import gzip
import hashlib
import lzma
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

FILES = {
    "hgnc": (
        "gene_annotation/hgnc_complete_set.txt.gz",
        "2e0dec08f2b8af8c770a4aba2806ffd4e37373cce8482215c62ee931b55c63aa",
    ),
    "human": (
        "gene_annotation/genes_homo_sapiens.csv.gz",
        "2ef2138de00aa2b6def4f8779195e40d98bcb4d00556400b40b9cc8d51b4e047",
    ),
    "human earlier": (
        "gene_annotation/GENCODEv44_Gene_id2name.csv.gz",
        "0a8d9b07cf63f9ef70e65f3c7afc9d2092a7d9890281172df770003827912f53",
    ),
    "mouse": (
        "gene_annotation/genes_mus_musculus.csv.gz",
        "a6c827698cb3130df51e2394eae8dfc247c18a6c59a54d55da494891d166fef4",
    ),
    "orthologs": (
        "gene_annotation/Ensembl105_Human2Mouse_Genes.csv.gz",
        "4a174c83cfa70aad7c470d8e453fda94d8fb5d70f8a2f0ae196d54c9e31369f1",
    ),
}
VERSIONS = {
    "human": "HGNC of 2020-05-27; GENCODE 48 (Ensembl 114); former names of GENCODE 44",
    "mouse": "GENCODE M37 (Ensembl 114); former names by Ensembl 105 orthologs and HGNC of 2020-05-27",
}
COLUMNS = "# symbol, Ensembl ids, previous symbols, aliases, UniProt accessions, locus group"
LARGEST_FAMILY = 3
NO_NAME = ("ENSG0", "ENSMUSG0")
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


Genes = dict[str, Gene]
Gencode = dict[str, tuple[str, str]]  # Ensembl id -> symbol, biotype


def read(folder: Path, what: str) -> str:
    """Return the text of a gzip file, its sha256 checked."""
    path, sha256 = folder / FILES[what][0], FILES[what][1]
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


def gencode_of(text: str) -> Gencode:
    """Return the genes of GENCODE that have a name."""
    rows = csv.reader(text.splitlines())
    return {one: (symbol, biotype) for one, symbol, _, _, biotype in rows if not symbol.startswith(NO_NAME)}


def hgnc_genes(text: str, gencode: Gencode) -> Genes:
    """Return HGNC's genes by their current symbol."""
    genes: Genes = {}
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


def add_gencode(genes: Genes, gencode: Gencode) -> None:
    """Add the genes of GENCODE whose id is not there, under their name; leave out families."""
    known = {one for gene in genes.values() for one in gene.ids}
    for ensembl, (symbol, biotype) in sorted(
        gencode.items(), key=lambda row: (row[1][1] != "protein_coding", row[0])
    ):
        if ensembl not in known:
            genes.setdefault(symbol, Gene(symbol, group_of(biotype))).ids.append(ensembl)
    for symbol in [one.symbol for one in genes.values() if not one.in_hgnc and len(one.ids) > LARGEST_FAMILY]:
        del genes[symbol]


def add_earlier_names(genes: Genes, text: str) -> None:
    """Add the names that an earlier GENCODE gave, where no gene has that name today."""
    by_id = {one: gene for gene in genes.values() for one in gene.ids}
    for ensembl, name in csv.reader(text.splitlines()):
        if ensembl in by_id and name not in genes and not name.startswith((*NO_NAME, "hsa-")):
            by_id[ensembl].previous.append(name)


def owners_of(genes: Genes) -> dict[str, str]:
    """Return the current symbol of every symbol, and of every previous symbol of one gene alone."""
    times = Counter(name for gene in genes.values() for name in {*gene.previous} - {gene.symbol})
    former = {name: gene.symbol for gene in genes.values() for name in gene.previous if times[name] == 1}
    return former | {symbol: symbol for symbol in genes}


def add_human_names(mouse: Genes, human: Genes, orthologs: str) -> None:
    """Add former names of mouse genes, as far as those of their human orthologs tell them."""
    current = owners_of(human)
    former_of = {gene.symbol: {name.lower() for name in gene.previous} for gene in human.values()}
    times = Counter(symbol.lower() for symbol in mouse)
    namesake = {symbol.lower(): gene for symbol, gene in mouse.items() if times[symbol.lower()] == 1}
    pairs = [(one, two) for one, two in csv.reader(orthologs.splitlines()) if one and two]
    seen = Counter(name for pair in pairs for name in enumerate(pair))
    used = {two for _, two in pairs}
    for one, two in pairs:
        human_symbol = current.get(one, "")
        gene = namesake.get(human_symbol.lower())
        if not gene or two in mouse or gene.symbol in used or seen[0, one] + seen[1, two] != 2:
            continue
        if one != human_symbol or two.lower() in former_of[human_symbol] - {human_symbol.lower()}:
            gene.previous.append(two)
    for former, symbol in current.items():
        gene, alias = namesake.get(symbol.lower()), former.capitalize()
        if gene and former != symbol and alias.lower() not in namesake and alias not in mouse:
            gene.aliases.append(alias)


def build(folder: Path) -> dict[str, list[Gene]]:
    """Return all genes of both organisms in alphabetical order."""
    gencode = gencode_of(read(folder, "human"))
    human = hgnc_genes(read(folder, "hgnc"), gencode)
    add_gencode(human, gencode)
    add_earlier_names(human, read(folder, "human earlier"))
    mouse: Genes = {}
    add_gencode(mouse, gencode_of(read(folder, "mouse")))
    add_human_names(mouse, human, read(folder, "orthologs"))
    both = {"human": human, "mouse": mouse}
    return {name: sorted(genes.values(), key=lambda gene: gene.symbol) for name, genes in both.items()}


def main() -> None:
    """Build the tables and say what is in them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("BENGRN_DATA"), required=False)
    parser.add_argument("--out", type=Path, default=Path("bengrn/data"))
    asked = parser.parse_args()
    if asked.data is None:
        parser.error("give --data, or set BENGRN_DATA")
    for organism, genes in build(asked.data).items():
        text = "\n".join([f"# {VERSIONS[organism]}", COLUMNS, *(gene.line() for gene in genes)]) + "\n"
        path = asked.out / f"genes_{organism}.tsv.xz"
        path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
        ids = sum(len(gene.ids) for gene in genes)
        print(f"{path}: {len(genes)} symbols, {ids} Ensembl ids, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
