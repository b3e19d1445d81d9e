"""BEELINE's simulations: ten small networks that are known exactly, and cells simulated from each.

Six synthetic networks (`dyn-*`) lead to trajectories of known shape; four curated ones are Boolean models of
development taken from the literature. BoolODE simulated 2,000 cells of each; the first replicate is offered.
Truth and data have the same name. Real networks and cells: `beeline.real`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from bengrn.plugin import Dataset, Remote, Truth, TruthSource, hookimpl, pair_truth
from bengrn_datasets.beeline.files import remote
from bengrn_datasets.beeline.read import cells_to_adata, read_expression, read_network, read_times
from bengrn_datasets.declare import declare

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["LICENCE", "PAPER", "SimulatedCells", "SimulatedCellsWithDropout", "SimulatedTruth", "declare"]

PAPER = "Pratapa et al. 2020, Nat Methods 17:147 (doi:10.1038/s41592-019-0690-6)"
LICENCE = "GPL-3 (repository of BEELINE); CC BY 4.0 (its archive, doi:10.5281/zenodo.3701939)"


@dataclass(frozen=True)
class _Model:
    """A simulated network: its name, what it is, its size, and where its files lie."""

    name: str
    what: str
    genes: int
    edges: int
    folder: str
    network: str
    curated: bool = False


def _synthetic(name: str, what: str, genes: int, edges: int) -> _Model:
    folder = f"inputs/Synthetic/dyn-{name}/dyn-{name}_2000_0"
    return _Model(f"beeline-dyn-{name.lower()}", what, genes, edges, folder, f"{folder}/refNetwork.csv")


def _curated(name: str, what: str, genes: int, edges: int, network: str = "") -> _Model:
    folder = f"inputs/Simulated/{name}/{name}_2000_0"
    network = network or f"{folder}/refNetwork.csv"
    return _Model(f"beeline-{name.lower()}", what, genes, edges, folder, network, curated=True)


# sizes: tables 1 and 2 of the paper; edges count genes that regulate themselves
_MODELS = (
    _synthetic("LI", "linear trajectory", 7, 8),
    _synthetic("CY", "cyclic trajectory", 6, 6),
    _synthetic("LL", "long linear trajectory", 18, 19),
    _synthetic("BF", "bifurcating trajectory", 7, 12),
    _synthetic("BFC", "trajectory that bifurcates and converges", 10, 18),
    _synthetic("TF", "trifurcating trajectory", 8, 20),
    _curated("mCAD", "mammalian cortical area development", 5, 14),
    _curated("VSC", "ventral spinal cord development", 8, 15),
    _curated("HSC", "differentiation of haematopoietic stem cells", 11, 30),
    # its simulations lie without a network; that of the repository's example is the same model
    _curated("GSD", "gonadal sex determination", 19, 79, "inputs/example/GSD/GroundTruthNetwork.csv"),
)


@dataclass(frozen=True, kw_only=True)
class SimulatedTruth:
    """What the simulated networks have in common."""

    name: ClassVar[str]
    description: ClassVar[str]
    files: ClassVar[Mapping[str, Remote]]
    data: ClassVar[str]
    organism: ClassVar[str] = "simulated"
    licence: ClassVar[str] = LICENCE
    citation: ClassVar[str] = PAPER

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the network.

        Raises
        ------
        ValueError
            If the file is no network with signs, or holds nothing but self-pairs.
        """
        pairs = read_network(paths["network"])
        if pairs.sign is None:
            raise ValueError(f"{paths['network'].name} has no column Type; expected the sign of every edge")
        genes = sorted({*pairs.source, *pairs.target})
        return pair_truth(
            pairs.source,
            pairs.target,
            sign=pairs.sign,
            regulators=genes,
            targets=genes,
            organism=self.organism,
            version="BEELINE, replicate 0 of 2,000 cells",
            licence=self.licence,
            citation=self.citation,
        )


