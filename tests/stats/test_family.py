"""Several methods at once: Holm's adjustment, verdicts, and ranks."""

import itertools

import numpy as np
import pytest

from bengrn.stats.drawn import Drawn
from bengrn.stats.family import compare_all, holm, holm_directed, margin_span, rank_intervals
from bengrn.stats.interval import ARCSINE, LOG

RNG = np.random.default_rng(2)


def _method(value, noise, scale=LOG, **more):
    moved = scale.forth(np.array(value)) + noise * RNG.normal(size=400)
    return [Drawn(value, scale.back(moved).astype(np.float32), scale, 60, 40.0, **more)]


def _closed_bonferroni(p):
    """Adjust by testing every intersection: an independent definition of Holm's procedure."""
    every = [set(one) for size in range(1, len(p) + 1) for one in itertools.combinations(range(len(p)), size)]
    return [max(min(1.0, len(s) * min(p[i] for i in s)) for s in every if j in s) for j in range(len(p))]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_holm_is_the_closed_test_of_bonferroni(size):
    p = RNG.random(size) ** 3
    assert holm(p) == pytest.approx(_closed_bonferroni(p))


def test_holm_by_hand():
    # 0.01 x 4; 0.02 x 3; 0.03 x 2; 0.5
    assert holm([0.02, 0.5, 0.01, 0.03]) == pytest.approx([0.06, 0.5, 0.04, 0.06])


def test_holm_of_nothing_is_nothing():
    assert holm([]) == []


def test_directed_holm_is_holm_of_both_one_sided_tests():
    p = RNG.random(4)
    both = _closed_bonferroni([*(p / 2), *(1 - p / 2)])
    assert holm_directed(p) == pytest.approx(both[:4])


def test_a_single_pair_keeps_its_p_value():
    assert holm_directed([0.04]) == pytest.approx([0.04])


def test_directed_holm_never_claims_more_than_holm():
    p = RNG.random(6) ** 2
    assert all(ours >= theirs for ours, theirs in zip(holm_directed(p), holm(p), strict=True))


def test_clear_differences_are_better_or_worse_and_others_undecided():
    methods = {"good": _method(3.0, 0.05), "bad": _method(1.0, 0.05), "unsure": _method(1.1, 0.5)}
    verdicts = {(pair.first, pair.second): pair.verdict for pair in compare_all(methods)}
    assert verdicts == {
        ("good", "bad"): "better", ("good", "unsure"): "undecided", ("bad", "unsure"): "undecided",
    }  # fmt: skip
    (pair,) = compare_all({"bad": methods["bad"], "good": methods["good"]})
    assert pair.verdict == "worse"


def test_a_sure_but_small_difference_is_equivalent():
    methods = {"a": _method(1.02, 0.001), "b": _method(1.0, 0.001)}
    (pair,) = compare_all(methods)
    assert pair.p_holm < 0.001
    assert pair.verdict == "equivalent"
    (strict,) = compare_all(methods, margin=0.01)
    assert strict.verdict == "better"


def test_a_sure_difference_within_the_margin_is_undecided_where_its_interval_reaches_beyond():
    (pair,) = compare_all({"a": _method(1.04, 0.01), "b": _method(1.0, 0.01)}, margin=0.05)
    assert pair.p_holm < 0.05
    assert pair.difference.high > 1.05
    assert pair.verdict == "undecided"


def test_a_margin_is_a_difference_where_values_are_compared_so():
    methods = {
        "a": _method(0.605, 0.001, ARCSINE, as_ratio=False),
        "b": _method(0.6, 0.001, ARCSINE, as_ratio=False),
    }
    assert compare_all(methods)[0].verdict == "equivalent"
    assert compare_all(methods, margin=0.001)[0].verdict == "better"


def test_margins_by_default():
    assert margin_span(None, as_ratio=True) == pytest.approx((1 / 1.05, 1.05))
    assert margin_span(None, as_ratio=False) == (-0.01, 0.01)


def test_pairs_without_a_p_value_are_undecided_and_not_adjusted_for():
    methods = {"a": _method(3.0, 0.05), "b": _method(1.0, 0.05)}
    few = [Drawn(2.0, methods["a"][0].draws_D, LOG, 3, 3.0)]
    pairs = compare_all({**methods, "few": few})
    assert [pair.verdict for pair in pairs] == ["better", "undecided", "undecided"]
    assert pairs[0].p_holm == pytest.approx(pairs[0].difference.p)
    assert pairs[1].difference.reason


def test_ranks_by_hand():
    methods = {
        "a": _method(9.0, 0.01),
        "b": _method(3.0, 0.3),
        "c": _method(2.9, 0.3),
        "d": _method(1.0, 0.01),
    }
    pairs = compare_all(methods)
    assert rank_intervals(list(methods), pairs) == {"a": (1, 1), "b": (2, 3), "c": (2, 3), "d": (4, 4)}


def test_of_equals_every_rank_is_possible():
    methods = {name: _method(1.0, 0.5) for name in "abc"}
    assert set(rank_intervals(list(methods), compare_all(methods)).values()) == {(1, 3)}


def test_the_order_of_the_methods_changes_neither_claims_nor_ranks():
    methods = {name: _method(value, 0.2) for name, value in zip("abcd", (1.0, 1.6, 1.8, 3.0), strict=True)}
    turned = dict(reversed(methods.items()))
    assert rank_intervals(list(methods), compare_all(methods)) == rank_intervals(
        list(turned), compare_all(turned)
    )
