"""The tests, the power and the calibration of a screen, against scipy and by simulation."""

import numpy as np
import pytest
from scipy import sparse, stats

from bengrn.screens.null import calibrate_controls
from bengrn.screens.power import TypicalGene, detectable_falls, typical_gene
from bengrn.screens.rank_sum import (
    Design,
    benjamini_hochberg,
    compare_with_controls,
    median_ratio_depth,
)


def design_of(group_C, x_CG, strata=1, stratum_C=None):
    depth_C = np.asarray(x_CG.sum(axis=1)).ravel().astype(float)
    stratum_C = np.zeros(len(group_C), int) if stratum_C is None else stratum_C
    return Design(np.asarray(group_C), stratum_C, depth_C, int(max(group_C)), strata)


@pytest.fixture
def small():
    """Three groups against controls at genes from nearly silent to high, with many ties."""
    rng = np.random.default_rng(5)
    group_C = rng.permutation(np.repeat([0, 1, 2, 3], [90, 30, 25, 12]))
    x_CG = rng.poisson(np.geomspace(0.02, 6, 24), (len(group_C), 24)).astype(np.float32)
    x_CG[:, 0], x_CG[:, 1] = 0, 0
    x_CG[np.flatnonzero(group_C == 2)[:5], 1] = 1  # silent in controls
    x_CG[:, 23] = 7
    return sparse.csr_array(x_CG), group_C


@pytest.mark.parametrize("depth", ["own", "equal"])
def test_p_values_and_directions_are_those_of_scipy(small, depth):
    x_CG, group_C = small
    design = design_of(group_C, x_CG)
    if depth == "equal":  # then whole counts tie
        design = Design(group_C, design.stratum_C, np.full(len(group_C), 10.0), 3, 1)
    found = compare_with_controls(x_CG, design)
    value_CG = np.log1p(x_CG.toarray() / design.depth_C[:, None])
    for p in (1, 2, 3):
        expected = stats.mannwhitneyu(
            value_CG[group_C == p], value_CG[group_C == 0], axis=0, use_continuity=False, method="asymptotic"
        )
        varies_G = np.ptp(value_CG[(group_C == p) | (group_C == 0)], axis=0) > 0
        np.testing.assert_allclose(found.p_values[p - 1, varies_G], expected.pvalue[varies_G], rtol=1e-9)
        above = expected.statistic - (group_C == p).sum() * (group_C == 0).sum() / 2
        assert (np.sign(found.z_PG[p - 1, varies_G]) == np.sign(above[varies_G])).all()


def test_a_constant_gene_is_no_finding(small):
    x_CG, group_C = small
    equal = Design(group_C, np.zeros(len(group_C), int), np.full(len(group_C), 10.0), 3, 1)
    found = compare_with_controls(x_CG, equal)
    assert (found.z_PG[:, [0, 23]] == 0).all()
    assert (found.p_values[:, [0, 23]] == 1).all()


def test_means_are_of_depth_normalised_counts(small):
    x_CG, group_C = small
    design = design_of(group_C, x_CG)
    found = compare_with_controls(x_CG, design)
    value_CG = x_CG.toarray() / design.depth_C[:, None]
    np.testing.assert_allclose(found.mean_PG[1], value_CG[group_C == 2].mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.control_PG[1], value_CG[group_C == 0].mean(axis=0), rtol=1e-6)


def test_batches_are_combined_as_van_elteren_says(small):
    x_CG, group_C = small
    stratum_C = np.arange(len(group_C)) % 3
    design = design_of(group_C, x_CG, 3, stratum_C)
    found = compare_with_controls(x_CG, design)
    value_CG = x_CG.toarray() / design.depth_C[:, None]
    for p, gene in ((1, 10), (3, 18), (2, 5)):
        above = variance = 0.0
        for batch in range(3):  # by hand, from midranks
            there = (stratum_C == batch) & ((group_C == 0) | (group_C == p))
            ranks = stats.rankdata(value_CG[there, gene])
            mine = group_C[there] == p
            n, m = mine.sum(), (~mine).sum()
            above += (ranks[mine].sum() - n * (n + m + 1) / 2) / (n + m + 1)
            variance += n * m * ranks.var(ddof=1) / (n + m) / (n + m + 1) ** 2
        assert found.z_PG[p - 1, gene] == pytest.approx(above / np.sqrt(variance))


def test_a_difference_between_batches_alone_is_no_finding():
    rng = np.random.default_rng(1)
    stratum_C = np.repeat([0, 1], 300)
    group_C = np.concatenate([np.arange(300) < 60, np.arange(300) < 240]).astype(int)
    x_CG = rng.poisson(np.where(stratum_C == 0, 2.0, 6.0)[:, None], (600, 200)).astype(np.float32)
    depth_C = np.full(600, 100.0)
    blind = compare_with_controls(sparse.csr_array(x_CG), Design(group_C, 0 * stratum_C, depth_C, 1, 1))
    aware = compare_with_controls(sparse.csr_array(x_CG), Design(group_C, stratum_C, depth_C, 1, 2))
    assert (blind.p_values < 1e-6).all()
    assert (aware.p_values < 0.05).mean() == pytest.approx(0.05, abs=0.04)
    np.testing.assert_allclose(aware.mean_PG / aware.control_PG, 1, atol=0.3)


