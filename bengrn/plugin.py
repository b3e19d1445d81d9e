"""The contract: the one module that a plug-in imports.

A plug-in is a module with functions marked `@hookimpl` (their names and signatures are in
`bengrn.hookspecs`) that return declarations: method, truth, data-set classes, metrics. A declared
class is a frozen dataclass; its fields are its settings: typed, defaulted, set by `--set`, shown by
`bengrn methods NAME` and written into every record.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import pluggy

from bengrn.cell_labels import CellLabels
from bengrn.checkpoint import KeptRows, kept_rows
from bengrn.counts import dense_counts, log_normalized
from bengrn.denoised import Denoised, Scale
from bengrn.embedding import Embedding
from bengrn.genes import gene_places, gene_table, orthologs, recased, to_symbols, transcription_factors
from bengrn.metrics.metric import Example, Metric, Ranking, RegulatorMetric, RegulatorRanking
from bengrn.notes import note
from bengrn.progress import track, workers
from bengrn.screens.truth import ScreenReport, ScreenRule, screen_truth
from bengrn.stats.degree_null import swapped_truth
from bengrn.tasks.naming import name_truth
from bengrn.truth_table import read_truth
from bengrn.truths.pairs import pair_truth
from bengrn.values import Network, Remote, Truth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = [
    "CellLabels",
    "Classifies",
    "Dataset",
    "Denoised",
    "Denoises",
    "Embedding",
    "Embeds",
    "Example",
    "Infers",
    "KeptRows",
    "Method",
    "Metric",
    "Network",
    "OffersHeads",
    "Ranking",
    "ReadsTruth",
    "RegulatorMetric",
    "RegulatorRanking",
    "Remote",
    "Scale",
    "ScreenReport",
    "ScreenRule",
    "Truth",
    "TruthSource",
    "dense_counts",
    "gene_places",
    "gene_table",
    "hookimpl",
    "kept_rows",
    "log_normalized",
    "name_truth",
    "note",
    "orthologs",
    "pair_truth",
    "read_truth",
    "recased",
    "screen_truth",
    "swapped_truth",
    "to_symbols",
    "track",
    "transcription_factors",
    "workers",
]

hookimpl = pluggy.HookimplMarker("bengrn")


class Method(Protocol):
    """What every method declares: a frozen dataclass with a name, a source and a capability.

    A class may also declare, as class variables:

    `version: str`
        Raised when the method's results change for other reasons than its own file; default "1".
    `origin: str`
        "control", "paper" (a method of the scPRINT paper), "published" or "own"; default "published".
    `seen: tuple[str, ...]`
        Truths and data sets that the method was trained on; reports mark them.
    `presets: Mapping[str, Mapping[str, object]]`
        Named settings, asked for as `--method NAME:PRESET`.
    `extra: str`
        The optional dependency group that brings what its `infer` imports.
    `uses_labels: bool`
        Whether its `embed` is shown the cells' types; reports mark it. Default False.
    `expected_failures: Mapping[str, str]`
        Checks of `bengrn.testing` that the published method cannot hold, with the reason.
    """

    name: ClassVar[str]
    source: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


@runtime_checkable
class Infers(Protocol):
    """A method that infers one network."""

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Score every regulator against every gene of `adata`.

        Parameters
        ----------
        adata
            Raw counts of C cells x G genes in `X` (CSR, float32), unique gene names; the total
            counts of each cell, unselected genes included, in `obs["total_counts"]`. Do not modify.
        regulators
            R of the gene names: the rows of the network.
        seed
            The only source of randomness: the same seed gives the same scores.

        Returns
        -------
        Network
            A row regulates its column. Self-pairs are ignored.
        """
        ...


@runtime_checkable
class OffersHeads(Protocol):
    """A method that offers many networks, of which the harness selects some by a truth.

    It may have `infer` as well, which a run without head selection calls.
    """

    def heads(
        self, adata: "AnnData", *, regulators: Sequence[str], seed: int
    ) -> Iterable[tuple[str, Network]]:
        """Yield two or more named networks, one by one; arguments as in `Infers.infer`.

        Called twice with the same arguments, to select and to add up: the same seed gives the same heads.
        Make a head when it is asked for, and do not keep it: nothing else holds two at once.

        Yields
        ------
        name, network
            A name of its own for every head. All have the same genes in the same order; a row regulates
            its column.
        """
        ...


