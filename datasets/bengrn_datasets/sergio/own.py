"""A user's own network, simulated: truth and cells out of one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from bengrn.plugin import Dataset, Remote, Truth, TruthSource, hookimpl
from bengrn_datasets.simulator.network import GeneCircuit
from bengrn_datasets.simulator.recipe import draw_circuit, without_cycles
from bengrn_datasets.simulator.results import SERGIO, RecipeCells, as_truth
from bengrn_datasets.simulator.user_table import read_user_network

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Sergio", "SergioCells"]

_LICENCE = "that of the network given"


@dataclass(frozen=True, kw_only=True)
class _Own:
    """The settings that truth and data share."""

    network: Path | None = None
    acyclic: Literal["refuse", "remove"] = "refuse"
    network_seed: int = 0

    def circuit(self) -> tuple[GeneCircuit, Mapping[str, int]]:
        """Return the network that is simulated, and what was left out."""
        if self.network is None:
            raise ValueError(
                "no network is named; set network=FILE, a table with the columns source, target and, if "
                "known, sign, strength, evidence"
            )
        if not self.network.is_file():
            raise ValueError(f"there is no file {self.network}; set network=FILE, a table of edges")
        listed = read_user_network(self.network)
        edges = without_cycles(listed.edges)
        lost = len(listed.edges) - len(edges)
        if lost and self.acyclic == "refuse":
            before, after = ({*zip(one.source, one.target, strict=True)} for one in (listed.edges, edges))
            source, target = min(before - after)
            raise ValueError(
                f"{self.network.name} has cycles, which cannot be simulated: edges that have to go: {lost}, "
                f"{source} -> {target} first; leave them out, or set acyclic=remove"
            )
        if not len(edges):
            raise ValueError(f"{self.network.name} has no edge between two genes")
        genes = listed.edges.genes()
        return draw_circuit(edges, self.network_seed, genes=genes, strengths=listed.strengths), edges.losses


@dataclass(frozen=True, kw_only=True)
class Sergio(_Own):
    """A network of your own whose cells are simulated: its edges are true, and nothing else is.

    Parameters
    ----------
    network
        A table with a header, separated by tabs or commas: `source`, `target`, and if known `sign` (+1, -1 or
        0), `strength` (signed; else drawn from 1 to 5), `evidence` (the least goes first where a cycle is
        broken). An unknown sign is simulated as activation.
    acyclic
        What to do with a network that has cycles or self-pairs: "refuse" it, or "remove" the weakest edge of
        each cycle; what is removed is counted and is not in the truth.
    network_seed
        Of the strengths and of the rates of master regulators. Settings must be those of the data.
    """

    name: ClassVar[str] = "sergio"
    description: ClassVar[str] = "your own network, simulated: --set network=FILE"
    files: ClassVar[Mapping[str, Remote]] = {}
    data: ClassVar[str] = "sergio"
    organism: ClassVar[str] = "simulated"
    licence: ClassVar[str] = _LICENCE
    citation: ClassVar[str] = SERGIO
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {"easy": {}, "hard": {}, "clean": {}}

    def load(self, paths: Mapping[str, Path]) -> Truth:  # noqa: ARG002 - nothing to fetch
        """Read the network.

        Raises
        ------
        ValueError
            If no network is named, it is malformed, or it has cycles and `acyclic` refuses them.
        """
        circuit, losses = self.circuit()
        return as_truth(circuit, version="", licence=_LICENCE, citation=SERGIO, losses=losses)


@dataclass(frozen=True, kw_only=True)
class SergioCells(_Own, RecipeCells):
    """Simulated cells of a network of your own, by the recipe of `sergio-regnetwork`.

    Parameters
    ----------
    network, acyclic, network_seed
        As in the truth.
    types
        Cell types; in each of them a master regulator is produced at a low or a high rate.
    cells
        Of all types together.
    level
        As in `sergio-regnetwork`: "easy", "hard" or "clean".
    seed
        Of the simulation and of its noise.
    """

    name: ClassVar[str] = "sergio"
    description: ClassVar[str] = "simulated cells of your own network: --set network=FILE"
    files: ClassVar[Mapping[str, Remote]] = {}
    organism: ClassVar[str] = "simulated"
    licence: ClassVar[str] = _LICENCE
    citation: ClassVar[str] = SERGIO

    types: int = 2

    def load(self, paths: Mapping[str, Path]) -> "AnnData":  # noqa: ARG002 - nothing to fetch
        """Simulate the cells; the same settings give the same ones.

        Raises
        ------
        ValueError
            As in the truth, or if the cells cannot be shared out.
        """
        circuit, _ = self.circuit()
        return self.simulate(circuit, self.network_seed, types=self.types)


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer the network."""
    return [Sergio]


@hookimpl
def bengrn_datasets() -> "Sequence[type[Dataset]]":
    """Offer the cells."""
    return [SergioCells]
