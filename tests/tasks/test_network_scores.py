"""What a record says of a network: values, intervals, reasons; and what is never copied."""

import numpy as np
import pytest
from scipy import sparse

from bengrn.metrics import ALL_METRICS
from bengrn.metrics.metric import RegulatorMetric
from bengrn.metrics.per_regulator import rank_regulators
from bengrn.metrics.ranking import rank
from bengrn.request import Scoring
from bengrn.stats.bootstrap import bootstrap
from bengrn.stats.degree_null import degree_nulls
from bengrn.tasks.network import LIFTS, score_network
from bengrn.truths.align import align
from bengrn.values import Network, Truth

R, T = 20, 40
REGULATORS, TARGETS = tuple(f"r{one}" for one in range(R)), tuple(f"t{one}" for one in range(T))
QUICK = Scoring(null_draws=3, bootstrap_draws=40)
WITH_INTERVAL = {"ap", "ap_ratio", "auroc", "epr", *LIFTS, "auroc_per_regulator", "ap_per_regulator",
                 "ap_ratio_per_regulator"}  # fmt: skip


def _case(seed=0, rows=R):
    rng = np.random.default_rng(seed)
    edges = rng.random((R, T)) < 0.15
    edges[rows:] = False
    return rng.random((R, T)) + 0.3 * edges, Truth(sparse.csr_array(edges), REGULATORS, TARGETS)


def _score(scores, truth, extra=(), scoring=QUICK):
    return score_network(Network(scores, REGULATORS, TARGETS), truth, scoring, extra)


def test_every_metric_and_lift_is_there_with_its_version():
    scores = _score(*_case()).scores
    assert {*(one.name for one in ALL_METRICS), *LIFTS} == set(scores["strict"])
    assert all(cell["version"] for cell in scores["strict"].values())


def test_exactly_these_have_an_interval_and_it_holds_the_value():
    scores = _score(*_case()).scores
    having = {name for name, cell in scores["strict"].items() if cell.get("low") is not None}
    assert having == WITH_INTERVAL
    for name in having:
        cell = scores["strict"][name]
        assert cell["low"] <= cell["value"] <= cell["high"], name


def test_a_single_regulator_with_edges_has_values_and_reasons_but_no_interval():
    scored = _score(*_case(rows=1))
    scores, warnings = scored.scores, scored.warnings
    for name in WITH_INTERVAL - set(LIFTS):
        cell = scores["strict"][name]
        assert cell["value"] is not None, name
        assert cell["low"] is None, name
        assert "1 regulators with a true edge; needs 5" in cell["reason"], name
    assert any(text.startswith("no lift") for text in warnings)


def test_without_draws_there_are_values_alone():
    scores = _score(*_case(), scoring=Scoring(null_draws=0, bootstrap_draws=0)).scores
    assert scores["strict"]["ap"]["value"] > 0
    assert not any(cell.get("low") is not None for cell in scores["strict"].values())


def test_a_regulator_metric_of_a_plugin_gets_an_interval():
    def degree(ranking):
        return ranking.degrees.astype(float), np.ones(R)

    mine = RegulatorMetric(
        "mean_degree", "7", degree, "edges per regulator", 0, "itself", (0, np.inf), "a test"
    )
    scores, truth = _case()
    cell = _score(scores, truth, [mine]).scores["strict"]["mean_degree"]
    assert (cell["value"], cell["version"]) == (truth.edges.nnz / R, "7")
    assert cell["low"] < cell["value"] < cell["high"]


@pytest.mark.parametrize("parts", [(np.full(R, np.inf), np.ones(R)), (np.ones(R - 1), np.ones(R - 1))])
def test_a_plugin_metric_without_a_finite_number_per_regulator_has_a_reason_instead(parts):
    mine = RegulatorMetric("endless", "1", lambda _: parts, "a test", 0, "none", (0, np.inf), "a test")
    cell = _score(*_case(), [mine]).scores["strict"]["endless"]
    assert (cell["value"], cell["low"], cell["high"]) == (None, None, None)
    assert "expected two of shape (20,), one finite number per regulator" in cell["reason"]


@pytest.mark.parametrize("fill", [0.0, 3.0])
def test_constant_scores_score_as_chance_everywhere(fill):
    _, truth = _case()
    strict = _score(np.full((R, T), fill), truth).scores["strict"]
    for name, chance in {"ap_ratio": 1, "auroc": 0.5, "epr": 1, "ap_lift": 1, "epr_lift": 1,
                         "auroc_per_regulator": 0.5, "ap_ratio_per_regulator": 1}.items():  # fmt: skip
        cell = strict[name]
        assert [cell["value"], cell["low"], cell["high"]] == pytest.approx([chance] * 3), name


def _everything_strict(network, truth):
    candidates = align(network, truth)
    ranking = rank(candidates)
    found = bootstrap(
        candidates, degree_nulls(candidates, draws=2, seed=0), draws=20, seed=0, ranking=ranking
    )
    return found.intervals, rank_regulators(candidates)


def test_a_sparse_network_is_never_made_dense(monkeypatch):
    scores, truth = _case()
    network = Network(sparse.csr_array(scores * (scores > 0.7)), REGULATORS, TARGETS)
    whole = [*map(id, (network.scores.data, network.scores.indices))]

    def refuse(self, *_, **__):
        if self.shape == (R, T):
            raise AssertionError("made dense")
        return original(self)

    original = sparse.csr_array.toarray
    monkeypatch.setattr(sparse.csr_array, "toarray", refuse)
    found, _ = _everything_strict(network, truth)
    assert found["ap"].low is not None
    assert whole == [*map(id, (network.scores.data, network.scores.indices))]


def test_a_memory_mapped_network_is_read_where_it_lies(tmp_path):
    scores, truth = _case()
    np.save(tmp_path / "scores.npy", scores.astype(np.float32))
    mapped = np.load(tmp_path / "scores.npy", mmap_mode="r")
    network = Network(mapped, REGULATORS, TARGETS)
    assert np.shares_memory(network.scores, mapped)
    assert np.shares_memory(align(network, truth).scores, mapped)
    from_disk, _ = _everything_strict(network, truth)
    in_memory, _ = _everything_strict(Network(scores, REGULATORS, TARGETS), truth)
    assert from_disk == in_memory
