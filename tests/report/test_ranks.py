"""From records and draws to comparisons: who is who, who is left out and why, and ranks of a leaderboard."""

import numpy as np
import pytest

from bengrn.errors import SettingError, StoreError, UnknownNameError
from bengrn.record import Record
from bengrn.report.entries import check_asked, choose_entries, entries_of, is_called, newest
from bengrn.report.ranks import compare_entries, rank_cells
from bengrn.stats.drawn import Drawn
from bengrn.stats.interval import LOG

NOISE = np.random.default_rng(0).normal(size=(40, 300))


def _record(name="a", value=1.0, number=0, seed=0, *, metric="ap_lift", scoring=None, cell=None, **changes):
    cell = cell or {"value": value, "low": value / 2, "high": 2 * value, "version": "2"}
    base = {
        "key": f"{number:02x}{name}{seed}".encode().hex().ljust(64, "0"),
        "status": "ok",
        "method": {"name": name, "origin": "control" if name == "random" else "own"},
        "truth": {"name": "omnipath"},
        "data": {"name": "pancreas", "cell_type": "A"},
        "seed": seed,
        "task": {"digest": "task"},
        "universe": {"digest": "universe"},
        "scores": {"strict": {metric: cell}},
        "ingredients": {
            "scoring": {"bootstrap_draws": 300, "null_draws": 20, "version": "v", **(scoring or {})}
        },
        "created": f"2026-01-01T00:00:{number:02d}",
    }
    return Record(**{**base, **changes})


def _draws_of(record):
    value = record.value("ap_lift")
    number = sum(map(ord, record.label)) % 40
    draws = (value * np.exp(0.02 * NOISE[number])).astype(np.float32)
    return {"ap_lift": Drawn(value, draws, LOG, 50, 30.0)}


def _compare(records, **more):
    return compare_entries(entries_of(newest(records)), _draws_of, **more)


def test_ranks_are_intervals_and_the_best_stands_first():
    found = _compare([_record("a", 1.0), _record("b", 2.0), _record("c", 1.001), _record("d", 0.5)])
    assert [(one.name, one.rank) for one in found.standings] == [
        ("b", "1"),
        ("c", "2-3"),
        ("a", "2-3"),
        ("d", "4"),
    ]
    assert len(found.pairs) == 6
    assert found.left_out == ()


def test_seeds_of_a_method_are_one_method():
    found = _compare(
        [*(_record("a", value, seed=seed) for seed, value in enumerate((1.0, 1.2))), _record("b", 3.0)]
    )
    (_, seeded) = found.standings
    assert (seeded.name, seeded.seeds) == ("a", 2)
    assert seeded.value == pytest.approx(np.sqrt(1.2))
    assert seeded.seed_sd == pytest.approx(np.std([1.0, 1.2], ddof=1))


def test_the_newest_record_of_a_method_and_seed_counts():
    old, new = _record("a", 1.0, 1), _record("a", 2.0, 2)
    for records in ([old, new], [new, old]):
        assert [one.value("ap_lift") for one in newest(records)] == [2.0]


def test_seeds_that_were_run_with_other_code_are_not_joined():
    records = [_record("a", seed=seed, scoring={"version": str(seed)}) for seed in (0, 1)]
    assert [len(one.records) for one in entries_of(records)] == [1, 1]


def test_a_failure_is_no_entry():
    assert newest([_record(status="error", reason="it broke", scores={})]) == []


def test_a_record_without_draws_is_left_out_with_the_reason():
    def none(record):
        if record.label == "c":
            raise StoreError("no draws here")
        return _draws_of(record)

    entries = entries_of([_record(name) for name in "abc"])
    found = compare_entries(entries, none)
    assert [one.name for one in found.standings] == ["a", "b"]
    assert found.left_out == ("c: no draws here",)


def test_an_undefined_score_is_left_out_with_its_reason():
    cell = {"value": 1.0, "low": None, "high": None, "version": "2", "reason": "no interval: 4 regulators"}
    found = _compare([_record("a"), _record("b", cell=cell)])
    assert found.pairs == ()
    assert found.left_out == ("b: no interval: 4 regulators",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scoring": {"bootstrap_draws": 100}}, "scored with --draws 100, the others with 300"),
        ({"scoring": {"null_draws": 3}}, "scored with --nulls 3, the others with 20"),
        ({"scoring": {"version": "w"}}, "score version w"),
        ({"universe": {"digest": "other"}}, "pairs other"),
    ],
)
def test_what_was_scored_otherwise_is_left_out(changes, said):
    found = _compare([_record("a"), _record("b"), _record("c", **changes)])
    assert [one.name for one in found.standings] == ["a", "b"]
    (line,) = found.left_out
    assert line.startswith("c: ")
    assert said in line


