"""OmniPath: directed interactions of human genes, from more than a hundred resources.

The snapshot that the scPRINT paper was scored on is shipped: 278,579 rows, 273,556 unique ordered pairs,
18,968 names. A name is one of

* a complex: begins with `COMPLEX:`, its members joined by underscores;
* a mature miRNA: begins with `MIMAT`;
* an accession: spelled like a UniProt accession, which the snapshot's own naming step did not turn
  into a symbol (TP53 is such a case). 29 gene symbols are spelled like one too (P2RY12, H2BC12) and
  count here;
* a plain symbol: everything else. 138,570 unique pairs, over 12,544 names, lie between two of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.plugin import Remote, Truth, TruthSource, hookimpl

__all__ = ["OmniPath", "name_kind", "shipped_edges", "shipped_members"]

Integers = npt.NDArray[np.int64]

# https://www.uniprot.org/help/accession_numbers
_ACCESSION = re.compile(r"[OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9](?:[A-Z][A-Z0-9]{2}[0-9]){1,2}", re.ASCII)
# a row is lost for the first of these that one of its ends is
_REASONS = {"complex": "complexes", "mirna": "miRNAs", "accession": "unmapped accessions"}


def name_kind(name: str) -> str:
    """Return "complex", "mirna", "accession" or "symbol", by spelling alone (see the module)."""
    if name.startswith("COMPLEX:"):
        return "complex"
    if name.startswith("MIMAT"):
        return "mirna"
    return "accession" if _ACCESSION.fullmatch(name) else "symbol"


def shipped_edges() -> Any:
    """Return the shipped snapshot: a pyarrow table of all rows (see `tools/build_omnipath.py`)."""
    return _read_shipped("omnipath.parquet", ["source", "target", "type"])


@lru_cache(maxsize=1)
def shipped_members() -> Mapping[str, tuple[str, ...]]:
    """Return the gene symbols that a complex, or an accession, of the snapshot stands for."""
    table = _read_shipped("omnipath_members.parquet", [])
    rows = zip(table["name"].to_pylist(), table["symbols"].to_pylist(), strict=True)
    return {name: tuple(symbols) for name, symbols in rows}


def _read_shipped(name: str, dictionaries: list[str]) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = resources.files("bengrn_datasets").joinpath("data", name).read_bytes()
    # read_table would load pandas
    return pq.ParquetFile(pa.BufferReader(content), read_dictionary=dictionaries).read()


@dataclass(frozen=True, kw_only=True)
class OmniPath:
    """Every directed interaction that OmniPath lists between two human genes.

    An interaction is not always regulation: half of the rows are post-translational. Only
    `interactions=transcriptional` asks what a network of transcripts can answer. A pair that is listed
    with fewer references than `min_references` counts as false.

    Parameters
    ----------
    interactions
        "all", or "transcriptional": a transcription factor and its target.
    complexes
        "drop" rows with a complex, or "expand" them: each known member stands for the complex.
    accessions
        "map" names that the snapshot left as UniProt accessions to gene symbols; "drop" them: then TP53, REST
        and 3,900 other genes are not tested at all; or "keep" them as names, as the paper did: the same, but
        for the 29 symbols that are spelled like an accession.
    min_references
        Rows with fewer references are left out; a third of the rows lists none.
    rows
        Which names count as tested regulators: those that are a source somewhere ("sources"), or every
        name ("all"): the square universe of the paper.
    file
        A parquet to read in place of the shipped snapshot: `bengrn datasets fetch omnipath --latest`.
    """

    name: ClassVar[str] = "omnipath"
    description: ClassVar[str] = "directed interactions of human genes, from many resources"
    files: ClassVar[Mapping[str, Remote]] = {}
    data: ClassVar[str] = "pancreas"
    organism: ClassVar[str] = "human"
    licence: ClassVar[str] = (
        "free for academic use; each resource behind a row keeps its own terms, some of them "
        "non-commercial (https://omnipathdb.org/info)"
    )
    citation: ClassVar[str] = "Türei et al. 2021, Mol Syst Biol 17:e9923"
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "transcriptional": {"interactions": "transcriptional"},
        "expanded": {"complexes": "expand"},
        "plain": {"accessions": "drop"},
        "published": {"accessions": "keep", "rows": "all"},
    }

    interactions: Literal["all", "transcriptional"] = "all"
    complexes: Literal["drop", "expand"] = "drop"
    accessions: Literal["map", "drop", "keep"] = "map"
    min_references: int = 0
    rows: Literal["sources", "all"] = "sources"
    file: Path | None = None

    def __post_init__(self) -> None:
        """Refuse a negative limit."""
        if self.min_references < 0:
            raise ValueError(f"min_references is {self.min_references}; expected 0 or more")

    @staticmethod
    def latest(folder: Path) -> Path:
        """Ask OmniPath's web service for today's interactions; see `omnipath_latest`."""
        from bengrn_datasets.omnipath_latest import download_latest

        return download_latest(folder)

    def load(self, paths: Mapping[str, Path]) -> Truth:  # noqa: ARG002 - nothing to fetch
        """Read the truth; `losses` says what became of every row that is not an edge.

        Raises
        ------
        ValueError
            If `file` is not such a parquet, or nothing is left.
        """
        from bengrn_datasets.omnipath_latest import read_latest

        table, version = read_latest(self.file) if self.file else _shipped()
        names, source_N, target_N = _coded(table)
        losses: dict[str, int] = {}
        typed_N, kept_N = self._choose_rows(table, losses)
        symbols = [self._symbols(name) for name in names]
        pairs = _Pairs(names, symbols)
        sign_N = _numbers(table["sign"])
        edges = pairs.edges(source_N[kept_N], target_N[kept_N], sign_N[kept_N], losses)
        if not len(edges.source):
            raise ValueError("no interaction between two genes is left; relax the settings")
        if self.rows == "all":
            universe = np.union1d(source_N[typed_N], target_N[typed_N])
            regulators = targets = sorted({symbol for one in universe for symbol in symbols[one]})
        else:
            regulators = sorted(edges.symbols[one] for one in np.unique(edges.source))
            targets = sorted(edges.symbols[one] for one in np.union1d(edges.source, edges.target))
        matrix, sign = edges.matrices(regulators, targets)
        return Truth(
            edges=matrix,
            regulators=tuple(regulators),
            targets=tuple(targets),
            sign=sign,
            organism=self.organism,
            version=version,
            licence=self.licence,
            citation=self.citation,
            losses={reason: count for reason, count in losses.items() if count},
        )

    def _choose_rows(self, table: Any, losses: dict[str, int]) -> tuple[npt.NDArray[np.bool_], Integers]:
        """Return which of N rows are of the right type, and where those with enough references stand."""
        import pyarrow.compute as pc

        typed_N = np.ones(len(table), bool)
        if self.interactions == "transcriptional":
            typed_N = _numbers(pc.equal(table["type"].cast("string"), "transcriptional").cast("uint8")) > 0
            losses["interactions of other types"] = int((~typed_N).sum())
        few_N = typed_N & (_numbers(table["n_references"]) < self.min_references)
        losses["fewer references than asked for"] = int(few_N.sum())
        return typed_N, np.flatnonzero(typed_N & ~few_N)

    def _symbols(self, name: str) -> tuple[str, ...]:
        """Return the gene symbols that a name stands for under these settings."""
        kind = name_kind(name)
        if kind == "symbol" or (kind == "accession" and self.accessions == "keep"):
            return (name,)
        wanted = {"complex": self.complexes == "expand", "accession": self.accessions == "map"}
        if not wanted.get(kind, False):
            return ()
        if name in shipped_members() or kind == "accession":
            return shipped_members().get(name, ())
        # a complex newer than the snapshot: members that are symbols already
        parts = name.removeprefix("COMPLEX:").split("_")
        found = {
            symbol
            for part in parts
            for symbol in shipped_members().get(part, (part,) if name_kind(part) == "symbol" else ())
        }
        return tuple(sorted(found))


def _shipped() -> tuple[Any, str]:
    """Return the shipped table and its version."""
    table = shipped_edges()
    sha256 = table.schema.metadata[b"sha256"].decode()
    return table, f"snapshot of benGRN 1.3.2, sha256 {sha256[:12]}"


def _numbers(column: Any) -> npt.NDArray[Any]:
    """Return a column of numbers; its own conversion would load pandas."""
    return np.from_dlpack(column.combine_chunks())


def _coded(table: Any) -> tuple[list[str], Integers, Integers]:
    """Return all names, and the ends of each of N rows as positions among them."""
    coded = [table[column].combine_chunks() for column in ("source", "target")]
    own = [column.dictionary.to_pylist() for column in coded]
    names = sorted({*own[0], *own[1]})
    place = {name: position for position, name in enumerate(names)}
    source_N, target_N = (
        np.array([place[one] for one in mine], np.int64)[np.from_dlpack(column.indices)]
        for mine, column in zip(own, coded, strict=True)
    )
    return names, source_N, target_N


@dataclass(frozen=True, eq=False)
class _Edges:
    """E unique pairs of symbols."""

    symbols: list[str]
    source: Integers
    target: Integers
    sign: Integers  # 0 where the rows disagree or say nothing

    def matrices(
        self, regulators: Sequence[str], targets: Sequence[str]
    ) -> tuple[sparse.csr_array, sparse.csr_array]:
        """Return edges and signs as (R, T) matrices."""
        row = {name: position for position, name in enumerate(regulators)}
        column = {name: position for position, name in enumerate(targets)}
        rows_E = np.array([row.get(name, -1) for name in self.symbols], np.int64)[self.source]
        columns_E = np.array([column.get(name, -1) for name in self.symbols], np.int64)[self.target]
        shape = (len(regulators), len(targets))
        edges = sparse.csr_array((np.ones(len(rows_E), bool), (rows_E, columns_E)), shape=shape)
        known_E = self.sign != 0
        places = (rows_E[known_E], columns_E[known_E])
        return edges, sparse.csr_array((self.sign[known_E].astype(np.int8), places), shape=shape)


class _Pairs:
    """Names, and the symbols that each stands for: several (complexes), one, or none."""

    def __init__(self, names: Sequence[str], symbols: Sequence[tuple[str, ...]]) -> None:
        self.kinds = np.array([name_kind(name) for name in names])
        self.count = np.array([len(one) for one in symbols], np.int64)
        self.start = np.cumsum(self.count) - self.count
        self.symbols = sorted({symbol for one in symbols for symbol in one})
        place = {symbol: position for position, symbol in enumerate(self.symbols)}
        self.members = np.array([place[symbol] for one in symbols for symbol in one], np.int64)

    def edges(
        self, source_N: Integers, target_N: Integers, sign_N: npt.NDArray[np.int8], losses: dict[str, int]
    ) -> _Edges:
        """Return the unique pairs of symbols of N rows; count the losses."""
        per_row_N = self.count[source_N] * self.count[target_N]
        lost_N = per_row_N == 0
        for kind, reason in _REASONS.items():
            because_N = lost_N & (
                ((self.kinds[source_N] == kind) & (self.count[source_N] == 0))
                | ((self.kinds[target_N] == kind) & (self.count[target_N] == 0))
            )
            losses[reason] = int(because_N.sum())
            lost_N &= ~because_N
        # every member of the source with every member of the target
        row_P = np.repeat(np.arange(len(source_N)), per_row_N)
        nth_P = np.arange(len(row_P)) - np.repeat(np.cumsum(per_row_N) - per_row_N, per_row_N)
        wide_P = self.count[target_N][row_P]
        source_P = self.members[self.start[source_N][row_P] + nth_P // wide_P]
        target_P = self.members[self.start[target_N][row_P] + nth_P % wide_P]
        sign_P = sign_N[row_P]
        key_E, edge_P = np.unique(source_P * len(self.symbols) + target_P, return_inverse=True)
        losses["pairs listed before"] = len(edge_P) - len(key_E)
        ups_E = np.bincount(edge_P[sign_P > 0], minlength=len(key_E)) > 0
        downs_E = np.bincount(edge_P[sign_P < 0], minlength=len(key_E)) > 0
        sign_E = ups_E.astype(np.int64) - downs_E
        source_E, target_E = np.divmod(key_E, len(self.symbols))
        losses["self-pairs"] = int((source_E == target_E).sum())  # kept in the edges, but never scored
        return _Edges(self.symbols, source_E, target_E, sign_E)


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer OmniPath."""
    return [OmniPath]
