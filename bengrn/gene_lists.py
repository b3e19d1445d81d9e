"""What else is known of genes: where they lie, which are transcription factors, which are orthologs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from bengrn.gene_table import shipped_lines

__all__ = ["Place", "gene_places", "orthologs", "transcription_factors"]


@dataclass(frozen=True)
class Place:
    """Where a gene lies, and what it makes.

    Parameters
    ----------
    chromosome
        As Ensembl names it: "17", "X", "MT", or a scaffold; empty where unknown.
    start
        First base, counted from 1, in GRCh38 or GRCm39; None where unknown.
    biotype
        Ensembl's, such as "protein_coding" or "lncRNA".
    """

    chromosome: str
    start: int | None
    biotype: str


@lru_cache(maxsize=4)
def gene_places(organism: str = "human") -> Mapping[str, Place]:
    """Return the place and biotype of every gene that has an Ensembl id, by current symbol; read once.

    The place is that of the gene's main id, or of the first of its ids that has one. Source: Ensembl 110
    (GRCh38, GRCm39); genes that are newer than that have a biotype alone.

    Raises
    ------
    DataError
        If there is no table of this organism.
    """
    _, lines = shipped_lines("places", organism)
    places = {}
    for line in lines:
        symbol, chromosome, start, biotype = line.split("\t")
        places[symbol] = Place(chromosome, int(start) if start else None, biotype)
    return places


@lru_cache(maxsize=4)
def transcription_factors(organism: str = "human") -> frozenset[str]:
    """Return the current symbols of an organism's transcription factors.

    Human: those that Lambert et al. 2018 (Cell 172:650) assess as such ("Is TF? Yes"). Mouse: the list
    that GRnnData ships (MIT), which the scPRINT paper used. Factors that have no symbol today are left out.

    Raises
    ------
    DataError
        If there is no table of this organism.
    """
    return frozenset(shipped_lines("tfs", organism)[1])


@lru_cache(maxsize=2)
def orthologs(*, namesakes: bool = False) -> Mapping[str, str]:
    """Return human symbol to mouse symbol of one-to-one orthologs, under current symbols.

    Source: Ensembl 105, of which only pairs are taken whose genes occur in no other pair. No mouse gene is
    in two pairs.

    Parameters
    ----------
    namesakes
        Also, of genes with several orthologs, the pair of one name. Retrocopies keep well-known genes from
        being one-to-one: NANOG and Nanog (NANOGP8), POU5F1 and Pou5f1 (POU5F1B).
    """
    rows = (line.split("\t") for line in shipped_lines("orthologs", "human")[1])
    return {human: mouse for human, mouse, kind in rows if namesakes or kind == "one-to-one"}
