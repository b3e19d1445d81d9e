"""How fast the forests are beside scikit-learn and arboreto, at equal quality.

Run with `pytest tests/benchmarks/test_forest_speed.py --benchmark-only`. CPU time of one thread; peers take
turns in the same process, and ratios are of medians. Data are simulated: log-normal factors, Poisson counts.
"""

import os
import subprocess
import sys
import time
from functools import cache

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from bengrn_methods.forest.codes import code_features
from bengrn_methods.forest.data import make_work, tabulate
from bengrn_methods.forest.prepared import Target
from bengrn_methods.genie3 import GENIE3
from bengrn_methods.grnboost2 import GRNBoost2

N_CELLS, NTREES, ROUNDS = 1000, 100, 5


@cache
def make_counts(n_genes):
    """Make counts (C, G), about half of them 0."""
    rng = np.random.default_rng(0)
    loading_FG = rng.normal(0, 0.4, (20, n_genes)) * (rng.random((20, n_genes)) < 0.3)
    mean_CG = np.exp(rng.normal(size=(N_CELLS, 20)) @ loading_FG + rng.normal(-0.5, 1.2, n_genes))
    return rng.poisson(mean_CG * np.exp(rng.normal(0, 0.35, (N_CELLS, 1)))).astype(np.float32)


@cache
def make_case(n_genes, kind="log", bins="256"):
    """Return values (C, G) and their codes."""
    counts_CG = make_counts(n_genes)
    scaled_CG = np.log1p(counts_CG / counts_CG.sum(axis=1, keepdims=True) * 1e4)
    x_CG = np.asfortranarray(counts_CG if kind == "counts" else scaled_CG, dtype=np.float32)
    return x_CG, tabulate(code_features(x_CG, bins))


def make_target(x_CG, gene, seed=0):
    features = np.delete(np.arange(x_CG.shape[1], dtype=np.int32), gene)
    return Target(gene, x_CG[:, gene].astype(np.float64), features, seed)


