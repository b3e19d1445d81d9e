"""Grow totally random trees, and let each explain all targets at once. Importing this imports numba."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bengrn_methods.forest.compiled import below, compiled, inlined
from bengrn_methods.forest.data import Data, Work
from bengrn_methods.forest.nodes import Node, divide
from bengrn_methods.forest.search import random_cut

__all__ = ["BLOCK", "Trees", "explain_block", "grow_shared", "make_trees"]

# targets that are explained at once: their sums over a node's cells stay in the processor's cache
BLOCK = 64


class Trees(NamedTuple):
    """B trees on n cells: nodes in the order in which they are met, a left child behind its parent."""

    cells_BN: npt.NDArray[np.uint32]  # those of a node stand side by side
    n_nodes_B: npt.NDArray[np.int64]
    feature_BM: npt.NDArray[np.int32]  # -1 in a leaf
    start_BM: npt.NDArray[np.int32]
    stop_BM: npt.NDArray[np.int32]
    right_BM: npt.NDArray[np.int32]  # the right child


def make_trees(n_trees: int, n_cells: int) -> Trees:
    """Return room for so many trees on so many cells: 36 bytes per tree and cell."""
    parts = (np.empty((n_trees, 2 * n_cells), dtype=np.int32) for _ in range(4))
    return Trees(np.empty((n_trees, n_cells), np.uint32), np.zeros(n_trees, np.int64), *parts)


@compiled
def grow_shared(trees: Trees, least: int, data: Data, work: Work) -> None:
    """Grow the trees on all cells: one random cut of one random feature a node.

    A feature that does not vary in a node, or whose cut would leave fewer than `least` cells on a side, is
    replaced by another; where none is left the node is a leaf.
    """
    n_cells = len(work.cells)
    for cell in range(n_cells):
        work.cells[cell], work.packed[cell] = cell, np.int64(1) << data.shift
    for tree in range(len(trees.n_nodes_B)):
        _grow(tree, trees, least, data, work)
        for place in range(n_cells):
            trees.cells_BN[tree, place] = work.cells[place]


@inlined
def _grow(tree: int, trees: Trees, least: int, data: Data, work: Work) -> None:
    """Grow one tree, depth first."""
    waiting, height, n_nodes = work.waiting, 1, 0
    waiting[0, 0], waiting[0, 1], waiting[0, 2] = 0, trees.cells_BN.shape[1], -1
    while height > 0:
        height -= 1
        start, stop, parent = int(waiting[height, 0]), int(waiting[height, 1]), waiting[height, 2]
        if parent >= 0:
            trees.right_BM[tree, parent] = n_nodes
        feature, cut, left = -1, -1, len(work.features)
        node = Node(start, stop, stop - start, 0.0)
        while left > 0 and cut < 0 and stop - start >= 2 * least:
            drawn = below(work.state, left)
            left -= 1
            feature = int(work.features[drawn])
            work.features[drawn], work.features[left] = work.features[left], feature
            _, cut, _ = random_cut(node, feature, -1.0, least, data, work)
        trees.feature_BM[tree, n_nodes] = feature if cut >= 0 else -1
        trees.start_BM[tree, n_nodes], trees.stop_BM[tree, n_nodes] = start, stop
        if cut >= 0:
            middle = divide(start, stop, feature, cut, data, work)
            waiting[height, 0], waiting[height, 1], waiting[height, 2] = middle, stop, n_nodes
            waiting[height + 1, 0], waiting[height + 1, 1], waiting[height + 1, 2] = start, middle, -1
            height += 2
        n_nodes += 1
    trees.n_nodes_B[tree] = n_nodes


@compiled
def explain_block(
    y_CK: npt.NDArray[np.float32],
    trees: Trees,
    sums_MK: npt.NDArray[np.float32],
    gain_PK: npt.NDArray[np.float32],
) -> None:
    """Add what each feature's cuts explain of a block of targets to gain_PK.

    A cut explains W_l W_r / W (mean_l - mean_r)^2, in units of y squared, for W cells of which W_l go left.

    Parameters
    ----------
    y_CK
        BLOCK targets, shape (cells, BLOCK), row-major.
    trees
        As `grow_shared` leaves them.
    sums_MK
        Room for the sums of all nodes of a tree.
    gain_PK
        Shape (features, BLOCK).
    """
    for tree in range(len(trees.n_nodes_B)):
        # children stand behind their parents
        for node in range(trees.n_nodes_B[tree] - 1, -1, -1):
            start, stop = trees.start_BM[tree, node], trees.stop_BM[tree, node]
            feature = trees.feature_BM[tree, node]
            if feature < 0:
                for one in range(BLOCK):
                    sums_MK[node, one] = 0.0
                for place in range(start, stop):
                    cell = trees.cells_BN[tree, place]
                    for one in range(BLOCK):
                        sums_MK[node, one] += y_CK[cell, one]
                continue
            left, right = node + 1, trees.right_BM[tree, node]
            middle = trees.start_BM[tree, right]
            by_left, by_right = np.float32(1.0 / (middle - start)), np.float32(1.0 / (stop - middle))
            share = np.float32((middle - start) * (stop - middle) / (stop - start))
            for one in range(BLOCK):
                a, b = sums_MK[left, one], sums_MK[right, one]
                sums_MK[node, one] = a + b
                difference = a * by_left - b * by_right
                gain_PK[feature, one] += share * difference * difference
