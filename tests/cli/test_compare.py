"""`bengrn compare`: what it prints, and what it refuses in one line."""

import json
import math

import numpy as np
import pytest

from bengrn.cli.compare import compare
from bengrn.errors import BengrnError
from bengrn.record import Record
from bengrn.stats.drawn import Drawn
from bengrn.stats.interval import ARCSINE, LOG
from bengrn.store import Store

REGULATORS = 60
CELLS = {"n_candidates": 900, "n_positive": 90, "random_precision": 0.1}


@pytest.fixture
def out(tmp_path):
    return tmp_path / "reports"


@pytest.fixture
def put(out):
    """Write a record with draws, as a run does."""
    noise = np.random.default_rng(0).normal(size=(50, 300))

    def write(name, lift=1.0, number=0, *, seed=0, truth="omnipath", draws=True, **changes):
        moved = 0.03 * noise[number]
        lifts = (lift * np.exp(moved)).astype(np.float32)
        aurocs = (0.6 + 0.1 * moved).astype(np.float32)
        drawn = {
            "ap_lift": Drawn(lift, lifts, LOG, REGULATORS, 40.0),
            "auroc": Drawn(0.6, aurocs, ARCSINE, REGULATORS, 40.0, as_ratio=False),
        }
        cells = {metric: {"value": one.value, "low": 0.9 * one.value, "high": 1.1 * one.value, "version": "1"}
                 for metric, one in drawn.items()}  # fmt: skip
        cells |= {metric: {"value": value, "version": "1"} for metric, value in CELLS.items()}
        store = Store(out)
        base = {
            "key": f"{name} {truth} {seed}".encode().hex().ljust(64, "0")[:64],
            "status": "ok",
            "method": {"name": name, "origin": "control" if name == "random" else "own"},
            "truth": {"name": truth},
            "data": {"name": "pancreas", "cell_type": None},
            "seed": seed,
            "task": {"digest": f"task of {truth}", "report": {"regulators": 60, "targets": 15}},
            "universe": {"digest": f"pairs of {truth}"},
            "scores": {"strict": cells},
            "keys": store.write_draws(drawn) if draws else {},
            "ingredients": {"scoring": {"bootstrap_draws": 300, "null_draws": 20}},
        }
        record = Record(**{**base, **changes})
        store.write(record)
        return record

    return write


def _run(capsys, out, *methods, **options):
    compare(list(methods), out=out, **options)
    return capsys.readouterr().out


def _json(capsys, out, *methods, **options):
    return [json.loads(line) for line in _run(capsys, out, *methods, json_=True, **options).splitlines()]


def _refused(out, *methods, **options):
    with pytest.raises(BengrnError) as error:
        compare(list(methods), out=out, **options)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def test_pairs_and_ranks_are_printed_with_what_a_reader_must_know(put, out, capsys):
    for number, (name, lift) in enumerate([("good", 2.0), ("bad", 1.0), ("like", 1.02), ("random", 1.0)]):
        put(name, lift, number)
    text = _run(capsys, out)
    assert "omnipath on pancreas" in text
    assert "A / B" in text
    assert "all 3 pairs" in text
    rows = {
        line.split()[1]: line.split()[0] for line in text.splitlines() if line.strip()[:1] in tuple("123-")
    }
    assert rows | {"good": "1", "bad": "2-3", "like": "2-3", "random": "-"} == rows
    assert "random (control)" in text
    assert "One seed, so that" in text


def test_only_the_methods_asked_for_are_adjusted_for(put, out, capsys):
    for number, name in enumerate(["a", "b", "c", "random"]):
        put(name, 1 + number, number)
    (found,) = _json(capsys, out, "a", "random")
    (pair,) = found["pairs"]
    assert (pair["first"], pair["second"], pair["verdict"]) == ("a", "random", "worse")
    assert pair["p_holm"] == pytest.approx(pair["difference"]["p"])
    assert [one["ranks"] for one in found["standings"]] == [[1, 1], [2, 2]]


def test_json_says_what_was_compared_on_what(put, out, capsys):
    put("a", 2.0)
    put("b", 1.0, 1)
    (found,) = _json(capsys, out, "a", "b", margin=0.1, level=0.9)
    assert (found["truth"], found["task"], found["universe"]) == (
        "omnipath",
        "task of omnipath",
        "pairs of omnipath",
    )
    assert (found["metric"], found["level"], found["margin"]) == ("ap_lift", 0.9, [1 / 1.1, 1.1])
    assert found["pairs"][0]["difference"]["value"] == pytest.approx(2)


def test_every_task_that_methods_share_is_compared_for_itself(put, out, capsys):
    for truth in ("omnipath", "trrust"):
        for number, name in enumerate("ab"):
            put(name, 1 + number, number, truth=truth)
    put("c", truth="trrust")
    assert [len(one["pairs"]) for one in _json(capsys, out)] == [1, 3]
    (found,) = _json(capsys, out, truth="trrust")
    assert found["truth"] == "trrust"


def test_an_auroc_is_compared_by_its_difference(put, out, capsys):
    put("a")
    put("b", 1.0, 1)
    text = _run(capsys, out, "a", "b", metric="auroc")
    assert "A - B" in text
    assert "-0.01 to 0.01" in text


def test_seeds_are_counted_and_their_spread_is_shown(put, out, capsys):
    for seed, lift in enumerate((2.0, 2.2, 2.1)):
        put("a", lift, seed, seed=seed)
    put("b", 1.0, 5)
    text = _run(capsys, out, "a", "b")
    assert "3 (sd 0.1)" in text
    assert "is not counted: b." in text


