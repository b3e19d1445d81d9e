"""BEELINE's real networks and cells.

* Dendritic cells of the mouse: cells and three networks, cut to transcription factors and 500 variable genes.
* The networks of the same cut for embryonic stem cells, human and mouse, whose expression is not at hand.
  The whole networks that those were cut from: `bengrn_datasets.beeline.evidence`.
* Panels: 12 to 49 genes of five early data sets, with networks.

All names are upper case upstream; mouse genes get their spelling back (`Trp53`), where they have one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from bengrn.plugin import Dataset, Remote, Truth, TruthSource, hookimpl, pair_truth
from bengrn_datasets.beeline import cards
from bengrn_datasets.beeline.files import remote
from bengrn_datasets.beeline.read import cells_to_adata, read_expression, read_network, read_times
from bengrn_datasets.beeline.simulated import LICENCE, PAPER
from bengrn_datasets.declare import declare
from bengrn_datasets.mouse_spelling import respell

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["DendriticCells", "PanelCells", "PanelNetwork", "RealNetwork"]


@dataclass(frozen=True, kw_only=True)
class RealNetwork:
    """What the real networks have in common: listed sources x all listed genes are tested."""

    name: ClassVar[str]
    description: ClassVar[str]
    files: ClassVar[Mapping[str, Remote]]
    data: ClassVar[str]
    organism: ClassVar[str]
    directed: ClassVar[bool]
    licence: ClassVar[str] = LICENCE
    citation: ClassVar[str] = PAPER

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the network.

        Raises
        ------
        ValueError
            If the file is no network, or holds nothing but self-pairs.
        """
        pairs = read_network(paths["network"])
        return self._truth(pairs.source, pairs.target, directed=self.directed)

    def _truth(self, source: Sequence[str], target: Sequence[str], *, directed: bool) -> Truth:
        """Return the truth of N pairs; a column of types is not used: upstream fills it with one sign."""
        spelt = _spelling({*source, *target}, self.organism)
        return pair_truth(
            [spelt[name] for name in source],
            [spelt[name] for name in target],
            organism=self.organism,
            directed=directed,
            version="repository of BEELINE",
            licence=self.licence,
            citation=self.citation,
        )


@dataclass(frozen=True, kw_only=True)
class PanelNetwork(RealNetwork):
    """A network among the genes of a panel, directed or of STRING."""

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        name: {"network": name} for name in ("string-400", "string-700", "string-900")
    }

    network: Literal["reference", "string-400", "string-700", "string-900"] = "reference"

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the chosen network; a pair of STRING counts both ways. Raises as `RealNetwork` does."""
        pairs = read_network(paths[self.network])
        if self.network == "reference":
            return self._truth(pairs.source, pairs.target, directed=True)
        return self._truth(pairs.source + pairs.target, pairs.target + pairs.source, directed=False)


@dataclass(frozen=True, kw_only=True)
class PanelCells:
    """What the cells of the panels have in common."""

    name: ClassVar[str]
    description: ClassVar[str]
    files: ClassVar[Mapping[str, Remote]]
    organism: ClassVar[str]
    citation: ClassVar[str]
    values: ClassVar[str]
    licence: ClassVar[str] = cards.PANEL_LICENCE
    cell_type: ClassVar[str] = ""

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read expression (C, G) into `X`, and times into `obs`.

        Raises
        ------
        ValueError
            If a file is cut short, or expression and pseudotime are of different cells.
        """
        genes, cells, x_CG = read_expression(paths["expression"])
        spelt = _spelling(genes, self.organism)
        times = read_times(paths["pseudotime"], cells)
        return cells_to_adata([spelt[gene] for gene in genes], cells, x_CG, times)


