"""One head's attention among genes, made from what was added up, a few rows at a time."""

from collections.abc import Iterator

import torch
from torch import Tensor

from scprint_model.errors import ConfigError
from scprint_model.networks.accumulate import Head, MeanAttention, MeanProduct, MeanQueryKey
from scprint_model.networks.normalise import Normalise, normalised_rows, sinkhorn

__all__ = ["Means", "gene_attention", "tiles"]

Means = MeanQueryKey | MeanProduct | MeanAttention

_TILE_ENTRIES = 8_000_000  # 32 MB of float32


def tiles(rows: int, columns: int) -> Iterator[slice]:
    """Yield slices over rows of a matrix, each of a bounded number of entries."""
    step = max(1, _TILE_ENTRIES // max(columns, 1))
    return (slice(first, min(first + step, rows)) for first in range(0, rows, step))


def gene_attention(means: Means, head: Head, rows: slice, *, before: int, normalise: Normalise) -> Tensor:
    """Return how much some genes, as queries, attend to all genes, as keys.

    Cell tokens compete with the genes in the softmax, and are cut off after it.

    Parameters
    ----------
    means
        What was added up over cells.
    head
        Layer and head.
    rows
        Of the genes, counted without the cell tokens.
    before
        How many cell tokens stand before the genes.
    normalise
        See :mod:`~scprint_model.networks.normalise`; of a mean attention, which is normalised cell by cell
        already, ``softmax`` only.

    Returns
    -------
    Tensor
        (rows, genes). Rows and columns of genes that stood in no cell are 0.
    """
    queries = slice(before + rows.start, before + rows.stop)
    if isinstance(means, MeanAttention):
        if normalise != "softmax":
            raise ConfigError(
                f"mean=attention averages each cell's softmax; normalise={normalise} needs another mean."
            )
        return means.mean(head)[queries, before:]
    seen = None
    if isinstance(means, MeanQueryKey):
        query, key = means.means(head)
        seen = means.seen.to(query.device)
        if normalise == "sinkhorn":
            return _masked(sinkhorn(_logits(query, key)), seen)[queries, before:]
        logits = _logits(query[queries], key)
    else:
        logits = means.mean(head)
        if normalise == "sinkhorn":
            return sinkhorn(logits)[queries, before:]
        logits = logits[queries].clone()
    attention: Tensor = normalised_rows(logits, seen, normalise)[:, before:]
    if seen is not None:
        shown: Tensor = attention * seen[queries, None]
        return shown
    return attention


def _logits(query: Tensor, key: Tensor) -> Tensor:
    return torch.mm(query * query.shape[-1] ** -0.5, key.T)


def _masked(plan: Tensor, seen: Tensor) -> Tensor:
    return plan * seen[None] * seen[:, None]
