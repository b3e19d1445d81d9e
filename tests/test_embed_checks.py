"""The conformance kit for embedders: a right one passes, and each planted fault fails its own check."""

import pytest

from bengrn.testing import CHECKS, find_method, validate_method

METHOD = '''
"""Project onto principal components."""
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from bengrn.plugin import Embedding, hookimpl, log_normalized

@dataclass(frozen=True, kw_only=True)
class Mine:
    """Embed cells by their similarities."""
    name: ClassVar[str] = "mine"
    source: ClassVar[str] = "test"
    uses_labels: ClassVar[bool] = False

    def embed(self, adata, *, seed):
        assert ("cell_type" in adata.obs) == self.uses_labels
        assert all(isinstance(one, str) for one in adata.obs["batch"])
        cells, n_batches = tuple(adata.obs_names), len(set(adata.obs["batch"]))
        FIRST
        x = log_normalized(adata).astype(float)
        x -= x.mean(axis=0)
        u, s, v = np.linalg.svd(x, full_matrices=False)
        v *= np.sign(v[np.arange(len(v)), np.abs(v).argmax(axis=1)])[:, None]
        y = x @ v[:5].T
        FAULT
        return Embedding(y, cells)

@hookimpl
def bengrn_methods():
    return [Mine]
'''


@pytest.fixture
def embedder(tmp_path):
    def write(fault="pass", first="pass", change=str):
        path = tmp_path / "mine.py"
        path.write_text(change(METHOD.replace("FAULT", fault).replace("FIRST", first)))
        return find_method(str(path))

    return write


def test_a_right_embedder_passes_all_that_applies_to_it(embedder):
    method = embedder()
    results = {check: validate_method(method, check).result for check in CHECKS}
    passed = {"gene-order", "cell-order", "seed", "input-unmodified", "silence", "difficult-genes"}
    passed |= {"empty-input", "one-group", "embed", "embed-groups"}
    assert {name for name, result in results.items() if result == "passed"} == passed
    assert set(results.values()) == {"passed", "skipped"}


def test_one_that_uses_labels_is_shown_them(embedder):
    method = embedder(change=lambda text: text.replace("[bool] = False", "[bool] = True"))
    assert validate_method(method, "embed").result == "passed"
    assert validate_method(method, "one-group").result == "passed"


@pytest.mark.parametrize(
    ("fault", "check", "said"),
    [
        ("return y", "embed", "returned ndarray; expected bengrn.plugin.Embedding"),
        ("y[0, 0] = np.nan", "embed", "1 values that are NaN"),
        ("y = y.T", "embed", "Transposed?"),
        ("y, cells = y[1:], cells[1:]", "embed", "the cells are others (149 of 150)"),
        ("y, cells = y[::-1], cells[::-1]", "embed", "the cells are in another order"),
        ("y = y[::-1]", "embed-groups", "of a cell's own planted type; expected over"),
        ("y = np.ones((len(y), 2))", "embed-groups", "chance is"),
        ("y = x[:, :5]", "gene-order", "values move by"),
        ("y[0] = 0", "cell-order", "values move by"),
        ("y = y * np.random.default_rng().random(y.shape)", "seed", "the same seed twice"),
        ("y = y[:, :0]", "embed", "one dimension or more"),
        ("adata.X = adata.X * 0", "input-unmodified", "embed changed adata"),
        ("adata.obs['batch'] = 'one'", "input-unmodified", "embed changed adata"),
        ("adata.obsm['X_pca'] = y", "input-unmodified", "embed changed adata"),
        ("print('hello')", "silence", "printed 'hello'"),
        ("y = y / (x[:, :1] * 0 + (np.abs(x).sum(axis=0) > 0).all())", "difficult-genes", "NaN"),
        ("1 / (n_batches - 1)", "one-group", "a single batch gave ZeroDivisionError"),
        ("if n_batches == 1: y[:] = np.nan", "one-group", "NaN"),
        ("if n_batches == 1: raise ValueError('')", "one-group", "no message"),
        ("if n_batches == 1: raise ValueError('no\\nbatches')", "one-group", "several lines"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_each_fault_fails_its_check(embedder, fault, check, said):
    outcome = validate_method(embedder(fault), check)
    assert outcome.result == "failed"
    assert said in outcome.message


def test_one_batch_may_be_refused_in_one_line(embedder):
    refuses = embedder("if n_batches == 1: raise ValueError('got one batch; expected two')")
    assert validate_method(refuses, "one-group").result == "passed"


def test_an_embedding_of_no_cells_fails_on_empty_input(embedder):
    method = embedder(first="if not adata.n_obs: return Embedding(np.zeros((0, 2)), cells)")
    assert "gave an embedding" in validate_method(method, "empty-input").message


@pytest.mark.parametrize("name", ["pca", "random-embedding"])
def test_installed_embedders_conform(name):
    method = find_method(name)
    outcomes = [validate_method(method, check) for check in CHECKS]
    assert all(one.good for one in outcomes), outcomes


def test_the_pytest_plug_in_runs_the_checks_of_embedders(embedder, tmp_path):
    import subprocess
    import sys

    embedder()
    command = [sys.executable, "-P", "-m", "pytest", "-q", "--rootdir", str(tmp_path), "-k", "embed"]
    done = subprocess.run(
        [*command, "--bengrn-method", "mine.py", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,  # nothing but the plug-in lies there: pytest imports what it finds
    )
    assert "2 passed" in done.stdout, done.stdout
