"""Order statistics in pieces: equal to those of one sorted array."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bengrn.metrics.order_statistics import order_statistics

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def _check(values, zeros, places, piece=7):
    found = order_statistics(
        lambda: (values[first : first + piece].copy() for first in range(0, len(values), piece)),
        zeros,
        places,
    )
    ordered = np.sort(np.append(values, np.zeros(zeros, np.float32)))
    np.testing.assert_array_equal(found.value, ordered[places])
    np.testing.assert_array_equal(found.below, np.searchsorted(ordered, ordered[places], side="left"))
    np.testing.assert_array_equal(found.at_most, np.searchsorted(ordered, ordered[places], side="right"))


@settings(max_examples=200, deadline=None)
@given(arrays.arrays(np.float32, st.integers(1, 40), elements=FLOATS), st.integers(0, 9), st.data())
def test_any_floats_and_places(values, zeros, data):
    last = len(values) + zeros - 1
    _check(values, zeros, np.array(data.draw(st.lists(st.integers(0, last), min_size=1, max_size=12))))


@pytest.mark.parametrize("values", [[0.0, -0.0, 0.0], [1.0] * 5, [3.4028235e38, -3.4028235e38, 1e-45]])
def test_ties_signed_zeros_and_extremes(values):
    _check(np.array(values, dtype=np.float32), 2, np.arange(len(values) + 2))


def test_many_places_of_many_values():
    values = np.random.default_rng(0).normal(size=50_000).astype(np.float32)
    _check(values, 1000, np.linspace(0, 50_999, 300).astype(int), piece=9_999)
