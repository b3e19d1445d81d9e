import dataclasses

import numpy as np
import pytest

from bengrn_datasets.simulator.technical import (
    Technical,
    add_technical_noise,
    add_technical_noise_layers,
    count_molecules,
    drop_out,
    scale_libraries,
    scale_outlier_genes,
)


@pytest.fixture
def levels():
    return np.random.default_rng(0).gamma(2.0, size=(300, 40))


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_outlier_genes_are_multiplied_in_all_cells_and_layers_alike(levels, rng):
    first, second = scale_outlier_genes((levels, 2 * levels), 0.3, 0.8, 1.0, rng)
    factor_G = first[0] / levels[0]
    assert np.allclose(first, levels * factor_G)
    assert np.allclose(second, 2 * levels * factor_G)
    assert 3 <= (factor_G != 1).sum() <= 21  # 12 expected of 40


def test_outlier_factors_are_log_normal(rng):
    (ones,) = scale_outlier_genes((np.ones((1, 20_000)),), 1.0, 0.8, 0.5, rng)
    assert np.log(ones).mean() == pytest.approx(0.8, abs=5 * 0.5 / np.sqrt(20_000))
    assert np.log(ones).std() == pytest.approx(0.5, rel=0.03)


def test_a_cells_total_over_all_layers_is_log_normal(rng):
    x_CG = np.random.default_rng(0).gamma(2.0, size=(20_000, 3))
    first, second = scale_libraries((x_CG, 3 * x_CG), 4.6, 0.4, rng)
    total_C = (first + second).sum(axis=1)
    assert np.allclose(second, 3 * first)
    assert np.log(total_C).mean() == pytest.approx(4.6, abs=5 * 0.4 / np.sqrt(20_000))
    assert np.log(total_C).std() == pytest.approx(0.4, rel=0.03)


def test_a_cell_without_expression_stays_empty(rng):
    (scaled,) = scale_libraries((np.array([[0.0, 0.0], [1.0, 3.0]]),), 0.0, 0.0, rng)
    assert np.allclose(scaled, [[0, 0], [0.25, 0.75]])


def test_half_of_the_levels_at_the_percentile_are_dropped(rng):
    (kept,) = drop_out((np.full((200, 200), 3.0),), 6.5, 82, rng)
    assert (kept > 0).mean() == pytest.approx(0.5, abs=5 * 0.5 / 200)
    assert set(np.unique(kept)) == {0.0, 3.0}


@pytest.mark.parametrize(("percentile", "kept"), [(82, 0.18), (0.9, 0.991)])
def test_a_steep_dropout_keeps_what_lies_above_the_percentile(percentile, kept, levels, rng):
    (left,) = drop_out((levels,), 1e6, percentile, rng)
    assert (left > 0).mean() == pytest.approx(kept, abs=0.002)


def test_the_percentile_is_that_of_the_layers_sum(rng):
    small, large = np.full((100, 100), 1.0), np.full((100, 100), 5.0)
    left = drop_out((small, large), 1e6, 50, rng)
    assert [(layer > 0).mean() for layer in left] == [0, 0]  # the sum is 6 everywhere


def test_counts_are_poisson(rng):
    (counts,) = count_molecules((np.full((300, 300), 4.0),), rng)
    assert counts.dtype == np.int32
    assert counts.mean() == pytest.approx(4, abs=5 * 2 / 300)
    assert counts.var() == pytest.approx(4, rel=0.05)


def test_without_outliers_and_dropout_only_library_and_counting_are_left(levels):
    plain = Technical(
        outlier_probability=0, library_mean=8, library_sd=0, dropout_shape=1e6, dropout_percentile=0
    )
    counts = add_technical_noise(levels, plain, seed=0)
    assert counts.shape == levels.shape
    assert counts.sum(axis=1).mean() == pytest.approx(np.exp(8), rel=0.01)
    assert np.corrcoef(counts.ravel(), (levels / levels.sum(axis=1, keepdims=True)).ravel())[0, 1] > 0.98


def test_dropout_makes_zeros(levels):
    few = add_technical_noise(levels, Technical(dropout_percentile=0.82), seed=0)
    many = add_technical_noise(levels, Technical(dropout_percentile=82), seed=0)
    assert (many == 0).mean() > (few == 0).mean() + 0.3


def test_one_layer_is_treated_as_a_matrix(levels):
    layers = add_technical_noise_layers((levels,), Technical(), seed=3)
    assert np.array_equal(layers[0], add_technical_noise(levels, Technical(), seed=3))


def test_the_same_seed_gives_the_same_counts(levels):
    first, again, other = (add_technical_noise(levels, Technical(), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_input_is_not_modified(levels):
    before = levels.copy()
    add_technical_noise(levels, Technical(outlier_probability=1), seed=0)
    assert np.array_equal(levels, before)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("outlier_probability", 1.1),
        ("outlier_scale", -1),
        ("library_mean", np.inf),
        ("library_sd", -0.1),
        ("dropout_shape", -1),
        ("dropout_percentile", 101),
    ],
)
def test_impossible_settings_are_refused(setting, value):
    with pytest.raises(ValueError, match=f"{setting} is {value}; expected a number from"):
        dataclasses.replace(Technical(), **{setting: value})


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((np.ones((2, 3)), np.ones((3, 2))), "the same in all layers"),
        ((np.ones(3),), "expected cells x genes"),
        ((-np.ones((2, 3)),), "negative or not finite"),
        ((np.full((2, 3), np.nan),), "negative or not finite"),
    ],
)
def test_impossible_expression_is_refused(layers, message):
    with pytest.raises(ValueError, match=message):
        add_technical_noise_layers(layers, Technical(), seed=0)
