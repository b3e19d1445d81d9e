"""What single regulators do to a score: told from draws, against formulas for weighted means."""

import numpy as np
import pytest

from bengrn.stats.draws import draw_regulators
from bengrn.stats.influence import influences

R, D = 60, 20_000


def _of_mean(value_R, weight_R):
    """Return the influences of a weighted mean, out of many draws."""
    (weights_DR,) = draw_regulators(R, D, 0, D)
    drawn_D = (weights_DR @ (value_R * weight_R)) / (weights_DR @ weight_R)
    # the weights may come in pieces
    pieces = [weights_DR[:7], weights_DR[7:]]
    return influences({"mean": drawn_D}, pieces, weight_R)["mean"]


def test_a_mean_of_equal_weights_is_hardly_widened_and_has_the_freedom_of_its_fourth_moment():
    value_R = np.random.default_rng(1).normal(size=R)
    found = _of_mean(value_R, np.ones(R))
    kurtosis = ((value_R - value_R.mean()) ** 4).mean() / value_R.var() ** 2
    assert found.widening == pytest.approx(R / (R - 1), rel=1e-3)
    assert found.freedom == pytest.approx(2 * R / (kurtosis - 1), rel=0.1)


def test_a_weighted_mean_is_widened_to_its_true_spread():
    # the standard error over samples of regulators, against the draws of each sample
    rng = np.random.default_rng(2)
    weight_R = rng.lognormal(0, 1.2, R)
    part_R = weight_R / weight_R.sum()
    value_NR = rng.normal(size=(300, R))
    (weights_DR,) = draw_regulators(R, 400, 1, 400)
    below_D = weights_DR @ weight_R
    drawn = {n: weights_DR @ (value_R * weight_R) / below_D for n, value_R in enumerate(value_NR)}
    found = influences(drawn, [weights_DR], weight_R)
    true = np.sqrt((part_R**2).sum())
    plain = np.sqrt(np.mean([one.var() for one in drawn.values()]))
    widened = np.sqrt(np.mean([(drawn[n].std() * found[n].widening) ** 2 for n in drawn]))
    assert plain < 0.93 * true
    assert 0.97 * true < widened < 1.12 * true


def test_a_few_strong_influences_leave_little_freedom():
    value_R = np.zeros(R)
    value_R[:2] = 50, -50
    assert _of_mean(value_R, np.ones(R)).freedom == pytest.approx(2 * R / (R / 2 - 1), rel=0.05)


@pytest.mark.parametrize("drawn", [np.full(50, 2.0), np.full(50, np.nan), np.empty(0)])
def test_draws_that_tell_nothing_correct_nothing(drawn):
    weights = list(draw_regulators(R, len(drawn), 0, 100))
    found = influences({"score": drawn}, weights, np.ones(R))["score"]
    assert (found.freedom, found.widening) == (R - 1, 1.0)


def test_undefined_draws_are_left_out():
    value_R = np.random.default_rng(3).exponential(size=R)
    (weights_DR,) = draw_regulators(R, D, 0, D)
    drawn_D = weights_DR @ value_R
    some_D = drawn_D.copy()
    some_D[:100] = np.nan
    some, every = (influences({"x": one}, [weights_DR], np.ones(R))["x"] for one in (some_D, drawn_D))
    assert some.freedom == pytest.approx(every.freedom, rel=0.02)
