"""From draws to an interval: by hand, and when there is none."""

import numpy as np
import pytest
from scipy import stats

from bengrn.stats.interval import (
    ARCSINE,
    IDENTITY,
    LOG,
    counts_scale,
    effective_number,
    t_interval,
)

DRAWS = np.random.default_rng(0).normal(2, 0.1, 1000)


def _interval(value=2.0, draws=DRAWS, **changed):
    options = {"scale": IDENTITY, "n_regulators": 10, "freedom": 5.0, "level": 0.95,
               "bounds": (0.0, np.inf), **changed}  # fmt: skip
    return t_interval(value, draws, **options)


def test_the_reach_is_student_t_times_the_spread_of_the_draws():
    reach = stats.t.ppf(0.975, 5) * DRAWS.std() * np.sqrt(10 / 9)
    found = _interval()
    assert (found.low, found.high) == pytest.approx((2 - reach, 2 + reach))


def test_less_freedom_and_a_spread_that_is_too_small_make_a_wider_interval():
    assert _interval(freedom=2).high > _interval(freedom=29).high
    assert _interval(widening=1.5).high - 2 == pytest.approx(1.5 * (_interval().high - 2))


@pytest.mark.parametrize("scale", [IDENTITY, LOG, ARCSINE, counts_scale(0.2)])
def test_scales_lead_back(scale):
    values = np.array([0.01, 0.3, 0.999])
    np.testing.assert_allclose(scale.back(scale.forth(values)), values, rtol=1e-12)


def test_the_logarithm_makes_an_interval_symmetric_in_ratio():
    found = _interval(scale=LOG)
    assert found.high / 2 == pytest.approx(2 / found.low)


def test_ends_stay_within_the_bounds():
    assert _interval(bounds=(1.95, 2.05)).low == 1.95
    assert _interval(bounds=(1.95, 2.05)).high == 2.05


def test_undefined_draws_are_left_out_up_to_one_in_twenty():
    some = DRAWS.copy()
    some[:50] = np.nan
    assert _interval(draws=some).low == pytest.approx(_interval(draws=DRAWS[50:]).low)
    some[50] = np.nan
    assert _interval(draws=some).reason == "no interval: undefined in 51 of 1000 draws of regulators"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"n_regulators": 4}, "4 regulators with a true edge; needs 5"),
        ({"draws": np.empty(0)}, "no draw was made"),
        ({"value": 0.0}, "nothing was found"),
    ],
)
def test_where_there_is_no_interval_the_reason_says_why(changed, reason):
    found = _interval(**changed)
    assert (found.low, found.high) == (None, None)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("weights", "expected"), [([3, 3, 3, 3], 4), ([0, 5, 0, 0], 1), ([2, 1, 1], 16 / 6), ([0, 0], 0)]
)
def test_the_effective_number_is_that_of_equal_regulators(weights, expected):
    assert effective_number(np.array(weights)) == pytest.approx(expected)