def test_a_method_without_draws_is_left_out_aloud(put, out, capsys):
    for number, name in enumerate("abc"):
        put(name, 1.0, number, draws=name != "c")
    text = _run(capsys, out)
    assert "left out: c: The record" in text
    assert "by an earlier version. Run the method again." in text


def test_an_endless_ratio_is_null_in_json(put, out, capsys, monkeypatch):
    from bengrn.stats import family
    from bengrn.stats.compare import Difference

    monkeypatch.setattr(
        family, "paired_difference", lambda *_, **__: Difference(math.inf, 0.5, math.inf, 0.1, as_ratio=True)
    )
    put("a")
    put("b", 1.0, 1)
    (found,) = _json(capsys, out)
    assert (found["pairs"][0]["difference"]["value"], found["pairs"][0]["difference"]["high"]) == (None, None)


def test_an_empty_folder_is_refused(out):
    assert "There are no records" in _refused(out)


def test_an_unknown_method_is_refused_with_a_suggestion(put, out):
    put("pearson")
    assert "Did you mean 'pearson'?" in _refused(out, "pearsn", "pearson")


def test_one_method_is_refused(put, out):
    put("a")
    put("random")
    for asked in ((), ("a",)):
        assert "There is one method (a) to compare; expected at least two" in _refused(out, *asked)


def test_methods_that_share_no_task_are_refused_with_where_they_were_scored(put, out):
    put("a", truth="omnipath")
    put("b", truth="trrust")
    said = _refused(out, "a", "b")
    assert "a was scored on omnipath on pancreas" in said
    assert "b was scored on trrust on pancreas" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"metric": "ap_lif"}, "Did you mean 'ap_lift'?"),
        ({"metric": "n_candidates"}, "no interval and no draws to compare. Choose among ap_lift, auroc."),
        ({"truth": "omnipat"}, "No record is of --truth 'omnipat'. Did you mean 'omnipath'?"),
        ({"data": "pancrea"}, "Did you mean 'pancreas'?"),
        ({"margin": -1.0}, "--margin is -1"),
        ({"margin": math.nan}, "--margin is nan"),
        ({"level": 1.0}, "--level is 1"),
    ],
)
def test_impossible_options_are_refused(put, out, options, said):
    put("a")
    put("b", 1.0, 1)
    assert said in _refused(out, "a", "b", **options)


def test_where_no_record_has_draws_the_reason_is_given(put, out):
    put("a", draws=False)
    put("b", 1.0, 1, draws=False)
    said = _refused(out)
    assert "No two methods can be compared by ap_lift: a: The record" in said
    assert "Run the method again" in said


def test_too_few_regulators_are_no_reason_for_an_interval(put, out):
    cell = {"value": 1.0, "low": None, "high": None, "version": "1",
            "reason": "no interval: 4 regulators with a true edge; needs 5"}  # fmt: skip
    for name in "ab":
        put(
            name,
            draws=False,
            scores={"strict": {"ap_lift": cell, **{n: {"value": v} for n, v in CELLS.items()}}},
        )
    assert "(no interval: 4 regulators with a true edge; needs 5)" in _refused(out)


def test_methods_of_a_run_are_compared_by_the_program(bengrn, data_file, truth_file):
    run = ("--truth", truth_file, "--data", data_file, "--nulls", "2", "--draws", "100")
    assert bengrn("run", "-m", "pearson", "-m", "spearman", "-m", "random", *run).code == 0
    ran = bengrn("compare", "pearson", "spearman", "--metric", "auroc")
    assert ran.code == 0, ran.err
    assert "random (control)" in ran.out
    refused = bengrn("compare", "pearson", "nobody")
    assert refused.code == 2
    assert refused.message.startswith("bengrn: No record is of a method 'nobody'")


def test_the_same_network_from_elsewhere_is_equivalent(bengrn, tmp_path, data_file, truth_file):
    rows = [
        ("TP53", "MDM2", 3),
        ("MYC", "E2F1", 2),
        ("STAT3", "MDM2", 1),
        ("RELA", "TNF", 1),
        ("JUN", "FOS", 2),
    ]
    text = "source\ttarget\tweight\n" + "".join(f"{a}\t{b}\t{w}\n" for a, b, w in rows)
    for name in ("one.tsv", "two.tsv"):
        (tmp_path / name).write_text(text)
        task = ("--truth", truth_file, "--data", data_file, "--nulls", "2", "--draws", "100")
        assert bengrn("score", name, *task).code == 0
    assert len(list((tmp_path / "reports" / "draws").iterdir())) == 1
    ran = bengrn("compare", "one.tsv", "two.tsv", "--metric", "ap", "--json")
    (pair,) = json.loads(ran.out)["pairs"]
    assert (pair["difference"]["value"], pair["difference"]["p"], pair["verdict"]) == (1, 1, "equivalent")


def test_without_draws_there_is_nothing_to_compare(bengrn, data_file, truth_file):
    run = ("--truth", truth_file, "--data", data_file, "--nulls", "2", "--draws", "0")
    bengrn("run", "-m", "pearson", "-m", "spearman", *run)
    ran = bengrn("compare")
    assert ran.code == 2
    assert "ap_lift has no interval and no draws to compare" in ran.message
    assert "--draws 0" in ran.message
