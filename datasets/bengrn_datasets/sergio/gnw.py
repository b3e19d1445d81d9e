"""Networks that GeneNetWeaver sampled from what is known of E. coli and yeast; SERGIO's were made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from bengrn.plugin import Dataset, Remote, Truth, TruthSource, hookimpl, pair_truth
from bengrn_datasets.simulator.catalogue import sergio_file
from bengrn_datasets.simulator.files import SignedNetwork, read_dot
from bengrn_datasets.simulator.network import GeneCircuit
from bengrn_datasets.simulator.recipe import collapse, draw_circuit, without_cycles
from bengrn_datasets.simulator.results import SERGIO, RecipeCells, as_truth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["CELLS", "TRUTHS"]

_LICENCE = "GPL-3.0 (a file of SERGIO's repository)"
_CITATION = f"Schaffter et al. 2011, Bioinformatics 27:2263 (doi:10.1093/bioinformatics/btr373); {SERGIO}"

# name, organism, what it is, file, its size and sha256
_NETWORKS = (
    (
        "gnw-ecoli-100-net1",
        "ecoli",
        "144 edges of 100 genes of E. coli",
        "Ecoli_100_net1.dot",
        5_400,
        "0cb6561cce3f05d7dbbeb3015c8758edfbb97731b33576acf53735acb020bfce",
    ),
    (
        "gnw-ecoli-100-net2",
        "ecoli",
        "262 edges of 100 genes of E. coli",
        "Ecoli_100_net2.dot",
        11_153,
        "89e72007320715ede82b5f30488c3a6a3a554e0b27a6119d199bb600de9751be",
    ),
    (
        "gnw-yeast-400",
        "yeast",
        "1,157 edges of 400 genes of yeast",
        "Yeast_400_net3.dot",
        47_754,
        "aa27d7c073adcb919c8fa328c2451c11aaed1e4fcec6aecd7da5118a2237a3d6",
    ),
    (
        "gnw-ecoli-1200",
        "ecoli",
        "2,802 edges of 1,200 genes of E. coli",
        "Ecoli_1200_net4.dot",
        121_296,
        "97c9661f5b414245432b80121a22f1035e4051333c69d5e30febc0e846060acc",
    ),
)

_TRUTH_CARD = """A network that GeneNetWeaver sampled from the known one: {what}.

Its cells are simulated: the data of the same name. Edges of dual or unknown sign are simulated as activation
and stand here as such, unless cycles are kept.

Parameters
----------
cycles
    "removed": the simulated edges, without self-pairs and without the weakest edge of each cycle, which are
    counted; "kept": all edges.
network_seed
    Of the strengths, which are the edges' effects where cycles are removed; as in the data.
"""

_CELLS_CARD = """Simulated cells of a network that GeneNetWeaver sampled: {what}.

The recipe of `sergio-regnetwork`, without its cut: self-pairs and the weakest edge of each cycle are removed,
strengths and rates drawn, two types of cells simulated in their steady states.

Parameters
----------
cells
    Of both types together.
level
    As in `sergio-regnetwork`: "easy", "hard" or "clean".
network_seed
    Of the strengths and rates.
seed
    Of the simulation and of its noise.
"""


def _simulable(network: SignedNetwork, seed: int) -> tuple[GeneCircuit, Mapping[str, int]]:
    """Return the acyclic circuit, and what was left out."""
    edges = without_cycles(collapse(network.edges))
    return draw_circuit(edges, seed, genes=network.genes), edges.losses


@dataclass(frozen=True, kw_only=True)
class _Network:
    name: ClassVar[str]
    description: ClassVar[str]
    organism: ClassVar[str]
    data: ClassVar[str]
    files: ClassVar[Mapping[str, Remote]]
    licence: ClassVar[str] = _LICENCE
    citation: ClassVar[str] = _CITATION
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {"easy": {}, "hard": {}, "clean": {}}

    cycles: Literal["removed", "kept"] = "removed"
    network_seed: int = 0

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the network.

        Raises
        ------
        ValueError
            If the file is malformed.
        """
        network = read_dot(paths["network"])
        if self.cycles == "removed":
            circuit, losses = _simulable(network, self.network_seed)
            return as_truth(
                circuit,
                organism=self.organism,
                version="SERGIO 1.0.0",
                licence=_LICENCE,
                citation=_CITATION,
                losses=losses,
            )
        return pair_truth(
            [source for source, _, _ in network.edges],
            [target for _, target, _ in network.edges],
            sign=[sign for _, _, sign in network.edges],
            targets=network.genes,
            organism=self.organism,
            version="SERGIO 1.0.0",
            licence=_LICENCE,
            citation=_CITATION,
        )


@dataclass(frozen=True, kw_only=True)
class _Cells(RecipeCells):
    name: ClassVar[str]
    description: ClassVar[str]
    organism: ClassVar[str]
    files: ClassVar[Mapping[str, Remote]]
    licence: ClassVar[str] = _LICENCE
    citation: ClassVar[str] = _CITATION

    network_seed: int = 0

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Simulate the cells; the same settings give the same ones.

        Raises
        ------
        ValueError
            If the file is malformed, or the cells cannot be shared out.
        """
        circuit, _ = _simulable(read_dot(paths["network"]), self.network_seed)
        return self.simulate(circuit, self.network_seed)


def _declared(base: type, card: str, row: tuple[str, str, str, str, int, str], more: str) -> type:
    """Return the class of a truth or a data set."""
    name, organism, what, file, size, sha256 = row
    return type(
        base.__name__.strip("_") + name.title().replace("-", ""),
        (base,),
        {
            "__doc__": card.format(what=what),
            "__module__": __name__,
            "name": name,
            "data": name,
            "description": what + more,
            "organism": organism,
            "files": {"network": sergio_file(f"GNW_sampled_GRNs/{file}", size, sha256)},
        },
    )


TRUTHS = tuple(_declared(_Network, _TRUTH_CARD, row, ", sampled by GeneNetWeaver") for row in _NETWORKS)
CELLS = tuple(_declared(_Cells, _CELLS_CARD, row, ": simulated cells of two types") for row in _NETWORKS)


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer the networks."""
    return TRUTHS


@hookimpl
def bengrn_datasets() -> "Sequence[type[Dataset]]":
    """Offer the cells."""
    return CELLS
