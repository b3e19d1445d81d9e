"""How often paired comparisons are wrong: `python tests/benchmarks/comparison_coverage.py [CASES]`.

Five methods of equal quality on one simulated truth (that of `interval_coverage.py`), ten pairs. Their scores
are random; or the truth under noise, half of which they share, every method as good at a regulator as the
others ("alike"); or the truth under noise of their own, each method good at other regulators ("different").
They can be exchanged, so every true ratio is 1 and every true difference 0. Prints the share of 95 %
intervals that hold it, and of families of ten pairs with a false claim after Holm's adjustment and without.

With `stronger`, the first method finds edges a third better, the others are equal. The true ratio is then
the median over all cases. Prints the share of intervals that hold it, that of claims "better" among its
four pairs, and that of families with a false claim.
"""

import multiprocessing
import os
import sys

import numpy as np
from interval_coverage import DRAWS, NULLS, make_truth

from bengrn.metrics import REGULATOR_METRICS
from bengrn.metrics.per_regulator import rank_regulators
from bengrn.stats.bootstrap import bootstrap
from bengrn.stats.degree_null import degree_nulls
from bengrn.stats.family import compare_all
from bengrn.stats.regulator_intervals import regulator_intervals
from bengrn.truths.align import align
from bengrn.values import Network

METHODS, SIGNAL, LEVEL = 5, 0.3, 0.95
METRICS = ("ap", "auroc", "epr", "ap_lift", "epr_lift", "auroc_per_regulator", "ap_ratio_per_regulator")
KINDS = ("random", "alike", "different", "stronger")


def make_methods(kind, rng, truth):
    """Yield the scores of each method."""
    shape = truth.edges.shape
    edges, shared = truth.edges.toarray(), rng.random(shape)
    strength_R = rng.lognormal(0, 0.7, (shape[0], 1))
    for number in range(METHODS):
        own = rng.random(shape)
        if kind == "random":
            yield own
        elif kind == "different":
            yield own + SIGNAL * edges * rng.lognormal(0, 0.7, (shape[0], 1))
        else:
            more = 4 / 3 if kind == "stronger" and number == 0 else 1.0
            yield (shared + own) / 2 + more * SIGNAL * edges * strength_R


def one_case(kind, n_regulators, n_targets, case):
    """Return metric -> for each pair (value, low, high, p, p after Holm, claim) of one simulated truth."""
    rng = np.random.default_rng([case, n_regulators, KINDS.index(kind)])
    truth = make_truth(rng, n_regulators, n_targets)
    nulls, drawn = None, []
    for scores in make_methods(kind, rng, truth):
        candidates = align(Network(scores, truth.regulators, truth.targets), truth)
        nulls = nulls or degree_nulls(candidates, draws=NULLS, seed=case)
        found = {**bootstrap(candidates, nulls, draws=DRAWS, seed=case).drawn}
        ranking = rank_regulators(candidates)
        drawn.append(found | regulator_intervals(ranking, REGULATOR_METRICS, draws=DRAWS, seed=case).drawn)
    return {metric: _pairs([one.get(metric) for one in drawn]) for metric in METRICS}


def _pairs(drawn):
    """Return the numbers of all pairs; of a method without interval, NaN."""
    methods = {str(number): [one] for number, one in enumerate(drawn) if one is not None}
    rows = np.full((METHODS, METHODS, 6), np.nan)
    for pair in compare_all(methods, level=LEVEL, margin=0.0):
        one = pair.difference
        claim = {"better": 1, "worse": -1}.get(pair.verdict, 0)
        rows[int(pair.first), int(pair.second)] = (one.value, one.low, one.high, one.p, pair.p_holm, claim)
    return rows[np.triu_indices(METHODS, 1)]


def summary(kind, metric, cases):
    """Return what is printed of a metric."""
    table = np.array([case[metric] for case in cases])  # cases x pairs x numbers
    if kind == "stronger":
        true = np.nanmedian(table[:, : METHODS - 1, 0])
        found = np.nanmean(table[:, : METHODS - 1, 5] == 1)
        inside = table[:, : METHODS - 1]
        false = (table[:, : METHODS - 1, 5] == -1).any(axis=1) | (table[:, METHODS - 1 :, 5] != 0).any(axis=1)
        more = f"claims {found:.3f}, families with a false claim {false.mean():.3f}"
    else:
        true = 0.0 if metric.startswith("auroc") else 1.0
        inside = table
        holm, plain = ((table[:, :, column] <= 1 - LEVEL).any(axis=1).mean() for column in (4, 3))
        more = f"families with a false claim {holm:.3f} (unadjusted {plain:.3f})"
    known = np.isfinite(inside[:, :, 1])
    held = (inside[:, :, 1] <= true) & (true <= inside[:, :, 2])
    return f"{kind} {metric}: true {true:.3f}, covers {held[known].mean():.3f}; {more}"


if __name__ == "__main__":
    n_cases = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        for name in KINDS:
            for shape in ((100, 400), (30, 300)):
                rows = pool.starmap(one_case, [(name, *shape, case) for case in range(n_cases)], chunksize=4)
                for score in METRICS:
                    sys.stdout.write(f"{shape} {summary(name, score, rows)}\n")
                sys.stdout.flush()
