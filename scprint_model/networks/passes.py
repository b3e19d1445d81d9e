"""Cells pass by what adds up their attention, once or several times, and blocks of a network come out."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.errors import ConfigError, VocabularyError
from scprint_model.networks.accumulate import Head, MeanAttention, MeanProduct, MeanQueryKey
from scprint_model.networks.head import Means, gene_attention, tiles
from scprint_model.networks.normalise import average_product_correction
from scprint_model.networks.orient import row_regulates_column
from scprint_model.networks.settings import Combine, NetworkSettings
from scprint_model.predict.cells import Cells
from scprint_model.predict.contexts import Context, fixed_places
from scprint_model.predict.stream import Progress, Shown, memory_told, stream

__all__ = ["Run", "combined"]


def combined(total: Tensor, part: Tensor, how: Combine) -> Tensor:
    """Return what is known of heads, and one more; sums are divided at the end."""
    return torch.maximum(total, part) if how == "max" else total + part


class Run:
    """Cells, genes and heads of one inference."""

    def __init__(
        self,
        pretrained: Pretrained,
        cells: Cells,
        context: Context,
        settings: NetworkSettings,
        chosen: npt.NDArray[np.int64] | None,
        progress: Progress,
    ) -> None:
        config = pretrained.model.config
        self.pretrained, self.cells, self.context, self.settings = pretrained, cells, context, settings
        self.chosen, self.progress = chosen, progress
        self.fixed = fixed_places(cells, context)
        if self.fixed is None and settings.mean != "query-key":
            raise ConfigError(
                f"mean={settings.mean} needs the same genes in every cell, at most the context of "
                f"{context.size}; use mean=query-key, or choose genes."
            )
        kept = range(len(cells.rows)) if self.fixed is None else self.fixed
        self.genes = tuple(cells.genes[place] for place in kept)
        # the cells' own transformer of V2 leaves genes alone among themselves
        self.before = 0 if config.cell_blocks else config.cell_tokens
        self.tokens = self.before + len(self.genes)
        self.heads = settings.heads_of(config.layers, config.heads)
        self.attention = ""
        self.cells_of_gene = np.zeros(len(self.genes), np.int64)

    def places_of(self, regulators: Sequence[str] | None) -> npt.NDArray[np.int64]:
        """Return where the regulators that are known stand among the genes."""
        if regulators is None:
            return np.arange(len(self.genes))
        place = {name: number for number, name in enumerate(self.genes)}
        known = [place[name] for name in regulators if name in place]
        if not known:
            raise VocabularyError(
                f"None of the {len(regulators)} regulators is among the {len(self.genes)} genes that data "
                "and model share."
            )
        return np.array(known, np.int64)

    def passes(self, *, merged: bool) -> Iterator[tuple[Means, list[Head]]]:
        """Stream the cells, once or as often as memory needs, and yield what was added up of which heads."""
        most = len(self.heads)
        if self.settings.mean != "query-key" and not merged:
            most = max(1, self.settings.memory // (4 * self.tokens**2))
        for first in range(0, len(self.heads), most):
            part = self.heads[first : first + most]
            means = self._accumulator(part, merged=merged)
            self._stream(means)
            yield means, part
            del means

    def _accumulator(self, heads: list[Head], *, merged: bool) -> Means:
        if self.settings.mean == "query-key":
            return MeanQueryKey(self.tokens, heads)
        kind = MeanProduct if self.settings.mean == "product" else MeanAttention
        return kind(self.tokens, heads, merged=merged)

    def _stream(self, means: Means) -> None:
        """Pass all cells by the accumulator."""
        model = self.pretrained.model

        def compute(shown: Shown) -> str:
            means.start(self._token_places(shown), len(shown.cells))
            backend: str = model(shown.batch, collect=means).attention
            return backend

        counted = np.zeros(len(self.genes), np.int64)
        for turn in range(self.settings.rounds if self.fixed is None else 1):
            for shown, backend in self._batches(compute, turn):
                self.attention = backend
                if self.fixed is None:
                    counted += np.bincount(shown.places.ravel(), minlength=len(counted))
                else:
                    counted += len(shown.cells)
        self.cells_of_gene = counted

    def _batches(self, compute: Callable[[Shown], str], turn: int) -> Iterator[tuple[Shown, str]]:
        return stream(
            self.pretrained,
            self.cells,
            self.context,
            compute,
            size=self.settings.batch,
            chosen=self.chosen,
            precision=self.settings.precision,
            turn=turn,
            progress=self.progress,
        )

    def _token_places(self, shown: Shown) -> Tensor:
        """Return which token of the network each position is: cell tokens, then genes."""
        if self.fixed is not None:
            return torch.arange(self.tokens)
        genes = torch.from_numpy(shown.places) + self.before
        first = torch.arange(self.before).expand(len(genes), -1)
        return torch.cat((first, genes), dim=1)

    def blocks(self, means: Means, heads: Sequence[Head], rows: npt.NDArray[np.int64]) -> Iterator[Tensor]:
        """Yield networks of some regulators and a block of targets after the other, (R, block).

        Summed over heads, or the largest; this is where attention is turned around.
        """
        genes, how = len(self.genes), self.settings
        regulators = torch.from_numpy(rows)
        for targets in [slice(0, genes)] if how.whole else tiles(genes, self.tokens):
            with memory_told(f"{genes} genes in the network", "choose fewer genes, or device=cpu"):
                total: Tensor | None = None
                for head in heads:
                    block = self._block(means, head, targets, regulators)
                    total = block if total is None else combined(total, block, how.combine)
                done = None if total is None else total.cpu()
            if done is not None:
                yield done

    def _block(self, means: Means, head: Head, targets: slice, regulators: Tensor) -> Tensor:
        """Return one head's network of some regulators and a block of targets."""
        how = self.settings
        attention = gene_attention(means, head, targets, before=self.before, normalise=how.normalise)
        if how.symmetric:
            attention = (attention + attention.T) / 2
        if how.apc:
            attention = average_product_correction(attention)
        block: Tensor = row_regulates_column(attention)[regulators.to(attention.device)]
        return block
