"""How fast the information methods and the partial correlation are, beside their peers.

Run with `pytest tests/benchmarks/test_information_speed.py --benchmark-only`. Ratios are of CPU seconds of
one thread (OMP_NUM_THREADS=1), medians of five rounds in which both take turns: load hits them alike.
"""

import statistics
import time

import numba
import numpy as np
import pytest
from sklearn.covariance import ShrunkCovariance
from sklearn.metrics import mutual_info_score

from bengrn.plugin import log_normalized
from bengrn.scale.counts import simulated_counts
from bengrn_methods._bins import bin_genes
from bengrn_methods._information_kernels import specific_information
from bengrn_methods.mutual_information import information
from bengrn_methods.pidc import unique_contributions
from bengrn_methods.ppcor import partial_correlations

CELLS = 1000
ROUNDS = 5


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("BENGRN_CPUS", "1")


def binned_genes(genes, cells=CELLS, binning="equal-frequency"):
    return bin_genes(log_normalized(simulated_counts(cells, genes)), binning, None)


def times_faster(benchmark, ours, theirs, rounds=ROUNDS):
    """Return how many times more CPU seconds theirs takes, and note it; no first call is timed."""
    benchmark.pedantic(ours, rounds=rounds, warmup_rounds=1)
    theirs()
    taken = {ours: [], theirs: []}
    for _ in range(rounds):
        for function, seconds in taken.items():
            start = time.process_time()
            function()
            seconds.append(time.process_time() - start)
    ours_s, theirs_s = (statistics.median(seconds) for seconds in taken.values())
    benchmark.extra_info.update(ours_cpu_s=ours_s, theirs_cpu_s=theirs_s, times_faster=theirs_s / ours_s)
    return theirs_s / ours_s


@pytest.mark.benchmark(group="mutual information, 1000 cells")
def test_mutual_information_beside_scikit_learn(benchmark):
    # per pair: 100 genes make 4,950 pairs, of which scikit-learn does the 99 of one gene
    binned = binned_genes(100)
    codes = list(binned.code_GC)
    ratio = times_faster(
        benchmark,
        lambda: information(binned, np.arange(100)),
        lambda: [mutual_info_score(codes[0], one) for one in codes[1:]],
    )
    benchmark.extra_info["times_faster_per_pair"] = 50 * ratio
    assert 50 * ratio >= 50


@pytest.mark.benchmark(group="mutual information, 1000 cells")
def test_mutual_information_beside_numpy(benchmark):
    binned = binned_genes(100)
    n_states = binned.count_GB.shape[1]

    def plain():
        code_C = binned.code_GC[0].astype(np.intp) * n_states
        for other_C in binned.code_GC[1:]:
            joint = np.bincount(code_C + other_C, minlength=n_states**2).reshape(n_states, n_states) / CELLS
            expected = np.outer(joint.sum(axis=1), joint.sum(axis=0))
            there = joint > 0
            (joint[there] * np.log(joint[there] / expected[there])).sum()

    ratio = times_faster(benchmark, lambda: information(binned, np.arange(100)), plain)
    benchmark.extra_info["times_faster_per_pair"] = 50 * ratio
    assert 50 * ratio >= 5


@numba.njit(error_model="numpy")
def _by_triplets(told_GBG, weight_GB, mutual_GG):
    """Sum over triplets as the authors do, compiled too: time grows with the cube of the genes."""
    n, n_states = weight_GB.shape
    found = np.zeros((n, n))
    for target in range(n):
        for one in range(n):
            for other in range(one + 1, n):
                if target in (one, other):
                    continue
                redundant = 0.0
                for state in range(n_states):
                    lesser = min(told_GBG[target, state, one], told_GBG[target, state, other])
                    redundant += weight_GB[target, state] * lesser
                for source in (one, other):
                    if mutual_GG[target, source] > 0:
                        share = 1.0 - redundant / mutual_GG[target, source]
                        found[target, source] += share
                        found[source, target] += share
    return found


@pytest.mark.benchmark(group="PIDC, 1000 cells")
@pytest.mark.parametrize(
    ("genes", "least"), [(100, 0.5), (400, 1.5), pytest.param(1000, 3.0, marks=pytest.mark.slow)]
)
def test_sorted_sums_beside_a_compiled_loop_over_triplets(benchmark, genes, least):
    binned = binned_genes(genes, binning="bayesian-blocks")
    weight_GB = binned.count_GB / CELLS

    def triplets():
        told_GBG = np.zeros((genes, weight_GB.shape[1], genes))
        for gene in range(genes):
            told_GBG[gene] = specific_information(
                gene, np.arange(genes), binned.code_GC, binned.count_GB, binned.log_N
            )
        mutual_GG = np.einsum("gb,gbh->gh", weight_GB, told_GBG)
        mutual_GG[mutual_GG < 1e-13] = 0
        return _by_triplets(told_GBG, weight_GB, mutual_GG)

    np.testing.assert_allclose(unique_contributions(binned), triplets(), rtol=1e-6, atol=1e-6)
    ratio = times_faster(benchmark, lambda: unique_contributions(binned), triplets)
    assert ratio >= least


@pytest.mark.benchmark(group="partial correlation, 500 cells x 2000 genes")
def test_partial_correlation_of_few_cells_beside_scikit_learn(benchmark):
    x_CG = log_normalized(simulated_counts(500, 2000)).astype(np.float64)
    z_CG = x_CG - x_CG.mean(axis=0)
    z_CG /= np.maximum(np.linalg.norm(z_CG, axis=0), 1e-12)
    scaled_CG = z_CG * np.sqrt(500)

    def theirs():
        precision = ShrunkCovariance(shrinkage=0.2).fit(scaled_CG).precision_
        scale = np.sqrt(np.diag(precision))
        return precision / np.outer(scale, scale)

    ratio = times_faster(benchmark, lambda: partial_correlations(z_CG, np.arange(2000), 0.2), theirs)
    assert ratio >= 3


@pytest.mark.benchmark(group="whole genome")
@pytest.mark.slow  # a minute or more
@pytest.mark.parametrize("method", ["information", "pidc"])
def test_four_thousand_genes(benchmark, method):
    binned = binned_genes(4000)
    function = {
        "information": lambda: information(binned, np.arange(4000)),
        "pidc": lambda: unique_contributions(binned),
    }
    benchmark.pedantic(function[method], rounds=1)