def test_the_number_of_nulls_matters_to_lifts_alone():
    records = [
        _record(name, metric="ap", scoring={"null_draws": nulls}) for name, nulls in (("a", 3), ("b", 20))
    ]
    found = compare_entries(
        entries_of(records), lambda one: {"ap": Drawn(1.0, NOISE[0], LOG, 50, 30.0)}, metric="ap"
    )
    assert len(found.pairs) == 1


def test_a_description_cannot_be_compared():
    def described(record):
        return {"ap_lift": Drawn(1.0, np.exp(NOISE[0]), LOG, 50, 30.0, direction=0)}

    with pytest.raises(SettingError, match="describes a network"):
        compare_entries(entries_of([_record("a"), _record("b")]), described)


def test_a_method_with_a_seed_that_found_nothing_is_left_out_whole():
    nothing = {"value": 0.0, "low": None, "high": None, "version": "2", "reason": "nothing was found"}
    found = _compare([_record("a", 9.0), _record("a", seed=1, cell=nothing), _record("b"), _record("c")])
    assert {one.name for one in found.standings} == {"b", "c"}  # 9 alone would flatter a
    assert found.left_out == ("a seed 1: nothing was found",)


def test_cells_of_a_leaderboard_are_keyed_by_record_and_spare_controls():
    records = [_record("a", 1.0), _record("b", 2.0), _record("a", 1.1, seed=1), _record("random", 1.0)]
    cells, _ = rank_cells(records, _draws_of)
    assert {record.label + str(record.seed): cells.get(record.key) for record in records} == {
        "a0": "2", "b0": "1", "a1": "2", "random0": None,
    }  # fmt: skip


def test_a_method_alone_has_no_rank():
    assert rank_cells([_record("a"), _record("random")], _draws_of) == ({}, ())


def test_methods_of_one_label_are_told_apart_by_their_keys():
    records = [_record("net.tsv", number=n, ingredients={"network": str(n)}) for n in (1, 2)]
    names = [one.name for one in entries_of(records)]
    assert names == [f"net.tsv ({one.key[:8]})" for one in records]


def _chosen(records, *asked):
    check_asked(records, asked)
    return [(entry.name, len(entry.records)) for entry in choose_entries(records, asked)]


def test_a_method_is_asked_for_by_its_label_with_preset_and_settings():
    preset = _record("a", method={"name": "genie3", "preset": "paper"})
    changed = _record("b", method={"name": "genie3", "changed": {"ntrees": 5}}, seed=1)
    assert _chosen([preset, changed], "genie3:paper", "genie3 ntrees=5") == [
        ("genie3:paper", 1), ("genie3 ntrees=5", 1),
    ]  # fmt: skip


def test_the_name_alone_will_do_where_one_label_bears_it():
    assert _chosen([_record(method={"name": "genie3", "preset": "paper"})], "genie3") == [("genie3:paper", 1)]


def test_a_key_stands_for_one_record_though_a_newer_one_answers_the_same():
    old, new = _record("a", 1.0, 1), _record("a", 2.0, 2)
    chosen = choose_entries([old, new], [old.key[:10], f"{new.key[:20]}-1.json"])
    assert [entry.records for entry in chosen] == [(old,), (new,)]
    assert len({entry.name for entry in chosen}) == 2


def test_a_seed_beside_its_own_method_is_not_compared_with_it():
    seeds = [_record("a", seed=seed) for seed in (0, 1)]
    assert _chosen(seeds, seeds[1].key, "a") == [("a", 2)]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("pearsn", "No record is of a method 'pearsn'. Did you mean 'pearson'?"),
        ("abcdef", "No record is of a method 'abcdef'"),
        ("broken", "'broken' has no scores: error, it broke"),
        ("3030", "2 records have keys that start with '3030'; give more"),
    ],
)
def test_what_no_record_is_called_is_refused(asked, said):
    records = [
        _record("pearson"),
        _record("b"),
        _record("broken", 0, 1, status="error", reason="it broke", scores={}),
    ]
    with pytest.raises(UnknownNameError, match=said.replace("(", r"\(")):
        check_asked(records, [asked])


@pytest.mark.parametrize("text", ["omnipath", "omnipath:published", "/some/where/omnipath"])
def test_a_truth_is_called_by_name_preset_or_file(text):
    assert is_called({"name": "omnipath", "preset": "published"}, text)
    assert not is_called({"name": "trrust", "preset": ""}, text)
