"""The compiled reader. Importing this module imports numba; its output equals the plain reader's."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

from scprint_model.corpus.draw import _MIX_1, _MIX_2, _STEP, GENE_BITS, Cells, Floats, Ints, Keys

Function = TypeVar("Function", bound=Callable[..., object])

_ONE, _STEP64, _MIX64_1, _MIX64_2 = (np.uint64(one) for one in (1, _STEP, _MIX_1, _MIX_2))
_S27, _S30, _S31, _S32, _S63 = (np.uint64(one) for one in (27, 30, 31, 32, 63))
_KEEP_GENE, _LOW = ~np.uint64((1 << GENE_BITS) - 1), np.uint64(0xFFFFFFFF)


def _compiled(function: Function) -> Function:
    """Compile on the first call, keep the machine code on disk where that can be, run without the GIL."""
    try:
        return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # no folder for it: neither this one nor the user's can be written
        return cast(Function, numba.njit(nogil=True, error_model="numpy")(function))


@_compiled
def _key(seed: np.uint64, gene: int, count: int, most: bool) -> np.uint64:  # noqa: FBT001 - compiled
    z = seed + (np.uint64(gene) + _ONE) * _STEP64
    z = (z ^ (z >> _S30)) * _MIX64_1
    z = (z ^ (z >> _S27)) * _MIX64_2
    z ^= z >> _S31
    if most:
        return ((_LOW - np.uint64(count)) << _S32) | ((z >> _S32) & _KEEP_GENE) | np.uint64(gene)
    zero = np.uint64(count == 0) << _S63
    return zero | ((z >> _ONE) & _KEEP_GENE) | np.uint64(gene)


@_compiled
def _dense(pairs: npt.NDArray[np.unsignedinteger], start: Ints, stop: Ints, out: Floats) -> None:
    for cell in range(len(start)):
        out[cell] = 0  # row by row: it is still in the cache when the counts come
        for place in range(start[cell], stop[cell]):
            out[cell, pairs[place, 0]] = pairs[place, 1]


@_compiled
def _lowest(keys: Keys, number: int, bits: int) -> np.uint64:
    """Return the number-th lowest key, from 1; keys differ in their lowest ``bits`` bits alone.

    Ten bits at a time, the keys of the one bucket that holds the wanted key are kept.
    """
    kept, wanted, shift = keys, number, bits
    counts = np.zeros(1024, np.int64)
    while len(kept) > 32 and shift >= 10:
        shift -= 10
        by, mask = np.uint64(shift), np.uint64(1023)
        counts[:] = 0
        for key in kept:
            counts[(key >> by) & mask] += 1
        bucket = 0
        while counts[bucket] < wanted:
            wanted -= counts[bucket]
            bucket += 1
        inside = np.empty(counts[bucket], np.uint64)
        filled = 0
        for key in kept:
            if ((key >> by) & mask) == np.uint64(bucket):
                inside[filled] = key
                filled += 1
        kept = inside
    lowest: np.uint64 = np.sort(kept)[wanted - 1]
    return lowest


@_compiled
def _limit(keys: Keys, number: int, bits: int) -> np.uint64:
    """Return the key up to which ``number`` keys are taken: the last of all where there are no more."""
    if number <= 0:
        return np.uint64(0)
    return np.uint64(0xFFFFFFFFFFFFFFFF) if number >= len(keys) else _lowest(keys, number, bits)


@_compiled
def _find_zeros(cells: Cells, cell: int, most: bool, keys: Keys, genes: Ints) -> int:  # noqa: FBT001 - compiled
    """Write the genes that a cell may show with count 0, ascending, and their keys; return their number."""
    here = cells.pairs[cells.start[cell] : cells.stop[cell]]
    zeros, pair = 0, 0
    for gene in range(cells.first[cell], cells.last[cell]):
        if pair < len(here) and here[pair, 0] == gene:
            pair += 1
        elif cells.fill[cells.dataset[cell], gene]:
            keys[zeros], genes[zeros] = _key(cells.seed[cell], gene, 0, most), gene
            zeros += 1
    return zeros


@_compiled
def _choose(
    cells: Cells,
    expressed: int,
    most: bool,  # noqa: FBT001
    genes: Ints,
    counts: Floats,
    used: Ints,
) -> None:
    total, width = genes.shape[1], cells.fill.shape[1]
    zero_keys, zero_genes = np.empty(width, np.uint64), np.empty(width, np.int64)
    for cell in range(len(cells.start)):
        here = cells.pairs[cells.start[cell] : cells.stop[cell]]
        keys = np.empty(len(here), np.uint64)
        for one in range(len(here)):
            keys[one] = _key(cells.seed[cell], here[one, 0], here[one, 1], most)
        limit = _limit(keys, expressed, 64 if most else 63)
        wanted = total - min(len(here), expressed)
        zeros = _find_zeros(cells, cell, most, zero_keys, zero_genes) if wanted else 0
        zero_limit = _limit(zero_keys[:zeros], wanted, 32 if most else 63)
        place, one = 0, 0
        for zero in range(zeros + 1):  # the expressed genes before each zero, then the zero
            before = zero_genes[zero] if zero < zeros else cells.last[cell]
            while one < len(here) and here[one, 0] < before:
                if keys[one] <= limit:
                    genes[cell, place], counts[cell, place] = here[one, 0], here[one, 1]
                    place += 1
                one += 1
            if zero < zeros and zero_keys[zero] <= zero_limit:
                genes[cell, place], counts[cell, place] = zero_genes[zero], 0
                place += 1
        used[cell] = place
        genes[cell, place:] = cells.first[cell]
        counts[cell, place:] = 0


class CompiledReader:
    """Loops compiled by numba; they hold no GIL, so that threads scale them."""

    def dense(self, cells: Cells, out: Floats) -> None:
        """Write the counts of B cells into (B, G), over what is there."""
        _dense(cells.pairs, cells.start, cells.stop, out)

    def choose(self, cells: Cells, *, expressed: int, total: int, most: bool) -> tuple[Ints, Floats, Ints]:
        """Choose the genes of the lowest keys; see :class:`scprint_model.corpus.draw.Reader`."""
        genes = np.empty((len(cells.start), total), np.int64)
        counts, used = np.empty(genes.shape, np.float32), np.empty(len(genes), np.int64)
        _choose(cells, expressed, most, genes, counts, used)
        return genes, counts, used
