"""TRRUST v2: regulation read out of sentences of papers, human and mouse."""

import gzip
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bengrn.plugin import Remote, Truth, TruthSource, hookimpl, pair_truth

__all__ = ["TrrustHuman", "TrrustMouse"]

_URL = (
    "https://raw.githubusercontent.com/bioinfonerd/Transcription-Factor-Databases/"
    "4e9135991d4357d88d85e6bddd371809b718ca65/Ttrust_v2/"
)
_SIGNS = {"Activation": 1, "Repression": -1, "Unknown": 0}


def _remote(name: str, sha256: str, size: int) -> Mapping[str, Remote]:
    return {"pairs": Remote(_URL + name, sha256, size, f"trrust/{name}")}


@dataclass(frozen=True, kw_only=True)
class _Trrust:
    """What the human and the mouse table share; see their classes."""

    data: ClassVar[str]
    organism: ClassVar[str]
    licence: ClassVar[str] = "CC BY-SA 4.0"
    citation: ClassVar[str] = "Han et al. 2018, Nucleic Acids Res 46:D380"
    version: ClassVar[str] = "2"
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {"confirmed": {"min_references": 2}}

    min_references: int = 1

    def __post_init__(self) -> None:
        """Refuse a limit below one: every pair has a reference."""
        if self.min_references < 1:
            raise ValueError(f"min_references is {self.min_references}; expected 1 or more")

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the raw table, packed with gzip or plain.

        Raises
        ------
        ValueError
            If the file is broken or not such a table, or if no pair has enough references.
        """
        rows = _rows(paths["pairs"])
        papers: dict[tuple[str, str], set[str]] = {}
        for source, target, _, cited in rows:
            papers.setdefault((source, target), set()).update(cited)
        kept = [row for row in rows if len(papers[row[0], row[1]]) >= self.min_references]
        if not kept:
            most = max(map(len, papers.values()))
            raise ValueError(
                f"no pair has {self.min_references} references, the most is {most}; ask for fewer"
            )
        return pair_truth(
            [source for source, _, _, _ in kept],
            [target for _, target, _, _ in kept],
            sign=[sign for _, _, sign, _ in kept],
            organism=self.organism,
            version=self.version,
            licence=self.licence,
            citation=self.citation,
            losses={"rows with fewer references than asked for": len(rows) - len(kept)},
        )


@dataclass(frozen=True, kw_only=True)
class TrrustHuman(_Trrust):
    """8,427 pairs of 795 human transcription factors and 2,492 targets, in 9,396 rows.

    Sentences of papers, found by text mining and judged by curators: small, and what many others build on
    (CollecTRI, NetAct).

    * Direction: the transcription factor regulates the target.
    * Sign: activation, repression, or unknown (4,325 rows). A pair has one row per mode and papers that say
      so; the 207 pairs listed as activated and as repressed have no sign here.
    * Names: symbols of 2018, 39 of them no longer current; a few are no gene of their own (STAT5, TRAP).
    * 24 self-pairs are listed; they are never candidates.

    Parameters
    ----------
    min_references
        Pairs with fewer different PubMed ids, over all their rows, count as false; 7,133 pairs have one.
    """

    name: ClassVar[str] = "trrust-human"
    description: ClassVar[str] = "regulation of human genes, from sentences of papers (TRRUST v2)"
    files: ClassVar[Mapping[str, Remote]] = _remote(
        "trrust_rawdata.human.tsv",
        "9b909319ccc8e36588b5a1bd3640e0dfba03936c6fc154cc4304d742bec11bed",
        297_659,
    )
    data: ClassVar[str] = "pancreas"
    organism: ClassVar[str] = "human"


@dataclass(frozen=True, kw_only=True)
class TrrustMouse(_Trrust):
    """6,490 pairs of 827 mouse transcription factors and 2,092 targets, in 7,057 rows.

    Made as `trrust-human` is; its card says how. 110 pairs are listed as activated and as repressed and
    have no sign here; 2,860 rows give none. 28 self-pairs are listed; they are never candidates.

    Parameters
    ----------
    min_references
        Pairs with fewer different PubMed ids, over all their rows, count as false.
    """

    name: ClassVar[str] = "trrust-mouse"
    description: ClassVar[str] = "regulation of mouse genes, from sentences of papers (TRRUST v2)"
    files: ClassVar[Mapping[str, Remote]] = _remote(
        "trrust_rawdata.mouse.tsv.gz",
        "e07a17da5e5a70c23538a8d656e084e2d06894adab721fbefc312df310292c7b",
        65_757,
    )
    data: ClassVar[str] = "mccalla-semrau"
    organism: ClassVar[str] = "mouse"


def _rows(path: Path) -> list[tuple[str, str, int, list[str]]]:
    """Return source, target, sign and PubMed ids of each row."""
    content = path.read_bytes()
    try:
        text = (gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is broken ({error}). Delete or replace it.") from error
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.split("\t")
        if len(parts) != 4 or not all(parts):
            raise ValueError(
                f"{path.name}, line {number} has {sum(map(bool, parts))} filled columns; expected TRRUST's "
                "raw table: factor, target, mode and PubMed ids, separated by tabs, without a header"
            )
        if parts[2] not in _SIGNS:
            expected = ", ".join(_SIGNS)
            raise ValueError(f"{path.name}, line {number} has the mode {parts[2]!r}; expected {expected}")
        rows.append((parts[0], parts[1], _SIGNS[parts[2]], parts[3].split(";")))
    if not rows:
        raise ValueError(f"{path.name} is empty; expected TRRUST's raw table")
    return rows


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer both tables."""
    return [TrrustHuman, TrrustMouse]
