"""Find the best threshold of one feature among the cells of a node. Importing this imports numba.

A gain is the variance reduction per unit of weight: squared excess over the mean, over both weights. Every
search returns a gain over `best`, the last code on the left of its cut (-1 where nothing beats `best`), and
whether the feature varies in the node.
"""

import numpy as np

from bengrn_methods.forest.compiled import inlined, lowest_bit, uniform
from bengrn_methods.forest.data import Data, Work
from bengrn_methods.forest.nodes import Node

__all__ = ["best_cut", "random_cut"]

# at most this many cells are sorted one by one; more are added up by code
_FEW = 5
_NONE = -1


@inlined
def best_cut(
    node: Node, feature: int, best: float, least: int, data: Data, work: Work
) -> tuple[float, int, bool]:
    """Look at every threshold between codes that leaves the weight `least` on both sides."""
    if node.stop - node.start <= _FEW:
        return _best_of_few(node, feature, best, least, data, work)
    return _best_of_many(node, feature, best, least, data, work)


@inlined
def _best_of_many(
    node: Node, feature: int, best: float, least: int, data: Data, work: Work
) -> tuple[float, int, bool]:
    """Add the cells up by code; a bitmap leads from one code that occurs to the next."""
    summary, one, by_group = np.uint64(0), np.uint64(1), np.uint64(6 + data.group)
    for place in range(node.start, node.stop):
        code = np.uint64(data.code_PC[feature, work.cells[place]])
        work.histogram[code] += work.packed[place]
        work.occupied[code >> np.uint64(6)] |= one << (code & np.uint64(63))
        summary |= one << (code >> by_group)
    cut, varies, left, mask = _NONE, False, np.int64(0), (np.int64(1) << data.shift) - 1
    while summary != 0:
        first = lowest_bit(summary) << data.group
        summary &= summary - one
        for word in range(first, first + (1 << data.group)):
            bits = work.occupied[word]
            work.occupied[word] = 0
            while bits != 0:
                here = (word << 6) | lowest_bit(bits)
                bits &= bits - one
                left += work.histogram[here]
                work.histogram[here] = 0
                weight = left >> data.shift
                rest = node.weight - weight
                varies |= rest > 0
                excess = np.float64(left & mask) - node.mean * weight
                gain = excess * excess * (data.inverse_W[weight] * data.inverse_W[rest])
                if gain > best and weight >= least and rest >= least:
                    best, cut = gain, here
    return best, cut, varies


@inlined
def _best_of_few(
    node: Node, feature: int, best: float, least: int, data: Data, work: Work
) -> tuple[float, int, bool]:
    """Sort the cells by code."""
    n, cut, left, keys = node.stop - node.start, _NONE, np.int64(0), work.keys
    for place in range(n):
        key = (np.int64(data.code_PC[feature, work.cells[node.start + place]]) << 8) | place
        spot = place
        while spot > 0 and keys[spot - 1] > key:
            keys[spot] = keys[spot - 1]
            spot -= 1
        keys[spot] = key
    if keys[0] >> 8 == keys[n - 1] >> 8:
        return best, cut, False
    mask = (np.int64(1) << data.shift) - 1
    for place in range(n - 1):
        left += work.packed[node.start + (keys[place] & 255)]
        code = keys[place] >> 8
        if code != keys[place + 1] >> 8:
            weight = left >> data.shift
            rest = node.weight - weight
            excess = np.float64(left & mask) - node.mean * weight
            gain = excess * excess * (data.inverse_W[weight] * data.inverse_W[rest])
            if gain > best and weight >= least and rest >= least:
                best, cut = gain, code
    return best, cut, True


@inlined
def random_cut(
    node: Node, feature: int, best: float, least: int, data: Data, work: Work
) -> tuple[float, int, bool]:
    """Look at one threshold, drawn evenly between the lowest and the highest value in the node."""
    low = high = np.int64(data.code_PC[feature, work.cells[node.start]])
    for place in range(node.start + 1, node.stop):
        code = np.int64(data.code_PC[feature, work.cells[place]])
        low, high = min(low, code), max(high, code)
    if low == high:
        return best, _NONE, False
    first = data.first_P[feature]
    bottom, top = np.float64(data.lowest[first + low]), np.float64(data.lowest[first + high])
    threshold = bottom + uniform(work.state) * (top - bottom)
    while high - low > 1:  # the last code whose values begin at or below the threshold
        middle = (low + high) >> 1
        if data.lowest[first + middle] <= threshold:
            low = middle
        else:
            high = middle
    left = np.int64(0)
    for place in range(node.start, node.stop):
        left += work.packed[place] * np.int64(data.code_PC[feature, work.cells[place]] <= low)
    weight = left >> data.shift
    rest = node.weight - weight
    excess = np.float64(left & ((np.int64(1) << data.shift) - 1)) - node.mean * weight
    gain = excess * excess * (data.inverse_W[weight] * data.inverse_W[rest])
    if gain > best and weight >= least and rest >= least:
        return gain, int(low), True
    return best, _NONE, True
