"""How fast cells are simulated, beside the original SERGIO and its translation to Rust, sergio_rs.

Run with `pytest tests/benchmarks/test_simulator_speed.py --benchmark-only -s`. BENGRN_SERGIO names the folder
of the original's `sergio.py` and `gene.py` (v1.0.0, patched here for the names that numpy removed);
BENGRN_DATA the mirror, for the original's demo. Without them, or without sergio_rs, tests are skipped.
"""

import importlib.util
import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from bengrn_datasets.simulator.network import GeneCircuit
from bengrn_datasets.simulator.steady_state import simulate_steady_state

STEPS = 15  # per cell: the sampling state of the demo


def _read(edges, rates):
    """Read the original's two files: circuit and rates."""
    source, target, strength = [], [], []
    for line in edges.read_text().split():
        row = [float(cell) for cell in line.split(",")]
        n = int(row[1])
        source += row[2 : 2 + n]
        target += [row[0]] * n
        strength += row[2 + n : 2 + 2 * n]
    of = {int(float(line.split(",")[0])): line.split(",")[1:] for line in rates.read_text().split()}
    names = tuple(f"g{position:04d}" for position in range(1 + int(max(source + target))))
    circuit = GeneCircuit(names, source, target, strength, np.full(len(source), 2.0))
    return circuit, np.array([of[master] for master in circuit.masters.tolist()], float)


@pytest.fixture(scope="module")
def demo():
    """Read the original's demo: 100 genes, 9 types, to be simulated for 300 cells of each."""
    folder = Path(os.environ.get("BENGRN_DATA", "")) / "sergio/Demo"
    files = folder / "steady-state_input_GRN.txt", folder / "steady-state_input_MRs.txt"
    if not all(file.is_file() for file in files):
        pytest.skip("the original's demo is not in BENGRN_DATA")
    return files, *_read(*files)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Make 800 genes, 40 of them masters, and one type, to be simulated for 1,000 cells."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("large")
    files = folder / "edges.txt", folder / "rates.txt"
    lines = []
    for gene in range(40, 800):
        above = min(gene, 200)
        n = min(above, 1 + rng.poisson(1.5))
        regulators = rng.choice(above, n, replace=False)
        strength = rng.choice([-1, 1], n, p=[0.3, 0.7]) * rng.uniform(1, 5, n)
        lines.append(",".join(map(str, [gene, n, *regulators, *strength, *[2.0] * n])))
    files[0].write_text("\n".join(lines) + "\n")
    files[1].write_text("".join(f"{gene},{rng.uniform(0.5, 4)}\n" for gene in range(40)))
    return files, *_read(*files)


def _steps(circuit, rates, cells):
    return len(circuit.genes) * rates.shape[1] * cells * STEPS


def _seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _measure(benchmark, monkeypatch, circuit, rates, cells):
    """Benchmark our simulator on one thread; return ns per step, and those on two threads as extra."""

    def run():
        simulate_steady_state(circuit, rates, cells=cells, sampling_state=STEPS, seed=1)

    scale = 1e9 / _steps(circuit, rates, cells)
    monkeypatch.setenv("BENGRN_CPUS", "1")
    benchmark.pedantic(run, rounds=3, warmup_rounds=1)
    monkeypatch.setenv("BENGRN_CPUS", "2")
    benchmark.extra_info["two_threads_ns"] = np.median([_seconds(run) for _ in range(3)]) * scale
    benchmark.extra_info["one_thread_ns"] = benchmark.stats["median"] * scale
    return benchmark.extra_info["one_thread_ns"]


def _original(files, circuit, rates, cells, monkeypatch):
    """Return ns per step of the original, run for so many cells; the cost of its steps is even."""
    folder = Path(os.environ.get("BENGRN_SERGIO", ""))
    if not (folder / "sergio.py").is_file():
        pytest.skip("BENGRN_SERGIO does not name the folder of the original's sergio.py")
    monkeypatch.setattr(np, "int", int, raising=False)
    monkeypatch.setattr(np, "float", float, raising=False)
    monkeypatch.setitem(sys.modules, "sergio_v1", importlib.util.module_from_spec(_spec(folder, "__init__")))
    for name in ("gene", "sergio"):
        module = importlib.util.module_from_spec(_spec(folder, name))
        monkeypatch.setitem(sys.modules, f"sergio_v1.{name}", module)
        module.__spec__.loader.exec_module(module)
    simulation = module.sergio(
        number_genes=len(circuit.genes),
        number_bins=rates.shape[1],
        number_sc=cells,
        noise_params=1,
        decays=0.8,
        sampling_state=STEPS,
        noise_type="dpd",
    )
    simulation.build_graph(*map(str, files), shared_coop_state=2)
    return _seconds(simulation.simulate) * 1e9 / _steps(circuit, rates, cells)


def _spec(folder, name):
    package = name == "__init__"
    return importlib.util.spec_from_file_location(
        "sergio_v1" if package else f"sergio_v1.{name}",
        folder / f"{name}.py",
        submodule_search_locations=[str(folder)] if package else None,
    )


def _peer(circuit, rates, cells):
    rs = pytest.importorskip("sergio_rs", reason="the peer sergio_rs is not installed")
    genes = [rs.Gene(name, 0.8) for name in circuit.genes]
    network = rs.GRN()
    for source, target, k in zip(circuit.regulator_E, circuit.target_E, circuit.strength_E, strict=True):
        network.add_interaction(genes[source], genes[target], k, None, 2)
    network.set_mrs()
    profile = rs.MrProfile.from_random(network, rates.shape[1], (0.5, 1.5), (3, 4), 1)

    def run():
        rs.Sim(network, cells, 150, STEPS, 0.01, 1, 1).simulate(profile)

    run()
    return np.median([_seconds(run) for _ in range(3)]) * 1e9 / _steps(circuit, rates, cells)


@pytest.mark.filterwarnings("ignore")  # the original's, on a numpy that it does not know
@pytest.mark.parametrize(
    ("case", "cells", "original_cells"), [("demo", 300, 300), ("large", 1000, 20)], ids=["demo", "800-genes"]
)
@pytest.mark.benchmark(group="steady state")
def test_one_thread_is_200_times_faster_than_the_original(
    benchmark, case, cells, original_cells, request, monkeypatch
):
    files, circuit, rates = request.getfixturevalue(case)
    original = _original(files, circuit, rates, original_cells, monkeypatch)
    ours = _measure(benchmark, monkeypatch, circuit, rates, cells)
    benchmark.extra_info.update(original_ns=original, times_faster=original / ours)
    assert original / ours >= 200


@pytest.mark.parametrize(("case", "cells"), [("demo", 300), ("large", 1000)], ids=["demo", "800-genes"])
@pytest.mark.benchmark(group="steady state")
def test_one_thread_is_no_slower_than_sergio_rs(benchmark, case, cells, request, monkeypatch):
    _, circuit, rates = request.getfixturevalue(case)
    peer = _peer(circuit, rates, cells)
    ours = _measure(benchmark, monkeypatch, circuit, rates, cells)
    benchmark.extra_info.update(sergio_rs_ns=peer, times_faster=peer / ours)
    assert ours <= peer
