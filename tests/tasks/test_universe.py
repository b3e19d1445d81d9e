"""What a record says of the pairs that were scored, by hand; and what changes its digest."""

import numpy as np
import pytest
from scipy import sparse

from bengrn.tasks.universe import UNIVERSES, describe_universe, in_universe, universe_digest
from bengrn.values import Truth

REGULATORS, TARGETS = ("B", "A", "X"), ("A", "B", "C", "D")
EDGES = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0]], dtype=bool)  # B -> B is a self-pair


def _truth(edges=EDGES, regulators=REGULATORS, targets=TARGETS):
    return Truth(sparse.csr_array(edges), regulators, targets)


def test_counts_leave_self_pairs_out():
    facts = describe_universe(_truth())
    counted = ("regulators", "regulators_with_edges", "targets", "pairs", "self_pairs_left_out", "positives",
               "positives_on_self_pairs")  # fmt: skip
    assert [facts[name] for name in counted] == [3, 2, 4, 10, 2, 3, 1]


def test_the_chance_values_follow_from_the_counts():
    facts = describe_universe(_truth())
    assert (facts["random_precision"], facts["expected_tp"]) == pytest.approx((3 / 10, 9 / 10))


def test_the_rules_are_said():
    facts = describe_universe(_truth())
    assert "every regulator x target" in facts["candidates"]
    assert "neither ranked" in facts["self_pairs"]
    assert "in expectation" in facts["ties"]


@pytest.mark.parametrize("rule", UNIVERSES)
def test_the_rule_of_the_universe_is_named_and_said(rule):
    facts = describe_universe(_truth(), rule)
    assert (facts["rule"], facts["candidates"]) == (rule, UNIVERSES[rule])


def test_the_universe_of_factors_has_their_rows_alone_and_that_of_all_pairs_has_all():
    truth = _truth(regulators=("TP53", "GAPDH", "ACTB"), targets=("MYC", "TP53", "C", "D"))
    assert in_universe(truth, "tf").regulators == ("TP53",)
    assert in_universe(truth, "all") is truth


def test_order_does_not_change_the_digest():
    rows, columns = [2, 0, 1], [3, 1, 0, 2]
    moved = _truth(EDGES[rows][:, columns], tuple(REGULATORS[row] for row in rows),
                   tuple(TARGETS[column] for column in columns))  # fmt: skip
    assert universe_digest(moved) == universe_digest(_truth())


def test_edges_on_self_pairs_do_not_change_the_digest():
    edges = EDGES.copy()
    edges[0, 1] = False
    assert universe_digest(_truth(edges)) == universe_digest(_truth())


@pytest.mark.parametrize("what", ["edge", "regulator", "target"])
def test_another_universe_has_another_digest(what):
    edges, regulators, targets = EDGES.copy(), REGULATORS, TARGETS
    if what == "edge":
        edges[2, 3] = True
    elif what == "regulator":
        edges, regulators = edges[:2], regulators[:2]
    else:
        edges, targets = edges[:, :3], targets[:3]
    assert universe_digest(_truth(edges, regulators, targets)) != universe_digest(_truth())
