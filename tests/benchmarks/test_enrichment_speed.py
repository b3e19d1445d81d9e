"""How fast prerank is over all factors at once, beside one gseapy.prerank call per factor.

Run with `pytest tests/benchmarks/test_enrichment_speed.py --benchmark-only`. Both run in one process, by
turns, on one thread. Of the 300 gseapy calls 12 are made, for sets spread evenly from the smallest to the
largest, and their mean is scaled up; sorting the ranking is not counted. Needs gseapy.
"""

import logging
import os
import statistics
import time

import numpy as np
import pytest

from bengrn.enrichment.prerank import prerank

N_FACTORS, N_GENES, PERMUTATIONS, N_CALLS = 300, 15_000, 1_000, 12
GENES = [f"G{number}" for number in range(N_GENES)]
FACTORS = [f"T{number}" for number in range(N_FACTORS)]
PAIRS = [(name, name) for name in FACTORS]


@pytest.fixture(scope="module")
def case():
    """Make log-normal scores and sets of about 300 genes; every third set lies a quarter higher."""
    rng = np.random.default_rng(0)
    sizes = np.clip(np.exp(rng.normal(np.log(300), 1, N_FACTORS)).astype(int), 10, 4000)
    score_RG = np.exp(rng.standard_normal((N_FACTORS, N_GENES), dtype=np.float32)) / 1000
    sets = {}
    for row, size in enumerate(sizes):
        drawn = rng.choice(N_GENES, size, replace=False)
        if row % 3 == 0:
            score_RG[row, drawn] *= 1.25
        sets[FACTORS[row]] = [GENES[one] for one in drawn]
    return score_RG, sets


def _own(score_RG, sets):
    return prerank(score_RG, GENES, FACTORS, sets, pairs=PAIRS, permutations=PERMUTATIONS)


def _gseapy_call(gseapy, pandas, score_G, name, genes):
    """Make one call as the original library does; return CPU seconds, wall seconds, score."""
    ranking = pandas.Series(score_G, index=GENES).sort_values(ascending=False)
    cpu, wall = time.process_time(), time.perf_counter()
    found = gseapy.prerank(
        ranking, [{name: genes}], min_size=1, max_size=4000, permutation_num=PERMUTATIONS, seed=0
    )
    return time.process_time() - cpu, time.perf_counter() - wall, float(found.res2d["ES"].iloc[0])


@pytest.mark.benchmark(group="prerank 300 x 15,000 x 1,000")
@pytest.mark.filterwarnings("ignore")
def test_prerank_is_fifty_times_faster_than_a_gseapy_call_per_factor(benchmark, case, monkeypatch):
    gseapy, pandas = (
        pytest.importorskip("gseapy", reason="gseapy, the peer, is not installed"),
        __import__("pandas"),
    )
    monkeypatch.setenv("BENGRN_CPUS", "1")
    score_RG, sets = case
    by_size = sorted(range(N_FACTORS), key=lambda row: len(sets[FACTORS[row]]))
    chosen = [by_size[int(place)] for place in np.linspace(0, N_FACTORS - 1, N_CALLS).round()]
    _own(score_RG, sets)  # compiles
    own, calls, differences = [], [], []
    logging.disable(logging.WARNING)
    for turn in range(3):
        cpu, wall = time.process_time(), time.perf_counter()
        table = _own(score_RG, sets)
        own.append((time.process_time() - cpu, time.perf_counter() - wall))
        for row in chosen[turn::3]:
            *seconds, es = _gseapy_call(gseapy, pandas, score_RG[row], FACTORS[row], sets[FACTORS[row]])
            calls.append(seconds)
            differences.append(abs(es - table.es_P[row]))
    logging.disable(logging.NOTSET)
    ratios = {}
    for place, clock in enumerate(("cpu", "wall")):
        own_s = statistics.median(one[place] for one in own)
        gseapy_s = N_FACTORS * statistics.mean(one[place] for one in calls)
        ratios[clock] = gseapy_s / own_s
        benchmark.extra_info |= {f"own_{clock}_s": own_s, f"gseapy_{clock}_s_of_300_scaled": gseapy_s}
        benchmark.extra_info[f"times_faster_{clock}"] = ratios[clock]
    benchmark.extra_info |= {"largest_es_difference": max(differences), "cores": os.cpu_count()}
    benchmark.pedantic(_own, (score_RG, sets), rounds=1)
    assert max(differences) < 1e-12
    assert ratios["wall"] >= 50
