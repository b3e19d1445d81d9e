"""The table of gene tokens: made from proteins, kept in one file, matched to a vocabulary by name."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from scprint_model.errors import VocabularyError
from scprint_model.gene_tokens.esm2 import DEFAULT, embed_proteins
from scprint_model.gene_tokens.fasta import first_peptides
from scprint_model.gene_tokens.pool import average_pool
from scprint_model.vocabulary import Vocabulary

WIDTH = 1024  # of the published table; the model pools it once more, to its own width


@dataclass(frozen=True, eq=False)
class GeneTable:
    """One embedding per gene.

    Attributes
    ----------
    genes
        Ensembl ids.
    values
        (G, k) float32.
    about
        Where it comes from.
    """

    genes: tuple[str, ...]
    values: npt.NDArray[np.float32]
    about: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a table of other genes than it names."""
        if self.values.ndim != 2 or len(self.values) != len(self.genes):
            raise VocabularyError(
                f"The table has shape {self.values.shape}, but names {len(self.genes)} genes."
            )
        if not np.isfinite(self.values).all():
            raise VocabularyError("The table holds values that are not finite.")

    def align(self, vocabulary: Vocabulary) -> npt.NDArray[np.float32]:
        """Return the embeddings in the order of a vocabulary, shape (G, k).

        Raises
        ------
        VocabularyError
            If genes of it have none.
        """
        row_of_gene = {gene: row for row, gene in enumerate(self.genes)}
        missing = [gene for gene in vocabulary.genes if gene not in row_of_gene]
        if missing:
            some = ", ".join(missing[:3])
            advice = "Build the corpus with the genes that have one (--keep-genes)."
            raise VocabularyError(f"{len(missing)} genes have no embedding ({some}, ...). {advice}")
        return self.values[[row_of_gene[gene] for gene in vocabulary.genes]]

    def save(self, path: Path | str) -> None:
        """Write as safetensors."""
        from safetensors.numpy import save_file

        about = {**self.about, "genes": json.dumps(self.genes)}
        save_file({"table": np.ascontiguousarray(self.values, np.float32)}, str(path), metadata=about)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read what :meth:`save` wrote.

        Raises
        ------
        VocabularyError
            If the file is none.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(str(path), "numpy") as stored:
                about = dict(stored.metadata() or {})
                genes = tuple(json.loads(about.pop("genes")))
                return cls(genes, stored.get_tensor("table"), about)
        except (OSError, KeyError, ValueError, SafetensorError) as error:
            if isinstance(error, VocabularyError):
                raise
            raise VocabularyError(f"{path} is no table of gene tokens: {error}.") from error


@dataclass(frozen=True, eq=False)
class MadeTable:
    """A table, the vocabulary of its genes, and how many genes have no protein.

    Attributes
    ----------
    table, vocabulary
        Of the same genes, in the same order.
    without
        Genes of the vocabulary asked for that no peptide names.
    """

    table: GeneTable
    vocabulary: Vocabulary
    without: int


def make_table(
    peptides: Sequence[Path | str],
    vocabulary: Vocabulary,
    *,
    model: str = DEFAULT,
    device: str = "cpu",
    width: int | None = WIDTH,
    progress: Callable[[int, int], None] | None = None,
) -> MadeTable:
    """Embed the first peptide of each gene, and pool.

    Parameters
    ----------
    peptides
        FASTA files, of one or several organisms.
    vocabulary
        Genes to embed.
    model, device
        The ESM2 model, and where to run it.
    width
        Features to keep; None: all. A model that has fewer keeps them all.
    progress
        Is told how many of how many proteins are done.

    Raises
    ------
    VocabularyError
        If no peptide is of a gene of the vocabulary.
    """
    sequence_of_row: dict[int, str] = {}
    for peptide in first_peptides(peptides):
        row = vocabulary.row(peptide.gene, peptide.organism)
        if row >= 0:
            sequence_of_row.setdefault(row, peptide.sequence)
    if not sequence_of_row:
        raise VocabularyError("No peptide is of a gene of the vocabulary; is it of another organism?")
    rows = sorted(sequence_of_row)
    embedded = embed_proteins(
        [sequence_of_row[row] for row in rows], model=model, device=device, progress=progress
    )
    if width is not None and width < embedded.shape[1]:
        embedded = average_pool(embedded, width).astype(np.float32)
    kept = vocabulary.subset(rows)
    about = {"model": model, "peptides": ", ".join(Path(path).name for path in peptides)}
    return MadeTable(GeneTable(kept.genes, embedded, about), kept, len(vocabulary) - len(rows))
