"""A truth in numbers."""

import pytest

from bengrn.truths.pairs import pair_truth
from bengrn.truths.summary import degrees, summarize

TRUTH = pair_truth(
    ["A", "A", "A", "B", "B", "C"],
    ["B", "C", "A", "C", "D", "D"],
    sign=[1, -1, 1, 1, 0, -1],
    organism="simulated",
)


def test_degrees_leave_self_pairs_out():
    both = degrees(TRUTH)
    assert (both.out_R.tolist(), both.in_T.tolist()) == ([2, 2, 1], [0, 1, 2, 2])


def test_the_numbers_match_hand_computation():
    found = summarize(TRUTH)
    assert (found.edges, found.self_pairs, found.pairs) == (5, 1, 3 * 4 - 3)
    assert (found.regulators, found.targets, found.targets_with_edges) == (3, 4, 3)
    assert found.positive_rate == pytest.approx(5 / 9)
    assert found.out_degrees == (1, 1, 2, 2, 2)
    assert found.top_five == (("A", 2), ("B", 2), ("C", 1))
    assert found.top_five_share == 1


def test_signs_are_counted():
    assert (summarize(TRUTH).activating, summarize(TRUTH).repressing) == (2, 2)


def test_names_without_a_gene_table_are_not_judged():
    assert summarize(TRUTH).unknown_names is None


def test_unknown_names_are_counted():
    assert summarize(pair_truth(["TP53"], ["NOT-A-GENE"])).unknown_names == 1
