"""What is added up of each cell's queries and keys, in memory that does not grow with the cells.

Three quantities, which are not the same: the product of a gene's mean query and another's mean key (that of
the paper), the mean over cells of their product, and the mean over cells of the attention itself.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from scprint_model.errors import ConfigError

__all__ = ["Head", "MeanAttention", "MeanProduct", "MeanQueryKey"]

Head = tuple[int, int]  # layer and head, from 0

# rows of attention at a time: a tile and its sum stay in a CPU's cache; a GPU takes them by the million
_ROWS_CPU = 128
_ENTRIES_GPU = 64_000_000


class MeanQueryKey:
    """Adds up each token's queries and keys, and counts the cells in which it stood.

    Memory: layers x tokens x 2 x width, whatever the number of cells.

    Parameters
    ----------
    tokens
        T: cell tokens, then genes, of the network.
    heads
        The layers and heads that are wanted.
    """

    def __init__(self, tokens: int, heads: Sequence[Head]) -> None:
        self.tokens = tokens
        self.layers = sorted({layer for layer, _ in heads})
        self.counts = torch.zeros(tokens, dtype=torch.float64)
        self._sums: dict[int, tuple[Tensor, Tensor]] = {}
        self._places = torch.empty(0, dtype=torch.int64)

    def start(self, places: Tensor, cells: int) -> None:
        """Say which token of the network each position of the coming cells is.

        Parameters
        ----------
        places
            Shape (L,) where all cells have the same, or (B, L); -1 for a position that is not counted.
        cells
            B.
        """
        self._places = places
        added = torch.zeros(self.tokens + 1, dtype=torch.float64)
        ones = torch.full((places.numel(),), float(cells if places.ndim == 1 else 1), dtype=torch.float64)
        added.index_add_(0, self._rows(places).cpu(), ones)
        self.counts += added[: self.tokens]

    def __call__(self, layer: int, q: Tensor, k: Tensor) -> None:
        """Take one layer's queries (B, H, L, e) and keys (B, Hkv, L, e)."""
        if layer not in self.layers:
            return
        if layer not in self._sums:  # one row more, for positions that are not counted
            made = [
                x.new_zeros((self.tokens + 1, x.shape[1], x.shape[3]), dtype=torch.float32) for x in (q, k)
            ]
            self._sums[layer] = (made[0], made[1])
        rows = self._rows(self._places).to(q.device)
        for total, x in zip(self._sums[layer], (q, k), strict=True):
            if self._places.ndim == 1:
                total.index_add_(0, rows, x.sum(dim=0, dtype=torch.float32).transpose(0, 1).contiguous())
            else:
                total.index_add_(0, rows, x.float().transpose(1, 2).reshape(-1, x.shape[1], x.shape[3]))

    def _rows(self, places: Tensor) -> Tensor:
        return torch.where(places < 0, self.tokens, places).reshape(-1)

    def means(self, head: Head) -> tuple[Tensor, Tensor]:
        """Return the mean query and the mean key of every token, (T, e) each; 0 where it stood in no cell."""
        layer, number = head
        query, key = self._sums[layer]
        shared = query.shape[1] // key.shape[1]  # query heads per head of keys
        divisor = self.counts.clamp(min=1).to(query.device, torch.float32)[:, None]
        return query[:-1, number] / divisor, key[:-1, number // shared] / divisor

    @property
    def seen(self) -> Tensor:
        """Shape (T,): which tokens stood in a cell."""
        return self.counts > 0


class _Matrices:
    """A (T, T) sum per head, or one for all: what the two exact means share."""

    def __init__(self, tokens: int, heads: Sequence[Head], *, merged: bool) -> None:
        self.tokens = tokens
        self.heads = tuple(heads)
        self.merged = merged
        self.cells = 0
        self._sums: dict[Head, Tensor] = {}

    def start(self, places: Tensor, cells: int) -> None:
        """Say which cells come; see :meth:`MeanQueryKey.start`.

        Raises
        ------
        ConfigError
            If the cells do not all have the same genes.
        """
        if places.ndim != 1 or len(places) != self.tokens or not bool((places.diff() == 1).all()):
            raise ConfigError(
                "An exact mean over cells needs the same genes in every cell; contexts that differ from cell "
                "to cell have a mean per gene alone: mean=query-key."
            )
        self.cells += cells

    def _sum(self, head: Head, like: Tensor) -> Tensor:
        """Return where a head is added up."""
        head = self.heads[0] if self.merged else head
        if head not in self._sums:
            self._sums[head] = like.new_zeros((self.tokens, self.tokens), dtype=torch.float32)
        return self._sums[head]

    def mean(self, head: Head) -> Tensor:
        """Return the mean over cells (and heads, where they are merged), shape (T, T)."""
        parts = self.cells * (len(self.heads) if self.merged else 1)
        return self._sums[self.heads[0] if self.merged else head] / parts

    def _wanted(self, layer: int) -> list[int]:
        return [number for one, number in self.heads if one == layer]


class MeanProduct(_Matrices):
    """Adds up the products of queries and keys themselves, divided by the square root of the width.

    The cells of a batch are laid side by side along the contracted axis, so that one matrix product adds up
    all of them.
    """

    def __call__(self, layer: int, q: Tensor, k: Tensor) -> None:
        """Take one layer's queries (B, H, L, e) and keys (B, Hkv, L, e)."""
        shared = q.shape[1] // k.shape[1]
        scale = q.shape[-1] ** -0.5
        for number in self._wanted(layer):
            # (B, L, e) -> (L, B e)
            query = q[:, number].float().transpose(0, 1).reshape(self.tokens, -1)
            key = k[:, number // shared].float().transpose(0, 1).reshape(self.tokens, -1)
            self._sum((layer, number), q).addmm_(query, key.T, alpha=scale)


class MeanAttention(_Matrices):
    """Adds up every cell's attention; no cell's whole map is ever held."""

    def __call__(self, layer: int, q: Tensor, k: Tensor) -> None:
        """Take one layer's queries (B, H, L, e) and keys (B, Hkv, L, e)."""
        shared = q.shape[1] // k.shape[1]
        add = _add_on_cpu if q.device.type == "cpu" else _add_batched
        for number in self._wanted(layer):
            query = q[:, number].float() * q.shape[-1] ** -0.5
            key = k[:, number // shared].float().transpose(1, 2)
            add(self._sum((layer, number), q), query, key)


def _add_on_cpu(total: Tensor, query: Tensor, key: Tensor) -> None:
    """Tiles of rows outside, cells inside: tile and sum stay in the cache."""
    tokens = total.shape[0]
    logits = total.new_empty((min(_ROWS_CPU, tokens), tokens))
    for first in range(0, tokens, _ROWS_CPU):
        rows = slice(first, first + _ROWS_CPU)
        tile = logits[: total[rows].shape[0]]
        for query_Le, key_eL in zip(query, key, strict=True):
            torch.mm(query_Le[rows], key_eL, out=tile)
            total[rows] += torch.softmax(tile, dim=-1)


def _add_batched(total: Tensor, query: Tensor, key: Tensor) -> None:
    """All cells of the batch at once, as many rows as the room allows."""
    tokens = total.shape[0]
    step = max(1, _ENTRIES_GPU // (tokens * len(query)))
    for first in range(0, tokens, step):
        rows = slice(first, first + step)
        with torch.autocast(total.device.type, enabled=False):
            total[rows] += torch.softmax(query[:, rows] @ key, dim=-1).sum(dim=0)