@dataclass(frozen=True, kw_only=True)
class DendriticCells:
    """383 dendritic cells of the mouse x 821 genes, 1 to 6 hours after LPS (Shalek et al. 2014).

    BEELINE's transcription factors and 500 most variable genes, as cut by GENELink. Values are
    log-transformed, from 0 to 11.6, as upstream gives them. `obs["time"]`: hours. Its networks:
    `beeline-mdc-specific`, `beeline-mdc-nonspecific` and `beeline-mdc-string`.
    """

    name: ClassVar[str] = "beeline-mdc"
    description: ClassVar[str] = "BEELINE, mouse dendritic cells: 383 cells x 821 genes, log-transformed"
    files: ClassVar[Mapping[str, Remote]] = {
        "expression": remote("GENELink_mDC_TFs500/BL--ExpressionData.csv")
    }
    organism: ClassVar[str] = "mouse"
    licence: ClassVar[str] = cards.CUT_LICENCE
    citation: ClassVar[str] = f"Shalek et al. 2014, Nature 510:363 (GSE48968); {cards.CUT_PAPER}"
    cell_type: ClassVar[str] = ""
    values: ClassVar[str] = "continuous"

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read expression (C, G) into `X`, and hours into `obs["time"]`.

        Raises
        ------
        ValueError
            If the file is cut short, or a cell's name does not say its hour.
        """
        genes, cells, x_CG = read_expression(paths["expression"])
        try:  # LPS_4h_S12
            hours_C = np.array([float(cell.split("_")[1].removesuffix("h")) for cell in cells])
        except (IndexError, ValueError) as error:
            raise ValueError(
                f"{paths['expression'].name} has cell names without an hour; expected such as LPS_4h_S12"
            ) from error
        spelt = _spelling(genes, self.organism)
        return cells_to_adata([spelt[gene] for gene in genes], cells, x_CG, {"time": hours_C})


def _spelling(names: Sequence[str] | set[str], organism: str) -> dict[str, str]:
    """Return upstream's names -> as the organism's genes are spelt."""
    ordered = sorted(names)
    return dict(zip(ordered, respell(ordered).names if organism == "mouse" else ordered, strict=True))


def _network(row: cards.Network) -> type[TruthSource]:
    found: type[TruthSource] = declare(
        RealNetwork,
        row.name,
        row.card,
        module=__name__,
        description=row.description,
        files={"network": remote(row.path)},
        data=row.data,
        organism=row.organism,
        directed=row.directed,
        licence=row.licence,
        citation=row.citation,
    )
    return found


def _panel(row: cards.Panel) -> tuple[type[TruthSource], type[Dataset]]:
    """Return the truth and the cells of a panel."""
    files = {"network": "refNetwork"}
    if row.has_string:
        files = {"reference": "refNetwork"} | {name: f"refNetwork-{name}" for name in PanelNetwork.presets}
    truth = declare(
        PanelNetwork if row.has_string else RealNetwork,
        row.name,
        row.network_card,
        module=__name__,
        description=f"BEELINE, early panel of {row.genes} genes: {row.what}; {row.edges} edges",
        files={key: remote(f"{row.folder}/{file}.csv") for key, file in files.items()},
        data=row.name,
        organism=row.organism,
        directed=True,
        licence=cards.PANEL_LICENCE,
        citation=row.citation,
    )
    cells = declare(
        PanelCells,
        row.name,
        row.cells_card,
        module=__name__,
        description=f"BEELINE, early panel: {row.what}; {row.cells:,} cells x {row.genes} genes",
        files={
            "expression": remote(f"{row.folder}/ExpressionData.csv"),
            "pseudotime": remote(f"{row.folder}/PseudoTime.csv"),
        },
        organism=row.organism,
        citation=row.citation,
        values=row.values,
    )
    return truth, cells


_PANELS = tuple(_panel(row) for row in cards.PANELS)
_NETWORKS = tuple(_network(row) for row in cards.NETWORKS)


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer the real networks."""
    return [*_NETWORKS, *(truth for truth, _ in _PANELS)]


@hookimpl
def bengrn_datasets() -> "Sequence[type[Dataset]]":
    """Offer the real cells."""
    return [DendriticCells, *(cells for _, cells in _PANELS)]
