"""Two methods by the same draws: against arithmetic by hand, with seeds, and where there is no difference."""

import numpy as np
import pytest
from scipy import stats

from bengrn.stats.compare import mean_over_seeds, paired_difference
from bengrn.stats.drawn import Drawn, is_ratio
from bengrn.stats.draws import draw_regulators
from bengrn.stats.interval import ARCSINE, IDENTITY, LOG, counts_scale

RNG = np.random.default_rng(5)
SHARED, OWN, OTHER = RNG.normal(size=(3, 400))


def _drawn(value=2.0, moved=None, scale=LOG, **more):
    """Return a score whose draws lie around it by `moved`, on the scale."""
    moved = 0.2 * SHARED if moved is None else moved
    draws = scale.back(scale.forth(np.array(value)) + moved).astype(np.float32)
    return Drawn(value, draws, scale, **{"n_regulators": 50, "n_effective": 20.0, **more})


def test_a_ratio_is_that_of_the_values_and_varies_as_the_difference_of_the_logarithms():
    first, second = _drawn(3.0, 0.2 * SHARED + 0.05 * OWN), _drawn(2.0, 0.2 * SHARED)
    found = paired_difference([first], [second], level=0.9)
    error = (0.05 * OWN).std() * np.sqrt(50 / 49)
    reach = stats.t.ppf(0.95, 19) * error
    assert found.as_ratio
    assert found.value == pytest.approx(1.5)
    assert (found.low, found.high) == pytest.approx((1.5 * np.exp(-reach), 1.5 * np.exp(reach)), rel=1e-4)
    assert found.p == pytest.approx(2 * stats.t.sf(np.log(1.5) / error, 19), rel=1e-3)
    assert found.sign == 1


def test_what_both_draws_share_does_not_widen_the_interval():
    paired = paired_difference([_drawn(moved=SHARED + 0.1 * OWN)], [_drawn(moved=SHARED)])
    alone = paired_difference([_drawn(moved=0.1 * OWN)], [_drawn(moved=0 * OWN)])
    assert (paired.low, paired.high) == pytest.approx((alone.low, alone.high), rel=1e-4)


def test_to_exchange_the_methods_inverts_a_ratio():
    one, other = _drawn(3.0, 0.1 * OWN), _drawn(2.0, 0.1 * OTHER)
    forth, back = paired_difference([one], [other]), paired_difference([other], [one])
    assert (back.value, back.low, back.high) == pytest.approx(
        (1 / forth.value, 1 / forth.high, 1 / forth.low)
    )
    assert (back.p, back.sign) == (pytest.approx(forth.p), -forth.sign)


@pytest.mark.parametrize("scale", [ARCSINE, counts_scale(0.01), IDENTITY])
def test_a_difference_is_that_of_the_values_and_its_interval_holds_it(scale):
    one, other = (
        _drawn(0.61, 0.02 * OWN, scale, as_ratio=False),
        _drawn(0.6, 0.02 * OTHER, scale, as_ratio=False),
    )
    found = paired_difference([one], [other])
    assert found.value == pytest.approx(0.01)
    assert found.low < found.value < found.high


@pytest.mark.parametrize("scale", [LOG, ARCSINE, counts_scale(0.05)])
@pytest.mark.parametrize("as_ratio", [True, False])
def test_the_interval_holds_no_difference_exactly_where_p_is_above_one_minus_the_level(scale, as_ratio):
    for value in np.linspace(0.4, 0.6, 21):
        one, other = _drawn(value, 0.03 * OWN, scale, as_ratio=as_ratio), _drawn(0.5, 0.03 * OTHER, scale)
        found = paired_difference([one], [other])
        none = 1.0 if as_ratio else 0.0
        assert (found.low <= none <= found.high) == (found.p > 0.05)


def test_a_method_that_may_find_nothing_makes_the_ratio_endless():
    scale = counts_scale(1.0)
    found = paired_difference([_drawn(3.0, 0.5 * OWN, scale)], [_drawn(0.5, 0.5 * OTHER, scale)])
    assert found.value == pytest.approx(6)
    assert found.high == np.inf
    assert 0 <= found.low < 6


def test_the_same_network_twice_differs_by_nothing():
    found = paired_difference([_drawn()], [_drawn()])
    assert (found.value, found.low, found.high, found.p, found.sign) == (1, 1, 1, 1, 0)


