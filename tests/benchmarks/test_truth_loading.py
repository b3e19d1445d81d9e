"""How long each truth takes to load, how much memory it needs, and how long a candidate mask takes.

`pytest tests/benchmarks/test_truth_loading.py --benchmark-only -m ""`: every truth whose files are at hand
(set BENGRN_DATA) is loaded in a process of its own with an empty cache.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse

from bengrn.fetch import is_at_hand
from bengrn.registry import build_registry
from bengrn.request import Named
from bengrn.resolve import choose
from bengrn.truths.align import align
from bengrn.values import Network, Truth

LOAD = """
import json, sys, time
from pathlib import Path
from bengrn.registry import build_registry
from bengrn.request import Named
from bengrn.resolve import choose
from bengrn.sources import load_truth

def peak():  # getrusage would count what the parent had before this program was started
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

chosen = choose(build_registry(), "truth", Named(sys.argv[1]))
before = peak()
began = time.perf_counter()
truth = load_truth(chosen)
seconds = time.perf_counter() - began
print(json.dumps([seconds, peak(), peak() - before, int(truth.edges.nnz)]))
"""
LIMITS = {"seconds": 2.0, "megabytes": 500.0}


def _names_at_hand():
    registry = build_registry()
    for one in registry.of_kind("truth"):
        if one.name == "sergio":  # wants a network of the user's
            continue
        files = choose(registry, "truth", Named(one.name)).instance.files
        if all(is_at_hand(remote) for remote in files.values()):
            yield one.name


@pytest.mark.parametrize("name", list(_names_at_hand()))
def test_loading_a_truth(benchmark, name, tmp_path):
    environment = {**os.environ, "BENGRN_CACHE": str(tmp_path)}

    def load():
        done = subprocess.run(
            [sys.executable, "-c", LOAD, name], env=environment, check=True, capture_output=True, text=True
        )
        return json.loads(done.stdout)

    seconds, peak, extra, edges = benchmark.pedantic(load, rounds=1)
    benchmark.extra_info |= {"seconds": seconds, "peak_MB": peak, "extra_MB": extra, "edges": edges}
    assert seconds < LIMITS["seconds"]
    assert peak < LIMITS["megabytes"]


def test_the_candidate_mask_of_15_000_genes(benchmark):
    """2,000 regulators, 15,000 targets, 1.5 million edges; the network names its genes in another order."""
    generator = np.random.default_rng(0)
    genes = np.array([f"G{number}" for number in range(15_000)])
    rows, columns = generator.integers(0, 2000, 1_500_000), generator.integers(0, 15_000, 1_500_000)
    edges = sparse.csr_array((np.ones(len(rows), bool), (rows, columns)), shape=(2000, 15_000))
    truth = Truth(edges, tuple(genes[:2000]), tuple(genes), organism="simulated")
    shuffled = tuple(generator.permutation(genes))
    network = Network(np.zeros((2000, 15_000), np.float32), tuple(genes[:2000]), shuffled)
    benchmark(align, network, truth)
    assert benchmark.stats.stats.median < LIMITS["seconds"]
