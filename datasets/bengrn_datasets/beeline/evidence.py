"""The networks of evidence that BEELINE scores against: STRING, ChIP-seq, loss and gain of function.

All are tables of names (Gene1, Gene2) from BEELINE's repository, which writes them in capitals, those of
mouse too: `Aatf` is `AATF` there. Mouse names get their spelling back from the table of mouse genes; what it
does not know, mostly older symbols, is spelled by the rule for mouse symbols and counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bengrn.plugin import Remote, Truth, TruthSource, hookimpl, pair_truth
from bengrn_datasets.beeline.files import COMMITS, remote
from bengrn_datasets.beeline.read import Pairs, read_network
from bengrn_datasets.mouse_spelling import respell

__all__ = ["ChipMouse", "HepG2Chip", "MdcChip", "MescLofGof", "StringHuman", "StringMouse"]


@dataclass(frozen=True, kw_only=True)
class _Evidence:
    """What all these networks share; see their classes."""

    data: ClassVar[str]
    organism: ClassVar[str]
    directed: ClassVar[bool] = True
    scored: ClassVar[bool] = False
    licence: ClassVar[str] = "CC BY 4.0 (BEELINE's Zenodo record 3701939); its repository is GPL-3"
    citation: ClassVar[str] = "Pratapa et al. 2020, Nat Methods 17:147"
    version: ClassVar[str] = f"BEELINE's repository, commit {COMMITS['13'][:8]}"

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the pairs.

        Raises
        ------
        ValueError
            If the file is broken or not such a table, or no edge between two genes is left.
        """
        source, target, losses = self._kept(read_network(paths["pairs"], scored=self.scored))
        if self.organism == "mouse":
            names = sorted({*source, *target})
            respelled = respell(names)
            losses |= {
                "names spelled by rule, unknown to the gene table (nothing left out)": respelled.ruled,
                "names that a spreadsheet made a date (nothing left out)": respelled.dates,
            }
            spelling = dict(zip(names, respelled.names, strict=True))
            source = [spelling[name] for name in source]
            target = [spelling[name] for name in target]
        return pair_truth(
            source,
            target,
            organism=self.organism,
            directed=self.directed,
            version=self.version,
            licence=self.licence,
            citation=self.citation,
            losses=losses,
        )

    def _kept(self, pairs: Pairs) -> tuple[Sequence[str], Sequence[str], dict[str, int]]:
        """Return sources, targets, and what was left out of the table."""
        return pairs.source, pairs.target, {}


@dataclass(frozen=True, kw_only=True)
class StringHuman(_Evidence):
    """99,149 pairs of 1,489 human regulators and 8,712 partners: functional association.

    STRING says that two proteins belong together, not that one regulates the other: this is evidence
    without direction or sign. BEELINE kept the pairs with a regulator, which stands first (its list is wide:
    AKT1 and APC are in it). A pair of two regulators is listed both ways (36,010 of the pairs), any other
    once, as its partner was not tested as a regulator.

    Nearly every row stands twice in the file (198,285 rows; Beeline issue 65), which doubled the density
    behind some published ratios. Here a pair counts once; `losses` counts the others.
    """

    name: ClassVar[str] = "string-human"
    description: ClassVar[str] = "functional association of human factors and genes (STRING); undirected"
    files: ClassVar[Mapping[str, Remote]] = {"pairs": remote("Networks/human/STRING-network.csv")}
    data: ClassVar[str] = "pancreas"
    organism: ClassVar[str] = "human"
    directed: ClassVar[bool] = False
    citation: ClassVar[str] = (
        "Pratapa et al. 2020, Nat Methods 17:147; Szklarczyk et al. 2019, Nucleic Acids Res 47:D607"
    )


@dataclass(frozen=True, kw_only=True)
class StringMouse(_Evidence):
    """78,567 pairs of 1,350 mouse regulators and 7,636 partners: functional association.

    What the card of `string-human` says holds here: neither direction nor sign; 24,108 of the pairs are of
    two regulators, both ways; every row stands twice in the file (157,134 rows; Beeline issue 65). The file
    has all names in capitals; they get the spelling of mouse genes back (519 of 7,771 by rule).
    """

    name: ClassVar[str] = "string-mouse"
    description: ClassVar[str] = "functional association of mouse factors and genes (STRING); undirected"
    files: ClassVar[Mapping[str, Remote]] = {"pairs": remote("Networks/mouse/STRING-network.csv")}
    data: ClassVar[str] = "mccalla-semrau"
    organism: ClassVar[str] = "mouse"
    directed: ClassVar[bool] = False
    citation: ClassVar[str] = StringHuman.citation


