"""The terminal's tables: nothing is cut or left out, however narrow."""

import pytest

from bengrn.cli.console import _packed
from bengrn.record import Record
from bengrn.report.table import strict_columns


def _record(name):
    cell = {"value": 0.00382, "low": 0.00274, "high": 0.00513, "version": "1"}
    names = ("ap", "ap_ratio", "ap_lift", "epr", "epr_lift", "auroc")
    return Record(
        key="a" * 64,
        status="ok",
        method={"name": name},
        truth={"name": "omnipath"},
        data={"name": "pancreas"},
        seed=0,
        scores={"strict": dict.fromkeys(names, cell)},
    )


@pytest.mark.parametrize("width", [40, 80, 120, 1000])
def test_every_column_is_in_exactly_one_table(width):
    columns = strict_columns()
    tables = _packed(columns, [_record("pearson")], width)
    assert [column.title for table in tables for column in table[1:]] == [one.title for one in columns[1:]]
    assert all(table[0].title == "method" for table in tables)


def test_tables_fit_the_width():
    records = [_record("pearson"), _record("a-method-with-a-name")]
    for table in _packed(strict_columns(), records, 80):
        widths = [max(len(one.title), *(len(one.cell(record)) for record in records)) for one in table]
        assert sum(widths) + len(" (control)") + 2 * (len(table) - 1) <= 80


def test_a_wide_terminal_has_one_table():
    assert len(_packed(strict_columns(), [_record("pearson")], 200)) == 1
