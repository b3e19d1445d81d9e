"""How fast and how lean the denoisers are, beside the authors' own programs in the same process.

Run with `pytest tests/benchmarks/test_denoise_speed.py --benchmark-only`. The program of kNN-smoothing 2 is
`knn_smooth.py` 2.1 of github.com/yanailab/knn-smoothing, in the folder that BENGRN_KNN_SMOOTHING names; MAGIC
is the package magic-impute (the extra magic). Times are processor seconds of one thread, medians of rounds in
which the programs take turns, so that the load of the machine meets all alike.
"""

import contextlib
import functools
import importlib.util
import io
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

import anndata
import numpy as np
import pytest
from scipy import sparse

from bengrn_methods.knnsmoothing2 import KnnSmoothing2
from bengrn_methods.magic import Magic

ROUNDS = 5


def make_cells(n_cells=4000, n_genes=3000):
    """Ten populations and five gradients, about 1,500 molecules a cell, a tenth of the entries non-zero."""
    rng = np.random.default_rng(0)
    level = rng.normal(-1, 1.5, n_genes) + rng.normal(size=(n_cells, 5)) @ rng.normal(0, 0.25, (5, n_genes))
    types = rng.normal(0, 0.8, (10, n_genes)) * (rng.random((10, n_genes)) < 0.2)
    share = np.exp(level + types[rng.integers(10, size=n_cells)])
    share /= share.sum(axis=1, keepdims=True)
    depth = np.exp(rng.normal(np.log(1500), 0.3, (n_cells, 1)))
    adata = anndata.AnnData(sparse.csr_array(rng.poisson(share * depth).astype(np.float32)))
    adata.obs_names = [f"cell{place}" for place in range(n_cells)]
    adata.var_names = [f"gene{place:05d}" for place in range(n_genes)]
    return adata


@pytest.fixture(scope="module")
def cells():
    return make_cells()


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    from threadpoolctl import threadpool_limits

    monkeypatch.setenv("BENGRN_CPUS", "1")
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def authors():
    path = Path(os.environ.get("BENGRN_KNN_SMOOTHING", "nowhere")) / "knn_smooth.py"
    if not path.is_file():
        pytest.skip("BENGRN_KNN_SMOOTHING does not name a copy of yanailab/knn-smoothing")
    spec = importlib.util.spec_from_file_location("authors", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def smooth(counts_GC, k):
        with contextlib.redirect_stdout(io.StringIO()):
            return module.knn_smoothing(counts_GC, k)

    return smooth


def take_turns(benchmark, programs):
    """Return name -> (median processor seconds, last result) of programs that run one after the other."""
    seconds = {name: [] for name in programs}
    results = {}

    def one_round():
        for name, program in programs.items():
            start = time.process_time()
            results[name] = program()
            seconds[name].append(time.process_time() - start)

    benchmark.pedantic(one_round, rounds=ROUNDS, warmup_rounds=1)
    medians = {name: statistics.median(each[1:]) for name, each in seconds.items()}  # without the warm-up
    benchmark.extra_info.update({f"cpu_s_{name}": value for name, value in medians.items()})
    return {name: (medians[name], results[name]) for name in programs}


@pytest.mark.benchmark(group="knnsmoothing2 4000 x 3000, k = 8")
def test_smoothing_is_five_times_faster_than_the_authors_program(benchmark, cells, authors):
    counts_GC = np.ascontiguousarray(cells.X.toarray().T.astype(np.float64))
    ran = take_turns(
        benchmark,
        {
            "authors": lambda: authors(counts_GC, 8).T,
            "given": lambda: KnnSmoothing2(k=8, order="given").denoise(cells, seed=0).values,
            "canonical": lambda: KnnSmoothing2(k=8).denoise(cells, seed=0).values,
        },
    )
    identical = float((ran["authors"][1] == ran["given"][1]).all(axis=1).mean())
    ratios = {name: ran["authors"][0] / ran[name][0] for name in ("given", "canonical")}
    benchmark.extra_info.update(cells_identical=identical, **{f"times_{k}": v for k, v in ratios.items()})
    assert identical > 0.999
    assert min(ratios.values()) >= 5


@pytest.mark.benchmark(group="magic 4000 x 3000")
@pytest.mark.parametrize("preset", ["author", "paper"])
def test_magic_is_as_fast_as_its_package(benchmark, cells, preset):
    magic = pytest.importorskip("magic.magic", reason="needs the extra magic")
    settings = dict(Magic.presets[preset])
    solver, scale = settings["solver"], settings["scale"]
    dense_CG = cells.X.toarray()
    if scale == "sqrt":
        dense_CG = np.sqrt(1e4 * dense_CG / dense_CG.sum(axis=1, keepdims=True))

    def package(make):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = magic.MAGIC(solver=solver, n_jobs=1, random_state=0, verbose=0)
            return np.asarray(program.fit_transform(make()))

    ran = take_turns(
        benchmark,
        {
            "ours": lambda: Magic(**settings).denoise(cells, seed=0).values,
            "package_float32": functools.partial(package, lambda: dense_CG),
            "package_float64": functools.partial(package, lambda: dense_CG.astype(np.float64)),
            "package_sparse": functools.partial(package, lambda: sparse.csr_matrix(dense_CG)),
        },
    )
    for name in ("package_float32", "package_float64", "package_sparse"):
        ratio = ran[name][0] / ran["ours"][0]
        same = float(np.corrcoef(ran["ours"][1].ravel(), ran[name][1].ravel())[0, 1])
        benchmark.extra_info.update({f"times_{name}": ratio, f"r_{name}": same})
        assert same > 0.999
        # "as fast", to within what a shared machine can tell
        assert ratio > 0.9


_MEMORY = """
import json, pathlib, runpy, sys
bench = runpy.run_path(sys.argv[1])
method = {"knnsmoothing2": bench["KnnSmoothing2"](), "magic": bench["Magic"]()}[sys.argv[2]]
method.denoise(bench["make_cells"](200, 150), seed=0)
cells = bench["make_cells"](6000, 3000)

def peak():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024

# 5 sets the peak back to what is held now; ru_maxrss keeps that of making the cells
pathlib.Path("/proc/self/clear_refs").write_text("5")
before = peak()
method.denoise(cells, seed=0)
print(json.dumps({"result_MB": 6000 * 3000 * 4 / 2**20, "extra_MB": peak() - before}))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="measured through Linux's /proc")
@pytest.mark.benchmark(group="memory 6000 x 3000")
@pytest.mark.parametrize(("method", "most"), [("knnsmoothing2", 3.5), ("magic", 4.0)])
def test_memory_is_a_few_copies_and_no_table_of_cells(benchmark, method, most):
    if method == "magic":
        pytest.importorskip("magic.magic", reason="needs the extra magic")

    def measure():
        command = [sys.executable, "-P", "-c", _MEMORY, __file__, method]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    memory = benchmark.pedantic(measure, rounds=1)
    copies = memory["extra_MB"] / memory["result_MB"]
    benchmark.extra_info.update(memory, copies_of_the_result=copies)
    assert copies <= most
