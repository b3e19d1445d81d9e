"""`bengrn run --heads` end to end: tables, records, the store, pages, and what is refused."""

import json

import pytest

SMALL = ("--nulls", "2", "--draws", "50")
METHODS = ("-m", "random-heads", "-m", "pearson", "--set", "count=12")


@pytest.fixture
def task(data_file):
    return ("--truth", "omnipath", "--data", data_file, *SMALL)


def _records(ran):
    assert ran.code == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


def test_a_run_shows_what_was_trained_on_and_is_answered_from_the_store(bengrn, tmp_path, task):
    first = bengrn("run", *METHODS, *task, "--heads", "split")
    assert first.code == 0, first.err
    for text in (
        "30 regulators held out from head selection",
        "random-heads count=12 (heads by omnipath) (control)",
        "Note: scored on the genes that no head is selected by",
        "random-heads count=12 (heads by omnipath): made of",
    ):
        assert text in first.out
    again = bengrn("run", *METHODS, *task, "--heads-from", "omnipath")
    assert "--heads-from omnipath is what is scored: its own genes are split" in again.err
    assert "2 answered from" in again.err
    assert again.out == first.out
    assert len(list((tmp_path / "reports" / "records").glob("*.json"))) == 2


def test_a_leaky_run_says_so_everywhere(bengrn, tmp_path, task):
    more = ("--heads", "published:mccalla-han-heads", "--json")
    record, pearson = _records(bengrn("run", *METHODS, *task, *more))
    assert record["heads"]["leaky"]
    assert record["scores"]["strict"]["ap"]["value"] is None
    assert pearson["scores"]["strict"]["ap"]["value"] is not None
    assert bengrn("report").code == 0
    page = (tmp_path / "reports" / "index.md").read_text()
    assert "random-heads count=12 (leaky: published:mccalla-han-heads by omnipath)" in page.replace("\\", "")
    assert "it leaks, and compat scores alone are shown" in page
    explained = bengrn("explain", record["key"]).out
    assert "heads: " in explained
    assert "LEAKY, also by pairs that are scored" in explained
    assert "heads.mode = published" in explained


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-m", "random-heads"), "'random-heads' offers heads, not one network"),
        (("-m", "pearson", "--heads", "spilt"), "no selection of heads 'spilt'. Did you mean 'split'?"),
        (("-m", "pearson", "--heads", "published"), "There are: gwps, gwps-omnipath-heads"),
        (("-m", "pearson", "--heads-from", "omnipth"), "no truth 'omnipth'. Did you mean 'omnipath'?"),
        (("-m", "pearson", "--heads", "split", "--heads-share", "2"), "--heads-share is 2; expected"),
    ],
)
def test_what_selects_nothing_is_one_line(bengrn, tmp_path, task, words, said):
    ran = bengrn("run", *words, *task)
    assert ran.code == 2
    assert said in ran.message
    assert len(ran.message.splitlines()) == 1
    assert not (tmp_path / "reports").exists()
