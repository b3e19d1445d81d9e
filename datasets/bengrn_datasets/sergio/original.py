"""The eight data sets that SERGIO's authors describe, simulated anew from their own inputs.

Upstream keeps the inputs: interactions, rates of the master regulators and, for sets 4 to 8, which cell type
arises from which. Its ground truths are lists without a header; read with one, they seem to have an edge less
(257 for 258, 1,154 for 1,155, 2,712 for 2,713, 136 for 137).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from bengrn.plugin import Dataset, Remote, Truth, TruthSource, hookimpl
from bengrn_datasets.simulator.catalogue import SERGIO_SETS, SergioSet
from bengrn_datasets.simulator.files import read_bifurcation, read_circuit, read_pairs
from bengrn_datasets.simulator.results import (
    SERGIO,
    as_truth,
    differentiating_cells,
    noise_of_set,
    simulated_cells,
)

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["CELLS", "TRUTHS"]

_LICENCE = "GPL-3.0 (inputs of SERGIO, read from its repository)"

_TRUTH_CARD = """The network behind SERGIO's data set {number}: {edges:,} edges over {genes:,} genes.

Without cycles; signs and strengths are those of the simulation. Genes are numbers upstream and named G0, G1,
... here. GeneNetWeaver sampled it from the known network of E. coli or of yeast. Master regulators are low,
and with the authors' technical noise hardly counted (8 of the 10 regulators of set 1 in fewer than 40 of
2,700 cells): `level=clean` asks for all of them. {more}
"""

_CELLS_CARD = """SERGIO's data set {number}: {types} types of simulated cells x {genes:,} genes, {kind}.

Simulated anew from the authors' inputs with their settings (noise dpd; {settings}). {noise}

Parameters
----------
cells
    Cells of each type; 300 in the original.
level
    "counts": with technical noise, molecules; "clean": without, levels that are no counts.
seed
    Of the simulation and of its noise.
"""


@dataclass(frozen=True, kw_only=True)
class _Network:
    row: ClassVar[SergioSet]
    name: ClassVar[str]
    description: ClassVar[str]
    data: ClassVar[str]
    files: ClassVar[Mapping[str, Remote]]
    organism: ClassVar[str] = "simulated"
    licence: ClassVar[str] = _LICENCE
    citation: ClassVar[str] = SERGIO
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {"clean": {}}

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the network, out of the interactions; the authors' list of edges must agree.

        Raises
        ------
        ValueError
            If a file is malformed, or the two disagree.
        """
        circuit, _ = read_circuit(paths["interactions"], paths["rates"])
        simulated = set(zip(circuit.regulator_E.tolist(), circuit.target_E.tolist(), strict=True))
        listed = set(read_pairs(paths["pairs"]))
        if listed != simulated:
            raise ValueError(
                f"{paths['pairs'].name} and {paths['interactions'].name} disagree about "
                f"{len(listed ^ simulated)} edges; expected the same"
            )
        version = f"SERGIO 1.0.0, data set {self.row.number}"
        return as_truth(circuit, version=version, licence=self.licence, citation=self.citation)


@dataclass(frozen=True, kw_only=True)
class _Cells:
    row: ClassVar[SergioSet]
    name: ClassVar[str]
    description: ClassVar[str]
    files: ClassVar[Mapping[str, Remote]]
    organism: ClassVar[str] = "simulated"
    licence: ClassVar[str] = _LICENCE
    citation: ClassVar[str] = SERGIO
    cell_type: ClassVar[str] = ""
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {"clean": {"level": "clean"}}

    cells: int = 300
    level: Literal["counts", "clean"] = "counts"
    seed: int = 0

    @property
    def values(self) -> str:
        """Whether there are counts, or levels without technical noise."""
        return "continuous" if self.level == "clean" else "counts"

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Simulate the cells; the same settings give the same ones.

        Raises
        ------
        ValueError
            If a file is malformed, or there are too few cells.
        """
        circuit, rates_MB = read_circuit(paths["interactions"], paths["rates"])
        types = rates_MB.shape[1]
        noise = noise_of_set(self.row.number) if self.level == "counts" else None
        if not self.row.differentiates:
            return simulated_cells(circuit, rates_MB, each=self.cells, technical=noise, seed=self.seed)
        bifurcation_BB = read_bifurcation(paths["bifurcation"], types)
        return differentiating_cells(
            circuit, rates_MB, bifurcation_BB, each=self.cells, technical=noise, seed=self.seed
        )


def _network(row: SergioSet) -> type[_Network]:
    """Return the truth of a data set."""
    name = f"sergio-ds{row.number}"
    more = "Sets 4 to 8 have the same edges and differ in strengths." if row.differentiates else ""
    return type(
        f"SergioNetwork{row.number}",
        (_Network,),
        {
            "__doc__": _TRUTH_CARD.format(number=row.number, edges=row.edges, genes=row.genes, more=more),
            "__module__": __name__,
            "row": row,
            "name": name,
            "description": f"network of SERGIO's data set {row.number}: {row.edges:,} edges",
            "data": name,
            "files": row.files("interactions", "rates", "pairs"),
        },
    )


def _cells(row: SergioSet) -> type[_Cells]:
    """Return the cells of a data set."""
    kind = "differentiating" if row.differentiates else "in steady states"
    return type(
        f"SergioCells{row.number}",
        (_Cells,),
        {
            "__doc__": _CELLS_CARD.format(
                number=row.number,
                types=row.types,
                genes=row.genes,
                kind=kind,
                settings="amplitude 0.2 and 0.07 of unspliced and spliced RNA, 4 times as much spliced"
                if row.differentiates
                else "amplitude 1, decay 0.8, a cell every 15 steps on average",
                noise="Technical noise as in the authors' example. Counts add spliced and unspliced "
                "molecules, which are in `layers`."
                if row.differentiates
                else "Technical noise as in the authors' example, with larger libraries for sets 2 and 3.",
            ),
            "__module__": __name__,
            "row": row,
            "name": f"sergio-ds{row.number}",
            "description": f"{300 * row.types:,} simulated cells x {row.genes:,} genes, {kind}",
            "files": row.files("interactions", "rates", "bifurcation"),
        },
    )


TRUTHS = tuple(_network(row) for row in SERGIO_SETS)
CELLS = tuple(_cells(row) for row in SERGIO_SETS)


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer the networks."""
    return TRUTHS


@hookimpl
def bengrn_datasets() -> "Sequence[type[Dataset]]":
    """Offer the cells."""
    return CELLS
