"""How fast and how lean scoring is, beside scikit-learn and the original library.

Run with `pytest tests/benchmarks/test_scoring_speed.py --benchmark-only`. The original's scorer is
taken from its source file (bengrn 1.3.2, `base.py`), named by the variable BENGRN_ORIGINAL.
"""

import ast
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import average_precision_score

from bengrn.errors import MetricError
from bengrn.metrics import METRICS, REGULATOR_METRICS
from bengrn.metrics.per_regulator import rank_regulators
from bengrn.metrics.ranking import average_precision, precision_recall_curve, rank
from bengrn.stats.bootstrap import bootstrap
from bengrn.stats.degree_null import degree_nulls
from bengrn.truths.align import align
from bengrn.values import Network, Truth

N = 5000
NAMES = tuple(f"g{position}" for position in range(N))


def make_case(n=N, density=0.0015):
    """Make log-normal scores, slightly higher at true edges, with an empty diagonal."""
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((n, n), dtype=np.float32)
    true = np.unique(rng.integers(0, n * n, round(n * n * density)))
    true = true[true // n != true % n]
    scores.reshape(-1)[true] += np.float32(0.5)
    np.exp(scores, out=scores)
    np.fill_diagonal(scores, 0)
    edges = sparse.csr_array((np.ones(len(true), dtype=bool), (true // n, true % n)), shape=(n, n))
    return scores, edges


@pytest.fixture(scope="module")
def case():
    return make_case()


def _all_metrics(network, truth):
    """Every strict metric and the curve; what one scoring is."""
    candidates = align(network, truth)
    ranking = rank(candidates)
    values = {"curve": precision_recall_curve(ranking)}
    for metric in METRICS:
        try:
            values[metric.name] = metric.compute(ranking)
        except MetricError:
            continue
    return values


def _seconds(function, *arguments):
    start = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - start, result


def _original():
    """Return `compute_pr` of the original, cut out of its file."""
    path = os.environ.get("BENGRN_ORIGINAL")
    if not path:
        pytest.skip("BENGRN_ORIGINAL does not name the base.py of bengrn 1.3.2")
    source = Path(path).read_text()
    function = next(node for node in ast.parse(source).body if getattr(node, "name", "") == "compute_pr")

    class Silent:
        tqdm = staticmethod(iter)

    class Numpy:
        """numpy with the name that numpy 2.4 removed."""

        trapz = staticmethod(np.trapezoid)

        def __getattr__(self, name):
            return getattr(np, name)

    names = {
        "np": Numpy(),
        "csr_matrix": sparse.csr_matrix,
        "csc_matrix": sparse.csc_matrix,
        "tqdm": Silent,
    }
    exec(ast.get_source_segment(source, function), names)  # noqa: S102 - the file under comparison
    return names["compute_pr"]


@pytest.mark.benchmark(group="score 5000 x 5000")
def test_all_metrics_beside_scikit_learn(benchmark, case):
    scores, edges = case
    network, truth = Network(scores, NAMES, NAMES), Truth(edges, NAMES, NAMES)
    values = benchmark.pedantic(_all_metrics, (network, truth), rounds=5, warmup_rounds=1)
    candidate = ~np.eye(N, dtype=bool)
    oracle_s, oracle = _seconds(average_precision_score, edges.toarray()[candidate], scores[candidate])
    benchmark.extra_info["times_faster_than_scikit_learn_ap"] = oracle_s / benchmark.stats["median"]
    assert values["ap"] == pytest.approx(oracle, abs=1e-12)


@pytest.mark.benchmark(group="score 5000 x 5000")
def test_all_metrics_are_fifty_times_faster_than_the_original(benchmark, case):
    original = _original()
    scores, edges = case
    network, truth = Network(scores, NAMES, NAMES), Truth(edges, NAMES, NAMES)
    benchmark.pedantic(_all_metrics, (network, truth), rounds=5, warmup_rounds=1)
    with np.errstate(invalid="ignore"):
        original_s, _ = _seconds(lambda: original(scores, edges.toarray(), do_auc=True, doplot=False))
    ratio = original_s / benchmark.stats["median"]
    benchmark.extra_info.update(original_s=original_s, times_faster_than_compute_pr=ratio)
    assert ratio >= 50


@pytest.mark.benchmark(group="score 5000 x 5000")
def test_a_network_in_another_gene_order(benchmark, case):
    scores, edges = case
    order = np.random.default_rng(1).permutation(N)
    moved = tuple(NAMES[position] for position in order)
    network, truth = Network(scores, moved, moved), Truth(edges[order][:, order], NAMES, NAMES)
    assert benchmark.pedantic(lambda: average_precision(rank(align(network, truth))), rounds=3) > 0


@pytest.mark.benchmark(group="score 5000 x 5000")
def test_all_metrics_per_regulator(benchmark, case):
    scores, edges = case
    candidates = align(Network(scores, NAMES, NAMES), Truth(edges, NAMES, NAMES))

    def every():
        ranking = rank_regulators(candidates)
        return {one.name: one.compute(ranking) for one in REGULATOR_METRICS}

    assert benchmark.pedantic(every, rounds=5, warmup_rounds=1)["auroc_per_regulator"] > 0.5


@pytest.mark.benchmark(group="nulls and intervals 5000 x 5000")
def test_a_thousand_draws_cost_at_most_five_scorings(benchmark, case):
    scores, edges = case
    network, truth = Network(scores, NAMES, NAMES), Truth(edges, NAMES, NAMES)
    candidates = align(network, truth)
    nulls, ranking = degree_nulls(candidates, draws=5, seed=0), rank(candidates)
    scoring_s = min(_seconds(_all_metrics, network, truth)[0] for _ in range(5))

    def draw():
        return bootstrap(candidates, nulls, draws=1000, seed=0, ranking=ranking)

    assert benchmark.pedantic(draw, rounds=5, warmup_rounds=1)["ap_lift"].low > 1
    ratio = benchmark.stats["min"] / scoring_s
    benchmark.extra_info.update(scoring_s=scoring_s, draws_over_one_scoring=ratio)
    assert ratio <= 5


@pytest.mark.benchmark(group="nulls and intervals 5000 x 5000")
def test_five_nulls_and_a_thousand_draws(benchmark, case):
    scores, edges = case
    candidates = align(Network(scores, NAMES, NAMES), Truth(edges, NAMES, NAMES))

    def both():
        nulls_s, nulls = _seconds(lambda: degree_nulls(candidates, draws=5, seed=0))
        benchmark.extra_info["nulls_s"] = nulls_s
        return bootstrap(candidates, nulls, draws=1000, seed=0)

    assert benchmark.pedantic(both, rounds=2)["ap_lift"].low > 1


_MEMORY = """
import json, pathlib, runpy, sys
from bengrn.values import Network, Truth
bench = runpy.run_path(sys.argv[1])
from bengrn.metrics import REGULATOR_METRICS
from bengrn.metrics.per_regulator import rank_regulators
from bengrn.truths.align import align

def score(network, truth):
    bench["_all_metrics"](network, truth)
    ranking = rank_regulators(align(network, truth))
    return [one.compute(ranking) for one in REGULATOR_METRICS]

names = bench["NAMES"]
scores, edges = bench["make_case"](300)
score(Network(scores, names[:300], names[:300]), Truth(edges, names[:300], names[:300]))
scores, edges = bench["make_case"]()
network, truth = Network(scores, names, names), Truth(edges, names, names)

def peak():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024

# 5 sets the peak back to what is held now; ru_maxrss keeps that of making the case
pathlib.Path("/proc/self/clear_refs").write_text("5")
before = peak()
score(network, truth)
print(json.dumps({"input_MB": scores.nbytes / 2**20, "extra_MB": peak() - before}))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="measured through Linux's /proc")
@pytest.mark.benchmark(group="memory 5000 x 5000")
def test_extra_memory_is_at_most_a_twentieth_of_the_input(benchmark):
    def measure():
        command = [sys.executable, "-P", "-c", _MEMORY, __file__]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    memory = benchmark.pedantic(measure, rounds=1)
    share = memory["extra_MB"] / memory["input_MB"]
    benchmark.extra_info.update(memory, extra_over_input=share)
    assert share <= 0.05


@pytest.mark.slow  # scikit-learn alone takes minutes, and 7 GB
@pytest.mark.benchmark(group="score 15000 x 15000")
def test_fifteen_thousand_genes_beside_scikit_learn(benchmark):
    n = 15_000
    scores, edges = make_case(n)
    names = tuple(f"g{position}" for position in range(n))
    network, truth = Network(scores, names, names), Truth(edges, names, names)
    values = benchmark.pedantic(_all_metrics, (network, truth), rounds=3, warmup_rounds=1)
    candidate = ~np.eye(n, dtype=bool)
    true = edges.toarray()[candidate]
    oracle_s, oracle = _seconds(average_precision_score, true, scores[candidate])
    ratio = oracle_s / benchmark.stats["median"]
    benchmark.extra_info.update(scikit_learn_s=oracle_s, times_faster_than_scikit_learn_ap=ratio)
    assert values["ap"] == pytest.approx(oracle, abs=1e-12)
    assert ratio >= 40