@dataclass(frozen=True, kw_only=True)
class SimulatedCells:
    """What the simulated cells have in common; curated models offer dropout, too."""

    name: ClassVar[str]
    description: ClassVar[str]
    files: ClassVar[Mapping[str, Remote]]
    organism: ClassVar[str] = "simulated"
    licence: ClassVar[str] = LICENCE
    citation: ClassVar[str] = PAPER
    cell_type: ClassVar[str] = ""
    values: ClassVar[str] = "continuous"

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read expression (C, G) into `X`, and pseudotimes into `obs`.

        Raises
        ------
        ValueError
            If a file is cut short, or expression and pseudotime are of different cells.
        """
        return _load_cells(paths["expression"], paths["pseudotime"])


@dataclass(frozen=True, kw_only=True)
class SimulatedCellsWithDropout(SimulatedCells):
    """Simulated cells of a curated model, perhaps with dropout."""

    dropout: Literal["none", "50"] = "none"

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read expression (C, G) into `X`, and pseudotimes into `obs`; see `SimulatedCells`."""
        key = "expression" if self.dropout == "none" else "expression_dropout_50"
        return _load_cells(paths[key], paths["pseudotime"])


def _load_cells(expression: Path, times: Path) -> "AnnData":
    genes, cells, x_CG = read_expression(expression)
    return cells_to_adata(genes, cells, x_CG, read_times(times, cells))


def _truth_of(model: _Model) -> type[TruthSource]:
    kind = "Boolean model (from the literature)" if model.curated else "synthetic network"
    declared: type[TruthSource] = declare(
        SimulatedTruth,
        model.name,
        (
            f"The {kind} behind BEELINE's simulated cells: {model.what}.",
            f"{model.genes} genes, {model.edges} edges with signs, self-regulation included. Every gene is "
            "tested as a regulator of every other: the network is complete, so that a pair it does not list "
            "is truly false.",
        ),
        module=__name__,
        description=f"BEELINE, {model.what}: {model.genes} genes, {model.edges} signed edges; simulated",
        files={"network": remote(model.network)},
        data=model.name,
    )
    return declared


_SCALE = (
    "Values are continuous and of an arbitrary scale, from 0 to 3.6. `obs` has a column for each trajectory "
    "(`pseudotime_1`, ...; NaN where a cell is not on it)"
)
_TIMES = {
    False: "with the simulated time.",
    True: "with Slingshot's pseudotime; the simulated time is the end of a cell's name (E1_7_77: 7.77).",
}
_DROPOUT = (
    'The setting `dropout` is "none", or "50": each value below its gene\'s median was set to 0 with a '
    "probability of one half."
)


def _cells_of(model: _Model) -> type[Dataset]:
    names = {"expression": "ExpressionData.csv", "pseudotime": "PseudoTime.csv"}
    files = {name: remote(f"{model.folder}/{file}") for name, file in names.items()}
    if model.curated:
        files["expression_dropout_50"] = remote(f"{model.folder}_50/ExpressionData.csv")
    declared: type[Dataset] = declare(
        SimulatedCellsWithDropout if model.curated else SimulatedCells,
        model.name,
        (
            f"2,000 cells x {model.genes} genes that BoolODE simulated for BEELINE: {model.what}.",
            f"{_SCALE} {_TIMES[model.curated]}",
            _DROPOUT if model.curated else "",
        ),
        module=__name__,
        description=f"BEELINE, {model.what}: 2,000 simulated cells x {model.genes} genes",
        files=files,
    )
    return declared


_TRUTHS = tuple(_truth_of(model) for model in _MODELS)
_CELLS = tuple(_cells_of(model) for model in _MODELS)


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer the ten simulated networks."""
    return _TRUTHS


@hookimpl
def bengrn_datasets() -> "Sequence[type[Dataset]]":
    """Offer cells of the ten simulated networks."""
    return _CELLS
