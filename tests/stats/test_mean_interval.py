"""The interval of a skewed mean: by hand where it must be plain, covered where plain ones are not."""

import math

import numpy as np
import pytest
from scipy import stats

from bengrn.stats.mean_interval import skewed_mean_interval


def _interval(values, weights=None, level=0.95, bounds=(0.0, math.inf)):
    values = np.asarray(values, dtype=float)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
    return skewed_mean_interval(values, weights, level=level, bounds=bounds)


def test_without_skewness_it_is_student_s():
    values = np.arange(1.0, 13)
    reach = stats.t.ppf(0.975, 11) * values.std(ddof=1) / np.sqrt(12)
    found = _interval(values)
    assert (found.value, found.low, found.high) == pytest.approx((6.5, 6.5 - reach, 6.5 + reach))


def test_its_ends_are_where_hall_s_statistic_has_the_quantiles_of_t():
    values = np.array([0.1, 0.2, 0.1, 0.3, 0.2, 0.1, 2.0, 0.4])
    found = _interval(values)
    skewness, n = stats.skew(values), len(values)
    a = skewness / (3 * np.sqrt(n))
    for end, quantile in ((found.low, 0.975), (found.high, 0.025)):
        t = (values.mean() - end) / (values.std(ddof=1) / np.sqrt(n))
        assert t + a * t**2 + a**2 * t**3 / 3 + a / 2 == pytest.approx(stats.t.ppf(quantile, n - 1))


def test_it_reaches_further_to_the_side_of_the_few_high_values():
    found = _interval([0.1] * 9 + [0.2, 0.3, 3.0])
    assert found.high - found.value > 2 * (found.value - found.low)


def test_regulators_that_do_not_count_change_nothing():
    values, weights = np.arange(1.0, 9), np.linspace(1, 2, 8)
    with_more = _interval([*values, 0, 0], [*weights, 0, 0])
    assert with_more == _interval(values, weights)


def test_values_in_one_proportion_have_an_interval_of_no_width():
    found = _interval(3 * np.linspace(1, 2, 12), np.linspace(1, 2, 12))
    assert (found.low, found.high) == (found.value, found.value)
    assert found.value == pytest.approx(3)


def test_it_stays_within_the_bounds():
    found = _interval([0.001] * 6 + [0.9], bounds=(0.0, 1.0))
    assert 0 <= found.low < found.value < found.high <= 1


def test_of_skewed_means_it_holds_more_of_the_true_values_than_student_s_does():
    rng = np.random.default_rng(0)
    samples = rng.lognormal(0, 1.2, (2000, 30))
    true = np.exp(1.2**2 / 2)
    ours = [_interval(one) for one in samples]
    reach = stats.t.ppf(0.975, 29) * samples.std(axis=1, ddof=1) / np.sqrt(30)
    plain = np.abs(samples.mean(axis=1) - true) <= reach
    covered = np.mean([one.low <= true <= one.high for one in ours])
    assert plain.mean() < 0.88
    assert covered > plain.mean() + 0.03
