"""How a corpus lies on disk: one folder, written once, read by memory mapping.

``pairs.bin`` holds (gene row, count) of every non-zero, cell after cell, genes ascending: one contiguous read
per cell. The other files hold one entry per cell; ``manifest.json`` is written last.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import IntFlag
from typing import Any, Self

from scprint_model.errors import CorpusError

FORMAT = "scprint_corpus/1"
MANIFEST, PAIRS, VOCABULARY, MEASURED = "manifest.json", "pairs.bin", "vocabulary.json", "measured.npy"
# one array each, with its type; N cells, C classes
ARRAYS: Mapping[str, str] = {
    "offsets": "int64",  # (N + 1,): where each cell's pairs begin
    "depth": "float32",  # (N,): total count over all measured genes, in the vocabulary or not
    "classes": "int32",  # (N, C): codes of the labels
    "dataset": "int32",  # (N,)
    "flags": "uint8",  # (N,): see Flag
    "twin": "uint64",  # (N,): hash of a cell's pairs, to find the same cell again
    "row": "int64",  # (N,): the cell's row in its file
}


class Flag(IntFlag):
    """What is said of a cell that is kept all the same."""

    COUNTS = 1  # an outlier of total counts in its data set
    GENES = 2  # of expressed genes
    TOP = 4  # of the share of its 20 highest genes
    MITOCHONDRIAL = 8  # of mitochondrial counts
    CULTURE = 16  # tissue was "(cell culture)"
    ORGANOID = 32  # tissue was "(organoid)"


OUTLIER = Flag.COUNTS | Flag.GENES | Flag.TOP | Flag.MITOCHONDRIAL


@dataclass(frozen=True, kw_only=True)
class DatasetEntry:
    """One data set of a corpus, or one that was left out.

    Attributes
    ----------
    name, file, sha256, organism
        Which file it is; sha256 of the file as it lay on disk.
    counts
        Where its raw counts were found: X, raw, or a layer.
    read, cells
        Cells in the file, and cells kept.
    measured
        Genes of the vocabulary that it has.
    left_out
        How many cells were left out, by reason.
    dropped
        Why the whole data set was left out; empty where it was not.
    outside
        Labels outside their ontology that count as unknown, with their number of cells.
    outliers
        Cells flagged.
    """

    name: str
    file: str
    sha256: str
    organism: str
    counts: str
    read: int
    cells: int
    measured: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    dropped: str = ""
    outside: Mapping[str, int] = field(default_factory=dict)
    outliers: int = 0


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a corpus holds and was made of.

    Attributes
    ----------
    cells, pairs, dtype
        Number of cells and of non-zeros; ``uint16`` or ``uint32``.
    vocabulary
        Digest of the vocabulary.
    datasets, dropped
        Data sets by code, and those left out.
    labels
        Label spaces, as plain values, in the order of the classes.
    settings, sources, ontologies
        What was asked for; ontologies with the sha256 of their files.
    digests
        sha256 of every file of the corpus.
    versions
        Of the software.
    """

    cells: int
    pairs: int
    dtype: str
    vocabulary: str
    datasets: tuple[DatasetEntry, ...]
    dropped: tuple[DatasetEntry, ...]
    labels: tuple[Mapping[str, Any], ...]
    settings: Mapping[str, Any]
    sources: tuple[Mapping[str, Any], ...]
    ontologies: Mapping[str, Any]
    digests: Mapping[str, str]
    versions: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote."""
        if not isinstance(values, Mapping):
            raise CorpusError("The manifest of the corpus is broken: it names nothing.")
        if values.get("format") != FORMAT:
            raise CorpusError(f"The corpus has format {values.get('format')!r}; this version reads {FORMAT}.")
        known = {one.name for one in fields(cls)}
        given = {name: value for name, value in values.items() if name in known}
        try:
            for name in ("datasets", "dropped"):
                given[name] = tuple(DatasetEntry(**entry) for entry in values[name])
            return cls(**{**given, "labels": tuple(values["labels"]), "sources": tuple(values["sources"])})
        except (KeyError, TypeError) as error:
            raise CorpusError(f"The manifest of the corpus is broken: {error}.") from error
