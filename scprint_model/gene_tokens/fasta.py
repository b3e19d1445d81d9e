"""Read peptides: one sequence for each gene."""

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scprint_model.errors import VocabularyError
from scprint_model.positions import TAXA

_ENSEMBL = re.compile(r"\bgene:(\S+)")
_UNIPROT = re.compile(r"\bOX=(\d+)\b.*?\bGN=(\S+)")
_START = re.compile(r"^>", re.MULTILINE)  # a header may hold the sign, too
_LETTERS = re.compile(r"[A-Z*-]+")


@dataclass(frozen=True)
class Peptide:
    """A protein's sequence, and the gene that it is made from.

    Attributes
    ----------
    gene
        Ensembl id without version (Ensembl's files), or symbol (UniProt's).
    organism
        Taxon.
    sequence
        Residues in one-letter code.
    """

    gene: str
    organism: str
    sequence: str


def read_fasta(path: Path | str) -> Iterator[tuple[str, str]]:
    """Yield header and sequence of each entry, packed (``.gz``) or not.

    Raises
    ------
    VocabularyError
        If the file cannot be read or is no FASTA file of proteins.
    """
    place = Path(path)
    try:
        content = place.read_bytes()
        text = (gzip.decompress(content) if place.suffix == ".gz" else content).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise VocabularyError(f"The peptides {place} cannot be read: {error}.") from error
    entries = _START.split(text)
    if len(entries) < 2 or entries[0].strip():
        raise VocabularyError(f"{place} is no FASTA file: it does not begin with '>'.")
    for entry in entries[1:]:
        header, _, lines = entry.partition("\n")
        sequence = "".join(lines.split()).upper()
        if not _LETTERS.fullmatch(sequence):
            raise VocabularyError(f"{place}: {header[:60]!r} has no sequence of residues.")
        yield header, sequence


def first_peptides(paths: Sequence[Path | str]) -> list[Peptide]:
    """Return the first listed peptide of each gene that has no stop (``*``) in its sequence.

    Headers are those of Ensembl (``gene:ENSG...``) or UniProt (``OX=9606 GN=TP53``).

    Raises
    ------
    VocabularyError
        If no header names a gene.
    """
    found: dict[tuple[str, str], Peptide] = {}
    for path in paths:
        for header, sequence in read_fasta(path):
            named = _gene_of(header)
            if named is not None and "*" not in sequence:
                found.setdefault(named, Peptide(*named, sequence))
    if not found:
        raise VocabularyError("No peptide names its gene, as gene:ENSG... or OX=9606 GN=TP53 would.")
    return list(found.values())


def _gene_of(header: str) -> tuple[str, str] | None:
    if match := _ENSEMBL.search(header):
        gene = match[1].partition(".")[0]
        organism = TAXA.get(gene.rstrip("0123456789"))
        return None if organism is None else (gene, organism)
    if match := _UNIPROT.search(header):
        return match[2], f"NCBITaxon:{match[1]}"
    return None
