"""The conformance kit for classifiers: a right one passes, and each planted fault fails its own check."""

import pytest

from bengrn.testing import CHECKS, find_method, validate_method

METHOD = '''
"""Take the label of the most similar mean."""
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from bengrn.plugin import CellLabels, hookimpl, log_normalized

@dataclass(frozen=True, kw_only=True)
class Mine:
    """Label cells by the nearest mean of a type."""
    name: ClassVar[str] = "mine"
    source: ClassVar[str] = "test"

    def classify(self, train, adata, *, seed):
        assert "cell_type" not in adata.obs and {"cell_type", "batch"} <= set(train.obs)
        cells = tuple(adata.obs_names)
        FIRST
        known, x = log_normalized(train).astype(float), log_normalized(adata).astype(float)
        types = sorted(set(train.obs["cell_type"]))
        mean = np.stack([known[np.array(train.obs["cell_type"]) == one].mean(axis=0) for one in types])
        y = [types[place] for place in ((x[:, None] - mean) ** 2).sum(axis=2).argmin(axis=1)]
        FAULT
        return CellLabels(y, cells)

@hookimpl
def bengrn_methods():
    return [Mine]
'''


@pytest.fixture
def classifier(tmp_path):
    def write(fault="pass", first="pass"):
        path = tmp_path / "mine.py"
        path.write_text(METHOD.replace("FAULT", fault).replace("FIRST", first))
        return find_method(str(path))

    return write


def test_a_right_classifier_passes_all_that_applies_to_it(classifier):
    method = classifier()
    results = {check: validate_method(method, check).result for check in CHECKS}
    passed = {"gene-order", "cell-order", "seed", "input-unmodified", "silence", "difficult-genes"}
    passed |= {"empty-input", "one-group", "classify", "classify-groups"}
    assert {name for name, result in results.items() if result == "passed"} == passed
    assert set(results.values()) == {"passed", "skipped"}


@pytest.mark.parametrize(
    ("fault", "check", "said"),
    [
        ("return y", "classify", "returned list; expected bengrn.plugin.CellLabels"),
        ("y[0] = np.nan", "classify", "1 labels are no text, nan first"),
        ("y = y[1:]", "classify", "Got 149 labels for 150 cells"),
        ("y, cells = y[1:], cells[1:]", "classify", "the cells are others (149 of 150)"),
        ("y, cells = y[::-1], cells[::-1]", "classify", "the cells are in another order"),
        ("y[3] = 'B cell'", "classify", "'B cell' is no id of the Cell Ontology"),
        ("return CellLabels(y, cells, reachable=('CL:0000236',))", "classify", "2 labels are not among"),
        ("y = [None] * len(y)", "classify-groups", "0% of the cells get their planted type"),
        ("y = [max(types, key=list(train.obs['cell_type']).count)] * len(y)", "classify-groups", "most"),
        ("y = [types[int(one) % 2] for one in 7 * x[:, 0]]", "gene-order", "cells get another label"),
        ("y[:5] = [None] * 5", "cell-order", "cells get another label"),
        ("y = [train.obs['cell_type'].iloc[0]] * len(y)", "cell-order", "cells get another label"),
        ("y = list(np.random.default_rng().choice(types, len(y)))", "seed", "the same seed twice"),
        ("adata.obs['cell_type'] = y", "input-unmodified", "classify changed adata"),
        ("train.X = train.X * 0", "input-unmodified", "classify changed train"),
        ("train.obs['cell_type'] = 'CL:0000000'", "input-unmodified", "classify changed train"),
        ("print('hello')", "silence", "printed 'hello'"),
        ("1 / (x.std(axis=0) > 0).all().astype(int).item()", "difficult-genes", "ZeroDivisionError"),
        ("1 / (len(types) - 1)", "one-group", "of a single type gave ZeroDivisionError"),
        ("if len(types) == 1: return None", "one-group", "returned NoneType"),
    ],
)
def test_each_fault_fails_its_check(classifier, fault, check, said):
    outcome = validate_method(classifier(fault), check)
    assert outcome.result == "failed"
    assert said in outcome.message


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("if not adata.n_obs: return CellLabels((), cells)", "no cells gave labels"),
        ("if not train.n_obs: raise KeyError('cell_type')", "no training cells gave KeyError"),
        ("if not train.n_obs: return CellLabels((), ())", "the cells are others"),
    ],
)
def test_nothing_to_label_or_to_learn_from_must_be_said(classifier, first, said):
    outcome = validate_method(classifier(first=first), "empty-input")
    assert outcome.result == "failed"
    assert said in outcome.message


def test_a_method_that_needs_no_training_cells_may_do_without(classifier):
    own = "if adata.n_obs: return CellLabels(['CL:0000236'] * len(cells), cells)"
    assert validate_method(classifier(first=own), "empty-input").result == "passed"


@pytest.mark.parametrize("name", ["knn", "majority"])
def test_installed_classifiers_conform(name):
    method = find_method(name)
    outcomes = [validate_method(method, check) for check in CHECKS]
    assert all(one.good for one in outcomes), outcomes
