"""Places of genes on the genome, as numbers that neighbours share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from scprint_model.errors import VocabularyError
from scprint_model.vocabulary import Vocabulary

GAP = 10_000  # base pairs
# what the first letters of an Ensembl id say
TAXA: Mapping[str, str] = {"ENSG": "NCBITaxon:9606", "ENSMUSG": "NCBITaxon:10090"}


@dataclass(frozen=True)
class Gene:
    """One line of an annotation.

    Attributes
    ----------
    id, organism, symbol, biotype
        Ensembl id, taxon, symbol, and kind such as ``protein_coding``; the latter may be empty.
    chromosome, start
        Where it begins, in base pairs; None where it is not known.
    """

    id: str
    organism: str
    symbol: str = ""
    biotype: str = ""
    chromosome: str | None = None
    start: float | None = None


def taxon_of(gene: str) -> str:
    """Return the organism that an Ensembl id tells.

    Raises
    ------
    VocabularyError
        If it tells none.
    """
    kind = gene.rstrip("0123456789")
    if kind not in TAXA:
        raise VocabularyError(
            f"The organism of gene {gene!r} is not known; ids begin with {', '.join(TAXA)}."
        )
    return TAXA[kind]


def number_places(
    chromosomes: Sequence[str], starts: npt.ArrayLike, *, gap: float = GAP
) -> npt.NDArray[np.int32]:
    """Return the numbered places of one organism's genes, from 1.

    Genes are ordered by chromosome, as text, and start. The number rises with a new chromosome, and where a
    gene starts more than ``gap`` after the one before; a chain of near neighbours shares one number.

    Parameters
    ----------
    chromosomes, starts
        (G,) where each gene begins, in base pairs.
    gap
        Base pairs.

    Returns
    -------
    numpy.ndarray
        (G,) int32, in the order given.
    """
    start_G = np.asarray(starts, float)
    order = sorted(range(len(chromosomes)), key=lambda gene: (chromosomes[gene], start_G[gene]))
    place = np.zeros(len(order), np.int32)
    if order:
        place[order[0]] = 1
    for before, gene in pairwise(order):
        near = chromosomes[before] == chromosomes[gene] and start_G[gene] - start_G[before] <= gap
        place[gene] = place[before] + (not near)
    return place


def places_of(genes: Sequence[Gene]) -> Mapping[str, int]:
    """Return the places of all genes of an annotation, each organism by itself; 0: not known."""
    places = {gene.id: 0 for gene in genes}
    for organism in sorted({gene.organism for gene in genes}):
        known = [gene for gene in genes if gene.organism == organism and gene.start is not None]
        numbers = number_places(
            [gene.chromosome or "" for gene in known], [gene.start or 0 for gene in known]
        )
        places.update({gene.id: int(number) for gene, number in zip(known, numbers, strict=True)})
    return places


def with_positions(vocabulary: Vocabulary, genes: Sequence[Gene]) -> Vocabulary:
    """Return the vocabulary with the places of its genes.

    Places are numbered among all genes of the annotation, so that they do not hang on the vocabulary.

    Raises
    ------
    VocabularyError
        If genes of the vocabulary are not in the annotation.
    """
    places = places_of(genes)
    missing = [gene for gene in vocabulary.genes if gene not in places]
    if missing:
        some = ", ".join(missing[:3])
        raise VocabularyError(f"{len(missing)} genes of the vocabulary are not in the annotation: {some}.")
    return replace(vocabulary, position=np.array([places[gene] for gene in vocabulary.genes], np.int32))
