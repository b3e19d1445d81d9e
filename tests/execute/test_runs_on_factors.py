"""The universe of transcription factors within runs: rows, chance, keys, and networks from elsewhere."""

import numpy as np
import pytest

from bengrn.execute.outside import score_outside
from bengrn.execute.plan import freeze_tasks, provenance
from bengrn.registry import build_registry
from bengrn.request import HeadsAsked, Request, Scoring, Selection, parse_named
from bengrn.store import Store


def test_only_factors_are_rows_and_chance_is_counted_anew(answered):
    (every,), (factors,) = answered("random"), answered("random", universe="tf")
    assert (every.universe["rule"], factors.universe["rule"]) == ("all", "tf")
    assert 2 <= factors.universe["regulators"] < every.universe["regulators"]
    assert factors.universe["targets"] == every.universe["targets"]
    expected = factors.universe["positives"] / factors.universe["pairs"]
    assert factors.value("random_precision") == pytest.approx(expected)
    assert expected > every.value("random_precision")


def test_a_universe_is_another_request_and_another_task(answered):
    (every,), (factors,) = answered("random"), answered("random", universe="tf")
    assert factors.key != every.key
    assert factors.task["digest"] != every.task["digest"]
    assert "universe" not in every.ingredients
    assert "universe" not in every.task["report"]


def test_what_the_universe_leaves_out_is_a_loss_of_the_truth(planned):
    chosen, _, _ = planned("random", universe="tf")
    _, truth = freeze_tasks(chosen, {0})[0]
    assert provenance(truth)["losses"]["regulators that are no transcription factor"] > 0


def test_a_network_from_elsewhere_is_scored_on_the_same_factors(answered, counts, data_file, tmp_path):
    (inside,) = answered("random", universe="tf")
    counts.varp["GRN"] = np.random.default_rng(0).random((60, 60)).astype(np.float32)
    counts.write_h5ad(tmp_path / "net.h5ad")
    request = Request(
        (),
        (parse_named("omnipath"),),
        parse_named(str(data_file)),
        Selection(genes=None),
        scoring=Scoring(null_draws=2, bootstrap_draws=20),
        universe="tf",
    )
    path, registry, store = tmp_path / "net.h5ad", build_registry(), Store(tmp_path / "reports")
    (outside,) = score_outside(path, request, registry, store, ())
    assert outside.universe == inside.universe
    assert outside.task["digest"] == inside.task["digest"]


def test_heads_are_selected_among_factors_too(answered, heads_file):
    (record,) = answered(f"{heads_file()}:model", universe="tf", heads=HeadsAsked("split"))
    (every,) = answered(f"{heads_file()}:model", heads=HeadsAsked("split"))
    assert record.ok, record.reason
    assert record.heads["training"]["regulators"] < every.heads["training"]["regulators"]
