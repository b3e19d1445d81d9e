"""What the shipped table says was measured, measured again: McCalla's edges as a prediction of OmniPath's."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from bengrn.metrics.compat import compat_scores
from bengrn.registry import build_registry
from bengrn.report.published_table import load_measured
from bengrn.request import Named
from bengrn.resolve import choose
from bengrn.sources import load_truth
from bengrn.tasks.naming import name_truth
from bengrn.truths.align import align
from bengrn.truths.compare import compare_published, compare_truths, transpose
from bengrn.values import Network, Truth

pytestmark = pytest.mark.skipif(
    "BENGRN_DATA" not in os.environ, reason="BENGRN_DATA names no folder of real files"
)


@pytest.fixture(scope="module")
def genes():
    path = Path(os.environ["BENGRN_DATA"]) / "mccalla/TF_target_lists/han_GSE107552.targets.txt"
    return path.read_text().split()


def _truth(name, preset=""):
    return load_truth(choose(build_registry(), "truth", Named(name, preset)))


def _square(truth, universe):
    """Return the edges of a truth among the genes of a universe, G x G."""
    place = {name: position for position, name in enumerate(universe)}
    edges = truth.edges.tocoo()
    row = np.array([place.get(name, -1) for name in truth.regulators])[edges.row]
    column = np.array([place.get(name, -1) for name in truth.targets])[edges.col]
    inside = (row >= 0) & (column >= 0)
    ones = np.ones(int(inside.sum()), np.float32)
    return sparse.csr_array((ones, (row[inside], column[inside])), shape=(len(universe), len(universe)))


@pytest.mark.parametrize(("line", "turned"), [(2, False), (3, True)])
def test_table_s7_is_what_the_stored_measurement_says(line, turned, genes):
    mccalla = _truth("mccalla-human-full")
    transcriptional = name_truth(_truth("omnipath", "transcriptional"), [])[0]
    compat = compare_published(
        transpose(mccalla) if turned else mccalla, _truth("omnipath", "published"), genes=genes
    )
    strict = name_truth(mccalla, [])[0]
    strict = compare_truths(transpose(strict) if turned else strict, transcriptional)
    for metric in ("precision", "recall", "random precision"):
        stored = load_measured()["S7", line, metric]
        name = metric.replace(" ", "_")
        assert (getattr(compat, name), getattr(strict, name)) == (stored.compat, stored.strict)


@pytest.mark.parametrize(("line", "turned"), [(29, False), (30, True)])
def test_a_truth_scored_as_a_network_is_what_the_stored_measurement_says(line, turned, genes):
    omnipath, mccalla = _truth("omnipath", "published"), _truth("mccalla-human-full")
    universe = tuple(sorted({*genes} & {*omnipath.regulators, *omnipath.targets}))
    edges = _square(transpose(mccalla) if turned else mccalla, universe)
    truth = Truth(_square(omnipath, universe), universe, universe)
    scores = compat_scores(align(Network(edges, universe, universe), truth))
    stored = load_measured()
    for metric, name in (
        ("EPR_oddsratio", "epr_published"),
        ("AUPRC_raw", "auprc_quantile"),
        ("RAND", "random_precision"),
    ):
        assert scores[name] == pytest.approx(stored["notebook-networks", line, metric].compat, rel=1e-12)
    found = compare_published(transpose(mccalla) if turned else mccalla, omnipath, genes=genes)
    assert found.recall == stored["notebook-networks", line, "recall_nonzero"].compat