@dataclass(frozen=True, kw_only=True)
class HepG2Chip(_Evidence):
    """342,862 pairs of 84 factors and 16,822 genes: ChIP-seq in HepG2, human liver cancer cells.

    A factor binds near a gene: it may regulate it. A factor has 4,082 targets on average, a quarter of
    all genes, so the truth is dense and a factor's degree says much. Directed, unsigned; 39 self-pairs.
    BEELINE uses it for hepatocytes.
    """

    name: ClassVar[str] = "hepg2-chip"
    description: ClassVar[str] = "binding near human genes, ChIP-seq in HepG2 cells (BEELINE)"
    files: ClassVar[Mapping[str, Remote]] = {"pairs": remote("Networks/human/HepG2-ChIP-seq-network.csv")}
    data: ClassVar[str] = "pancreas"
    organism: ClassVar[str] = "human"


@dataclass(frozen=True, kw_only=True)
class ChipMouse(_Evidence):
    """100,139 pairs of 1,455 mouse factors and 17,830 genes: BEELINE's "non-specific ChIP-seq".

    Regulation of any mouse cell, which BEELINE merged from databases: all of `trrust-mouse` is in it.
    Directed, unsigned; 149 self-pairs. The file has all names in capitals; they get the spelling of mouse
    genes back (2,358 of 17,852 by rule).
    """

    name: ClassVar[str] = "chip-mouse-nonspecific"
    description: ClassVar[str] = "regulation of mouse genes in any cell, merged from databases (BEELINE)"
    files: ClassVar[Mapping[str, Remote]] = {
        "pairs": remote("Networks/mouse/Non-Specific-ChIP-seq-network.csv")
    }
    data: ClassVar[str] = "mccalla-semrau"
    organism: ClassVar[str] = "mouse"


@dataclass(frozen=True, kw_only=True)
class MdcChip(_Evidence):
    """30,658 pairs of 36 factors and 11,091 genes: ChIP-seq in mouse dendritic cells.

    A factor binds near a gene: it may regulate it. Directed, unsigned; 8 self-pairs. Each pair has a score
    of its binding, from 101 to 3,383 (median 247). The file has all names in capitals; they get the
    spelling of mouse genes back (377 of 11,092 by rule).

    Parameters
    ----------
    min_score
        Pairs with a lower score count as false.
    """

    name: ClassVar[str] = "mdc-chip"
    description: ClassVar[str] = "binding near mouse genes, ChIP-seq in dendritic cells (BEELINE)"
    files: ClassVar[Mapping[str, Remote]] = {"pairs": remote("Networks/mouse/mDC-ChIP-seq-network.csv")}
    data: ClassVar[str] = "beeline-mdc"
    organism: ClassVar[str] = "mouse"
    scored: ClassVar[bool] = True

    min_score: float = 0.0

    def _kept(self, pairs: Pairs) -> tuple[Sequence[str], Sequence[str], dict[str, int]]:
        """Return the pairs that are bound strongly enough."""
        scores = pairs.score or ()
        if max(scores, default=self.min_score) < self.min_score:
            raise ValueError(
                f"no pair has a score of {self.min_score:g}, the best is {max(scores):g}; lower min_score"
            )
        listed = zip(pairs.source, pairs.target, scores, strict=True)
        kept = [(source, target) for source, target, score in listed if score >= self.min_score]
        losses = {"pairs of lower scores": len(scores) - len(kept)}
        return [source for source, _ in kept], [target for _, target in kept], losses


@dataclass(frozen=True, kw_only=True)
class MescLofGof(_Evidence):
    """104,201 pairs of 55 factors and 16,522 genes: mouse embryonic stem cells with a factor lost or gained.

    A gene changes when the factor does: an effect, direct or not. Directed; the file does not give the
    signs. 27 self-pairs; 595 of 104,796 rows stand twice. The file has all names in capitals; they get the
    spelling of mouse genes back (3,970 of 16,524 by rule). A spreadsheet has made
    dates of 16 names (2-MAR, 10-SEP), which are lost.
    """

    name: ClassVar[str] = "mesc-lofgof"
    description: ClassVar[str] = "effects of factors lost or gained in mouse embryonic stem cells (BEELINE)"
    files: ClassVar[Mapping[str, Remote]] = {"pairs": remote("Networks/mouse/mESC-lofgof-network.csv")}
    data: ClassVar[str] = "mccalla-semrau"
    organism: ClassVar[str] = "mouse"


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer the networks of BEELINE."""
    return [StringHuman, StringMouse, HepG2Chip, ChipMouse, MdcChip, MescLofGof]
