"""Boost the trees of one target until they no longer generalise. Importing this imports numba."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bengrn_methods.forest.compiled import below, compiled, inlined
from bengrn_methods.forest.data import Data, Work
from bengrn_methods.forest.nodes import Node, ceiling_of, divide, look
from bengrn_methods.forest.split import Plan, best_split

__all__ = ["Boosting", "Residuals", "boost", "start_boosting"]


class Boosting(NamedTuple):
    """How trees follow one another."""

    rate: float  # what part of a prediction is taken
    n_inside: int  # the cells that a tree is grown on; the others judge it
    depth: int  # the most splits between root and leaf
    window: int  # stop when the mean improvement of so many last trees is negative


class Residuals(NamedTuple):
    """What is left to explain, and what each tree improved."""

    residual_C: npt.NDArray[np.float64]
    whole_C: npt.NDArray[np.int64]  # as fixed-point numbers
    span: float  # no residual is larger
    step: float  # the worth of a step of the fixed-point numbers
    order_C: npt.NDArray[np.int64]  # of the cells, as drawn
    improvement_B: npt.NDArray[np.float64]  # by tree


def start_boosting(y_C: npt.NDArray[np.float64], n_trees: int, data: Data) -> Residuals:
    """Return the residuals of a target that varies, before the first tree."""
    # a prediction lies within the targets, so that a residual is no larger than their range
    span = float(y_C.max() - y_C.min())
    return Residuals(
        residual_C=y_C - y_C.mean(),
        whole_C=np.empty(len(y_C), dtype=np.int64),
        span=span,
        step=2.0 * span / (2**data.target_bits - 1),
        order_C=np.arange(len(y_C)),
        improvement_B=np.zeros(n_trees),
    )


@compiled
def boost(residuals: Residuals, plan: Plan, boosting: Boosting, data: Data, work: Work) -> int:
    """Grow trees until they no longer improve on cells left out; return how many there are.

    Their variance reductions are added to `work.gain_P`, in units of a step squared. An improvement is the
    mean squared residual before a tree less that after it, of the same cells, which the tree left out.

    Parameters
    ----------
    residuals
        As `start_boosting` returns them; changed.
    plan, boosting, data
        The trees, how they follow one another, the features.
    work
        New room, with the randomness.
    """
    waiting, n_cells = work.waiting, len(residuals.residual_C)
    for tree in range(plan.n_trees):
        _draw_cells(boosting.n_inside, residuals, data, work)
        before = _loss(boosting.n_inside, residuals, work)
        waiting[0, 0], waiting[0, 1], waiting[0, 4], height = 0, boosting.n_inside, 0, 1
        waiting[0, 2], waiting[0, 3] = boosting.n_inside, n_cells
        while height > 0:
            height -= 1
            start, stop, depth = waiting[height, 0], waiting[height, 1], waiting[height, 4]
            outside, last = waiting[height, 2], waiting[height, 3]  # cells left out, in the same node
            node, ceiling, gain, feature, cut = look(start, stop, data, work), 0.0, 0.0, -1, -1
            if depth < boosting.depth:
                ceiling = ceiling_of(node, residuals.whole_C, plan.least, data, work)
            if ceiling > 0.0:
                gain, feature, cut = best_split(node, ceiling, plan, data, work)
            if cut < 0:
                _predict(boosting.rate, node, outside, last, residuals, work)
                continue
            work.gain_P[feature] += gain * node.weight
            cut = _halfway(node, feature, cut, data, work)
            middle = divide(start, stop, feature, cut, data, work)
            middle_outside = divide(outside, last, feature, cut, data, work)
            waiting[height, 1], waiting[height, 3], waiting[height, 4] = middle, middle_outside, depth + 1
            height += 1
            waiting[height, 0], waiting[height, 1], waiting[height, 4] = middle, stop, depth + 1
            waiting[height, 2], waiting[height, 3] = middle_outside, last
            height += 1
        residuals.improvement_B[tree] = before - _loss(boosting.n_inside, residuals, work)
        if tree + 1 >= boosting.window and _recent(tree, boosting.window, residuals) < 0.0:
            return tree + 1
    return plan.n_trees


@inlined
def _draw_cells(n_inside: int, residuals: Residuals, data: Data, work: Work) -> None:
    """List the cells that a tree is grown on, then those left out, with their residuals."""
    order_C, n_cells = residuals.order_C, len(residuals.order_C)
    for place in range(n_cells - 1, n_inside - 1, -1):
        drawn = below(work.state, place + 1)
        order_C[place], order_C[drawn] = order_C[drawn], order_C[place]
    for place in range(n_cells):
        cell = order_C[place]
        whole = np.int64((residuals.residual_C[cell] + residuals.span) / residuals.step + 0.5)
        residuals.whole_C[cell] = whole
        work.cells[place] = cell
        work.packed[place] = (np.int64(1) << data.shift) + whole


@inlined
def _halfway(node: Node, feature: int, cut: int, data: Data, work: Work) -> int:
    """Return the last code below halfway between the two sides of a cut: where cells left out divide."""
    low, high = np.int64(cut), np.int64(data.n_codes)
    for place in range(node.start, node.stop):
        code = np.int64(data.code_PC[feature, work.cells[place]])
        high = code if low < code < high else high
    first = data.first_P[feature]
    half = 0.5 * np.float64(data.lowest[first + low]) + 0.5 * np.float64(data.lowest[first + high])
    while high - low > 1:
        middle = (low + high) >> 1
        if data.lowest[first + middle] <= half:
            low = middle
        else:
            high = middle
    return int(low)


@inlined
def _loss(n_inside: int, residuals: Residuals, work: Work) -> float:
    """Return the mean squared residual of the cells that were left out."""
    total, n_cells = 0.0, len(work.cells)
    for place in range(n_inside, n_cells):
        total += residuals.residual_C[work.cells[place]] ** 2
    return total / (n_cells - n_inside)


@inlined
def _predict(rate: float, node: Node, outside: int, last: int, residuals: Residuals, work: Work) -> None:
    """Take part of the mean residual of a leaf off all its cells."""
    total = 0.0
    for place in range(node.start, node.stop):
        total += residuals.residual_C[work.cells[place]]
    taken = rate * total / (node.stop - node.start)
    for place in range(node.start, node.stop):
        residuals.residual_C[work.cells[place]] -= taken
    for place in range(outside, last):
        residuals.residual_C[work.cells[place]] -= taken


@inlined
def _recent(tree: int, window: int, residuals: Residuals) -> float:
    """Return the sum of the improvements of the last trees."""
    total = 0.0
    for one in range(tree + 1 - window, tree + 1):
        total += residuals.improvement_B[one]
    return total