def usual_targets(x_CG, count):
    varied = np.flatnonzero((x_CG > 0).mean(axis=0) > 0.1)
    return varied[:: len(varied) // count][:count]


def reference(x_CG, gene, seed, model=RandomForestRegressor, ntrees=NTREES):
    """Return scikit-learn's unnormalised importances (G,) and the CPU seconds of the fit."""
    y_C, others = x_CG[:, gene].astype(np.float64), np.delete(np.arange(x_CG.shape[1]), gene)
    x_CP, y_C = np.ascontiguousarray(x_CG[:, others]), y_C / y_C.std()
    forest = model(ntrees, max_features="sqrt", random_state=seed, n_jobs=1)
    start = time.process_time()
    forest.fit(x_CP, y_C)
    seconds = time.process_time() - start
    importances_G = np.zeros(x_CG.shape[1])
    trees = [one.tree_.compute_feature_importances(normalize=False) for one in forest]
    importances_G[others] = np.mean(trees, axis=0)
    return importances_G, seconds


def timed(function, *arguments):
    start = time.process_time()
    result = function(*arguments)
    return result, time.process_time() - start


def beside_scikit_learn(benchmark, n_genes, kind="log", bins="256", model=RandomForestRegressor, **settings):
    """Let both take turns over targets; return how many times faster we are."""
    (x_CG, data), method = make_case(n_genes, kind, bins), GENIE3(ntrees=NTREES, **settings)
    method._explain(data, make_target(x_CG, 0))  # compiles
    genes, ours, theirs = iter(usual_targets(x_CG, ROUNDS)), [], []

    def one_target():
        gene = next(genes)
        theirs.append(reference(x_CG, gene, 0, model)[1])
        ours.append(timed(method._explain, data, make_target(x_CG, gene))[1])

    benchmark.pedantic(one_target, rounds=ROUNDS)
    ratio = float(np.median(theirs) / np.median(ours))
    benchmark.extra_info.update(
        times_faster_than_scikit_learn=ratio, our_s=np.median(ours), scikit_learn_s=np.median(theirs)
    )
    return ratio


@pytest.mark.benchmark(group="genie3 per target")
@pytest.mark.parametrize("kind", ["log", "counts"])
@pytest.mark.parametrize("n_genes", [500, 4000])
def test_genie3_is_three_times_as_fast_as_scikit_learn(benchmark, n_genes, kind):
    assert beside_scikit_learn(benchmark, n_genes, kind) >= 3


@pytest.mark.benchmark(group="genie3 per target")
def test_genie3_with_exact_ranks_is_three_times_as_fast_as_scikit_learn(benchmark):
    assert beside_scikit_learn(benchmark, 4000, bins="exact") >= 3


@pytest.mark.benchmark(group="genie3 per target")
def test_genie3_with_leaves_of_five(benchmark):
    assert beside_scikit_learn(benchmark, 4000, min_leaf=5) >= 3


@pytest.mark.benchmark(group="genie3 per target")
def test_extra_trees(benchmark):
    assert beside_scikit_learn(benchmark, 4000, model=ExtraTreesRegressor, tree="extra-trees") >= 1.5


def overlap(first_GT, second_GT, share=0.01):
    """Return the share of the highest scores that two networks have in common."""
    count = int(share * first_GT.size)
    tops = [set(np.argsort(-scores, axis=None)[:count].tolist()) for scores in (first_GT, second_GT)]
    return len(tops[0] & tops[1]) / count


def agreement(first_GT, second_GT, genes):
    """Return the mean rank correlation per target, and the overlap of the top 1 %."""
    pairs = zip(genes, first_GT.T, second_GT.T, strict=True)
    ranks = [spearmanr(np.delete(a, gene), np.delete(b, gene)).statistic for gene, a, b in pairs]
    return float(np.mean(ranks)), overlap(first_GT, second_GT)


@pytest.mark.benchmark(group="genie3 quality")
@pytest.mark.parametrize("bins", ["256", "exact"])
def test_genie3_agrees_with_scikit_learn_as_well_as_its_seeds_do(benchmark, bins):
    x_CG, data = make_case(500, bins=bins)
    genes = usual_targets(x_CG, 20)

    def networks():
        theirs = [np.array([reference(x_CG, gene, seed)[0] for gene in genes]).T for seed in (1, 2, 3)]
        method = GENIE3(ntrees=NTREES)
        ours = [
            np.array([method._explain(data, make_target(x_CG, gene, seed)) for gene in genes]).T
            for seed in (1, 2)
        ]
        return theirs, ours

    theirs, ours = benchmark.pedantic(networks, rounds=1)
    pairs = [(theirs[0], theirs[1]), (theirs[0], theirs[2]), (theirs[1], theirs[2])]
    floor = np.mean([agreement(*pair, genes) for pair in pairs], axis=0)
    found = np.mean([agreement(one, other, genes) for one in ours for other in theirs], axis=0)
    benchmark.extra_info.update(floor=floor.tolist(), found=found.tolist())
    spread = np.ptp([agreement(*pair, genes) for pair in pairs], axis=0)
    assert np.all(found >= floor - np.maximum(spread, 0.02))


@pytest.mark.benchmark(group="genie3-shared")
def test_a_shared_forest_is_fifty_times_as_fast_as_scikit_learn(benchmark):
    from bengrn_methods.forest.shared_trees import BLOCK, explain_block, grow_shared, make_trees
    from bengrn_methods.genie3_shared import SharedGENIE3, _blocks, _by_rank

    x_CG, data = make_case(4000)
    data, n_trees, n_genes = _by_rank(data), 100, x_CG.shape[1]
    block_CK = next(_blocks(x_CG))
    gain_RK = np.zeros((n_genes, BLOCK), dtype=np.float32)
    sums_MK = np.empty((2 * N_CELLS, BLOCK), dtype=np.float32)
    work = make_work(data, np.arange(n_genes, dtype=np.int32), 0)

    def one_block():
        trees = make_trees(n_trees, N_CELLS)
        _, growing = timed(grow_shared, trees, 1, data, work)
        _, explaining = timed(explain_block, block_CK, trees, sums_MK, gain_RK)
        return growing, explaining

    one_block()  # compiles
    genes, ours, theirs = iter(usual_targets(x_CG, ROUNDS)), [], []

    def both():
        growing, explaining = one_block()
        ours.append((growing + explaining * n_genes / BLOCK) / n_trees * SharedGENIE3().ntrees)
        theirs.append(reference(x_CG, next(genes), 0)[1] * n_genes)

    benchmark.pedantic(both, rounds=ROUNDS)
    ratio = float(np.median(theirs) / np.median(ours))
    benchmark.extra_info.update(
        times_faster_than_scikit_learn=ratio, our_s=np.median(ours), scikit_learn_s=np.median(theirs)
    )
    assert ratio >= 50


@pytest.mark.benchmark(group="grnboost2 per tree")
def test_grnboost2_is_five_times_as_fast_as_arboreto_per_tree(benchmark):
    core = pytest.importorskip("arboreto.core", reason="the extra 'arboreto' is not installed")
    (x_CG, data), method = make_case(500), GRNBoost2()
    method._boost(data, make_target(x_CG, 0))  # compiles
    genes, ours, theirs, trees = iter(usual_targets(x_CG, ROUNDS)), [], [], []

    def one_target():
        target = make_target(x_CG, next(genes))
        x_CP = np.ascontiguousarray(x_CG[:, target.features])
        fitted, seconds = timed(core.fit_model, "GBM", core.SGBM_KWARGS, x_CP, target.y_C)
        theirs.append(seconds / len(fitted.estimators_))
        (_, improvements), seconds = timed(method._boost, data, target)
        ours.append(seconds / len(improvements))
        trees.append((len(improvements), len(fitted.estimators_)))

    benchmark.pedantic(one_target, rounds=ROUNDS)
    ratio = float(np.median(theirs) / np.median(ours))
    benchmark.extra_info.update(
        times_faster_than_arboreto=ratio, our_ms=1e3 * np.median(ours), arboreto_ms=1e3 * np.median(theirs),
        trees_ours_and_theirs=trees,
    )  # fmt: skip
    assert ratio >= 5


_FIRST_CALL = """
import time
import anndata, numpy as np
from bengrn_methods.genie3 import GENIE3
from bengrn_methods.genie3_shared import SharedGENIE3
from bengrn_methods.grnboost2 import GRNBoost2

adata = anndata.AnnData(np.random.default_rng(0).poisson(3, (30, 8)).astype(np.float32))
start = time.process_time()
for method in (GENIE3(ntrees=1), GRNBoost2(ntrees=1), SharedGENIE3(ntrees=1)):
    method.infer(adata, regulators=["0", "1", "2"], seed=0)
print(time.process_time() - start)
"""


@pytest.mark.benchmark(group="first call")
def test_a_fresh_machine_compiles_all_forests_in_twenty_seconds(benchmark, tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}

    def run():
        command = [sys.executable, "-P", "-c", _FIRST_CALL]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        return float(done.stdout)

    cold = benchmark.pedantic(run, rounds=1)
    warm = run()
    benchmark.extra_info.update(cold_cpu_s=cold, warm_cpu_s=warm)
    assert cold < 20
    assert warm < 3


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core")
@pytest.mark.benchmark(group="threads")
def test_two_threads(benchmark):
    import anndata

    adata = anndata.AnnData(make_counts(500)[:, :120])
    names = list(adata.var_names)

    def run(cpus):
        os.environ["BENGRN_CPUS"] = str(cpus)
        wall, cpu = time.perf_counter(), time.process_time()
        GENIE3(ntrees=50).infer(adata, regulators=names, seed=0)
        return time.perf_counter() - wall, time.process_time() - cpu

    run(2)
    try:
        turns = np.array([[run(1), run(2)] for _ in range(ROUNDS)])
        benchmark.pedantic(lambda: run(2), rounds=1)
    finally:
        del os.environ["BENGRN_CPUS"]
    wall, cpu = np.median(turns[:, 0] / turns[:, 1], axis=0)
    # other work on the machine takes cores away: wall time is told, not asserted
    benchmark.extra_info.update(one_thread_over_two_wall=wall, one_thread_over_two_cpu=cpu)
    assert cpu > 0.8