def test_a_difference_that_never_varies_is_certain():
    found = paired_difference([_drawn(1.0, 0 * OWN)], [_drawn(0.5, 0 * OWN)])
    assert (found.value, found.low, found.high, found.p) == pytest.approx((2, 2, 2, 0))


def test_lower_is_better_where_the_metric_says_so():
    assert paired_difference([_drawn(3.0, direction=-1)], [_drawn(2.0, direction=-1)]).sign == -1


def test_the_variance_over_seeds_is_added_with_its_own_degrees_of_freedom():
    values, single = [2.0, 2.4, 2.2], _drawn(2.0, 0.1 * OTHER)
    seeds = [_drawn(value, 0.1 * OWN) for value in values]
    found = paired_difference(seeds, [single])
    of_draws = (0.1 * (OWN - OTHER)).var() * 50 / 49
    of_seeds = np.log(values).var(ddof=1) / 3
    total = of_draws + of_seeds
    freedom = total**2 / (of_draws**2 / 19 + of_seeds**2 / 2)
    gap = np.log(values).mean() - np.log(2.0)
    reach = stats.t.ppf(0.975, freedom) * np.sqrt(total)
    assert np.log([found.low, found.high]) == pytest.approx([gap - reach, gap + reach], rel=1e-3)
    assert np.log(found.value) == pytest.approx(gap)


def test_with_seeds_that_shift_all_regulators_alike_the_interval_covers_what_it_says():
    (weights_DR,) = draw_regulators(40, 200, 0, 200)

    def method(rng):
        regulators, noise = rng.normal(size=40), 0.5 * rng.normal(size=(3, 40))
        for value_R in regulators + 0.3 * rng.normal(size=(3, 1)) + noise:
            yield Drawn(value_R.mean(), weights_DR @ value_R / 40, IDENTITY, 40, 40.0, as_ratio=False)

    found = [paired_difference([*method(rng)], [*method(rng)]) for rng in np.random.default_rng(1).spawn(400)]
    assert 0.93 <= np.mean([one.low <= 0 <= one.high for one in found]) <= 0.99


def test_seeds_that_all_give_the_same_count_as_one():
    once = paired_difference([_drawn(3.0, 0.1 * OWN)], [_drawn()])
    assert paired_difference([_drawn(3.0, 0.1 * OWN)] * 3, [_drawn()]) == once


def test_the_value_over_seeds_is_the_mean_on_the_scale():
    assert mean_over_seeds([_drawn(1.0), _drawn(4.0)]) == pytest.approx(2)
    assert mean_over_seeds([_drawn(0.123456789)]) == 0.123456789


def test_few_regulators_give_no_interval_and_say_why():
    found = paired_difference([_drawn(3.0, n_regulators=4)], [_drawn(2.0, n_regulators=4)])
    assert (found.value, found.low, found.high, found.p) == (pytest.approx(1.5), None, None, None)
    assert found.reason == "4 regulators with a true edge; needs 5"


@pytest.mark.parametrize("other", [_drawn(n_regulators=51), _drawn(moved=SHARED[:200])])
def test_draws_of_other_regulators_are_not_paired(other):
    found = paired_difference([_drawn()], [other])
    assert found.p is None
    assert "not of the same regulators" in found.reason


def test_draws_in_which_one_is_undefined_are_left_out_unless_they_are_many():
    moved = 0.1 * OWN
    moved[:10] = np.nan
    assert paired_difference([_drawn(3.0, moved)], [_drawn()]).p is not None
    moved[:30] = np.nan
    assert (
        paired_difference([_drawn(3.0, moved)], [_drawn()]).reason
        == "undefined in 30 of 400 draws of regulators"
    )


@pytest.mark.parametrize(
    ("bounds", "chance", "ratio"),
    [((0.0, 1.0), "0.5", False), ((0.0, 1.0), "n_positive / n_pairs", True), ((0.0, np.inf), "1", True),
     ((-1.0, 1.0), "0", False)],
)  # fmt: skip
def test_shares_with_a_fixed_chance_level_are_compared_by_difference(bounds, chance, ratio):
    assert is_ratio(bounds, chance) == ratio
