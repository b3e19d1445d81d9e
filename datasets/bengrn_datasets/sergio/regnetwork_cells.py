"""Simulated cells of a known network: the SERGIO equations on a part of RegNetwork.

The paper scored 1,000 simulated cells x 813 genes against 3,546 edges of RegNetwork; how they were made is
not public. Exactly these two numbers come out of RegNetwork's signed human list when only regulators with at
least 6 rows are taken, and of their rows those with a sign: `network=published`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from bengrn.plugin import Dataset, Remote, Truth, TruthSource, hookimpl
from bengrn_datasets.priors.regnetwork import FILE, RegNetwork, SignedRow, read_regnetwork
from bengrn_datasets.simulator.network import GeneCircuit
from bengrn_datasets.simulator.recipe import SignedEdges, collapse, cut_out, draw_circuit, without_cycles
from bengrn_datasets.simulator.results import SERGIO, RecipeCells, as_truth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["SergioRegNetwork", "SergioRegNetworkCells", "published_edges"]

_PUBLISHED_ROWS = 6
_CITATION = f"{RegNetwork.citation}; {SERGIO}"


def published_edges(rows: Sequence[SignedRow]) -> SignedEdges:
    """Return the edges of the paper's network; self-pairs and cycles are still in."""
    listed = Counter(source for source, _, _ in rows)
    often = [row for row in rows if listed[row[0]] >= _PUBLISHED_ROWS]
    signed = [row for row in often if row[2]]
    return collapse(
        signed,
        {
            f"rows of regulators with fewer than {_PUBLISHED_ROWS} rows": len(rows) - len(often),
            "rows without a sign": len(often) - len(signed),
        },
    )


@dataclass(frozen=True, kw_only=True)
class _Recipe:
    """The settings that truth and data share: the same ones give the same network."""

    genes: int = 800
    regulators: int = 130
    max_regulators: int = 12
    network_seed: int = 0
    network: Literal["strict", "published"] = "strict"

    def __post_init__(self) -> None:
        """Refuse numbers that no network can have."""
        for setting, least in (("genes", 2), ("regulators", 1), ("max_regulators", 1), ("network_seed", 0)):
            if getattr(self, setting) < least:
                raise ValueError(f"{setting} is {getattr(self, setting)}; expected {least} or more")

    def circuit(self, path: Path) -> tuple[GeneCircuit, Mapping[str, int]]:
        """Return the network that is simulated, and what was left out of the listed rows."""
        rows = read_regnetwork(path)
        if self.network == "published":
            edges = without_cycles(published_edges(rows))
        else:
            edges = cut_out(
                without_cycles(collapse(rows)),
                genes=self.genes,
                regulators=self.regulators,
                max_regulators=self.max_regulators,
                seed=self.network_seed,
            )
        return draw_circuit(edges, self.network_seed), edges.losses


@dataclass(frozen=True, kw_only=True)
class SergioRegNetwork(_Recipe):
    """The network that the simulated cells of the same name obey: every pair is known, true or false.

    A connected part of RegNetwork's signed human list, grown regulator by regulator. What is not simulated is
    not an edge here, and is counted: self-pairs, the weakest edge of each cycle, edges beyond
    `max_regulators` of a target (drawn), edges outside the part. Strengths are drawn from 1 to 5, half
    responses are the regulators' mean levels, the Hill exponent is 2. Few edges repress, as in the source;
    unknown and contradictory signs are simulated as activation. Settings must be those of the data: give them
    to both at once (`--set network=published`).

    Parameters
    ----------
    genes, regulators
        Genes in all, and how many of them have targets.
    max_regulators
        The most regulators of a target.
    network_seed
        Of the network, its strengths and the rates of its master regulators.
    network
        "strict", or "published": the paper's 813 genes, whole, less self-pairs and cycles. Its size is fixed;
        of the other settings only `network_seed` counts, for strengths and rates.
    """

    name: ClassVar[str] = "sergio-regnetwork"
    description: ClassVar[str] = "known network of simulated cells: a part of RegNetwork, without cycles"
    files: ClassVar[Mapping[str, Remote]] = {"edges": FILE}
    data: ClassVar[str] = "sergio-regnetwork"
    organism: ClassVar[str] = "simulated"
    licence: ClassVar[str] = RegNetwork.licence
    citation: ClassVar[str] = _CITATION
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "easy": {},
        "hard": {},
        "clean": {},
        "published": {"network": "published"},
    }

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Build the network; the same settings give the same one.

        Raises
        ------
        ValueError
            If the file is malformed, or RegNetwork cannot give such a network.
        """
        circuit, losses = self.circuit(paths["edges"])
        return as_truth(
            circuit,
            version="RegNetwork 2015, RegulatoryDirections, human; recipe 1",
            licence=RegNetwork.licence,
            citation=_CITATION,
            losses=losses,
        )


@dataclass(frozen=True, kw_only=True)
class SergioRegNetworkCells(_Recipe, RecipeCells):
    """1,000 simulated cells of two types, of a part of RegNetwork; the truth has the same name.

    The stochastic equations of SERGIO in the steady state (noise dpd 1, decay 0.8, a cell every 15 steps on
    average); in each type a master regulator is produced at a low (0.2 to 0.5) or a high rate (0.7 to 1).
    Then technical noise: outlier genes, library size, dropout, sampling of molecules. All levels start from
    the same cells. About 800 molecules of 250 genes are left in a cell (easy), or 570 of 140 (hard).

    Parameters
    ----------
    genes, regulators, max_regulators, network_seed, network
        As in the truth.
    cells
        Of both types together.
    level
        How much dropout: "easy" around the 65th percentile of expression, "hard" around the 82nd. "clean":
        no technical noise, levels that are no counts.
    seed
        Of the simulation and of its noise.
    """

    name: ClassVar[str] = "sergio-regnetwork"
    description: ClassVar[str] = "1,000 simulated cells x 800 genes, 2 types, of a part of RegNetwork"
    files: ClassVar[Mapping[str, Remote]] = {"edges": FILE}
    organism: ClassVar[str] = "simulated"
    licence: ClassVar[str] = RegNetwork.licence
    citation: ClassVar[str] = _CITATION
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        **RecipeCells.presets,
        "published": {"network": "published"},
    }

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Simulate the cells; the same settings give the same ones.

        Raises
        ------
        ValueError
            If the file is malformed, the cells cannot be shared out, or RegNetwork has no such network.
        """
        circuit, _ = self.circuit(paths["edges"])
        return self.simulate(circuit, self.network_seed)


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer the network."""
    return [SergioRegNetwork]


@hookimpl
def bengrn_datasets() -> "Sequence[type[Dataset]]":
    """Offer the cells."""
    return [SergioRegNetworkCells]
