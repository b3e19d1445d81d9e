"""PIDC agrees with a slow loop over triplets, and with the network that its authors stored."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from bengrn.testing import method_checks
from bengrn_methods._bins import bin_genes
from bengrn_methods.pidc import PIDC, in_context, unique_contributions

test_pidc_conforms = method_checks("pidc")

OFF_DIAGONAL = ~np.eye(10, dtype=bool)


@pytest.fixture(autouse=True)
def two_workers(monkeypatch):
    monkeypatch.setenv("BENGRN_CPUS", "2")


@pytest.fixture(scope="module")
def yeast():
    lines = (Path(__file__).parent / "yeast1_10.tsv").read_text().splitlines()[2:]
    names = [line.split("\t")[0] for line in lines]
    return names, np.array([line.split("\t")[1:] for line in lines], dtype=float).T


def _specific(target, source):
    """For each state of the target: its probability, and what the source tells of it."""
    found = []
    for state in np.unique(target):
        inside = target == state
        told = 0.0
        for value in np.unique(source[inside]):
            given = (source[inside] == value).mean()
            told += given * np.log(given / (source == value).mean())
        found.append((inside.mean(), told))
    return np.array(found)


def _slow_contributions(code_GC):
    """Follow the definition, triplet by triplet."""
    n = len(code_GC)
    told = {(y, x): _specific(code_GC[y], code_GC[x]) for y, x in itertools.permutations(range(n), 2)}
    shared = {pair: float(one[:, 0] @ one[:, 1]) for pair, one in told.items()}
    found = np.zeros((n, n))
    for x, y, z in itertools.permutations(range(n), 3):
        if shared[y, x] < 1e-12:
            continue
        redundant = float(told[y, x][:, 0] @ np.minimum(told[y, x][:, 1], told[y, z][:, 1]))
        share = (shared[y, x] - redundant) / shared[y, x]
        found[x, y] += share
        found[y, x] += share
    return found


@pytest.mark.parametrize(("binning", "bins"), [("bayesian-blocks", None), ("equal-frequency", 3)])
def test_sorted_sums_are_the_sums_over_triplets(binning, bins):
    rng = np.random.default_rng(3)
    x_CG = rng.poisson(np.exp(rng.normal(size=(70, 2)) @ rng.normal(size=(2, 8)))).astype(float)
    x_CG[:, 4] = 2.0
    binned = bin_genes(x_CG, binning, bins)
    expected = _slow_contributions(binned.code_GC)
    np.testing.assert_allclose(unique_contributions(binned), expected, rtol=1e-9, atol=1e-9)
    assert not expected[4].any()


# stored in the authors' package NetworkInference.jl, commit e5a3de3, test/data/{puc,pidc}.txt
STORED_PUC = [("G1", "G4", 12.223453815), ("G3", "G9", 10.405553582), ("G5", "G7", 8.258849937),
              ("G3", "G10", 5.757814269), ("G3", "G6", 2.542990748), ("G5", "G10", 0.423195775)]  # fmt: skip
STORED_PIDC = [("G7", "G8", 1.9203363397), ("G4", "G7", 1.7516691889), ("G8", "G9", 1.6857316253),
               ("G6", "G10", 1.166799304), ("G1", "G6", 0.183377401), ("G5", "G10", 0.027096176)]  # fmt: skip


def test_the_networks_that_the_authors_stored_come_out(yeast):
    names, x_CG = yeast
    unique_GG = unique_contributions(bin_genes(x_CG, "bayesian-blocks", None))
    confidence_GG = in_context(unique_GG, np.arange(10), "gamma")
    for matrix, stored, within in ((unique_GG, STORED_PUC, 1e-8), (confidence_GG, STORED_PIDC, 1e-6)):
        for one, other, expected in stored:
            assert matrix[names.index(one), names.index(other)] == pytest.approx(expected, abs=within)
    assert np.array_equal(unique_GG, unique_GG.T)


@pytest.mark.parametrize("context", ["gamma", "gaussian"])
def test_context_is_the_sum_of_both_genes_fitted_distributions(yeast, context):
    unique_GG = unique_contributions(bin_genes(yeast[1], "bayesian-blocks", None))
    expected = np.zeros((10, 10))
    for one, other in itertools.permutations(range(10), 2):
        for gene in (one, other):
            scores = np.delete(unique_GG[gene], gene)
            if context == "gamma":
                shape, _, scale = stats.gamma.fit(scores, floc=0)
                expected[one, other] += stats.gamma.cdf(unique_GG[one, other], shape, scale=scale)
            else:
                expected[one, other] += stats.norm.cdf(unique_GG[one, other], scores.mean(), scores.std())
    found = in_context(unique_GG, np.arange(10), context)
    np.testing.assert_allclose(found[OFF_DIAGONAL], expected[OFF_DIAGONAL], atol=2e-6)


def test_a_silent_gene_changes_no_rank_in_context(yeast):
    # the authors' own program gives up the gamma distribution of every gene once a score is 0
    with_silent = np.column_stack([yeast[1], np.ones(len(yeast[1]))])
    unique_GG = unique_contributions(bin_genes(with_silent, "bayesian-blocks", None))
    found = in_context(unique_GG, np.arange(11), "gamma")
    assert not found[10].any()
    assert not found[:, 10].any()
    alone = in_context(
        unique_contributions(bin_genes(yeast[1], "bayesian-blocks", None)), np.arange(10), "gamma"
    )
    order = [np.argsort(one[OFF_DIAGONAL]) for one in (found[:10, :10], alone)]
    assert stats.spearmanr(*[np.argsort(one) for one in order]).statistic > 0.97


def test_genes_whose_scores_are_all_equal_tell_nothing():
    unique_GG = np.full((4, 4), 2.0)
    np.fill_diagonal(unique_GG, 0.0)
    assert not in_context(unique_GG, np.arange(4), "gamma").any()


def test_an_unknown_context_is_refused():
    with pytest.raises(ValueError, match="context is 'clr'; expected gamma, gaussian or none"):
        PIDC(context="clr")
