"""Seeds joined: mean, spread, and an interval that covers regulators and seeds."""

import math

import numpy as np
import pytest

from bengrn.stats.seeds import join_seeds


def _cell(value, reach=0.1, **more):
    return {"value": value, "low": value - reach, "high": value + 2 * reach, **more}


def test_the_value_is_the_mean_and_the_spread_that_of_a_sample():
    joined = join_seeds([{"value": 1.0}, {"value": 2.0}, {"value": 6.0}])
    assert (joined["value"], joined["seeds"]) == (3.0, 3)
    assert joined["sd"] == pytest.approx(math.sqrt(7.0))  # (4 + 1 + 9) / 2
    assert (joined["low"], joined["high"]) == (None, None)


def test_equal_seeds_keep_the_interval_of_one():
    joined = join_seeds([_cell(0.5)] * 3)
    assert (joined["low"], joined["high"], joined["sd"]) == (pytest.approx(0.4), pytest.approx(0.7), 0.0)


def test_each_end_adds_seeds_to_regulators_in_quadrature():
    joined = join_seeds([_cell(1.0), _cell(2.0), _cell(3.0)])
    luck = 4.302653 / math.sqrt(3)  # Student's t of 2 degrees of freedom; the spread is 1
    assert joined["low"] == pytest.approx(2 - math.hypot(0.1, luck), abs=1e-6)
    assert joined["high"] == pytest.approx(2 + math.hypot(0.2, luck), abs=1e-6)


def test_the_interval_stays_within_the_possible_and_holds_the_mean():
    joined = join_seeds([_cell(0.1), _cell(0.9)], bounds=(0.0, 1.0))
    assert (joined["low"], joined["high"]) == (0.0, 1.0)
    assert join_seeds([_cell(1.0, 0.0), _cell(1.0, 0.0)], bounds=(0.0, 1.0))["high"] == 1.0


def test_a_seed_without_a_value_leaves_no_mean():
    joined = join_seeds([_cell(0.5), {"value": None, "reason": "no true edge"}])
    assert joined["value"] is None
    assert joined["reason"] == "no value with 1 of 2 seeds: no true edge"


def test_a_seed_without_an_interval_leaves_none_and_says_why():
    joined = join_seeds([_cell(0.5), {"value": 0.7, "low": None, "high": None, "reason": "3 regulators"}])
    assert (joined["value"], joined["low"], joined["reason"]) == (pytest.approx(0.6), None, "3 regulators")


def test_other_numbers_are_averaged_and_the_version_is_kept():
    joined = join_seeds([_cell(0.5, null_mean=1.0, version="2"), _cell(0.5, null_mean=3.0, version="2")])
    assert (joined["null_mean"], joined["version"]) == (2.0, "2")


def test_intervals_hold_the_true_value_as_often_as_they_say():
    # regulators move all seeds of a case alike (sd 1), each seed has its own luck (sd 1.5)
    rng = np.random.default_rng(5)
    held = 0
    for shared in rng.normal(size=1000):
        cells = [{"value": v, "low": v - 1.96, "high": v + 1.96} for v in shared + 1.5 * rng.normal(size=4)]
        joined = join_seeds(cells)
        held += joined["low"] <= 0 <= joined["high"]
    assert 0.94 <= held / 1000 <= 0.985
