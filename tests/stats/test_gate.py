"""The control gate: open where controls score as they must, shut with a reason where not."""

import pytest

from bengrn.stats.gate import Gate, control_gate, is_ordered

GOOD = {
    "random": [{"value": 1.02, "low": 0.8, "high": 1.3}],
    "expression": [{"value": 1.6, "low": 1.2, "high": 2.1}],
    "degrees": [{"value": 5.1, "low": 3.4, "high": 8.2}],
    "degree-swap": [{"value": 4.0, "low": 3.0, "high": 5.5}],
    "truth": [{"value": 15.8, "low": None, "high": None}],
}


def test_controls_in_order_pass():
    assert control_gate(GOOD, chance=1.0) == Gate(passed=True)


@pytest.mark.parametrize("name", ["random", "expression", "degrees", "degree-swap", "spearman"])
def test_a_positive_control_inside_the_interval_of_a_null_fails(name):
    gate = control_gate({**GOOD, name: [{"value": 14.0, "low": 0.9, "high": 16.0}]})
    assert gate.passed is False
    assert f"truth (15.8) is not above {name} (up to 16)" in gate.reason


def test_a_null_clearly_above_one_that_knows_more_fails():
    gate = control_gate({**GOOD, "random": [{"value": 9.5, "low": 9.0, "high": 10.0}]})
    assert gate.passed is False
    assert "random (from 9) is above degrees (up to 8.2)" in gate.reason


def test_nulls_whose_intervals_overlap_are_in_order_whatever_their_values():
    assert control_gate({**GOOD, "expression": [{"value": 6.0, "low": 4.0, "high": 9.0}]}).passed


def test_order_is_not_asked_where_degrees_are_not_meant_to_help():
    inverted = {**GOOD, "expression": [{"value": 9.5, "low": 9.0, "high": 10.0}]}
    assert control_gate(inverted).passed is False
    assert control_gate(inverted, ordered=False).passed
    assert [is_ordered(name) for name in ("ap", "ap_lift", "auroc_per_regulator")] == [True, False, False]


@pytest.mark.parametrize(("value", "passed"), [(1.35, True), (1.45, False)])
def test_random_may_miss_chance_by_twice_its_reach(value, passed):
    cells = [{"value": value, "low": value - 0.2, "high": value + 0.2}]
    assert control_gate({**GOOD, "random": cells}, chance=1.0).passed is passed


def test_seeds_of_a_control_are_averaged():
    lucky = [{"value": value, "low": value - 0.2, "high": value + 0.2} for value in (1.5, 0.8, 0.7)]
    assert control_gate({**GOOD, "random": lucky}, chance=1.0).passed


def test_a_gap_within_five_spreads_over_seeds_fails():
    wild = [{"value": value} for value in (5.0, 9.0, 13.0)]  # mean 9, spread 4; the gap of 6.8 is 1.7 spreads
    gate = control_gate({"truth": GOOD["truth"], "random": GOOD["random"], "degrees": wild})
    assert gate.passed is False
    assert "less than 5 spreads over seeds (4)" in gate.reason


@pytest.mark.parametrize("name", ["truth", "random"])
def test_without_the_deciding_controls_nothing_is_judged(name):
    gate = control_gate({**GOOD, name: [{"value": None}]})
    assert gate == Gate(None, f"not judged: no value of the control {name}")


def test_all_faults_are_named():
    gate = control_gate(
        {"truth": [{"value": 1.0}], "random": [{"value": 3.0, "low": 2.9, "high": 3.1}]}, chance=1
    )
    assert "truth (1) is not above random" in gate.reason
    assert "random scores 3; expected 1" in gate.reason
