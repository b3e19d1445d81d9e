"""Read cells out of the pairs of a corpus: dense rows, and the genes that a collator chooses.

A gene's place in the draw hangs on a hash of (the cell's seed, the gene) alone, so that the compiled and the
plain implementation give the same genes, whatever the order, the batch or the number of threads.
"""

from functools import cache
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Keys = npt.NDArray[np.uint64]

# Steele et al. 2014, https://doi.org/10.1145/2660193.2660195 (SplitMix64)
_STEP, _MIX_1, _MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
GENE_BITS = 20  # the lowest bits of a key: the gene, so that no two keys are equal
NEVER = 0xFFFFFFFFFFFFFFFF


class Cells(NamedTuple):
    """B cells to read; a named tuple, which numba understands.

    Attributes
    ----------
    pairs
        (N, 2): gene row and count of every non-zero of the corpus, by cell and gene.
    start, stop
        (B,): where each cell's pairs lie.
    first, last
        (B,): the span of each cell's organism among the genes.
    fill
        (D, G) bool: genes that may be shown with count 0, by data set.
    dataset
        (B,): the data set of each cell.
    seed
        (B,) uint64.
    """

    pairs: npt.NDArray[np.unsignedinteger]
    start: Ints
    stop: Ints
    first: Ints
    last: Ints
    fill: npt.NDArray[np.bool_]
    dataset: Ints
    seed: Keys


class Reader(Protocol):
    """The two ways to read; equal in what they return."""

    def dense(self, cells: Cells, out: Floats) -> None:
        """Write the counts of B cells into (B, G), over what is there."""

    def choose(self, cells: Cells, *, expressed: int, total: int, most: bool) -> tuple[Ints, Floats, Ints]:
        """Choose genes: at most ``expressed`` with counts, then zeros up to ``total``.

        Returns
        -------
        tuple
            Genes (B, total) ascending, counts (B, total), and how many of each cell's positions are used.
        """


@cache
def reader(kind: str = "auto") -> Reader:
    """Return the compiled reader where numba is at hand, otherwise the plain one.

    Parameters
    ----------
    kind
        auto, ``numba`` or ``numpy``.
    """
    if kind != "numpy":
        try:
            from scprint_model.corpus.draw_compiled import CompiledReader
        except ImportError:
            if kind == "numba":
                raise
        else:
            return CompiledReader()
    return PlainReader()


def pair_index(start: Ints, stop: Ints) -> tuple[Ints, Ints]:
    """Return, for each pair of B cells, the cell's number and the pair's place in the corpus."""
    length = stop - start
    cell = np.repeat(np.arange(len(start)), length)
    before = np.cumsum(length) - length
    return cell, np.arange(len(cell)) - before[cell] + start[cell]


def mix(z: Keys) -> Keys:
    """Return the last step of SplitMix64: numbers that look random, one for each number."""
    with np.errstate(over="ignore"):
        z = (z ^ (z >> np.uint64(30))) * np.uint64(_MIX_1)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(_MIX_2)
    mixed: Keys = z ^ (z >> np.uint64(31))
    return mixed


def hashes(seed: Keys, genes: Ints) -> Keys:
    """Return SplitMix64 of each (seed, gene), shape (B, G)."""
    return mix(seed[:, None] + (genes.astype(np.uint64) + np.uint64(1)) * np.uint64(_STEP))


class PlainReader:
    """Vectorised numpy."""

    def dense(self, cells: Cells, out: Floats) -> None:
        """Write the counts of B cells into (B, G), over what is there."""
        out[:] = 0
        cell, place = pair_index(cells.start, cells.stop)
        taken = cells.pairs[place]
        out[cell, taken[:, 0]] = taken[:, 1]

    def choose(self, cells: Cells, *, expressed: int, total: int, most: bool) -> tuple[Ints, Floats, Ints]:
        """Choose the genes of the lowest keys; see :class:`Reader`."""
        counts_BG = np.empty((len(cells.start), cells.fill.shape[1]), np.float32)
        self.dense(cells, counts_BG)
        key_BG = self._keys(cells, counts_BG, most=most)
        if expressed < total:
            limit = np.partition(key_BG, expressed - 1)[:, expressed - 1, None]
            key_BG[(counts_BG > 0) & (key_BG > limit)] = NEVER
        width = min(total, key_BG.shape[1])
        limit = np.partition(key_BG, width - 1)[:, width - 1, None]
        cell, gene = np.nonzero((key_BG <= limit) & (key_BG != NEVER))
        used = np.bincount(cell, minlength=len(key_BG))
        place = np.arange(len(cell)) - (np.cumsum(used) - used)[cell]
        genes = np.repeat(cells.first[:, None], total, axis=1)
        counts = np.zeros(genes.shape, np.float32)
        genes[cell, place] = gene
        counts[cell, place] = counts_BG[cell, gene]
        return genes, counts, used

    @staticmethod
    def _keys(cells: Cells, counts_BG: Floats, *, most: bool) -> Keys:
        gene_G = np.arange(counts_BG.shape[1])
        mixed = hashes(cells.seed, gene_G)
        keep_gene = ~np.uint64((1 << GENE_BITS) - 1)
        if most:
            rank = np.uint64(0xFFFFFFFF) - counts_BG.astype(np.uint64)
            key = (rank << np.uint64(32)) | ((mixed >> np.uint64(32)) & keep_gene)
        else:
            zero = (counts_BG == 0).astype(np.uint64) << np.uint64(63)
            key = zero | ((mixed >> np.uint64(1)) & keep_gene)
        key |= gene_G.astype(np.uint64)
        inside = (gene_G >= cells.first[:, None]) & (gene_G < cells.last[:, None])
        key[~inside | ((counts_BG == 0) & ~cells.fill[cells.dataset])] = NEVER
        return key
