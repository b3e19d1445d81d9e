"""NetAct's database of transcription factors and their targets, human and mouse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bengrn.plugin import Remote, Truth, TruthSource, hookimpl, pair_truth
from bengrn_datasets.priors.rda_columns import Coded, read_rda_columns

__all__ = ["NetActHuman", "NetActMouse"]

_COMMIT = "f160a236f5f254f0f252905ccb1a9b68c48b9976"


def _remote(name: str, sha256: str, size: int) -> Mapping[str, Remote]:
    url = f"https://raw.githubusercontent.com/lusystemsbio/NetAct/{_COMMIT}/data/{name}"
    return {"lists": Remote(url, sha256, size, f"netact/{name}")}


@dataclass(frozen=True, kw_only=True)
class _NetAct:
    """What the human and the mouse database share; see their classes."""

    data: ClassVar[str]
    organism: ClassVar[str]
    licence: ClassVar[str] = "MIT (of the R package that holds it)"
    citation: ClassVar[str] = "Su et al. 2022, Genome Biol 23:270"
    version: ClassVar[str] = f"NetAct's repository, commit {_COMMIT[:8]}"

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the lists of targets.

        Raises
        ------
        ValueError
            If the file is broken, or is no list of names for each transcription factor.
        """
        source: list[str] = []
        target: list[str] = []
        for factor, listed in read_rda_columns(paths["lists"]).items():
            names = listed.text() if isinstance(listed, Coded) and listed.codes.min(initial=0) >= 0 else []
            if not factor or not names or not all(names):
                raise ValueError(
                    f"{paths['lists'].name}: the entry {factor!r} is no list of gene names; expected "
                    "NetAct's database, the names of the targets of each transcription factor"
                )
            source += [factor] * len(names)
            target += names
        return pair_truth(
            source,
            target,
            organism=self.organism,
            version=self.version,
            licence=self.licence,
            citation=self.citation,
        )


@dataclass(frozen=True, kw_only=True)
class NetActHuman(_NetAct):
    """16,364 pairs of 875 human transcription factors and 4,455 targets, merged from the literature.

    It holds 8,375 of TRRUST's 8,427 pairs, so the two are not independent.

    * Direction: the transcription factor regulates the target.
    * Sign: none is given.
    * Names: symbols of 2022 or older.
    * 44 self-pairs are listed; they are never candidates.
    """

    name: ClassVar[str] = "netact-human"
    description: ClassVar[str] = "regulation of human genes, merged from the literature by NetAct; unsigned"
    files: ClassVar[Mapping[str, Remote]] = _remote(
        "hDB.rdata", "108ed18ade70861ebee91820a8c8eb14825610a7194d0fe762c9d2eb9b613e1a", 51_841
    )
    data: ClassVar[str] = "pancreas"
    organism: ClassVar[str] = "human"


@dataclass(frozen=True, kw_only=True)
class NetActMouse(_NetAct):
    """19,113 pairs of 895 mouse transcription factors and 5,434 targets, merged from the literature.

    It holds 6,446 of TRRUST's 6,490 pairs, so the two are not independent. Unsigned; the transcription
    factor regulates the target. 63 self-pairs are listed; they are never candidates.
    """

    name: ClassVar[str] = "netact-mouse"
    description: ClassVar[str] = "regulation of mouse genes, merged from the literature by NetAct; unsigned"
    files: ClassVar[Mapping[str, Remote]] = _remote(
        "mDB.rdata", "f1c9aba0725c7d65c9f665f316057ff17b8bb3851bd277f0086bf9b358d451f6", 68_352
    )
    data: ClassVar[str] = "mccalla-semrau"
    organism: ClassVar[str] = "mouse"


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer both databases."""
    return [NetActHuman, NetActMouse]
