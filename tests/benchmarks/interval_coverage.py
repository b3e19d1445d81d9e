"""How often 95 % intervals hold the true value: `python tests/benchmarks/interval_coverage.py [CASES]`.

Truths have skewed (log-normal) degrees and are uniform given them (edges swapped many times). Scores are
random; made of the truth's degrees alone; or the truth with noise ("planted"). For the first two the true
value is that of chance. A planted network's is the mean over all cases, on the scale of the interval: each
case draws other regulators. Prints the shares of intervals that hold the true value, and for planted
networks of those that hold chance, as in docs/benchmarks.md.
"""

import multiprocessing
import os
import sys
from collections import defaultdict

import numpy as np
from scipy import sparse

from bengrn.metrics import REGULATOR_METRICS
from bengrn.metrics.per_regulator import rank_regulators
from bengrn.stats.bootstrap import bootstrap
from bengrn.stats.degree_null import degree_nulls, degree_preserving_swap
from bengrn.stats.regulator_intervals import regulator_intervals
from bengrn.truths.align import align
from bengrn.values import Network, Truth

DRAWS, NULLS, DENSITY = 500, 20, 0.03
CHANCE = {
    "ap_ratio": 1.0, "auroc": 0.5, "epr": 1.0, "ap_lift": 1.0, "epr_lift": 1.0,
    "auroc_per_regulator": 0.5, "ap_ratio_per_regulator": 1.0,
}  # fmt: skip
# degrees say nothing about a single regulator's own targets beyond their popularity
KNOWN = {"random": tuple(CHANCE), "degrees": ("ap_lift", "epr_lift"), "planted": ()}


def make_truth(rng, n_regulators, n_targets):
    """Draw regulators of skewed degrees for targets that are always the same; uniform given all degrees."""
    popularity = np.random.default_rng(n_targets).lognormal(0, 1, n_targets)
    weight = np.outer(rng.lognormal(-0.5, 1, n_regulators), popularity / popularity.mean())  # mean 1
    chance = np.minimum(DENSITY * weight, 0.9)
    edges = sparse.csr_array(rng.random(weight.shape) < chance)
    nobody = np.full(n_regulators, -1)
    edges = degree_preserving_swap(edges, nobody, seed=int(rng.integers(2**31)), swaps_per_edge=60)
    names = [f"r{one}" for one in range(n_regulators)], [f"t{one}" for one in range(n_targets)]
    return Truth(edges, *map(tuple, names))


def make_scores(kind, rng, truth):
    """Return random scores, the product of both degrees with a little noise, or edges under noise."""
    uniform = rng.random(truth.edges.shape)
    if kind == "random":
        return uniform
    if kind == "planted":  # some regulators are found well, some hardly
        return uniform + 0.3 * truth.edges.toarray() * rng.lognormal(0, 0.7, (len(uniform), 1))
    degrees = np.outer(truth.edges.sum(axis=1), truth.edges.sum(axis=0)) + 1e-3
    return degrees * (0.99 + 0.02 * uniform)


def one_case(kind, n_regulators, n_targets, case):
    """Return name -> (value, low, high) of one simulated truth and network."""
    rng = np.random.default_rng([case, n_regulators])
    truth = make_truth(rng, n_regulators, n_targets)
    network = Network(make_scores(kind, rng, truth), truth.regulators, truth.targets)
    candidates = align(network, truth)
    nulls = degree_nulls(candidates, draws=NULLS, seed=case)
    found = {**bootstrap(candidates, nulls, draws=DRAWS, seed=case).intervals}
    ranking = rank_regulators(candidates)
    found |= regulator_intervals(ranking, REGULATOR_METRICS, draws=DRAWS, seed=case).intervals
    return {name: (found[name].value, found[name].low, found[name].high) for name in CHANCE}


def shares(kind, cases):
    """Return name -> share of the intervals that hold the true value, and that hold chance."""
    rows = defaultdict(list)
    for case in cases:
        for name, row in case.items():
            rows[name].append(row)
    found = {}
    for name, table in rows.items():
        value, low, high = np.array(table, dtype=float).T
        true = CHANCE[name] if name in KNOWN[kind] else np.median(value)
        if kind == "degrees" and name not in KNOWN[kind]:
            continue
        found[name] = [np.mean((low <= one) & (one <= high)) for one in (true, CHANCE[name])]
    return found


if __name__ == "__main__":
    n_cases = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        for kind in ("random", "degrees", "planted"):
            for shape in ((100, 400), (30, 300)):
                cases = pool.starmap(one_case, [(kind, *shape, case) for case in range(n_cases)], chunksize=4)
                for name, (true, chance) in shares(kind, cases).items():
                    sys.stdout.write(f"{kind} {shape} {name}: {true:.3f} (chance {chance:.3f})\n")
                sys.stdout.flush()
