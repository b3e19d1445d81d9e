"""Codes are ranks: they keep order and equality, and never wrap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bengrn_methods.forest.codes import code_features
from bengrn_methods.forest.data import fixed_point, tabulate


def column(values):
    return np.asarray(values, dtype=np.float32)[:, None]


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.floats(0, 1e6, width=32), min_size=1, max_size=600),
    bins=st.sampled_from(["256", "exact"]),
)
def test_codes_keep_the_order_of_values(values, bins):
    x_C = np.asarray(values, dtype=np.float32)
    code_C = code_features(column(values), bins).code_PC[0].astype(int)
    order = np.argsort(x_C, kind="stable")
    steps, rises = np.diff(code_C[order]), np.diff(x_C[order]) > 0
    assert np.all(steps >= 0)
    assert np.all(steps[~rises] == 0)


def test_up_to_256_values_are_told_apart_in_one_byte():
    codes = code_features(column(np.arange(256)[::-1]))
    assert codes.code_PC.dtype == np.uint8
    np.testing.assert_array_equal(codes.code_PC[0], np.arange(256)[::-1])


def test_more_values_share_256_codes_of_equal_size():
    codes = code_features(column(np.arange(1024)))
    assert codes.code_PC.dtype == np.uint8
    np.testing.assert_array_equal(np.bincount(codes.code_PC[0]), np.full(256, 4))


def test_zeros_keep_a_code_alone_where_they_are_many():
    values = np.concatenate([np.zeros(500), np.arange(1, 1001)])
    codes = code_features(column(values))
    assert np.all(codes.code_PC[0][:500] == 0)
    assert codes.code_PC[0][500:].min() == 1


def test_exact_codes_tell_every_value_apart():
    values = np.random.default_rng(0).permutation(3000)
    codes = code_features(column(values), "exact")
    assert codes.code_PC.dtype == np.uint16
    np.testing.assert_array_equal(codes.code_PC[0], values)


def test_counts_above_65535_are_ranked_and_not_wrapped():
    values = [0, 65535, 65536, 65537, 70000, 1_000_000]
    np.testing.assert_array_equal(code_features(column(values), "exact").code_PC[0], np.arange(6))


def test_more_than_65536_values_fall_back_to_parts_of_equal_size():
    values = np.arange(131_072)
    code_C = code_features(column(values), "exact").code_PC[0]
    np.testing.assert_array_equal(np.bincount(code_C), np.full(65_536, 2))


def test_a_code_knows_the_lowest_value_behind_it():
    x_CP = np.random.default_rng(1).random((700, 2)).astype(np.float32)
    codes = code_features(x_CP)
    for feature in range(2):
        lowest = codes.lowest[codes.first_P[feature] : codes.first_P[feature + 1]]
        expected = [x_CP[codes.code_PC[feature] == code, feature].min() for code in range(codes.n_codes)]
        np.testing.assert_array_equal(lowest, np.array(expected))


def test_a_constant_feature_has_one_code():
    assert code_features(np.full((5, 1), 3.0, dtype=np.float32)).n_codes == 1


@pytest.mark.parametrize("n_cells", [1, 2, 1000, 1_000_000])
def test_the_sum_of_all_targets_fits_its_bits(n_cells):
    data = tabulate(code_features(np.zeros((n_cells, 1), dtype=np.float32)))
    assert n_cells * (2**data.target_bits - 1) < 2**data.shift
    assert n_cells * 2**data.shift + 2**data.shift < 2**63


@pytest.mark.parametrize("n_codes", [1, 64, 256, 4096, 4097, 65_536])
def test_a_summary_of_64_bits_covers_every_code(n_codes):
    data = tabulate(code_features(column(np.arange(n_codes)), "exact"))
    assert (n_codes - 1) >> (6 + data.group) <= 63


def test_fixed_point_numbers_are_within_a_step_of_the_values():
    y_C = np.random.default_rng(2).normal(size=100)
    whole_C, step = fixed_point(y_C, 40)
    np.testing.assert_allclose(whole_C * step + y_C.min(), y_C, atol=step)
    assert whole_C.min() == 0
