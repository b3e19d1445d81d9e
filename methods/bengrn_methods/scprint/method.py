"""scPRINT: the attention of a transformer of single cells, averaged over cells, is the network."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from bengrn.plugin import CellLabels, Denoised, Embedding, Method, Network, dense_counts, hookimpl, note
from bengrn_methods._names import positions
from bengrn_methods.scprint.cells import classify_cells, embed_cells
from bengrn_methods.scprint.identity import identity, seen
from bengrn_methods.scprint.opened import Opened, open_task, progress

if TYPE_CHECKING:
    from anndata import AnnData

    from scprint_model.networks.infer import GeneNetwork

__all__ = ["Scprint"]

Mean = Literal["query-key", "product", "attention"]
Normalise = Literal["softmax", "sinkhorn", "none"]
Size = Literal["small", "medium", "large"]


@dataclass(frozen=True, kw_only=True)
class Scprint:
    """Score a pair by how much the target attends to the regulator, averaged over cells and heads.

    Genes that the model does not know are left out of the network: unscored, they rank last.

    Parameters
    ----------
    checkpoint
        A folder of scprint_model, an official .ckpt file, the name of a hub's model that has been fetched
        before, or empty for the model that comes along.
    untrained
        A control: the same geometry, of this `size`, with weights drawn from the seed.
    mean
        What is averaged over cells: "query-key", each gene's query and key, and then their product, as
        published; "product", the products themselves; "attention", each cell's attention.
    normalise
        "softmax" over the keys of a query; "sinkhorn"; or "none", the products themselves.
    combine
        Heads into one network: their mean, or the largest.
    layers
        Which, from 0, such as "0,3"; empty for all.
    apc
        Subtract what a gene's overall attention makes expected.
    context
        The most genes that a cell is shown. Of a task of more each cell is shown other ones, expressed ones
        first, by chance, and a gene is averaged over the cells that showed it.
    rounds
        How often each cell is shown, where genes are drawn.
    max_cells
        The deepest cells that are used.
    times
        `denoise` predicts expression at so many times a cell's depth.
    tokens
        `embed` returns the mean of these class tokens, such as "cell_type,disease"; "all" for all.
    sure
        `classify` names the best leaf, or where that has a lower probability than this the smallest group
        above it that reaches it. 0: always the leaf.
    batch, device, attention, precision
        Cells at a time; where; the attention back end; "mixed" computes in bfloat16.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.
    """

    name: ClassVar[str] = "scprint"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "paper"
    source: ClassVar[str] = "Kalfon et al. 2025, https://doi.org/10.1038/s41467-025-58699-1"
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "paper": {"checkpoint": "large", "max_cells": 1024},
        "untrained": {"untrained": True},
    }
    expected_failures: ClassVar[Mapping[str, str]] = {
        "classify-groups": "it learns nothing from training cells, and knows no planted types"
    }

    checkpoint: str = ""
    untrained: bool = False
    size: Size = "small"
    mean: Mean = "query-key"
    normalise: Normalise = "softmax"
    combine: Literal["mean", "max"] = "mean"
    layers: str = ""
    apc: bool = False
    context: int = 5000
    rounds: int = 1
    max_cells: int = 300
    times: float = 10.0
    tokens: str = "cell_type"
    sure: float = 0.0
    batch: int = 8
    device: Literal["auto", "cpu", "cuda"] = "auto"
    attention: Literal["auto", "sdpa", "flash", "math"] = "auto"
    precision: Literal["auto", "full", "mixed"] = "auto"

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing; say which weights and which library this is."""
        for setting in ("context", "rounds", "max_cells", "batch"):
            if getattr(self, setting) < 1:
                raise ValueError(f"{setting} is {getattr(self, setting)}; expected 1 or more.")
        if not self.times > 0:
            raise ValueError(f"times is {self.times:g}; expected a factor above 0.")
        if not 0 <= self.sure < 1:
            raise ValueError(f"sure is {self.sure:g}; expected a probability from 0 to below 1.")
        if not all(one.strip() for one in self.tokens.split(",")):
            raise ValueError(f"tokens is {self.tokens!r}; expected classes of the model, such as cell_type.")
        if self.untrained and self.checkpoint:
            raise ValueError(
                "untrained and checkpoint contradict each other (--set checkpoint reaches scprint:untrained, "
                "too); run the control by itself."
            )
        if self.mean == "attention" and self.normalise != "softmax":
            raise ValueError(f"mean=attention averages each cell's softmax; normalise is {self.normalise!r}.")
        self._layers()
        known = identity(None if self.untrained else self.checkpoint)
        object.__setattr__(self, "version", f"{type(self).version} {known}")
        if self.untrained:
            object.__setattr__(self, "origin", "control")
        else:
            object.__setattr__(self, "seen", seen(self.checkpoint))

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return the mean attention of each gene to each regulator, for genes that the model knows."""
        from scprint_model.networks.infer import infer_network

        positions([str(name) for name in adata.var_names], regulators)
        opened = open_task(self, adata, seed)
        found = infer_network(opened.pretrained, opened.cells, **self._given(opened, regulators, seed))
        note(f"{found.attention} attention, {found.tokens} tokens")
        return _network(found)

    def heads(
        self, adata: "AnnData", *, regulators: Sequence[str], seed: int
    ) -> Iterator[tuple[str, Network]]:
        """Yield the attention of each head, one by one: layer and head from 0."""
        from scprint_model.networks.infer import head_networks

        positions([str(name) for name in adata.var_names], regulators)
        opened = open_task(self, adata, seed)
        for name, found in head_networks(
            opened.pretrained, opened.cells, **self._given(opened, regulators, seed)
        ):
            yield name, _network(found)

    def denoise(self, adata: "AnnData", *, seed: int) -> Denoised:
        """Return expected counts at `times` the depth; of genes that the model lacks, the counts times that.

        Where there are more genes than the context, each is predicted once, beside an equal part of the
        others.
        """
        from scprint_model.predict.contexts import Context
        from scprint_model.predict.denoise import denoise

        opened = open_task(self, adata, seed, all_cells=True)
        values_CG = dense_counts(adata) * np.float32(self.times)
        parts = -(-len(opened.cells.genes) // self.context)
        for part in range(parts):
            names = opened.cells.genes[part::parts]
            found = denoise(
                opened.pretrained,
                opened.cells,
                context=Context(how="list", size=self.context, genes=names),
                times=self.times,
                batch=self.batch,
                precision=self.precision,
                progress=progress,
            )
            values_CG[:, found.columns] = found.values["mu"]
        cells, genes = (tuple(map(str, one)) for one in (adata.obs_names, adata.var_names))
        return Denoised(values_CG, cells, genes, scale="counts")

    def embed(self, adata: "AnnData", *, seed: int) -> Embedding:
        """Return the mean of the class tokens of each cell, shape (C, d)."""
        return embed_cells(self, adata, seed)

    def classify(self, train: "AnnData", adata: "AnnData", *, seed: int) -> CellLabels:
        """Return the model's own cell types: it learns nothing from `train`."""
        return classify_cells(self, train, adata, seed)

    def _layers(self) -> tuple[int, ...] | None:
        try:
            return tuple(int(one) for one in self.layers.split(",")) if self.layers else None
        except ValueError:
            raise ValueError(f"layers is {self.layers!r}; expected numbers from 0, such as 0,3.") from None

    def _given(self, opened: Opened, regulators: Sequence[str], seed: int) -> dict[str, Any]:
        """Return the arguments of both ways to infer."""
        from scprint_model.networks.infer import NetworkSettings
        from scprint_model.predict.contexts import Context

        known = len(opened.cells.rows)
        drawn = self.context < known
        if drawn:
            note(f"each cell was shown {self.context} random expressed genes of {known}, {self.rounds} times")
        settings = NetworkSettings(
            mean=self.mean,
            normalise=self.normalise,
            combine=self.combine,
            layers=self._layers(),
            apc=self.apc,
            rounds=self.rounds,
            batch=self.batch,
            precision=self.precision,
        )
        return {
            "context": Context(how="random expressed" if drawn else "all", size=self.context, seed=seed),
            "settings": settings,
            "regulators": regulators,
            "chosen": opened.chosen,
            "progress": progress,
        }


def _network(found: "GeneNetwork") -> Network:
    """Return scores as the harness takes them, from 0 on: shifting all alike changes no order."""
    scores: Any = found.scores
    lowest = min(float(scores.min()), 0.0)
    return Network(scores - np.float32(lowest) if lowest else scores, found.regulators, found.targets)


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer scPRINT."""
    return [Scprint]
