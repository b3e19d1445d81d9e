"""Read tables of genes, and make vocabularies of them."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from scprint_model.errors import VocabularyError
from scprint_model.positions import TAXA, Gene, places_of, taxon_of
from scprint_model.vocabulary import Vocabulary

# what the columns are called in the tables of Ensembl BioMart, and in plain ones
_NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("ensembl_gene_id", "gene_id", "gene", "Gene stable ID", "ensembl_id", "id"),
    "symbol": ("hgnc_symbol", "symbol", "gene_name", "Gene name", "external_gene_name"),
    "organism": ("organism", "organism_ontology_term_id"),
    "biotype": ("gene_biotype", "biotype", "gene_type", "Gene type"),
    "chromosome": ("chromosome_name", "chromosome", "chrom", "Chromosome/scaffold name"),
    "start": ("start_position", "start", "Gene start (bp)"),
}
# the tables of the CELLxGENE schema have no header
_BARE = ("gene_id", "symbol", "version", "length", "biotype")
_CHROMOSOME = re.compile(r"(chr)?(\d{1,2}|X|Y|MT?)$")


def read_annotation(path: Path | str) -> tuple[Gene, ...]:
    """Read a table of genes: parquet, or text with tabs or commas, packed (``.gz``) or not.

    Columns are found by name: the gene's Ensembl id, symbol, organism, biotype, chromosome and start; only
    the id is needed. Without names, they are those of the CELLxGENE schema: id, symbol, version, length,
    biotype. Without an organism, the id's first letters tell it.

    Raises
    ------
    VocabularyError
        If the table cannot be read, has no column of ids, or holds a gene twice.
    """
    place = Path(path)
    try:
        content = place.read_bytes()
        content = gzip.decompress(content) if place.suffix == ".gz" else content
        name = place.name.removesuffix(".gz")
        rows = list(_parquet(content) if name.endswith(".parquet") else _text(content))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise VocabularyError(f"The annotation {place} cannot be read: {error}.") from error
    if not rows:
        raise VocabularyError(f"The annotation {place} is empty.")
    columns = {what: next((one for one in names if one in rows[0]), "") for what, names in _NAMES.items()}
    if not columns["id"]:
        raise VocabularyError(f"The annotation {place} has no column of gene ids: {', '.join(rows[0])}.")
    genes = tuple(_gene({what: row.get(column, "") for what, column in columns.items()}) for row in rows)
    if len({gene.id for gene in genes}) < len(genes):
        raise VocabularyError(f"The annotation {place} names genes twice; keep one line of each.")
    return genes


def _gene(row: Mapping[str, str]) -> Gene:
    taxon = row["organism"] if row["organism"].startswith("NCBITaxon:") else taxon_of(row["id"])
    placed = bool(row["chromosome"] and row["start"])
    try:
        start = float(row["start"]) if placed else None
    except ValueError:
        raise VocabularyError(f"Gene {row['id']} starts at {row['start']!r}; expected a number.") from None
    return Gene(
        row["id"],
        taxon,
        "" if row["symbol"] == row["id"] else row["symbol"],  # so BioMart says that there is none
        row["biotype"],
        row["chromosome"] if placed else None,
        start,
    )


def _text(content: bytes) -> Iterator[dict[str, str]]:
    text = content.decode()
    first = text.partition("\n")[0]
    comma = first.count(",") > first.count("\t")
    names = _BARE if first.startswith(tuple(TAXA)) else None
    rows = csv.DictReader(io.StringIO(text), names, delimiter="," if comma else "\t")
    return ({key: value or "" for key, value in row.items() if key} for row in rows)


def _parquet(content: bytes) -> Iterator[dict[str, str]]:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise VocabularyError("Parquet tables need pyarrow; tables of text do not.") from error
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(content))
    except pyarrow.ArrowException as error:
        raise VocabularyError(
            f"The annotation is no parquet table: {str(error).partition('.')[0]}."
        ) from error
    for row in table.to_pylist():
        yield {key: "" if str(value) in {"None", "nan"} else str(value) for key, value in row.items()}


def choose_genes(
    genes: Sequence[Gene],
    *,
    organisms: Sequence[str] = tuple(TAXA.values()),
    biotype: str | None = "protein_coding",
    symbols: Sequence[Gene] = (),
) -> Vocabulary:
    """Make a vocabulary of an annotation: one block per organism, each sorted by id, with positions.

    A symbol that several genes bear is given to one of them, for data that name genes by symbol: to one on a
    chromosome rather than on a patch or an alternative contig, and of those to the first by id.

    Parameters
    ----------
    genes
        The annotation; all of it decides the positions.
    organisms
        Taxa, in the order of their blocks; human first, as in the published models.
    biotype
        Kind of the genes to take; None: all kinds.
    symbols
        A second annotation, whose symbols are taken where the first has none.

    Raises
    ------
    VocabularyError
        If an organism has no such gene.
    """
    places, other = places_of(genes), {gene.id: gene.symbol for gene in symbols}
    chosen: list[Gene] = []
    for organism in organisms:
        ours = [gene for gene in genes if gene.organism == organism and biotype in {None, gene.biotype}]
        if not ours:
            raise VocabularyError(f"The annotation has no {biotype or ''} gene of {organism} to choose.")
        chosen.extend(sorted(ours, key=lambda gene: gene.id))
    named = {gene.id: gene.symbol or other.get(gene.id, "") for gene in chosen}
    best: dict[tuple[str, str], str] = {}
    for gene in sorted(chosen, key=lambda gene: (not _CHROMOSOME.match(gene.chromosome or ""), gene.id)):
        best.setdefault((gene.organism, named[gene.id]), gene.id)
    return Vocabulary(
        tuple(gene.id for gene in chosen),
        tuple(named[gene.id] if best[gene.organism, named[gene.id]] == gene.id else "" for gene in chosen),
        tuple(gene.organism for gene in chosen),
        np.array([places[gene.id] for gene in chosen], np.int32),
    )
