"""Printed odds ratios become what they stand for, and solve to whole numbers of true pairs."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bengrn.errors import MetricError
from bengrn.metrics.conversion import epr_from_odds_ratio, found_from_odds_ratio, odds_ratio_from_epr
from bengrn.metrics.overlap import odds_ratio

# what notebooks hold, and the shape of the scored matrix: R x T cells less R self-pairs
SERGIO = (3_440, 105_868)
HAN_FULL = (6_037, 31 * 5_000 - 31)
HAN_KO = (50_452, 122 * 5_000 - 122)
GWPS = (287_578, 2_920 * 4_752 - 2_920)
OVERLAP = (45_141, 5_421 * 5_420)
RECORDED = [
    (SERGIO, 1.836718, 195),
    (SERGIO, 0.944979, 106),
    (SERGIO, 0.926019, 104),
    (HAN_FULL, 3.02024, 618),
    (HAN_FULL, 1.711491, 382),
    (HAN_KO, 3.280665, 10_225),
    (GWPS, 2.714587, 15_135),
    (GWPS, 1.212184, 7_164),
    (GWPS, 3.770978, 20_237),
    (OVERLAP, 4.961931, 340),
    (OVERLAP, 1.530909, 106),
]


@pytest.mark.parametrize(("shape", "printed", "found"), RECORDED)
def test_a_recorded_epr_is_an_odds_ratio_of_a_whole_number_of_true_pairs(shape, printed, found):
    assert found_from_odds_ratio(printed, *shape) == pytest.approx(found, abs=0.004)


@pytest.mark.parametrize(("shape", "printed", "found"), RECORDED)
def test_one_true_pair_more_or_less_would_print_another_number(shape, printed, found):
    k, n = shape
    exact = [Fraction(tp * (n - 2 * k + tp), (k - tp) ** 2) for tp in (found - 1, found, found + 1)]
    assert [round(float(one), 6) == printed for one in exact] == [False, True, False]


@pytest.mark.parametrize(
    ("found", "expected"),
    [(195, 1.8367178615435387), (106, 0.9449787307085673), (104, 0.9260188971125258)],
)
def test_the_sergio_integers_give_the_odds_ratios_to_the_last_digit(found, expected):
    assert odds_ratio(found, *SERGIO) == expected


@pytest.mark.parametrize(
    ("printed", "random", "epr", "within"),
    [
        (3.24, 0.00115, 3.22, 0.005),  # a sparse truth barely changes
        (2.98, 0.039, 2.60, 0.005),
        (3.79, 0.083, 2.69, 0.006),
        (7.78, 0.0402, 5.23, 0.005),
        (1.15, 0.264, 1.08, 0.005),
        (1.0, 0.3, 1.0, 1e-15),  # chance is chance
        (0.0, 0.3, 0.0, 1e-15),
    ],
)
def test_published_odds_ratios_as_early_precision_ratios(printed, random, epr, within):
    assert epr_from_odds_ratio(printed, random) == pytest.approx(epr, abs=within)


@given(k=st.integers(1, 400), more=st.integers(1, 4000), share=st.floats(0, 0.99))
def test_conversions_round_trip_and_agree_with_counting(k, more, share):
    n = 2 * k + more
    tp = int(share * k)
    exact = odds_ratio(tp, k, n)
    epr = epr_from_odds_ratio(exact, k / n)
    assert epr == pytest.approx(tp * n / k**2, rel=1e-9, abs=1e-12)
    assert odds_ratio_from_epr(epr, k / n) == pytest.approx(exact, rel=1e-9, abs=1e-12)
    assert found_from_odds_ratio(exact, k, n) == pytest.approx(tp, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("random", [0.0, 0.5, 1.0, float("nan"), -0.1])
def test_a_random_precision_without_a_unique_answer_is_refused(random):
    with pytest.raises(MetricError, match=r"above 0 and below 0\.5"):
        epr_from_odds_ratio(2.0, random)


@pytest.mark.parametrize("value", [-1.0, float("inf"), float("nan")])
def test_what_is_no_odds_ratio_is_refused(value):
    with pytest.raises(MetricError, match="at least 0"):
        epr_from_odds_ratio(value, 0.1)


@pytest.mark.parametrize("epr", [10.0, -1.0])
def test_an_early_precision_of_one_or_more_has_no_odds_ratio(epr):
    with pytest.raises(MetricError, match="expected at least 0 and below 1"):
        odds_ratio_from_epr(epr, 0.1)
