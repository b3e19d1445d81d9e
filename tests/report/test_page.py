"""Tables and the page: made from records alone, honest about failures, safe against hostile names."""

import pytest

from bengrn.cli.console import show
from bengrn.record import Record
from bengrn.report.notes import footnotes
from bengrn.report.page import render
from bengrn.report.table import group


def _cell(value, **more):
    return {"value": value, "version": "1", **more}


def _record(name="pearson", status="ok", ap=0.1, **changes):
    strict = {
        "ap": _cell(ap, low=ap / 2, high=ap * 2),
        "n_candidates": _cell(2000),
        "n_positive": _cell(20),
        "random_precision": _cell(0.01),
        "epr": _cell(None, reason="undefined"),
    }
    base = {
        "key": f"{name}{status}{ap}".ljust(64, "0"),
        "status": status,
        "reason": "" if status == "ok" else "it broke",
        "method": {"name": name, "origin": "control" if name == "random" else "own"},
        "truth": {"name": "omnipath"},
        "data": {"name": "pancreas", "cell_type": "A"},
        "seed": 0,
        "task": {"digest": "d", "report": {"cells": 150, "genes": 100, "regulators": 20, "targets": 100}}
        if status == "ok"
        else {},
        "scores": {"strict": strict, "compat": {}} if status == "ok" else {},
        "timings": {"infer": {"wall_s": 1.0, "cpu_s": 2.0}} if status == "ok" else {},
    }
    return Record(**{**base, **changes})


def test_controls_come_first_then_the_best():
    records = [_record("b", ap=0.1), _record("a", ap=0.3), _record("random", ap=0.01)]
    ((_, members),) = group(records)
    assert [one.method["name"] for one in members] == ["random", "a", "b"]


def test_a_failure_stands_beside_the_finished_records_of_its_task():
    ((_, members),) = group([_record("broken", status="error"), _record("fine")])
    assert [one.status for one in members] == ["ok", "error"]


def test_a_failure_that_knows_its_task_stands_in_its_table():
    tasks = [{"digest": name, "report": {"regulators": 1, "targets": 2}} for name in "de"]
    failed = [_record(f"broken-{task['digest']}", status="error", task=task) for task in tasks]
    tables = group(
        [*failed, *(_record("fine", ap=0.1 * i, task=one) for i, one in enumerate(tasks, start=1))]
    )
    assert sorted(tuple(one.method["name"] for one in members) for _, members in tables) == [
        ("fine", "broken-d"),
        ("fine", "broken-e"),
    ]


def test_tasks_with_other_cells_are_never_in_one_table():
    other = _record("b", task={"digest": "e", "report": {"regulators": 1, "targets": 2}})
    assert len(group([_record("a"), other])) == 2


def test_the_title_counts_the_candidates():
    ((title, _),) = group([_record()])
    assert "20 regulators x 100 targets = 2,000 pairs, 20 true (1.00%)" in title


def test_an_interval_is_printed_and_an_undefined_score_is_a_dash():
    page = render([_record(ap=0.1)])
    assert "0.1 [0.05, 0.2]" in page
    assert "| - |" in page


def test_a_warning_that_all_share_is_said_once():
    notes = footnotes([_record("a", warnings=("low power",)), _record("b", warnings=("low power", "odd"))])
    assert sum("low power" in note for note in notes) == 1
    assert any(note.startswith("b: odd") for note in notes)


def test_of_several_attempts_the_newest_finished_one_counts():
    first = _record(ap=0.1)
    again = _record(ap=0.2, key=first.key)
    failed = _record(status="error", key=first.key)
    page = render([first, again, failed])
    assert "0.2 [" in page
    assert "0.1 [" not in page
    assert "it broke" not in page


def test_the_same_question_with_other_code_shows_the_newest_answer_only():
    old = _record(ap=0.1, key="a" * 64, created="2025-01-02T00:00:00+00:00")
    new = _record(ap=0.2, key="b" * 64, created="2025-01-03T00:00:00+00:00")
    for records in ([old, new], [new, old]):
        page = render(records)
        assert page.count("| pearson |") == 3  # strict, compat and cost
        assert "0.2 [" in page


@pytest.mark.parametrize(
    "changes",
    [
        {"method": {"name": "pearson", "changed": {"x": 2}}},
        {"method": {"name": "pearson", "package": "other"}},
        {"ingredients": {"network": "another file of this name"}},
    ],
)
def test_another_question_keeps_its_row(changes):
    page = render([_record(ap=0.1, key="a" * 64), _record(ap=0.2, key="b" * 64, **changes)])
    assert "0.1 [" in page
    assert "0.2 [" in page


def test_the_cost_table_shows_the_key_that_explain_takes():
    assert "| abcdef012345 |" in render([_record(key="abcdef0123456789")])


def test_a_note_explains_only_what_is_there():
    bare = _record(scores={"strict": {"ap": _cell(0.1)}, "compat": {}})
    assert not any("bootstrap" in note or "Lift" in note for note in footnotes([bare]))
    ranged = _record()
    assert any("bootstrap" in note for note in footnotes([ranged]))
    assert not any("Lift" in note for note in footnotes([ranged]))
    lifted = _record(scores={"strict": {"ap_lift": _cell(1.5)}, "compat": {}})
    assert any("Lift" in note for note in footnotes([lifted]))


def test_the_terminal_shows_a_failure_once_and_whole_below_the_tables(capsys):
    reason = "it broke " * 40 + "at the end"
    show([_record("mine", status="error", reason=reason), _record("fine")], as_json=False)
    lines = capsys.readouterr().out.splitlines()
    (place,) = [number for number, line in enumerate(lines) if "mine" in line]
    assert lines[place] == f"mine: error: {reason}"
    assert place > max(number for number, line in enumerate(lines) if "fine" in line)
    assert max(len(line) for line in lines if "mine" not in line) < 200


def test_where_all_failed_there_is_no_empty_table(capsys):
    show([_record("mine", status="error")], as_json=False)
    out = capsys.readouterr().out
    assert "mine: error: it broke" in out
    assert "AUPRC" not in out


def test_a_hostile_name_is_shown_not_run():
    page = render([_record("<script>alert(1)</script>|[x](javascript:y)")])
    assert "<script>" not in page
    assert "](javascript" not in page


def test_an_empty_store_says_how_to_fill_it():
    assert "bengrn run" in render([])
