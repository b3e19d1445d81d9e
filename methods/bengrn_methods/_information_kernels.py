"""The compiled loops of the information methods. Importing this imports numba: do so inside functions."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["block_codes", "redundancy", "specific_information", "weakest_of_triplets"]

Function = TypeVar("Function", bound=Callable[..., object])
Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]


def _compiled(function: Function) -> Function:
    """Compile on the first call, keep the machine code on disk, run without the GIL; no fast-math."""
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


@_compiled
def block_codes(value_U: Floats, count_U: Places, log_N: Floats) -> Places:
    """Return the Bayesian block of each distinct value: Scargle et al. 2013, equations 19 and 21.

    The penalty of a block takes the number of distinct values up to its end, as Chan et al. 2017 do, not
    their number in all.

    Parameters
    ----------
    value_U
        Distinct values, ascending, at least two.
    count_U
        How often each occurs.
    log_N
        Logarithms of 0 (unused), 1, 2, ... up to the number of values.
    """
    n = len(value_U)
    edge = np.empty(n + 1)
    edge[0], edge[n] = value_U[0], value_U[n - 1]
    before = np.zeros(n + 1, dtype=np.int64)
    for one in range(n):
        before[one + 1] = before[one] + count_U[one]
        if one > 0:
            edge[one] = 0.5 * (value_U[one - 1] + value_U[one])
    best, first = np.zeros(n + 1), np.zeros(n, dtype=np.int64)
    alive, n_alive = np.empty(n, dtype=np.int64), 0
    gain = np.empty(n)
    for end in range(n):
        alive[n_alive] = end
        n_alive += 1
        top = -np.inf
        for place in range(n_alive):
            start = alive[place]
            held = before[end + 1] - before[start]
            gain[place] = best[start] + held * (log_N[held] - np.log(edge[end + 1] - edge[start]))
            if gain[place] > top:
                top, first[end] = gain[place], start
        best[end + 1] = top - (4.0 - np.log(73.53 * 0.05 * (end + 1.0) ** -0.478))
        # two blocks never fit worse than their union (log-sum inequality): a start that is worse than
        # starting anew here is never the best again (Killick et al. 2012)
        kept = 0
        for place in range(n_alive):
            if gain[place] >= best[end + 1]:
                alive[kept] = alive[place]
                kept += 1
        n_alive = kept
    code_U = np.zeros(n, dtype=np.int64)
    end = n
    while end > 0:
        start = first[end - 1]
        if start > 0:
            code_U[start] = 1
        end = start
    return np.cumsum(code_U)


@_compiled
def _cells_by_state(code_C: Codes, count_B: Places, common: int) -> tuple[Places, Places]:
    """Return where each state's cells begin, (B + 1,), and the cells, without those of one state."""
    begin = np.zeros(len(count_B) + 1, dtype=np.int64)
    for state in range(len(count_B)):
        begin[state + 1] = begin[state] + (0 if state == common else count_B[state])
    free = begin.copy()
    cells = np.empty(begin[-1], dtype=np.int64)
    for cell in range(len(code_C)):
        state = code_C[cell]
        if state != common:
            cells[free[state]] = cell
            free[state] += 1
    return begin, cells


@_compiled
def specific_information(
    gene: int, partners: Places, code_GC: Codes, count_GB: Places, log_N: Floats
) -> Floats:
    """Return what each partner tells of each state of one gene, in nats, shape (B, P).

    i(y; X) = sum over x of p(x | y) log(p(x | y) / p(x)), as in Williams and Beer 2010,
    https://doi.org/10.48550/arXiv.1004.2515. Its mean over the states of the gene is the mutual information.

    Parameters
    ----------
    gene, partners
        Whose states, and the P genes that tell of them.
    code_GC, count_GB
        The state of each gene in each cell, from 0; and in how many cells it has each of up to B states.
    log_N
        Logarithms of 0 (here: 0), 1, 2, ... up to the number of cells.
    """
    n_states = count_GB.shape[1]
    common = int(np.argmax(count_GB[gene]))
    begin, cells = _cells_by_state(code_GC[gene], count_GB[gene], common)
    found = np.zeros((n_states, len(partners)))
    joint, rest = np.empty(n_states, dtype=np.int64), np.empty(n_states, dtype=np.int64)
    for place in range(len(partners)):
        code_C, count_B = code_GC[partners[place]], count_GB[partners[place]]
        n_partner = n_states
        while count_B[n_partner - 1] == 0:
            n_partner -= 1
        rest[:n_partner] = count_B[:n_partner]
        for step in range(n_states + 1):
            # the most common state comes last: it has what the others leave, and need not be counted
            state = step if step < n_states else common
            held = count_GB[gene, state]
            if step == common or held == 0:
                continue
            if step == n_states:
                joint[:n_partner] = rest[:n_partner]
            else:
                joint[:n_partner] = 0
                for cell in cells[begin[state] : begin[state + 1]]:
                    joint[code_C[cell]] += 1
            total = 0.0
            for other in range(n_partner):
                together = joint[other]
                rest[other] -= together
                total += together * (log_N[together] - log_N[count_B[other]])
            found[state, place] = max(total / held - log_N[held] + log_N[len(code_C)], 0.0)
    return found


@_compiled
def redundancy(information_BP: Floats, weight_B: Floats) -> Floats:
    """Return, for each of P sources, its redundant information about a target, summed over the others.

    Redundant with one other source is the sum over the target's states of weight x the lesser of both
    specific informations (Williams and Beer's I_min). In ascending order, the lesser of a source and those
    before it is theirs, of it and those behind it its own: one sort does for P^2 pairs.

    Parameters
    ----------
    information_BP
        Specific information of each source about each of B states.
    weight_B
        How probable each state is.
    """
    n = information_BP.shape[1]
    found = np.zeros(n)
    for state in range(len(weight_B)):
        if weight_B[state] == 0:
            continue
        below = 0.0
        order = np.argsort(information_BP[state])
        for rank in range(n):
            own = information_BP[state, order[rank]]
            found[order[rank]] += weight_B[state] * (below + own * (n - 1 - rank))
            below += own
    return found


@_compiled
def weakest_of_triplets(
    gene: int, information_GG: npt.NDArray[np.float32], tolerance: float
) -> npt.NDArray[np.bool_]:
    """Return which pairs of one gene are the weakest of some triplet (ARACNE's data processing inequality).

    A pair goes where both others of a triplet, less the tolerance, are over it.
    """
    n = information_GG.shape[0]
    own_G = information_GG[gene]
    order = np.argsort(-own_G)
    weakest = np.zeros(n, dtype=np.bool_)
    for partner in range(n):
        if partner == gene:
            continue
        limit = own_G[partner]
        for third in order:
            if own_G[third] * (1.0 - tolerance) <= limit:
                break
            if third not in (gene, partner) and information_GG[partner, third] * (1.0 - tolerance) > limit:
                weakest[partner] = True
                break
    return weakest