def test_benjamini_hochberg_matches_hand_computation():
    p_N = np.array([0.20, 0.01, 0.03, 0.02, 0.90])
    # sorted .01 .02 .03 .20 .90, times 5/rank: .05 .05 .05 .25 .90
    np.testing.assert_allclose(benjamini_hochberg(p_N), [0.25, 0.05, 0.05, 0.05, 0.90])


def test_benjamini_hochberg_matches_scipy():
    p_N = np.random.default_rng(0).uniform(size=500) ** 3
    np.testing.assert_allclose(benjamini_hochberg(p_N), stats.false_discovery_control(p_N))


def test_the_median_ratio_undoes_what_a_fall_of_some_genes_does_to_the_total():
    rng = np.random.default_rng(2)
    group_C = np.repeat([0, 1], [400, 200])
    mean_G = np.concatenate([np.full(6, 30.0), np.full(34, 3.0)])
    x_CG = rng.poisson(np.where(group_C[:, None] == 1, mean_G * np.where(mean_G > 10, 0.2, 1), mean_G))
    counts = sparse.csr_array(x_CG.astype(np.float32))
    by_total = design_of(group_C, counts)
    by_ratio = Design(group_C, by_total.stratum_C, median_ratio_depth(counts, by_total), 1, 1)
    assert (compare_with_controls(counts, by_total).p_values[0, 6:] < 1e-6).mean() > 0.5
    assert (compare_with_controls(counts, by_ratio).p_values[0, 6:] < 0.05).mean() < 0.2
    assert (compare_with_controls(counts, by_ratio).p_values[0, :6] < 1e-20).all()


@pytest.mark.parametrize(
    ("mean", "dispersion", "cells", "controls", "cut"),
    [(0.4, 0.3, 100, 1000, 1e-3), (17.0, 0.1, 100, 100, 1e-4), (3.0, 0.0, 60, 500, 1e-2)],
)
def test_the_fall_said_to_be_detectable_is_detected_as_often_as_said(mean, dispersion, cells, controls, cut):
    (fall,) = detectable_falls(
        TypicalGene(mean, dispersion),
        cells_P=np.array([cells]),
        controls=controls,
        cut_P=np.array([cut]),
        power=0.8,
    )
    rng = np.random.default_rng(0)

    def draw(mean, n):
        rate = rng.gamma(1 / dispersion, dispersion, (n, 2000)) if dispersion else 1.0
        return rng.poisson(mean * rate, (n, 2000))

    screen = np.concatenate([draw(mean, controls), draw(mean * 2**-fall, cells)]).astype(np.float32)
    group_C = np.repeat([0, 1], [controls, cells])
    design = Design(group_C, 0 * group_C, np.ones(len(group_C)), 1, 1)
    p_G = compare_with_controls(sparse.csr_array(screen), design).p_values[0]
    assert (p_G <= cut).mean() == pytest.approx(0.8, abs=0.03)


def test_more_cells_detect_smaller_falls_and_too_few_none():
    falls = detectable_falls(
        TypicalGene(0.1, 0.5),
        cells_P=np.array([5, 50, 500, 5000]),
        controls=5000,
        cut_P=np.full(4, 1e-4),
        power=0.8,
    )
    assert falls[0] == np.inf
    assert (np.diff(falls[1:]) < 0).all()


def test_the_typical_gene_is_recovered_from_cells_of_different_depth():
    rng = np.random.default_rng(4)
    depth_C = rng.uniform(500, 2000, 3000)
    rate = rng.gamma(1 / 0.4, 0.4, (3000, 60)) * depth_C[:, None] / np.median(depth_C)
    x_CG = rng.poisson(2.0 * rate).astype(np.float32)
    found = typical_gene(sparse.csr_array(x_CG), depth_C)
    assert found.mean == pytest.approx(2.0, rel=0.03)
    assert found.dispersion == pytest.approx(0.4, rel=0.08)


def test_controls_against_controls_hold_their_level():
    rng = np.random.default_rng(6)
    x_CG = sparse.csr_array(rng.poisson(rng.gamma(0.5, 2, 300) + 0.1, (800, 300)).astype(np.float32))
    found = calibrate_controls(x_CG, design_of(np.zeros(800, int), x_CG), sizes=[50] * 10, alpha=0.05, seed=0)
    assert (found.groups, found.tests) == (10, 3000)
    assert found.below_05 == pytest.approx(0.05, abs=0.02)
    assert found.below_001 < 0.004
    assert found.groups_with_edges <= 2


def test_a_pseudo_perturbation_is_never_more_than_half_of_the_controls():
    rng = np.random.default_rng(6)
    x_CG = sparse.csr_array(rng.poisson(3.0, (100, 20)).astype(np.float32))
    found = calibrate_controls(x_CG, design_of(np.zeros(100, int), x_CG), sizes=[90, 30], alpha=0.05, seed=0)
    assert found.groups == 2
