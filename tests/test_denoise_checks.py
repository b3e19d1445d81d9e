"""The conformance kit for denoisers: a right one passes, and each planted fault fails its own check."""

import pytest

from bengrn.testing import CHECKS, find_method, validate_method

METHOD = '''
"""Average over similar cells."""
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from bengrn.plugin import Denoised, dense_counts, hookimpl, log_normalized

@dataclass(frozen=True, kw_only=True)
class Mine:
    """Replace a cell by a mean of all, weighted by how similar they are."""
    name: ClassVar[str] = "mine"
    source: ClassVar[str] = "test"

    def denoise(self, adata, *, seed):
        x = log_normalized(adata).astype(float)
        cells, genes = tuple(adata.obs_names), tuple(adata.var_names)
        FIRST
        squared = ((x[:, None] - x[None]) ** 2).mean(axis=2)
        weight = np.exp(-squared / 0.5)
        y = (weight / weight.sum(axis=1, keepdims=True)) @ x
        FAULT
        return Denoised(y, cells, genes, scale="log")

@hookimpl
def bengrn_methods():
    return [Mine]
'''


@pytest.fixture
def denoiser(tmp_path):
    def write(fault="pass", first="pass"):
        path = tmp_path / "mine.py"
        path.write_text(METHOD.replace("FAULT", fault).replace("FIRST", first))
        return find_method(str(path))

    return write


def test_a_right_denoiser_passes_all_that_applies_to_it(denoiser):
    method = denoiser()
    results = {check: validate_method(method, check).result for check in CHECKS}
    skipped = {"rows-are-regulators", "direction", "heads", "heads-direction", "one-group"}
    skipped |= {"embed", "embed-groups", "classify", "classify-groups"}
    assert {name for name, result in results.items() if result != "passed"} == skipped


@pytest.mark.parametrize(
    ("fault", "check", "said"),
    [
        ("return y", "denoise", "returned ndarray; expected bengrn.plugin.Denoised"),
        ("y[0, 0] = np.nan", "denoise", "1 values that are NaN"),
        ("y[0, 0] = -1", "denoise", "goes down to -1"),
        ("y, cells = y[1:], cells[1:]", "denoise", "the cells are others (199 of 200)"),
        ("y, genes = y[:, ::-1], genes[::-1]", "denoise", "the genes are in another order"),
        ("y = y[:, ::-1]", "denoise-improves", "expected over"),
        ("y = y * (1 + np.arange(y.shape[1]))/99", "gene-order", "values move by"),
        ("y[0] = 0", "cell-order", "values move by"),
        ("y = y * np.random.default_rng().random(y.shape)", "seed", "the same seed twice"),
        ("adata.X = adata.X * 0", "input-unmodified", "denoise changed adata"),
        ("adata.obs['group'] = 1", "input-unmodified", "denoise changed adata"),
        ("print('hello')", "silence", "printed 'hello'"),
        ("y[:, x.std(axis=0) == 0] = np.nan", "difficult-genes", "NaN"),
    ],
)
def test_each_fault_fails_its_check(denoiser, fault, check, said):
    outcome = validate_method(denoiser(fault), check)
    assert outcome.result == "failed"
    assert said in outcome.message


def test_expression_of_no_cells_fails_on_empty_input(denoiser):
    nothing = "if not adata.n_obs: return Denoised(np.zeros((0, len(genes))), cells, genes)"
    before = denoiser(first=nothing)
    assert validate_method(before, "empty-input").result == "passed"  # log_normalized refuses first
    after = denoiser(first=nothing)
    path = after.asked.file
    path.write_text(path.read_text().replace("x = log_normalized(adata)", "x = adata.X.toarray()"))
    assert "gave expression" in validate_method(find_method(str(path)), "empty-input").message


@pytest.mark.parametrize("name", ["identity", "gene-mean", "knnsmoothing2", "knnsmoothing2:author"])
def test_installed_denoisers_conform(name):
    method = find_method(name)
    outcomes = [validate_method(method, check) for check in CHECKS]
    assert all(one.good for one in outcomes), outcomes


@pytest.mark.parametrize("name", ["magic", "magic:paper"])
def test_magic_conforms(name):
    pytest.importorskip("graphtools", reason="needs the extra magic")
    method = find_method(name)
    outcomes = [validate_method(method, check) for check in CHECKS]
    assert all(one.good for one in outcomes), outcomes