@runtime_checkable
class ReadsTruth(Protocol):
    """A control that is shown the answer: a positive control or a null made from the truth."""

    def from_truth(self, adata: "AnnData", truth: Truth, *, regulators: Sequence[str], seed: int) -> Network:
        """Make a network out of the truth; other arguments as in `Infers.infer`."""
        ...


@runtime_checkable
class Denoises(Protocol):
    """A method that gives the expression of cells without its noise."""

    def denoise(self, adata: "AnnData", *, seed: int) -> Denoised:
        """Return what the cells express.

        Parameters
        ----------
        adata
            As of `Infers.infer`: raw counts of C cells x G genes. Do not modify.
        seed
            The only source of randomness: the same seed gives the same values.

        Returns
        -------
        Denoised
            All cells and genes of `adata`, in its order, with the scale that the values are on; shape (C, G).
            Another order of the cells or genes must give the same values in that order.
        """
        ...


@runtime_checkable
class Embeds(Protocol):
    """A method that gives cells coordinates, in which cells of one type are near whatever their batch."""

    def embed(self, adata: "AnnData", *, seed: int) -> Embedding:
        """Return where the cells are.

        Parameters
        ----------
        adata
            As of `Infers.infer`: raw counts of C cells x G genes; and in `obs["batch"]` the batch of each
            cell, text, the same for all where there is one batch. A class whose `uses_labels` is True finds
            the types of the cells in `obs["cell_type"]`. Do not modify.
        seed
            The only source of randomness: the same seed gives the same values.

        Returns
        -------
        Embedding
            All cells of `adata`, in its order; shape (C, D). Another order of the cells must give the same
            values in that order, another order of the genes the same values.
        """
        ...


@runtime_checkable
class Classifies(Protocol):
    """A method that names the types of cells, by other cells that are labelled or by what it knows."""

    def classify(self, train: "AnnData", adata: "AnnData", *, seed: int) -> CellLabels:
        """Label the cells of `adata`.

        Parameters
        ----------
        train
            Raw counts of other cells, as of `Infers.infer`, with their types in `obs["cell_type"]` (Cell
            Ontology ids such as ``CL:0000236``) and their batches in `obs["batch"]`. A method that was
            trained elsewhere ignores them. Do not modify.
        adata
            The cells to label: the same genes in the same order, `obs["batch"]`, no types. Do not modify.
        seed
            The only source of randomness: the same seed gives the same labels.

        Returns
        -------
        CellLabels
            All cells of `adata`, in its order; None where there is no answer. Another order of the cells or
            genes must give the same labels.
        """
        ...


class TruthSource(Protocol):
    """A ground truth that can be asked for by name: a frozen dataclass, its fields its settings.

    `files` are found or downloaded by the harness, checked, and handed over as local paths; a
    source holds no network code. `description` is a line for `bengrn truths`, `data` the data set
    that is used when none is named, `presets` named variants, asked for as `--truth NAME:PRESET`.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    files: ClassVar[Mapping[str, Remote]]
    data: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the truth from the local copies of `files`, under the same keys."""
        ...


class Dataset(Protocol):
    """Single-cell counts that can be asked for by name: a frozen dataclass, its fields its settings.

    `cell_type` is the type of cells that is used when none is named; empty for all cells. A class whose
    `values` are "continuous" (default: "counts") gives non-negative expression that is no count:
    methods get it as it is, and `log_normalized` returns it unchanged.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    files: ClassVar[Mapping[str, Remote]]
    organism: ClassVar[str]
    licence: ClassVar[str]
    citation: ClassVar[str]
    cell_type: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read raw counts (C, G) into `X`, cell types into `obs["cell_type"]`."""
        ...
