"""What the kernels are given: named tuples of arrays, which numba understands."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bengrn_datasets.simulator.inputs import noise_weights
from bengrn_datasets.simulator.network import GeneCircuit

__all__ = ["Edges", "Floats", "Integers", "Key", "Process", "edges_by_target", "make_process"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Key = tuple[np.uint32, np.uint32]


class Edges(NamedTuple):
    """The edges by target: those of gene g lie between `start[g]` and `start[g + 1]`."""

    start: Integers
    regulator: Integers  # the row of the regulator where its levels are kept
    strength: Floats
    half: Floats
    hill: Floats


class Process(NamedTuple):
    """The equation's constants: the noise's amplitude is q (root(P + together D) + apart root(D))."""

    dt: np.float32
    together: np.float32
    apart: np.float32
    key: Key  # of the random numbers


def edges_by_target(circuit: GeneCircuit, row_G: Integers, mean_GB: npt.NDArray[np.float64]) -> Edges:
    """Sort the edges; `row_G` says where a regulator's levels are kept, `mean_GB` gives half responses."""
    start, order_E = circuit.incoming()
    regulator_E = circuit.regulator_E[order_E]
    return Edges(
        start,
        row_G[regulator_E],
        circuit.strength_E[order_E].astype(np.float32),
        mean_GB.mean(axis=1)[regulator_E].astype(np.float32),
        circuit.hill_E[order_E].astype(np.float32),
    )


def make_process(noise_type: str, dt: float, seed: int) -> Process:
    """Check the settings that all genes share, and turn the seed into a key."""
    if not (np.isfinite(dt) and dt > 0):
        raise ValueError(f"dt is {dt}; it must be positive")
    if seed != int(seed) or seed < 0:
        raise ValueError(f"the seed is {seed}; expected a whole number, not negative")
    together, apart = noise_weights(noise_type)
    first, second = np.random.SeedSequence(int(seed)).generate_state(2, np.uint32)
    return Process(np.float32(dt), np.float32(together), np.float32(apart), (first, second))
