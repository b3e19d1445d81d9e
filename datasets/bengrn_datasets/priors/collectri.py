"""CollecTRI: signed regulation of human genes, collected from twelve resources."""

import lzma
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import ClassVar, Literal

from bengrn.plugin import Remote, Truth, TruthSource, gene_table, hookimpl, pair_truth

__all__ = ["MEMBERS", "CollecTRI"]

Row = tuple[str, str, int]

# What the two complexes stand for: CollecTRI's rows in OmniPath, where AP1 is listed as 18 complexes of
# seven proteins and NFKB as 15 of five (`tests/datasets/test_collectri.py` compares).
MEMBERS: Mapping[str, tuple[str, ...]] = {
    "AP1": ("FOS", "FOSB", "FOSL1", "FOSL2", "JUN", "JUNB", "JUND"),
    "NFKB": ("NFKB1", "NFKB2", "REL", "RELA", "RELB"),
}


@dataclass(frozen=True, kw_only=True)
class CollecTRI:
    """43,178 signed pairs of 1,186 human transcription factors and 6,692 targets, shipped with the package.

    Read from the literature, by curators and by text mining, for twelve resources (TRRUST and DoRothEA's
    level A are among them, so these truths confirm each other less than they seem to).

    * Direction: the transcription factor regulates the target.
    * Sign: every pair has one, but +1 (37,360 pairs) is also the authors' choice where nothing is known; -1
      (5,818) always has a reason: papers, or a factor that is mostly a repressor.
    * Names: current HGNC symbols but for 48: the complexes AP1 (596 pairs) and NFKB (799), 41 miRNAs, which
      are targets, and five genes under other names. Data do not name a complex or a miRNA so, and their
      pairs are never scored; `complexes` can change that of the first.
    * 462 self-pairs are listed; they are never candidates.

    Parameters
    ----------
    complexes
        "keep" AP1 and NFKB as regulators of that name; "expand" them: each of their seven and five members
        regulates what the complex does (a sign that CollecTRI itself gives to such a pair wins); or "drop"
        their pairs.
    """

    name: ClassVar[str] = "collectri"
    description: ClassVar[str] = "signed regulation of human genes, from twelve curated resources; shipped"
    files: ClassVar[Mapping[str, Remote]] = {}
    data: ClassVar[str] = "pancreas"
    organism: ClassVar[str] = "human"
    licence: ClassVar[str] = "CC BY 4.0 (article); the resource is free for academic use"
    citation: ClassVar[str] = "Müller-Dott et al. 2023, Nucleic Acids Res 51:10934"
    version: ClassVar[str] = "Zenodo record 8192729, sha256 f746151ef057"
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {"expanded": {"complexes": "expand"}}

    complexes: Literal["keep", "expand", "drop"] = "keep"

    def load(self, paths: Mapping[str, Path]) -> Truth:  # noqa: ARG002 - nothing to fetch
        """Read the shipped pairs."""
        rows = _shipped()
        losses = {}
        if self.complexes == "drop":
            losses["pairs of a complex"] = sum(source in MEMBERS for source, _, _ in rows)
            rows = [row for row in rows if row[0] not in MEMBERS]
        elif self.complexes == "expand":
            rows = expanded(rows)
        genes = gene_table(self.organism).genes
        names = {name for source, target, _ in rows for name in (source, target)}
        losses["names that are no current symbol (nothing left out)"] = sum(one not in genes for one in names)
        source_N, target_N, sign_N = zip(*rows, strict=True)
        return pair_truth(
            source_N,
            target_N,
            sign=sign_N,
            organism=self.organism,
            version=self.version,
            licence=self.licence,
            citation=self.citation,
            losses=losses,
        )


def expanded(rows: Sequence[Row]) -> list[Row]:
    """Return rows of source, target and sign with every complex replaced by its members.

    Where a member has a row of its own for a target, the complex says nothing about the sign (0).
    """
    own = {(source, target) for source, target, _ in rows}
    return [
        (member, target, 0 if source in MEMBERS and (member, target) in own else sign)
        for source, target, sign in rows
        for member in MEMBERS.get(source, (source,))
    ]


def _shipped() -> list[Row]:
    """Return the shipped rows: source, target, sign (see `tools/build_collectri.py`)."""
    packed = resources.files("bengrn_datasets.priors").joinpath("data", "collectri.tsv.xz").read_bytes()
    lines = lzma.decompress(packed).decode().splitlines()[1:]
    return [(source, target, int(sign)) for source, target, sign in (line.split("\t") for line in lines)]


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer CollecTRI."""
    return [CollecTRI]
