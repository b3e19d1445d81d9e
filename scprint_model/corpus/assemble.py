"""Turn cells and a collator into a batch."""

from typing import TYPE_CHECKING

import numpy as np
import torch

from scprint_model.batch import Batch
from scprint_model.corpus.collate import Collator
from scprint_model.corpus.draw import Cells, Floats, Ints, reader

if TYPE_CHECKING:
    from scprint_model.corpus.read import Corpus


def assemble(
    corpus: "Corpus", rows: Ints, cells: Cells, collator: Collator, context: int, kind: str = "auto"
) -> Batch:
    """Return the batch of some cells.

    Parameters
    ----------
    corpus, rows, cells
        The cells' corpus, their numbers (B,), and where they lie.
    collator, context
        Which genes, and how many.
    kind
        Implementation: auto, ``numba`` or ``numpy``.
    """
    if collator.draws:
        most = int((cells.last - cells.first).max())  # an organism's genes
        widest = max(span.stop - span.start for span in corpus.vocabulary.spans.values())
        total = min(context + collator.extra_zeros, max(most, widest))
        ranked = collator.how == "most expressed"
        expressed = min(context, total)
        genes, counts, used = reader(kind).choose(cells, expressed=expressed, total=total, most=ranked)
        empty = np.arange(total) >= used[:, None]
    else:
        genes, counts, empty = _fixed(corpus, cells, collator, kind)
    return Batch(
        genes=torch.from_numpy(genes),
        counts=torch.from_numpy(counts),
        depth=torch.from_numpy(corpus.depth[rows].astype(np.float32)),
        classes=torch.from_numpy(corpus.classes[rows].astype(np.int64)),
        dataset=torch.from_numpy(cells.dataset),
        cells=torch.from_numpy(rows.copy()),
        mask=torch.from_numpy(empty) if empty.any() else None,
    )


def _fixed(
    corpus: "Corpus", cells: Cells, collator: Collator, kind: str
) -> tuple[Ints, Floats, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """Return the same genes for every cell of an organism: all of them, or those of a list."""
    listed = (
        np.arange(len(corpus.vocabulary)) if collator.how == "all" else collator.listed(corpus.vocabulary)
    )
    spans = np.unique(np.stack([cells.first, cells.last], axis=1), axis=0)
    chosen = {int(first): listed[(listed >= first) & (listed < last)] for first, last in spans}
    width = max(1, *(len(rows) for rows in chosen.values()), 1)
    dense = np.empty((len(cells.start), len(corpus.vocabulary)), np.float32)
    reader(kind).dense(cells, dense)
    genes = np.repeat(cells.first[:, None], width, axis=1)
    empty = np.ones(genes.shape, bool)
    for first, rows in chosen.items():
        ours = np.flatnonzero(cells.first == first)
        genes[ours, : len(rows)] = rows
        empty[ours, : len(rows)] = ~cells.fill[cells.dataset[ours][:, None], rows]
    counts = np.take_along_axis(dense, genes, axis=1)
    counts[empty] = 0
    return genes, counts, empty
