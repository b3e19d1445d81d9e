"""Power laws: known exponents come back, with intervals that hold what they say."""

import itertools
import math

import numpy as np
import pytest

from bengrn.errors import MetricError
from bengrn.stats.scaling import Exponent, fit_power_law

GRID = list(itertools.product((250, 500, 1000), (250, 500, 1000)))


def costs(noise=0.0, seed=0, grid=GRID):
    scatter = np.random.default_rng(seed).normal(0, noise, len(grid)) if noise else np.zeros(len(grid))
    return [
        2e-6 * cells**1.0 * genes**1.5 * math.exp(s) for (cells, genes), s in zip(grid, scatter, strict=True)
    ]


def test_a_law_without_noise_comes_back():
    law = fit_power_law(GRID, costs())
    assert law.scale == pytest.approx(2e-6)
    assert [one.value for one in law.exponents] == pytest.approx([1.0, 1.5])
    assert law.freedom == 6
    assert law.predict((1000, 4000))[0] == pytest.approx(2e-6 * 1000 * 4000**1.5)


def test_intervals_are_those_of_ordinary_least_squares():
    # one size: slope and interval as scipy's regression has them
    from scipy.stats import linregress, t

    sizes = [100, 200, 400, 800, 1600]
    measured = [1.1, 1.9, 4.3, 7.6, 17.0]
    law = fit_power_law([(size,) for size in sizes], measured)
    line = linregress(np.log(sizes), np.log(measured))
    reach = t.ppf(0.975, 3) * line.stderr
    found = law.exponents[0]
    assert (found.value, found.low, found.high) == pytest.approx(
        (line.slope, line.slope - reach, line.slope + reach)
    )


def test_intervals_hold_the_truth_as_often_as_they_say():
    held_exponent = held_new = 0
    for seed in range(400):
        law = fit_power_law(GRID, costs(noise=0.2, seed=seed))
        held_exponent += law.exponents[1].low <= 1.5 <= law.exponents[1].high
        new = 2e-6 * 1000 * 4000**1.5 * math.exp(np.random.default_rng([seed, 1]).normal(0, 0.2))
        _, low, high = law.predict((1000, 4000))
        held_new += low <= new <= high
    assert 0.92 <= held_exponent / 400 <= 0.98
    assert 0.92 <= held_new / 400 <= 0.98


def test_one_size_only_leaves_its_exponent_undefined():
    law = fit_power_law([(500, 100), (500, 200), (500, 400)], [1.0, 4.0, 16.0])
    assert law.exponents[0] is None
    assert law.exponents[1].value == pytest.approx(2.0)
    assert law.predict((500, 800))[0] == pytest.approx(64.0)
    with pytest.raises(MetricError, match="size 1000 was never measured, and one size has no exponent"):
        law.predict((1000, 800))


def test_as_many_points_as_unknowns_give_no_interval():
    law = fit_power_law([(1, 1), (2, 1), (1, 2)], [1.0, 2.0, 4.0])
    assert [one.value for one in law.exponents] == pytest.approx([1.0, 2.0])
    assert math.isnan(law.exponents[0].low)
    assert law.exponents[0].name == ""
    assert math.isnan(law.predict((4, 4))[1])


@pytest.mark.parametrize(
    ("sizes", "measured", "said"),
    [
        ([], [], "0 points do not fix"),
        ([(1, 1), (2, 2)], [1.0, 2.0], "2 points do not fix 3 unknowns"),
        ([(1, 1), (2, 2), (4, 4)], [1.0, 2.0, 3.0], "on a grid"),  # cells and genes never apart
        ([(1, 1), (2, 1)], [1.0, 0.0], "over 0"),
        ([(1, 1), (2, 1)], [1.0, math.nan], "over 0"),
    ],
)
def test_points_that_fix_nothing_are_refused(sizes, measured, said):
    with pytest.raises(MetricError, match=said):
        fit_power_law(sizes, measured)


@pytest.mark.parametrize(
    ("low", "high", "name"),
    [
        (0.9, 1.2, "linear"),
        (1.8, 2.1, "quadratic"),
        (-0.1, 0.2, "constant"),
        (1.2, 1.8, ""),
        (0.6, 1.3, ""),  # too wide to say
        (math.nan, math.nan, ""),
    ],
)
def test_growth_has_a_name_where_the_interval_holds_one(low, high, name):
    assert Exponent((low + high) / 2, low, high).name == name
