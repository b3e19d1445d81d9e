"""How often 95 % intervals hold the value that chance gives: `python tests/benchmarks/interval_coverage.py`.

Truths have skewed degrees and are uniform given them (edges swapped many times); scores are random, or
made of the truth's degrees alone. Prints shares of intervals, as in docs/benchmarks.md.
"""

import sys

import numpy as np
from scipy import sparse

from bengrn.stats.bootstrap import bootstrap
from bengrn.stats.degree_null import degree_nulls, degree_preserving_swap
from bengrn.truths.align import align
from bengrn.values import Network, Truth

CASES, DRAWS, NULLS, DENSITY = 200, 400, 20, 0.03
CHANCE = {"ap_ratio": 1.0, "auroc": 0.5, "epr": 1.0, "ap_lift": 1.0, "epr_lift": 1.0}
LIFTS = ("ap_lift", "epr_lift")


def make_truth(rng, n_regulators, n_targets):
    """Draw skewed degrees and a truth that is uniform given them."""
    weight = np.outer(rng.lognormal(0, 1, n_regulators), rng.lognormal(0, 1, n_targets))
    chance = np.minimum(weight / weight.sum() * DENSITY * weight.size, 0.9)
    edges = sparse.csr_array(rng.random(weight.shape) < chance)
    nobody = np.full(n_regulators, -1)
    edges = degree_preserving_swap(edges, nobody, seed=int(rng.integers(2**31)), swaps_per_edge=60)
    names = [f"r{one}" for one in range(n_regulators)], [f"t{one}" for one in range(n_targets)]
    return Truth(edges, *map(tuple, names))


def make_scores(kind, rng, truth):
    """Return random scores, or the product of both degrees with a little noise."""
    if kind == "random":
        return rng.random(truth.edges.shape)
    degrees = np.outer(truth.edges.sum(axis=1), truth.edges.sum(axis=0)) + 1e-3
    return degrees * rng.uniform(0.99, 1.01, degrees.shape)


def study(kind, n_regulators, n_targets):
    """Return name -> share of the intervals that hold what chance gives."""
    held = dict.fromkeys(LIFTS if kind == "degrees" else CHANCE, 0)
    for case in range(CASES):
        rng = np.random.default_rng([case, n_regulators])
        truth = make_truth(rng, n_regulators, n_targets)
        network = Network(make_scores(kind, rng, truth), truth.regulators, truth.targets)
        candidates = align(network, truth)
        nulls = degree_nulls(candidates, draws=NULLS, seed=case)
        found = bootstrap(candidates, nulls, draws=DRAWS, seed=case)
        for name in held:
            held[name] += found[name].low <= CHANCE[name] <= found[name].high
    return {name: count / CASES for name, count in held.items()}


for kind, *shape in (("random", 100, 400), ("degrees", 100, 400), ("random", 30, 300)):
    shares = study(kind, *shape)
    sys.stdout.write(
        f"{kind} {shape}: {', '.join(f'{name} {share:.3f}' for name, share in shares.items())}\n"
    )
    sys.stdout.flush()
