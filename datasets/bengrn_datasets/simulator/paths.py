"""The differentiation kernel: all genes of some cells of one type, step by step, until they have settled.

Importing this module imports numba: do so inside functions.
"""

import math
from typing import NamedTuple

import numpy as np

from bengrn_datasets.simulator.arguments import Edges, Floats, Integers, Process
from bengrn_datasets.simulator.chains import add_production
from bengrn_datasets.simulator.compiled import compiled
from bengrn_datasets.simulator.normals import normals, random_words

__all__ = ["Kept", "Kinetics", "follow"]

_WINDOW = 10  # steps over which a level is averaged before it is compared with its steady state
_LIMIT = 500_000  # steps: a type that has not settled by then is given up

_f4, _u8 = np.float32, np.uint64
_ZERO = _f4(0)
_HALF = _u8(32)


class Kinetics(NamedTuple):
    """Constants of the G genes in one cell type; row 0 is unspliced, row 1 spliced RNA."""

    order: Integers  # targets before their regulators: they see those at the step's beginning
    rate: Floats  # production that does not depend on others: that of masters
    decay_2G: Floats
    noise_2G: Floats  # times the root of dt
    steady_2G: Floats


class Kept(NamedTuple):
    """A uniform sample, without replacement, of all moments of all cells (a reservoir of C slots)."""

    x_C2G: Floats
    step_C: Integers


@compiled
def _advance(
    x_2N: Floats,
    p_N: Floats,
    z_N: Floats,
    decay_2: Floats,
    noise_2: Floats,
    unspliced: Process,
    spliced: Process,
) -> None:
    """Make one step of one gene; splicing is the decay of unspliced and the production of spliced RNA."""
    cells, dt = len(p_N), unspliced.dt
    u_N, s_N = x_2N
    for n in range(cells):
        u, s, p = u_N[n], s_N[n], p_N[n]
        d, e = decay_2[0] * u, decay_2[1] * s
        a = noise_2[0] * (math.sqrt(p + unspliced.together * d) + unspliced.apart * math.sqrt(d))
        b = noise_2[1] * (math.sqrt(d + spliced.together * e) + spliced.apart * math.sqrt(e))
        u_N[n] = max(u + dt * (p - d) + a * z_N[n], _ZERO)
        s_N[n] = max(s + dt * (d - e) + b * z_N[cells + n], _ZERO)


@compiled
def _settle(phase_G: Integers, recent_W2GN: Floats, filled: int, steady_2G: Floats) -> bool:
    """Move genes from phase 0 to 1 (unspliced RNA has settled) to 2 (spliced, too); say if all were at 2."""
    settled = 0
    for gene in range(len(phase_G)):
        kind = phase_G[gene]
        if kind == 2:
            settled += 1
            continue
        goal = steady_2G[kind, gene]
        tolerance = goal * (_f4(0.2) if goal < 1 else _f4(0.1))
        for n in range(recent_W2GN.shape[3]):
            if abs(recent_W2GN[:filled, kind, gene, n].mean() - goal) < tolerance:  # one cell is enough
                phase_G[gene] += 1
                break
    return settled == len(phase_G)


@compiled
def _remember(kept: Kept, x_2GN: Floats, step: int, cell_type: int, process: Process) -> None:
    """Give each cell's present state its chance in the sample (Vitter 1985, algorithm R)."""
    cells, room = x_2GN.shape[2], len(kept.step_C)
    words_4Q = np.empty((4, (cells + 1) // 2), np.uint32)
    random_words(words_4Q, step, x_2GN.shape[1], cell_type, 0, process.key)  # no gene has this number
    word_N = words_4Q.reshape(-1)
    for n in range(cells):
        seen = step * cells + n
        slot = seen
        if seen >= room:
            slot = np.int64(((_u8(word_N[n]) << _HALF) | _u8(word_N[cells + n])) % _u8(seen + 1))
        if slot < room:
            kept.step_C[slot] = step
            kept.x_C2G[slot] = x_2GN[:, :, n]


@compiled
def _advance_all(
    x_2GN: Floats,
    step: int,
    cell_type: int,
    kinetics: Kinetics,
    edges: Edges,
    unspliced: Process,
    spliced: Process,
) -> None:
    """Make one step of all genes."""
    cells = x_2GN.shape[2]
    p_N, quarter = np.empty(cells, _f4), (cells + 1) // 2
    z_4Q, words_4Q = np.empty((4, quarter), _f4), np.empty((4, quarter), np.uint32)
    for gene in kinetics.order:
        p_N[:] = kinetics.rate[gene]
        for edge in range(edges.start[gene], edges.start[gene + 1]):
            seen_N = x_2GN[0, edges.regulator[edge]]
            add_production(p_N, seen_N, edges.strength[edge], edges.half[edge], edges.hill[edge])
        normals(z_4Q, words_4Q, step, gene, cell_type, 0, unspliced.key)
        decay_2, noise_2 = kinetics.decay_2G[:, gene], kinetics.noise_2G[:, gene]
        _advance(x_2GN[:, gene], p_N, z_4Q.reshape(-1), decay_2, noise_2, unspliced, spliced)


@compiled
def follow(
    x_2GN: Floats,
    cell_type: int,
    sampling_state: int,
    kinetics: Kinetics,
    edges: Edges,
    unspliced: Process,
    spliced: Process,
    kept: Kept,
) -> tuple[int, int]:
    """Follow N cells from `x_2GN` until all genes have settled, and `sampling_state / N` times as long again.

    Returns
    -------
    moments, gene
        How many moments, the first included, there were before all had settled, and -1; or 0 and the
        position of a gene that has not settled.
    """
    recent_W2GN = np.empty((_WINDOW, *x_2GN.shape), _f4)
    phase_G = np.zeros(x_2GN.shape[1], np.int64)
    step, settled, last = 0, 0, _LIMIT
    recent_W2GN[0] = x_2GN
    _remember(kept, x_2GN, step, cell_type, unspliced)
    while step < last:
        step += 1
        _advance_all(x_2GN, step, cell_type, kinetics, edges, unspliced, spliced)
        _remember(kept, x_2GN, step, cell_type, unspliced)
        if settled:
            continue
        recent_W2GN[step % _WINDOW] = x_2GN
        # the original looks for the first time after as many moments as cells are wanted
        if step + 1 >= len(kept.step_C):
            filled = min(_WINDOW, step + 1)
            if _settle(phase_G, recent_W2GN, filled, kinetics.steady_2G):
                settled = step + 1
                last = step - (-sampling_state * settled) // x_2GN.shape[2]
    return settled, -1 if settled else int(np.argmin(phase_G))
