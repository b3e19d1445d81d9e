"""Open a corpus and read cells from it; nothing is loaded but what is asked for."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from scprint_model.corpus.collate import Collator
from scprint_model.corpus.draw import Cells, Floats, Ints, Keys, reader
from scprint_model.corpus.format import ARRAYS, MANIFEST, MEASURED, PAIRS, VOCABULARY, Manifest
from scprint_model.errors import CorpusError
from scprint_model.labels import LabelSpace
from scprint_model.vocabulary import Vocabulary

if TYPE_CHECKING:
    from scprint_model.batch import Batch


@dataclass(frozen=True, eq=False)
class Corpus:
    """N cells on disk; all arrays are memory maps. See :mod:`scprint_model.corpus.format` for their meaning.

    Attributes
    ----------
    folder, manifest, vocabulary, labels
        Where it lies, what it says of itself, its G genes, and one label space per class.
    pairs
        (non-zeros, 2) uint16 or uint32: gene row and count.
    offsets, depth, classes, dataset, flags, twin, row
        One entry per cell (``offsets``: one more).
    measured
        (data sets, G) bool: which genes each data set measured.
    """

    folder: Path
    manifest: Manifest
    vocabulary: Vocabulary
    labels: tuple[LabelSpace, ...]
    pairs: npt.NDArray[np.unsignedinteger]
    offsets: npt.NDArray[np.int64]
    depth: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int32]
    dataset: npt.NDArray[np.int32]
    flags: npt.NDArray[np.uint8]
    twin: npt.NDArray[np.uint64]
    row: npt.NDArray[np.int64]
    measured: npt.NDArray[np.bool_]

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Map a corpus.

        Raises
        ------
        CorpusError
            If the folder holds no corpus, or one that is cut short.
        """
        place = Path(folder)
        if not (place / MANIFEST).is_file():
            raise CorpusError(
                f"{place} holds no corpus: it has no {MANIFEST}. Build one: scprint corpus build."
            )
        try:
            manifest = Manifest.from_dict(json.loads((place / MANIFEST).read_text()))
            arrays = {name: np.load(place / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
            measured = np.load(place / MEASURED)
            flat = np.memmap(place / PAIRS, np.dtype(manifest.dtype), "r")
        except (OSError, TypeError, ValueError) as error:
            if isinstance(error, CorpusError):
                raise
            raise CorpusError(f"The corpus {place} cannot be read: {error}.") from error
        labels = tuple(LabelSpace.from_dict(values) for values in manifest.labels)
        vocabulary = Vocabulary.load(place / VOCABULARY)
        # plain arrays over the maps: indexing them costs a tenth of what a memmap costs
        plain = {name: np.asarray(array) for name, array in arrays.items()}
        corpus = cls(
            place, manifest, vocabulary, labels, _pairs(flat, manifest, place), **plain, measured=measured
        )
        corpus._check()
        return corpus

    def _check(self) -> None:
        sizes = {name: len(getattr(self, name)) - (name == "offsets") for name in ARRAYS}
        wrong = [name for name, size in sizes.items() if size != self.cells]
        if wrong or self.offsets[-1] != self.manifest.pairs:
            raise CorpusError(
                f"The corpus {self.folder} is cut short: {', '.join(wrong) or PAIRS} does not fit."
            )
        if self.vocabulary.digest != self.manifest.vocabulary:
            raise CorpusError(
                f"The vocabulary of {self.folder} is not the one that the corpus was built with."
            )

    def verify(self) -> None:
        """Compare every file with its digest; reads the whole corpus."""
        for name, digest in self.manifest.digests.items():
            with (self.folder / name).open("rb") as stored:
                if hashlib.file_digest(stored, "sha256").hexdigest() != digest:
                    raise CorpusError(f"{self.folder / name} was changed after the corpus was built.")

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.manifest.cells

    @property
    def dataset_names(self) -> tuple[str, ...]:
        """Names of the data sets, by code."""
        return tuple(entry.name for entry in self.manifest.datasets)

    @cached_property
    def spans(self) -> Ints:
        """(data sets, 2): first gene, and the one after the last, of each data set's organism."""
        spans = [self.vocabulary.span(entry.organism) for entry in self.manifest.datasets]
        return np.array([(span.start, span.stop) for span in spans], np.int64)

    def _cells(self, rows: npt.ArrayLike, seeds: Keys | None = None, *, zero: bool = False) -> Cells:
        row_B = np.asarray(rows, np.int64)
        if row_B.ndim != 1 or not len(row_B):
            raise CorpusError(f"The batch is empty: rows of shape {row_B.shape} were asked for.")
        if row_B.min() < 0 or row_B.max() >= self.cells:
            raise CorpusError(
                f"The corpus has {self.cells} cells; row {row_B.max()} or {row_B.min()} is none."
            )
        dataset_B = self.dataset[row_B].astype(np.int64)
        first_B, last_B = self.spans[dataset_B].T
        fill = self._all_genes if zero else self.measured
        seed_B = np.zeros(len(row_B), np.uint64) if seeds is None else seeds
        start, stop = self.offsets[row_B], self.offsets[row_B + 1]
        return Cells(self.pairs, start, stop, first_B.copy(), last_B.copy(), fill, dataset_B, seed_B)

    @cached_property
    def _all_genes(self) -> npt.NDArray[np.bool_]:
        return np.ones_like(self.measured)

    def dense(self, rows: npt.ArrayLike, *, out: Floats | None = None, kind: str = "auto") -> Floats:
        """Return the counts of cells, shape (B, G), float32.

        Parameters
        ----------
        rows
            (B,) cells.
        out
            Array to write into; saves its allocation.
        kind
            Implementation: auto, ``numba`` or ``numpy``; their output is equal.
        """
        cells = self._cells(rows)
        if out is None:
            out = np.empty((len(cells.start), len(self.vocabulary)), np.float32)
        reader(kind).dense(cells, out)
        return out

    def batch(self, rows: npt.ArrayLike, *, collator: Collator, generator: np.random.Generator) -> "Batch":
        """Return a batch of cells, with genes chosen by the collator.

        Parameters
        ----------
        rows
            (B,) cells.
        collator
            Which genes.
        generator
            Source of the context's length and of one seed per cell.
        """
        context = collator.context_of(generator)
        seeds = generator.integers(0, 2**64, size=np.asarray(rows).shape, dtype=np.uint64)
        return self.collate(rows, collator=collator, context=context, seeds=seeds)

    def collate(
        self, rows: npt.ArrayLike, *, collator: Collator, context: int, seeds: Keys, kind: str = "auto"
    ) -> "Batch":
        """Return a batch; each cell's genes hang on its own seed alone, not on the other cells."""
        from scprint_model.corpus.assemble import assemble

        zero = collator.unmeasured == "zero"
        return assemble(
            self, np.asarray(rows, np.int64), self._cells(rows, seeds, zero=zero), collator, context, kind
        )


def _pairs(
    flat: npt.NDArray[np.unsignedinteger], manifest: Manifest, place: Path
) -> npt.NDArray[np.unsignedinteger]:
    if len(flat) != 2 * manifest.pairs:
        raise CorpusError(f"The corpus {place} is cut short: {PAIRS} has {len(flat)} numbers.")
    return np.asarray(flat).reshape(-1, 2)
