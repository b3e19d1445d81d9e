"""Grow the trees of one target's forest and add up what its regulators explain. Imports numba."""

import numpy as np
import numpy.typing as npt

from bengrn_methods.forest.compiled import below, compiled, inlined
from bengrn_methods.forest.data import Data, Work
from bengrn_methods.forest.nodes import ceiling_of, divide, look
from bengrn_methods.forest.split import Plan, best_split

__all__ = ["grow_forest"]


@compiled
def grow_forest(y_C: npt.NDArray[np.int64], plan: Plan, data: Data, work: Work) -> None:
    """Add the weighted variance reductions of all splits of all trees to `work.gain_P`.

    In units of y_C squared; divided by trees and cells they are the mean importances.

    Parameters
    ----------
    y_C
        The target as fixed-point numbers.
    plan, data
        How the trees grow, on which features.
    work
        New room, with the randomness.
    """
    waiting = work.waiting
    for _ in range(plan.n_trees):
        waiting[0, 0], waiting[0, 1], depth = 0, _draw_cells(y_C, plan, data, work), 1
        while depth > 0:
            depth -= 1
            start, stop = int(waiting[depth, 0]), int(waiting[depth, 1])
            node = look(start, stop, data, work)
            ceiling = ceiling_of(node, y_C, plan.least, data, work)
            if ceiling == 0.0:
                continue
            gain, feature, cut = best_split(node, ceiling, plan, data, work)
            if cut < 0:
                continue
            work.gain_P[feature] += gain * node.weight
            middle = divide(start, stop, feature, cut, data, work)
            waiting[depth, 0], waiting[depth, 1] = start, middle
            waiting[depth + 1, 0], waiting[depth + 1, 1] = middle, stop
            depth += 2


@inlined
def _draw_cells(y_C: npt.NDArray[np.int64], plan: Plan, data: Data, work: Work) -> int:
    """List the cells of a tree with their weights and targets; return how many they are."""
    n_cells, n = len(y_C), 0
    if plan.bootstrap:
        for cell in range(n_cells):
            work.weight_C[cell] = 0
        for _ in range(n_cells):
            work.weight_C[below(work.state, n_cells)] += 1
    for cell in range(n_cells):
        weight = work.weight_C[cell]
        if weight > 0:
            work.cells[n] = cell
            work.packed[n] = (weight << data.shift) + weight * y_C[cell]
            n += 1
    return n
