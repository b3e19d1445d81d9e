"""What all trees of a target read, their room to work in, and targets as fixed-point numbers."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bengrn_methods.forest.codes import Codes

__all__ = ["Data", "Work", "fixed_point", "make_work", "stream", "tabulate"]

Ints = npt.NDArray[np.int64]

# a float64 holds integers of this many bits exactly
_EXACT_BITS = 52


class Data(NamedTuple):
    """What all trees of all targets read.

    `shift` bits hold a sum of targets, `target_bits` one target, so that the sum over all weights fits.
    """

    code_PC: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
    lowest: npt.NDArray[np.float32]  # see `Codes`
    first_P: Ints
    inverse_W: npt.NDArray[np.float64]  # 1 / weight; 0 for no weight
    n_codes: int
    group: int  # a bit of a summary stands for 2^group words of `Work.occupied`
    shift: int
    target_bits: int


class Work(NamedTuple):
    """Room for the trees of one target.

    A cell's weight and its weight times its target stand in one integer, `packed`: the target as a
    fixed-point number in the low `Data.shift` bits, the weight above. One addition adds both, and no sum
    is rounded.
    """

    state: npt.NDArray[np.uint64]  # of the stream of random numbers
    features: npt.NDArray[np.int32]  # which may be used; reordered as they are drawn
    gain_P: npt.NDArray[np.float64]  # what the splits explained so far
    weight_C: Ints
    cells: npt.NDArray[np.uint32]  # those of a node stand side by side
    packed: Ints  # their weights and targets, in the same order
    later_cells: npt.NDArray[np.uint32]  # for partitions and sorting, like the next two
    later_packed: Ints
    keys: Ints
    histogram: Ints  # by code; all 0 between searches
    occupied: npt.NDArray[np.uint64]  # a bit per code; all 0 between searches
    waiting: Ints  # nodes that are still to be divided


def tabulate(codes: Codes) -> Data:
    """Return codes with the tables that growing trees needs."""
    n_cells = codes.code_PC.shape[1]
    inverse_W = np.zeros(n_cells + 1)
    inverse_W[1:] = 1.0 / np.arange(1, n_cells + 1)
    weight_bits = n_cells.bit_length()
    shift = min(_EXACT_BITS, 63 - weight_bits)
    group = 0
    while (codes.n_codes - 1) >> (6 + group) > 63:
        group += 1
    tables = codes.lowest, codes.first_P, inverse_W
    return Data(codes.code_PC, *tables, codes.n_codes, group, shift, shift - weight_bits)


def make_work(data: Data, features: npt.NDArray[np.int32], seed: int) -> Work:
    """Return room for the trees of one target, about 80 bytes per cell."""
    n_features, n_cells = data.code_PC.shape
    return Work(
        state=stream(seed),
        features=features.copy(),
        gain_P=np.zeros(n_features),
        weight_C=np.ones(n_cells, dtype=np.int64),
        cells=np.empty(n_cells, dtype=np.uint32),
        packed=np.empty(n_cells, dtype=np.int64),
        later_cells=np.empty(n_cells, dtype=np.uint32),
        later_packed=np.empty(n_cells, dtype=np.int64),
        keys=np.empty(64, dtype=np.int64),
        histogram=np.zeros(data.n_codes, dtype=np.int64),
        occupied=np.zeros(data.n_codes // 64 + 16, dtype=np.uint64),
        waiting=np.empty((n_cells + 1, 5), dtype=np.int64),
    )


def stream(seed: int) -> npt.NDArray[np.uint64]:
    """Return the state of a stream of random numbers, shape (1,): other seeds are far from each other."""
    return np.random.SeedSequence(seed).generate_state(1, np.uint64).astype(np.uint64)


def fixed_point(y_C: npt.NDArray[np.float64], bits: int) -> tuple[Ints, float]:
    """Return a target that varies as integers of so many bits, lowest value 0, and what one step is worth.

    Its sums are exact, whatever their order. 1,000 cells leave 42 bits, a million 23: more than the 24 of a
    float32, and about as many.
    """
    low = float(y_C.min())
    step = (float(y_C.max()) - low) / (2**bits - 1)
    return np.rint((y_C - low) / step).astype(np.int64), step
