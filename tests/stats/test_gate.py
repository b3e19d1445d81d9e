"""The control gate: open where controls score as they must, shut with a reason where not."""

import pytest

from bengrn.stats.gate import Gate, control_gate, is_ordered

GOOD = {
    "random": [{"value": 1.02, "low": 0.8, "high": 1.3}],
    "expression": [{"value": 1.6, "low": 1.2, "high": 2.1}],
    "degrees": [{"value": 5.1, "low": 3.4, "high": 8.2}],
    "oracle-degrees": [{"value": 6.0, "low": 4.5, "high": 8.9}],
    "degree-swap": [{"value": 4.0, "low": 3.0, "high": 5.5}],
    "truth": [{"value": 15.8, "low": None, "high": None}],
}
NULLS = ["random", "expression", "degrees", "oracle-degrees", "degree-swap"]


def test_controls_in_order_pass():
    assert control_gate(GOOD, chance=1.0, best=15.8) == Gate(passed=True)


def test_a_positive_control_that_is_not_perfect_fails():
    gate = control_gate({**GOOD, "truth": [{"value": 15.0}]}, chance=1.0, best=15.8)
    assert gate == Gate(passed=False, reason="truth scores 15, a perfect network 15.8")


@pytest.mark.parametrize("name", NULLS)
def test_a_positive_control_that_a_null_reaches_fails(name):
    gate = control_gate({**GOOD, name: [{"value": 15.8}]}, ordered=False)
    assert gate.passed is False
    assert f"truth (15.8) is not above {name} (15.8)" in gate.reason


@pytest.mark.parametrize(("value", "passed"), [(15.49, True), (15.51, False)])
def test_a_null_must_leave_two_per_cent_of_the_way_from_chance_to_truth(value, passed):
    # the way is 14.8 long, 2 % of it 0.296
    gate = control_gate({**GOOD, "oracle-degrees": [{"value": value}]}, chance=1.0)
    assert gate.passed is passed
    assert passed or "oracle-degrees (15.5) leaves 2.0% of the way" in gate.reason


def test_the_interval_of_a_null_may_reach_the_truth():
    # it says what other regulators would give; on this truth the null scores 14
    wide = {**GOOD, "oracle-degrees": [{"value": 14.0, "low": 0.9, "high": 15.8}]}
    assert control_gate(wide, chance=1.0).passed


@pytest.mark.parametrize("name", ["random", "expression", "degrees"])
def test_a_null_clearly_above_the_one_that_knows_all_degrees_fails(name):
    gate = control_gate({**GOOD, name: [{"value": 9.5, "low": 9.0, "high": 10.0}]})
    assert gate == Gate(passed=False, reason=f"{name} (from 9) is above oracle-degrees (up to 8.9)")


def test_nulls_whose_intervals_overlap_are_in_order_whatever_their_values():
    assert control_gate({**GOOD, "expression": [{"value": 7.0, "low": 4.0, "high": 9.5}]}).passed


def test_without_an_interval_no_order_is_asked():
    assert control_gate({**GOOD, "expression": [{"value": 9.5}]}).passed


def test_popular_genes_may_have_fewer_edges_than_chance():
    assert control_gate({**GOOD, "expression": [{"value": 0.5, "low": 0.4, "high": 0.6}]}, chance=1.0).passed


def test_order_is_not_asked_where_degrees_are_not_meant_to_help():
    inverted = {**GOOD, "expression": [{"value": 9.5, "low": 9.0, "high": 10.0}]}
    assert control_gate(inverted).passed is False
    assert control_gate(inverted, ordered=False).passed
    assert [is_ordered(name) for name in ("ap", "ap_lift", "auroc_per_regulator")] == [True, False, False]


def test_a_lift_of_the_truth_whose_interval_holds_chance_fails():
    lifts = {"truth": [{"value": 2.9, "low": 0.5, "high": 15.0}], "random": [{"value": 1.0}]}
    gate = control_gate(lifts, chance=1.0, ordered=False)
    assert gate.reason == "the interval of truth itself (from 0.5) holds chance (1)"
    assert control_gate(
        lifts, chance=1.0
    ).passed  # a ratio to chance is exact, whatever other regulators give


@pytest.mark.parametrize(("value", "passed"), [(1.35, True), (1.45, False)])
def test_random_may_miss_chance_by_twice_its_reach(value, passed):
    cells = [{"value": value, "low": value - 0.2, "high": value + 0.2}]
    assert control_gate({**GOOD, "random": cells}, chance=1.0).passed is passed


def test_seeds_of_a_control_are_averaged():
    lucky = [{"value": value, "low": value - 0.2, "high": value + 0.2} for value in (1.5, 0.8, 0.7)]
    assert control_gate({**GOOD, "random": lucky}, chance=1.0).passed


def test_a_gap_within_five_spreads_over_seeds_fails():
    wild = [{"value": value} for value in (5.0, 9.0, 13.0)]  # mean 9, spread 4; the gap of 6.8 is 1.7 spreads
    gate = control_gate({"truth": GOOD["truth"], "random": GOOD["random"], "degree-swap": wild})
    assert gate.passed is False
    assert "less than 5 spreads over seeds (4)" in gate.reason


def test_two_seeds_do_not_tell_a_spread():
    wild = [{"value": value} for value in (5.0, 13.0)]
    assert control_gate({"truth": GOOD["truth"], "random": GOOD["random"], "degree-swap": wild}).passed


@pytest.mark.parametrize("name", ["truth", "random"])
def test_without_the_deciding_controls_nothing_is_judged(name):
    gate = control_gate({**GOOD, name: [{"value": None}]})
    assert gate == Gate(None, f"not judged: no value of the control {name}")


def test_a_method_is_no_null():
    assert control_gate({**GOOD, "pearson": [{"value": 15.8}]}, chance=1.0).passed


def test_all_faults_are_named():
    controls = {"truth": [{"value": 1.0}], "random": [{"value": 3.0, "low": 2.9, "high": 3.1}]}
    gate = control_gate(controls, chance=1, best=15.8)
    assert gate.reason.split("; ") == [
        "truth scores 1, a perfect network 15.8",
        "truth (1) is not above random (3)",
        "random scores 3, not 1 within 0.2",
    ]
