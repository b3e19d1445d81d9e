"""The steady-state kernel: chains (gene and cell type) of one layer, sixteen at a time.

A chain is sequential, but sixteen side by side fill the processor's vectors. A block of 256 steps is
handled at once: production and noise of all its steps first (regulators are already simulated), then
the recursion. Importing this module imports numba: do so inside functions.
"""

import math
from typing import NamedTuple

import numpy as np

from bengrn_datasets.simulator.arguments import Edges, Floats, Integers, Process
from bengrn_datasets.simulator.compiled import compiled
from bengrn_datasets.simulator.normals import normals

__all__ = ["BLOCK", "LANES", "Layer", "Store", "add_production", "simulate_chains"]

LANES = 16
BLOCK = 256
_QUARTER = BLOCK // 4

_f4 = np.float32
_ZERO, _ONE, _TWO, _TINY, _INFINITE = _f4(0), _f4(1), _f4(2), _f4(1e-30), _f4(np.inf)


class Layer(NamedTuple):
    """N genes that are simulated side by side, in each of B cell types."""

    gene: Integers
    row: Integers  # where the levels are kept for later layers; -1: nowhere
    rate_NB: Floats  # production that does not depend on others: that of masters
    start_NB: Floats
    decay: Floats
    noise: Floats  # times the root of dt


class Store(NamedTuple):
    """What is kept of a simulation: all levels of the R regulators, and the C cells of each type."""

    x_RBS: Floats  # S steps, a multiple of BLOCK
    step_C: Integers  # the steps at which the cells are taken
    cells_GBC: Floats


@compiled
def add_production(
    p_T: Floats, x_T: Floats, strength: np.float32, half: np.float32, hill: np.float32
) -> None:
    """Add to `p_T` what a regulator at the levels `x_T` causes: |K| Hill, or |K| (1 - Hill) if K < 0."""
    size = abs(strength)
    if hill == _TWO:
        half_2 = max(half * half, _TINY)  # never 0 / 0
        for t in range(len(x_T)):
            x_2 = x_T[t] * x_T[t]
            p_T[t] += size * (x_2 if strength > _ZERO else half_2) / (half_2 + x_2)
    else:
        for t in range(len(x_T)):
            # a power of the ratio: x and half alone may overflow
            inverse = (half / x_T[t]) ** hill if x_T[t] > _ZERO else _INFINITE
            share = _ONE / (_ONE + inverse)
            p_T[t] += size * (share if strength > _ZERO else _ONE - share)


@compiled
def _recur(
    x_TL: Floats, z_TL: Floats, now_L: Floats, decay_L: Floats, noise_L: Floats, process: Process
) -> None:
    """Replace production in `x_TL` by the levels it leads to, the first of which is `now_L`."""
    dt, together, apart, _ = process
    for t in range(x_TL.shape[0]):
        for lane in range(LANES):
            now, p = now_L[lane], x_TL[t, lane]
            x_TL[t, lane] = now
            d = decay_L[lane] * now
            amplitude = noise_L[lane] * (math.sqrt(p + together * d) + apart * math.sqrt(d))
            now_L[lane] = max(now + dt * (p - d) + amplitude * z_TL[t, lane], _ZERO)


@compiled
def _produce(x_T: Floats, n: int, b: int, block: int, layer: Layer, edges: Edges, x_RBS: Floats) -> None:
    """Write the production of a gene in a type in a block."""
    x_T[:] = layer.rate_NB[n, b]
    for edge in range(edges.start[layer.gene[n]], edges.start[layer.gene[n] + 1]):
        seen_T = x_RBS[edges.regulator[edge], b, block * BLOCK : (block + 1) * BLOCK]
        add_production(x_T, seen_T, edges.strength[edge], edges.half[edge], edges.hill[edge])


@compiled
def _simulate_group(
    x_LS: Floats, group: int, layer: Layer, edges: Edges, x_RBS: Floats, process: Process
) -> None:
    """Simulate the chains from `group` on, one for each row of `x_LS`."""
    types, lanes = x_RBS.shape[1], len(x_LS)
    x_TL, z_TL = np.zeros((BLOCK, LANES), _f4), np.zeros((BLOCK, LANES), _f4)
    x_T, z_4Q = np.empty(BLOCK, _f4), np.empty((4, _QUARTER), _f4)
    words_4Q = np.empty((4, _QUARTER), np.uint32)
    now_L, decay_L, noise_L = np.zeros(LANES, _f4), np.zeros(LANES, _f4), np.zeros(LANES, _f4)
    for lane in range(lanes):
        n, b = divmod(group + lane, types)
        now_L[lane], decay_L[lane], noise_L[lane] = layer.start_NB[n, b], layer.decay[n], layer.noise[n]
    for block in range(x_LS.shape[1] // BLOCK):
        for lane in range(lanes):
            n, b = divmod(group + lane, types)
            _produce(x_T, n, b, block, layer, edges, x_RBS)
            normals(z_4Q, words_4Q, 0, layer.gene[n], b, block * _QUARTER, process.key)
            x_TL[:, lane] = x_T
            z_TL[:, lane] = z_4Q.reshape(BLOCK)
        _recur(x_TL, z_TL, now_L, decay_L, noise_L, process)
        for lane in range(lanes):
            x_LS[lane, block * BLOCK : (block + 1) * BLOCK] = x_TL[:, lane]


@compiled
def simulate_chains(
    first: int, last: int, layer: Layer, edges: Edges, process: Process, store: Store
) -> None:
    """Simulate the chains `first` to `last` (excluded) of a layer, and write them into the store.

    Chain i is the gene i // B of the layer in the type i % B.
    """
    types, steps = store.x_RBS.shape[1:]
    room_LS = np.empty((LANES, steps), _f4)
    for group in range(first, last, LANES):
        x_LS = room_LS[: last - group]
        _simulate_group(x_LS, group, layer, edges, store.x_RBS, process)
        for lane in range(len(x_LS)):
            n, b = divmod(group + lane, types)
            cells_C = store.cells_GBC[layer.gene[n], b]
            for cell in range(len(cells_C)):
                cells_C[cell] = x_LS[lane, store.step_C[cell]]
            if layer.row[n] >= 0:
                store.x_RBS[layer.row[n], b] = x_LS[lane]
