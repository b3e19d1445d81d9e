"""`bengrn report --published`: the page is written with and without records."""

from bengrn.record import Record
from bengrn.store import Store


def test_without_records_it_shows_every_printed_number(bengrn, tmp_path):
    ran = bengrn("report", "--published")
    assert ran.code == 0, ran.err
    assert "published.md: 3,608 printed numbers" in ran.out
    assert "reproduced            12" in ran.out
    page = (tmp_path / "reports" / "published.md").read_text()
    assert "## Table S7: truth in truth" in page


def test_without_the_option_no_such_page_is_written(bengrn, tmp_path):
    assert bengrn("report").code == 0
    assert not (tmp_path / "reports" / "published.md").exists()


def _cells(**values):
    return {name: {"value": value} for name, value in values.items()}


def test_a_record_of_the_folder_stands_beside_the_printed_number(bengrn, tmp_path):
    record = Record(
        key="a" * 64,
        status="ok",
        method={"name": "genie3", "preset": "paper", "settings": {"ntrees": 100, "normalize": "counts"}},
        truth={"name": "gwps", "preset": "published"},
        data={"name": "gwps-controls", "cell_type": None},
        seed=0,
        task={"report": {"cells": 1024, "genes": 10, "regulators": 5, "targets": 10}},
        scores={
            "compat": _cells(epr_published=3.54, random_precision=0.0207181),
            "strict": _cells(n_candidates=45, n_positive=1, random_precision=0.02),
        },
    )
    Store(tmp_path / "reports").write(record)
    ran = bengrn("report", "--published")
    assert ran.code == 0, ran.err
    assert "EPR_oddsratio 3.540755 printed, 3.54 here" in ran.out
    assert "reproduced            14" in ran.out
