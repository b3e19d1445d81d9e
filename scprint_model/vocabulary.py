"""The genes that a model knows: one row of its gene table each, found by name."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from scprint_model.errors import VocabularyError

# a release number after an Ensembl id: ENSG00000141510.17
_VERSION = re.compile(r"^(ENS[A-Z]*\d{6,})\.\d+$")
_SPECIES = re.compile(r"^ENS([A-Z]*?)G\d{6,}")


@dataclass(frozen=True, eq=False)
class Alignment:
    """Where the columns of a matrix stand in a vocabulary.

    Attributes
    ----------
    row_of_column
        (columns,) int64: the gene's row, -1 where the vocabulary does not have it.
    unknown
        Columns that the vocabulary does not have.
    duplicates
        Columns that name a gene which an earlier column names already; they are -1, too.
    """

    row_of_column: npt.NDArray[np.int64]
    unknown: int
    duplicates: int

    @property
    def columns(self) -> npt.NDArray[np.int64]:
        """Return the columns that have a row, in their order."""
        return np.flatnonzero(self.row_of_column >= 0)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """G genes in fixed order; each organism's genes stand together.

    Attributes
    ----------
    genes
        Ensembl ids without version.
    symbols
        Symbol of each gene; empty where it has none.
    organism
        Taxon of each gene, such as ``NCBITaxon:9606``.
    position
        (G,) int32: place on the genome, from 1, by the rule of :mod:`scprint_model.positions`; None where
        it is not known.

    Raises
    ------
    VocabularyError
        If the parts differ in length, a gene is named twice, or an organism's genes are apart.
    """

    genes: tuple[str, ...]
    symbols: tuple[str, ...]
    organism: tuple[str, ...]
    position: npt.NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be a gene table."""
        if not self.genes:
            raise VocabularyError("A vocabulary needs at least one gene.")
        parts = {"symbols": len(self.symbols), "organism": len(self.organism)}
        if self.position is not None:
            object.__setattr__(self, "position", np.asarray(self.position, np.int32))
            parts["position"] = len(self.position)
        for name, length in parts.items():
            if length != len(self.genes):
                raise VocabularyError(f"The vocabulary has {len(self.genes)} genes, but {length} of {name}.")
        if len(self._row_of_gene) < len(self.genes):
            twice = next(gene for row, gene in enumerate(self.genes) if self._row_of_gene[gene] != row)
            raise VocabularyError(f"The vocabulary names {twice} twice.")
        if len(list(self._blocks())) > len(set(self.organism)):
            raise VocabularyError("The vocabulary mixes organisms: each one's genes must stand together.")

    def __len__(self) -> int:
        """Return the number of genes."""
        return len(self.genes)

    def _blocks(self) -> Iterator[tuple[str, slice]]:
        starts = [0, *(i for i, (a, b) in enumerate(pairwise(self.organism), 1) if a != b), len(self)]
        return ((self.organism[start], slice(start, stop)) for start, stop in pairwise(starts))

    @cached_property
    def spans(self) -> Mapping[str, slice]:
        """The rows of each organism, in order of the table."""
        return dict(self._blocks())

    @property
    def organisms(self) -> tuple[str, ...]:
        """The organisms, in order of the table."""
        return tuple(self.spans)

    def span(self, organism: str) -> slice:
        """Return the rows of one organism.

        Raises
        ------
        VocabularyError
            If the vocabulary has no gene of it.
        """
        if organism not in self.spans:
            known = ", ".join(self.organisms)
            raise VocabularyError(f"The vocabulary has no gene of organism {organism!r}; it has {known}.")
        return self.spans[organism]

    @cached_property
    def _row_of_gene(self) -> Mapping[str, int]:
        return {gene: row for row, gene in enumerate(self.genes)}

    @cached_property
    def _row_of_symbol(self) -> Mapping[tuple[str, str], int]:
        rows = range(len(self) - 1, -1, -1)  # the first gene of a symbol wins
        return {(self.organism[row], self.symbols[row]): row for row in rows if self.symbols[row]}

    def row(self, name: str, organism: str) -> int:
        """Return the row of one gene, by Ensembl id (with or without version) or symbol; -1 if unknown."""
        gene = _VERSION.sub(r"\1", name)
        row = self._row_of_gene.get(gene, -1)
        if row >= 0:
            return row if self.organism[row] == organism else -1
        return self._row_of_symbol.get((organism, name), -1)

    def rows(self, var_names: Sequence[str], organism: str) -> Alignment:
        """Align the columns of a matrix by name.

        Parameters
        ----------
        var_names
            Ensembl ids, with or without version, or symbols; both may occur together.
        organism
            Whose genes they are, such as ``NCBITaxon:9606``.

        Raises
        ------
        VocabularyError
            If the organism is not in the vocabulary, or no name is: the message tells what was seen.
        """
        self.span(organism)
        found = np.fromiter((self.row(str(name), organism) for name in var_names), np.int64, len(var_names))
        unknown = int((found < 0).sum())
        if unknown == len(found):
            raise VocabularyError(_no_overlap(self, [str(name) for name in var_names], organism))
        known = np.flatnonzero(found >= 0)
        _, first = np.unique(found[known], return_index=True)
        again = np.setdiff1d(known, known[first])
        found[again] = -1
        return Alignment(found, unknown, len(again))

    def subset(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> Self:
        """Return the genes of some rows, ascending."""
        parts = (self.genes, self.symbols, self.organism)
        genes, symbols, organism = (tuple(values[row] for row in rows) for values in parts)
        return type(self)(
            genes, symbols, organism, None if self.position is None else self.position[list(rows)]
        )

    @cached_property
    def digest(self) -> str:
        """sha256 of the genes and their order; symbols and positions do not enter."""
        text = json.dumps([self.genes, self.organism], separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; organisms as runs, since their genes stand together."""
        runs = [[name, rows.stop - rows.start] for name, rows in self.spans.items()]
        return {
            "genes": list(self.genes),
            "symbols": list(self.symbols),
            "organism": runs,
            "position": None if self.position is None else self.position.tolist(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote."""
        try:
            organism = tuple(name for name, length in values["organism"] for _ in range(length))
            place = values["position"]
            position = None if place is None else np.asarray(place, np.int32)
            return cls(tuple(values["genes"]), tuple(values["symbols"]), organism, position)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, VocabularyError):
                raise
            raise VocabularyError(f"This is no vocabulary: {error} is missing or misshapen.") from error

    def save(self, path: Path | str) -> None:
        """Write as JSON."""
        Path(path).write_text(json.dumps(self.to_dict(), separators=(",", ":")))

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read what :meth:`save` wrote."""
        try:
            values = json.loads(Path(path).read_text())
        except (OSError, ValueError) as error:
            raise VocabularyError(f"The vocabulary {path} cannot be read: {error}.") from error
        return cls.from_dict(values)


def _no_overlap(vocabulary: Vocabulary, names: Sequence[str], organism: str) -> str:
    """Say why nothing matched: another species, or no gene names at all."""
    seen = ", ".join(names[:3]) or "no name"
    start = f"None of the {len(names)} genes ({seen}, ...) is a gene of {organism} in the vocabulary"
    others = [name for name in vocabulary.organisms if name != organism]
    for other in others:
        found = sum(vocabulary.row(name, other) >= 0 for name in names)
        if found:
            return f"{start}, but {found} are genes of {other}: set the organism."
    species = {match[1] for name in names if (match := _SPECIES.match(name))}
    if species:
        kinds = ", ".join(f"ENS{kind}G" for kind in sorted(species))
        return f"{start}: their ids are of kind {kinds}, those of the vocabulary like {vocabulary.genes[0]}."
    return f"{start}; it expects Ensembl ids such as {vocabulary.genes[0]}, or symbols."
