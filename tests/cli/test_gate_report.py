"""`bengrn report --check` on real controls of the shipped task: open as it is, shut by a broken control."""

import pytest

from bengrn.cli.options import with_controls
from bengrn.request import Named, Request
from bengrn.stats.gate import CONTROLS

# the shipped truth and cells, fewer genes and draws: what matters here is who is above whom
TASK = ("--truth", "omnipath", "--genes", "300", "--nulls", "5", "--draws", "200")

TURNED = '''"""A positive control that got the direction wrong."""
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bengrn.plugin import Method, Network, hookimpl


@dataclass(frozen=True, kw_only=True)
class Turned:
    """The true edges, targets taken for regulators."""

    name: ClassVar[str] = "truth"
    source: ClassVar[str] = "a test"

    def from_truth(self, adata, truth, *, regulators: Sequence[str], seed: int) -> Network:
        """Return the transposed truth."""
        genes = [str(name) for name in adata.var_names]
        scores = np.zeros((len(regulators), len(genes)), dtype=np.float32)
        for r, t in zip(*truth.edges.nonzero()):
            if truth.targets[t] in regulators:
                scores[regulators.index(truth.targets[t]), genes.index(truth.regulators[r])] = 1
        return Network(scores, tuple(regulators), tuple(genes))


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer it."""
    return [Turned]
'''


def test_the_shipped_controls_pass(bengrn):
    # of fewer genes one regulator holds a quarter of the edges: then no interval of a lift excludes chance
    controls = ("--method", "truth", "--method", "random", "--method", "oracle-degrees")
    ran = bengrn("run", *controls, *TASK, "--genes", "700")
    assert ran.code == 0, ran.err
    assert "passed the gate" in ran.out
    assert "gate failed" not in ran.out
    ran = bengrn("report", "--check", "--require-controls")
    assert ran.code == 0, ran.out
    assert ran.out.splitlines()[-1] == "0 faults; 1 of 1 tables judged by their controls"


def test_a_transposed_positive_control_fails_the_check_and_greys_its_columns(bengrn, tmp_path):
    (tmp_path / "turned.py").write_text(TURNED)
    ran = bengrn("run", "--method", "./turned.py", "--method", "random", *TASK)
    assert ran.code == 0, ran.err
    assert "AUROC (gate failed)" in ran.out
    ran = bengrn("report", "--check")
    assert ran.code == 1
    faults = [line for line in ran.out.splitlines() if line.startswith("gate failed: omnipath on pancreas")]
    assert any(": AP: truth scores 0." in line and "a perfect network 1" in line for line in faults)
    page = (tmp_path / "reports" / "index.md").read_text()
    assert "| AUROC (gate failed) |" in page
    assert "- AUROC: gate failed, do not read it: truth scores" in page


def test_tables_without_controls_fail_only_where_controls_are_required(bengrn, data_file, truth_file):
    small = ("--truth", truth_file, "--data", data_file, "--nulls", "2", "--draws", "100")
    assert bengrn("run", "--method", "pearson", *small).code == 0
    checked = bengrn("report", "--check")
    assert checked.code == 0
    assert "not judged: truth.tsv on counts.h5ad" in checked.out
    assert bengrn("report", "--require-controls").code == 1


def test_an_empty_folder_passes_the_check_but_has_no_controls(bengrn):
    assert bengrn("report", "--check").code == 0
    required = bengrn("report", "--require-controls")
    assert (required.code, "there are no records" in required.out) == (1, True)


def test_controls_are_added_once():
    assert with_controls(["genie3"]) == ["genie3", *(f"bengrn/{name}" for name in CONTROLS)]
    added = with_controls(["pearson", "bengrn/truth"])
    assert len(added) == len(CONTROLS)
    assert "bengrn/pearson" not in added


@pytest.mark.parametrize(
    ("method", "seeds", "controls", "expected"),
    [
        ("random", (0,), True, (0, 1, 2)),
        ("degree-swap", (7,), True, (7, 0, 1)),
        ("random", (4, 5, 6, 7), True, (4, 5, 6, 7)),
        ("random", (0,), False, (0,)),
        ("truth", (0,), True, (0,)),
    ],
)
def test_controls_that_are_drawn_get_three_seeds(method, seeds, controls, expected):
    request = Request((Named(method),), (Named("omnipath"),), seeds=seeds, controls=controls)
    assert request.seeds_of(method) == expected
