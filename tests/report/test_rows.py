"""Rows of a table: seeds of one method in one row, nothing else joined, nothing lost."""

import pytest

from bengrn.record import Record
from bengrn.report.page import render
from bengrn.report.rows import SeedMean, join_rows
from bengrn.report.table import cost_columns, group, rows_of, strict_columns


def _record(seed=0, ap=0.1, *, name="genie3", status="ok", **changes):
    base = {
        "key": f"{name}{seed}{status}{ap}".ljust(64, "0"),
        "status": status,
        "reason": "" if status == "ok" else "it broke",
        "method": {"name": name, "origin": "own"},
        "truth": {"name": "omnipath"},
        "data": {"name": "pancreas", "cell_type": "A"},
        "seed": seed,
        "task": {"digest": "d", "report": {"regulators": 20, "targets": 100}},
        "scores": {
            "strict": {
                "ap": {"value": ap, "low": ap / 2, "high": ap * 2, "version": "1"},
                "n_candidates": {"value": 2000, "version": "1"},
                "n_positive": {"value": 20, "version": "1"},
                "random_precision": {"value": 0.01, "version": "1"},
            }
        },
        "ingredients": {"seed": seed, "method": {"code": "a"}},
        "timings": {"infer": {"wall_s": float(seed + 1), "cpu_s": 2.0}},
    }
    return Record(**{**base, **changes})


def _texts(record):
    return {column.title: column.cell(record) for column in strict_columns()}


def test_seeds_of_a_method_are_one_row_with_mean_spread_and_number():
    (row,) = join_rows([_record(0, 0.1), _record(1, 0.2), _record(2, 0.3)])
    assert isinstance(row, SeedMean)
    assert row.seeds == (0, 1, 2)
    texts = _texts(row)
    assert texts["method"] == "genie3, 3 seeds"
    assert texts["AP"].startswith("0.2 [")
    assert texts["AP"].endswith("], sd 0.1")
    assert texts["infer s"] == "2.0"


def test_seeds_that_all_give_the_same_have_no_spread_to_show():
    (row,) = join_rows([_record(0), _record(1)])
    assert _texts(row)["AP"] == "0.1 [0.05, 0.2]"


def test_one_seed_stays_the_record_that_it_is():
    record = _record(3)
    assert join_rows([record]) == [record]
    assert _texts(record)["method"] == "genie3 seed 3"


@pytest.mark.parametrize(
    "changes",
    [
        {"method": {"name": "genie3", "changed": {"ntrees": 5}}},
        {"method": {"name": "genie3", "package": "other"}},
        {"ingredients": {"seed": 1, "method": {"code": "b"}}},
        {"ingredients": {"seed": 1, "method": {"code": "a"}, "scoring": {"bootstrap_draws": 5}}},
    ],
)
def test_what_differs_in_more_than_the_seed_is_not_joined(changes):
    assert len(join_rows([_record(0), _record(1, **changes)])) == 2


def test_a_record_that_is_there_twice_counts_once():
    record = _record(0)
    assert join_rows([record, record]) == [record]


def test_a_metric_that_one_seed_lacks_has_no_mean():
    lacking = _record(1, scores={"strict": {}})
    (row,) = join_rows([_record(0), lacking])
    assert row.value("ap") is None


def test_a_warning_of_some_seeds_names_them():
    (row,) = join_rows([_record(0, warnings=("odd",)), _record(1, warnings=("odd", "low power"))])
    assert row.warnings == ("odd", "low power (seed 1)")


def test_rows_are_ordered_by_their_means():
    records = [_record(0, 0.9), _record(1, 0.1), _record(0, 0.6, name="pearson")]
    assert [row.label for row in rows_of(records)] == ["pearson", "genie3"]


def test_a_seed_that_failed_is_still_told_of_and_the_cost_table_has_every_seed():
    page = render([_record(0), _record(1, 0.2), _record(2, status="error", scores={}, task={}, timings={})])
    assert page.count("| genie3, 2 seeds |") == 2  # strict and compat
    assert "| genie3 seed 1 |" in page
    assert "**genie3**: error, it broke" in page
    assert "sd: over seeds" in page


def test_a_group_keeps_every_record():
    ((_, members),) = group([_record(0), _record(1)])
    assert len(members) == 2
    assert [column.cell(members[1]) for column in cost_columns()][2] == "2.00"
