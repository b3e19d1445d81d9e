"""Find the best split of a node among features drawn at random. Importing this imports numba."""

from typing import NamedTuple

from bengrn_methods.forest.compiled import below, inlined
from bengrn_methods.forest.data import Data, Work
from bengrn_methods.forest.nodes import Node
from bengrn_methods.forest.search import best_cut, random_cut

__all__ = ["Plan", "best_split"]


class Plan(NamedTuple):
    """How trees are grown."""

    n_trees: int
    tries: int  # features looked at per node, constant ones counted
    least: int  # the least weight of a leaf
    bootstrap: bool  # draw as many cells as there are, with replacement; else take each once
    random: bool  # one random threshold per feature, not the best


@inlined
def best_split(node: Node, ceiling: float, plan: Plan, data: Data, work: Work) -> tuple[float, int, int]:
    """Return the gain per unit of weight, the feature, and the last code on the left; cut -1 for none.

    Features are drawn without replacement. Constant ones count as tried, but the search goes on until one
    varies, as in scikit-learn. It ends at the `ceiling`.
    """
    best, best_feature, best_code, left, tried, varies = -1.0, -1, -1, len(work.features), 0, False
    while left > 0 and (tried < plan.tries or not varies) and best < ceiling:
        drawn = below(work.state, left)
        left -= 1
        feature = int(work.features[drawn])
        work.features[drawn], work.features[left] = work.features[left], feature
        tried += 1
        if plan.random:
            gain, cut, differs = random_cut(node, feature, best, plan.least, data, work)
        else:
            gain, cut, differs = best_cut(node, feature, best, plan.least, data, work)
        varies |= differs
        if cut >= 0:
            best, best_code, best_feature = gain, cut, feature
    return best, best_feature, best_code
