"""Trees are those of scikit-learn where no draw decides; where one does, they are followed by hand."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from bengrn_methods.forest.codes import code_features
from bengrn_methods.forest.data import fixed_point, make_work, stream, tabulate
from bengrn_methods.forest.nodes import Node, ceiling_of
from bengrn_methods.forest.split import Plan
from bengrn_methods.forest.trees import grow_forest

WORD = (1 << 64) - 1


class Draws:
    """SplitMix64 in Python's integers."""

    def __init__(self, seed):
        self.state = int(stream(seed)[0])

    def word(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & WORD
        word = self.state
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & WORD
        return word ^ (word >> 31)

    def below(self, n):
        return ((self.word() >> 32) * n) >> 32

    def uniform(self):
        return (self.word() >> 11) / 2**53


def importances(x_CP, y_C, *, n_trees=1, tries=None, least=1, seed=0, bins="exact", **kind):
    """Return the mean variance reductions (P,) of a forest."""
    n_cells, n_features = x_CP.shape
    data = tabulate(code_features(x_CP.astype(np.float32), bins))
    whole_C, step = fixed_point(y_C, data.target_bits)
    work = make_work(data, np.arange(n_features, dtype=np.int32), seed)
    plan = Plan(n_trees, tries or n_features, least, kind.get("bootstrap", False), kind.get("random", False))
    grow_forest(whole_C, plan, data, work)
    return work.gain_P * step**2 / (n_cells * n_trees)


def expected(x_CP, y_C, **settings):
    tree = DecisionTreeRegressor(random_state=0, **settings).fit(x_CP.astype(np.float32), y_C)
    return tree.tree_.compute_feature_importances(normalize=False)


@pytest.fixture(params=["even", "counts", "many zeros"])
def case(request):
    rng = np.random.default_rng(4)
    x_CP = rng.normal(size=(400, 7))
    if request.param != "even":
        x_CP = rng.poisson(np.exp(x_CP + (1.0 if request.param == "counts" else -0.5))).astype(float)
    y_C = x_CP[:, 0] * 2 + x_CP[:, 1] * x_CP[:, 2] + rng.normal(size=400)
    return x_CP, y_C


# in small leaves several features divide the cells alike; which of them is taken is a draw
@pytest.mark.parametrize("least", [15, 40])
def test_one_tree_on_all_cells_and_features_equals_scikit_learns(case, least):
    x_CP, y_C = case
    np.testing.assert_allclose(
        importances(x_CP, y_C, least=least), expected(x_CP, y_C, min_samples_leaf=least), rtol=1e-6, atol=1e-9
    )


def test_fully_grown_trees_on_one_feature_equal_scikit_learns(case):
    x_CP, y_C = case
    np.testing.assert_allclose(importances(x_CP[:, :1], y_C), expected(x_CP[:, :1], y_C), rtol=1e-6)


def test_256_codes_give_the_exact_tree_where_values_are_few(case):
    x_CP, y_C = np.round(case[0], 1), case[1]
    found, exact = (importances(x_CP, y_C, least=10, bins=bins) for bins in ("256", "exact"))
    np.testing.assert_array_equal(found, exact)


def test_thousands_of_codes_are_searched_like_few():
    rng = np.random.default_rng(5)
    x_CP = rng.normal(size=(9000, 2))
    y_C = np.sin(3 * x_CP[:, 0]) + x_CP[:, 1] + rng.normal(size=9000)
    np.testing.assert_allclose(
        importances(x_CP, y_C, least=100), expected(x_CP, y_C, min_samples_leaf=100), rtol=1e-6
    )


def test_a_bootstrapped_tree_equals_scikit_learns_on_the_cells_drawn(case):
    x_CP, y_C = case
    draws = Draws(7)
    drawn = [draws.below(400) for _ in range(400)]
    np.testing.assert_allclose(
        importances(x_CP, y_C, least=15, seed=7, bootstrap=True),
        expected(x_CP[drawn], y_C[drawn], min_samples_leaf=15),
        rtol=1e-6,
    )


def best_division(y_C):
    """Return the most that a division of these targets gains: after which of them, in their order."""
    y_C, n = np.sort(y_C), len(y_C)
    return max(k * (n - k) / n * (y_C[:k].mean() - y_C[k:].mean()) ** 2 for k in range(1, n))


def grow_by_hand(x_CP, y_C, draws, tries):
    """Grow one tree with random cuts recursively, from the definition; return the reductions (P,)."""
    gain_P, features = np.zeros(x_CP.shape[1]), list(range(x_CP.shape[1]))

    def visit(cells):
        if np.ptp(y_C[cells]) == 0:
            return
        best, left, tried, varies = (-1.0, None, None), len(features), 0, False
        ceiling = best_division(y_C[cells]) * (1 - 1e-9) if len(cells) <= 16 else np.inf
        while left and (tried < tries or not varies) and best[0] < ceiling:
            drawn, left, tried = draws.below(left), left - 1, tried + 1
            feature = features[drawn]
            features[drawn], features[left] = features[left], feature
            low, high = x_CP[cells, feature].min(), x_CP[cells, feature].max()
            if low == high:
                continue
            varies = True
            goes_left = x_CP[cells, feature] <= low + draws.uniform() * (high - low)
            a, b = y_C[cells][goes_left], y_C[cells][~goes_left]
            gain = len(a) * len(b) / len(cells) * (a.mean() - b.mean()) ** 2
            if gain > best[0] * (1 + 1e-12):
                best = gain, feature, goes_left
        if best[1] is not None:
            gain_P[best[1]] += best[0]
            visit(cells[~best[2]])
            visit(cells[best[2]])

    visit(np.arange(len(y_C)))
    return gain_P / len(y_C)


@pytest.mark.parametrize("tries", [1, 3])
def test_trees_with_random_cuts_match_a_recursion_written_from_the_definition(tries):
    rng = np.random.default_rng(8)
    x_CP = rng.normal(size=(60, 5)).astype(np.float32).astype(float)
    y_C = rng.normal(size=60) + x_CP[:, 0]
    found = importances(x_CP, y_C, tries=tries, seed=3, random=True)
    np.testing.assert_allclose(found, grow_by_hand(x_CP, y_C, Draws(3), tries), rtol=1e-6)


@pytest.mark.parametrize("weight_C", [np.ones(9, dtype=int), np.array([1, 2, 1, 3, 1, 1, 4, 1, 2])])
def test_no_division_of_a_small_node_gains_more_than_its_ceiling(weight_C):
    rng, n = np.random.default_rng(9), 9
    y_C = rng.integers(0, 1000, n)
    data = tabulate(code_features(np.zeros((weight_C.sum(), 1), dtype=np.float32)))
    work = make_work(data, np.zeros(1, dtype=np.int32), 0)
    work.cells[:n], work.packed[:n] = np.arange(n), (weight_C << data.shift) + weight_C * y_C
    node = Node(0, n, int(weight_C.sum()), float(np.average(y_C, weights=weight_C)))
    ceiling = ceiling_of.py_func(node, y_C, 1, data, work)
    gains = []
    for division in range(1, 2**n - 1):
        inside = (division >> np.arange(n)) & 1 == 1
        a, b = (np.average(y_C[side], weights=weight_C[side]) for side in (inside, ~inside))
        gains.append(weight_C[inside].sum() * weight_C[~inside].sum() / node.weight * (a - b) ** 2)
    assert ceiling * node.weight == pytest.approx(max(gains), rel=1e-8)


@pytest.mark.parametrize("kind", [{"bootstrap": False}, {"random": True}])
def test_fully_grown_trees_on_all_cells_explain_the_whole_variance(case, kind):
    x_CP, y_C = case
    x_CP = np.column_stack([x_CP, np.arange(400)])  # tells all cells apart
    assert importances(x_CP, y_C, tries=3, n_trees=3, **kind).sum() == pytest.approx(np.var(y_C))


@pytest.mark.parametrize("random", [False, True])
def test_constant_features_explain_nothing_and_do_not_end_a_search(random):
    x_CP = np.zeros((30, 6))
    x_CP[:, 4] = np.arange(30)
    found = importances(x_CP, np.arange(30.0), tries=1, random=random)
    assert found[4] == pytest.approx(np.var(np.arange(30.0)))
    assert found.sum() == found[4]


def test_leaves_are_no_lighter_than_asked_for():
    x_CP, y_C = np.arange(10.0)[:, None], np.array([0.0] * 9 + [10.0])
    assert importances(x_CP, y_C, least=6).sum() == 0
    # the only division in halves: means 0 and 2
    assert importances(x_CP, y_C, least=5).sum() == pytest.approx(0.25 * 2**2)


def test_the_seed_decides_and_nothing_else(case):
    x_CP, y_C = case
    first, again, other = (
        importances(x_CP, y_C, n_trees=3, tries=2, seed=seed, bootstrap=True) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)
