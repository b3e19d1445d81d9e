"""Runs in this process: planned, frozen, run and stored as `bengrn run` does, without supervision."""

import dataclasses

import numpy as np
import pytest

from bengrn.execute.plan import freeze_tasks, make_jobs
from bengrn.registry import build_registry
from bengrn.request import Request, Scoring, Selection, parse_named
from bengrn.resolve import choose_all
from bengrn.runner import run_job
from bengrn.store import Store

HEADS = '''"""Heads for a test: correlations, and noise."""
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bengrn.plugin import Network, hookimpl, log_normalized


@dataclass(frozen=True, kw_only=True)
class Model:
    """Heads for a test."""

    name: ClassVar[str] = "model"
    source: ClassVar[str] = "a test"

    def heads(self, adata, *, regulators, seed):
        """Yield a correlation, and noise in many variants."""
        x = log_normalized(adata).astype(np.float64)
        r = np.abs(np.corrcoef(x.T))[adata.var_names.get_indexer(list(regulators))]
        rows, columns = tuple(regulators), tuple(adata.var_names)
        for number in range(6):
            rng = np.random.default_rng([seed, number])
            name, scores = f"h{number}", r * (number == 0) + rng.random(r.shape)
            BODY
            yield name, Network(scores, rows, columns)


@dataclass(frozen=True, kw_only=True)
class Both(Model):
    """Heads and a network."""

    name: ClassVar[str] = "both"

    def infer(self, adata, *, regulators, seed):
        """Return ones."""
        ones = np.ones((len(regulators), adata.n_vars))
        return Network(ones, tuple(regulators), tuple(adata.var_names))


@hookimpl
def bengrn_methods():
    """Offer them."""
    return [Model, Both]
'''


@pytest.fixture
def heads_file(tmp_path):
    """Write a file of methods with heads that do something particular before each is given away."""

    def write(body="pass"):
        path = tmp_path / "heads.py"
        path.write_text(HEADS.replace("BODY", body.replace("\n", "\n            ")))
        return path

    return write


@pytest.fixture
def made_truth(counts, tmp_path):
    """Write a truth of 20 regulators among the 60 genes of the counts, and 180 edges."""
    rng, names = np.random.default_rng(5), np.array(counts.var_names)
    pairs = [(a, b) for a in names[:20] for b in rng.choice(names, 9, replace=False)]
    path = tmp_path / "made.tsv"
    path.write_text("source\ttarget\n" + "".join(f"{a}\t{b}\n" for a, b in pairs))
    return path


@pytest.fixture
def planned(data_file, tmp_path, monkeypatch):
    """Return a planner: the chosen things of a request, its jobs, and the registry."""
    monkeypatch.setenv("BENGRN_CACHE", str(tmp_path / "cache"))

    def plan(*methods, truths=("omnipath",), scoring=None, **request):
        asked = Request(
            methods=tuple(parse_named(str(one)) for one in methods),
            truths=tuple(parse_named(str(one)) for one in truths),
            data=parse_named(str(data_file)),
            selection=Selection(genes=None),
            scoring=scoring or Scoring(null_draws=2, bootstrap_draws=20),
            **request,
        )
        files = {one.file for one in (*asked.methods, *asked.truths) if one.file and one.file.suffix == ".py"}
        registry = build_registry(sorted(files))
        chosen = choose_all(registry, asked, ())
        return chosen, list(make_jobs(chosen, registry)), registry

    return plan


@pytest.fixture
def answered(planned, tmp_path):
    """Return a runner: the records of a request, one per job."""
    store = Store(tmp_path / "reports")

    def run(*methods, **request):
        chosen, jobs, registry = planned(*methods, **request)
        tasks = freeze_tasks(chosen, set(range(len(chosen.truths))))
        per_truth, records = len(jobs) // len(chosen.truths), []
        for number, job in enumerate(jobs):
            task, _ = tasks[number // per_truth]
            task.save(store.task_folder(task.digest))
            records.append(run_job(dataclasses.replace(job, task=task.digest), store, registry))
        return records

    return run
