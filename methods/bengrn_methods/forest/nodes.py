"""Nodes of a tree: what they hold, what they can gain at most, and how they are divided. Imports numba."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bengrn_methods.forest.compiled import inlined
from bengrn_methods.forest.data import Data, Work

__all__ = ["Node", "ceiling_of", "divide", "look"]

# nodes of at most this many cells know the best division there is: there it often ends a search
_FEW = 16


class Node(NamedTuple):
    """The cells of a node, as a range of places in `Work.cells`, with their weight and mean target."""

    start: int
    stop: int
    weight: int
    mean: float  # as a fixed-point number


@inlined
def look(start: int, stop: int, data: Data, work: Work) -> Node:
    """Add up the cells of a node."""
    total = np.int64(0)
    for place in range(start, stop):
        total += work.packed[place]
    weight = int(total >> data.shift)
    mean = np.float64(total & ((np.int64(1) << data.shift) - 1)) * data.inverse_W[weight]
    return Node(start, stop, weight, mean)


@inlined
def ceiling_of(node: Node, y_C: npt.NDArray[np.int64], least: int, data: Data, work: Work) -> float:
    """Return a bound on what a division of this node gains; 0 where it must stay whole.

    The best division in two is one by the targets themselves (Fisher 1958,
    https://doi.org/10.1080/01621459.1958.10501479). A search that has found as much, up to rounding, may
    end: features looked at later could only tie, and the first of equals is kept. Looked up for small nodes.
    """
    n, start = node.stop - node.start, node.start
    if n < 2 or node.weight < 2 * least:
        return 0.0
    if n > _FEW:
        y = y_C[work.cells[start]]
        for place in range(start + 1, node.stop):
            if y_C[work.cells[place]] != y:
                return np.inf
        return 0.0
    keys, sorted_packed = work.keys, work.later_packed
    for place in range(n):
        both, y = work.packed[start + place], y_C[work.cells[start + place]]
        spot = place
        while spot > 0 and keys[spot - 1] > y:
            keys[spot], sorted_packed[spot] = keys[spot - 1], sorted_packed[spot - 1]
            spot -= 1
        keys[spot], sorted_packed[spot] = y, both
    if keys[0] == keys[n - 1]:
        return 0.0
    best, left, mask = 0.0, np.int64(0), (np.int64(1) << data.shift) - 1
    for place in range(n - 1):
        left += sorted_packed[place]
        weight = left >> data.shift
        excess = np.float64(left & mask) - node.mean * weight
        best = max(best, excess * excess * (data.inverse_W[weight] * data.inverse_W[node.weight - weight]))
    return best * (1.0 - 1e-9)


@inlined
def divide(start: int, stop: int, feature: int, cut: int, data: Data, work: Work) -> int:
    """Put the cells up to the cut before the others, each side in its order; return where these begin."""
    left, right = start, 0
    for place in range(start, stop):
        cell, both = work.cells[place], work.packed[place]
        goes_left = int(data.code_PC[feature, cell] <= cut)
        work.cells[left], work.packed[left] = cell, both  # the last place written so far is read already
        work.later_cells[right], work.later_packed[right] = cell, both
        left += goes_left
        right += 1 - goes_left
    for place in range(right):
        work.cells[left + place], work.packed[left + place] = (
            work.later_cells[place],
            work.later_packed[place],
        )
    return left
