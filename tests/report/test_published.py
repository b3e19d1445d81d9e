"""Printed numbers beside ours: all classified, known defects named, nothing called reproduced that is not."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from bengrn.record import Record
from bengrn.report.published import VERDICTS, published_rows
from bengrn.report.published_names import spread
from bengrn.report.published_page import published_page, summary_lines
from bengrn.report.published_table import MEANINGS, load_measured, load_published, reasons

PAPER = {"ntrees": 100, "max_features": "sqrt", "tree": "forest", "normalize": "counts"}


def _record(compat=None, *, created="2026-01-01", cells=1024, settings=PAPER, **changes):
    """Return a record as a run of GENIE3 on the GWPS truth as published would make it."""
    scores = {
        "epr_published": 3.54,
        "auprc_quantile": 0.0357,
        "random_precision": 0.0207181,
        **(compat or {}),
    }
    base = {
        "key": created.ljust(64, "0"),
        "status": "ok",
        "method": {"name": "genie3", "preset": "paper", "settings": settings},
        "truth": {"name": "gwps", "preset": "published"},
        "data": {"name": "gwps-controls", "cell_type": None},
        "seed": 0,
        "task": {"report": {"cells": cells}},
        "scores": {
            "compat": {name: {"value": value} for name, value in scores.items()},
            "strict": {"epr": {"value": 3.1, "low": 2.5, "high": 3.8}, "ap": {"value": 0.036}},
        },
        "created": created,
    }
    return Record(**{**base, **changes})


def _rows(records, table="notebook-networks", line=6):
    """Return metric -> row of one printed row; the default is GENIE3 with 100 trees on GWPS."""
    return {
        row.printed.metric: row
        for row in published_rows(records)
        if (row.printed.table, row.printed.line) == (table, line)
    }


def _genie3(records, metric="EPR_oddsratio"):
    return _rows(records)[metric]


# the shipped table


def test_every_number_has_a_meaning_a_source_a_status_and_a_verdict():
    rows = published_rows([])
    assert len(rows) == len(load_published()) == 3608
    for row in rows:
        assert row.printed.meaning in MEANINGS
        assert row.printed.source
        assert {*row.printed.codes} <= {*reasons()}
        assert row.verdict in VERDICTS
        assert row.because


def test_no_reason_is_idle():
    assert {code for one in load_published() for code in one.codes} == {*reasons()}


def test_every_number_that_cannot_be_compared_says_why():
    for row in published_rows([]):
        if row.printed.status != "comparable":
            assert row.printed.reasons[0].status == row.printed.status
            assert row.printed.reasons[0].text in row.because


@pytest.mark.parametrize(
    ("method", "data", "truth"),
    [
        ("GENIE3", "Tran", "McCalla mouse full"),
        ("scPRINT (Han et. al.'s heads)", "Han", "McCalla human full"),
    ],
)
def test_rows_of_a_stale_variable_are_wrong_and_equal_the_row_that_they_are(method, data, truth):
    def find(name):
        wanted = ("mccalla", method, data, name)
        return [one for one in load_published() if (one.table, one.method, one.data, one.truth) == wanted]

    named, meant = find(truth), find(truth.replace("full", "KO"))
    assert [one.status for one in named] == ["wrong"] * 4
    assert all("D19" in one.codes for one in named)
    assert [one.printed for one in named] == [one.printed for one in meant]
    assert [one.status for one in meant] == ["not comparable"] * 4


@pytest.mark.parametrize(
    ("words", "code"), [("scGPT", "SCGPT"), ("Geneformer", "GENEFORMER"), ("heads)", "HEADS")]
)
def test_no_row_of_a_model_that_did_not_run_as_meant_is_comparable(words, code):
    mine = [one for one in load_published() if words in one.method and one.truth]
    assert len(mine) > 40
    assert all(code in one.codes and one.status != "comparable" for one in mine)


def test_all_of_mccalla_is_transposed_and_its_scprint_rows_have_other_genes():
    mine = [one for one in load_published() if one.table == "mccalla"]
    assert all("D12" in one.codes and one.status != "comparable" for one in mine)
    assert all(("D10" in one.codes) == one.method.startswith("scPRINT") for one in mine)


def test_heads_that_were_chosen_on_the_scored_truth_say_so():
    leaky = {(one.table, one.method) for one in load_published() if "D17" in one.codes}
    assert ("omnipath", "scPRINT (omnipath's heads)") in leaky
    assert ("mccalla", "scPRINT (Han et. al.'s heads)") in leaky
    assert ("mccalla", "scPRINT (omnipath's heads)") not in leaky


def test_the_printed_means_are_those_of_the_printed_rows():
    rows, means = defaultdict(list), {}
    for one in load_published():
        key = one.method, "TF-only" in one.variant, one.metric
        if one.meaning in {"odds_ratio", "auprc_raw", "random_precision", "tf_target_percent"}:
            if one.table == "omnipath":
                rows[key].append(one.value)
            elif one.table == "omnipath-means":
                means[key] = one
    assert len(means) == 4 * 13
    for key, mean in means.items():
        assert sum(rows[key]) / len(rows[key]) == pytest.approx(mean.value, abs=1.01 * mean.half_unit)
        assert mean.variant.startswith(f"mean of {len(rows[key])} rows")


def test_auprc_of_table_s5_is_raw_minus_random():
    raw = {
        one.method.split(" ")[0].removesuffix("-large"): one.auprc_minus_random
        for one in load_published()
        if one.data == "SERGIO" and one.meaning == "auprc_raw"
    }
    printed = [one for one in load_published() if one.table == "S5" and one.meaning == "auprc_minus_random"]
    assert len(printed) == 5
    for one in printed:
        assert raw[one.method.split(" ")[0]] == pytest.approx(one.value, abs=8.1e-5)


def test_where_the_shape_is_known_the_printed_number_solves_to_whole_true_pairs():
    found = {
        (one.data, one.printed): one.found
        for one in load_published()
        if one.found is not None and len(one.printed) >= 7 and one.table.startswith("notebook")
    }
    assert round(found["SERGIO", "1.836718"]) == 195
    assert round(found["Han", "3.02024"]) == 618
    assert round(found["K562 controls", "2.714587"]) == 15_135
    assert round(found["Han", "4.961931"]) == 340
    assert all(value == pytest.approx(round(value), abs=0.004) for value in found.values())


def test_raw_and_random_free_auprc_convert_both_ways():
    by_metric = {one.metric: one for one in load_published() if (one.table, one.line) == ("mccalla", 2)}
    assert by_metric["AUPRC_raw"].auprc_minus_random == pytest.approx(0.0018)
    assert by_metric["AUPRC_minus_RAND"].auprc_raw == pytest.approx(0.0292)
    assert by_metric["EPR_oddsratio"].auprc_raw is None


# without records


def test_table_s7_is_measured_by_a_command_and_reproduced():
    rows = {**_rows([], "S7", 2), **{f"{name} -T": row for name, row in _rows([], "S7", 3).items()}}
    assert {name: row.verdict for name, row in rows.items()} == dict.fromkeys(rows, "reproduced")
    assert rows["precision"].compat == 0.05196431366411019
    assert rows["recall -T"].compat == 0.0021931281983119558
    assert "bengrn truths compare mccalla-human-full omnipath:published --published" in rows["recall"].where


def test_the_other_half_of_table_s7_is_not_measured():
    rows = {**_rows([], "S7", 4), **_rows([], "S7", 5)}
    assert {row.verdict for row in rows.values()} == {"not measured here"}


def test_every_stored_measurement_belongs_to_a_printed_number():
    places = {(one.table, one.line, one.metric) for one in load_published()}
    assert {*load_measured()} <= places


def test_a_ranking_of_ties_is_not_comparable_though_measured():
    row = _rows([], "notebook-networks", 29)["EPR_oddsratio"]
    assert (row.verdict, row.compat) == ("not comparable", 5.720747851344118)
    assert "tied" in row.because


def test_without_a_record_a_row_says_which_one_it_wants():
    row = _genie3([])
    assert row.verdict == "not measured here"
    assert row.because == "no record of genie3 on gwps:published with gwps-controls"


# with records


def test_a_rerun_within_the_known_spread_is_reproduced():
    row = _genie3([_record()])
    assert (row.verdict, row.compat) == ("reproduced", 3.54)
    assert "0.8%" in row.because
    assert (row.strict_metric, row.strict, row.low, row.high) == ("epr", 3.1, 2.5, 3.8)


def test_a_rerun_beyond_the_spread_differs_and_says_by_how_much():
    row = _genie3([_record({"epr_published": 3.2})])
    assert row.verdict == "differs"
    assert row.because.startswith("by 9.6%, more than the 0.8% of reruns")


def test_an_auprc_is_judged_by_its_excess_over_random():
    # 1 % of the area is far within its excess's spread of DeepSEM; for GENIE3 it is not
    row = _genie3([_record({"auprc_quantile": 0.035652 * 0.99})], "AUPRC_raw")
    assert row.verdict == "differs"
    assert _genie3([_record({"auprc_quantile": 0.0357})], "AUPRC_raw").verdict == "reproduced"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"compat": {"random_precision": 0.0127}}, "other candidates: random precision 0.0127 here, 0.02072"),
        (
            {"truth": {"name": "gwps", "preset": ""}},
            "the record is on gwps, the printed row on gwps:published",
        ),
        (
            {"truth": {"name": "gwps", "preset": "published", "changed": {"alpha": 0.01}}},
            "on gwps:published alpha=0.01",
        ),
    ],
)
def test_a_record_of_another_universe_is_never_called_reproduced(changes, said):
    row = _genie3([_record(**changes)])
    assert row.verdict == "not comparable"
    assert said in row.because
    assert row.compat == 3.54  # shown all the same


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"settings": {**PAPER, "normalize": "log"}}, "normalize=log here, counts printed"),
        ({"cells": 1000}, "1,000 cells here, 1,024 printed"),
    ],
)
def test_other_settings_are_why_a_record_differs(changes, said):
    row = _genie3([_record(**changes)])
    assert (row.verdict, row.because) == ("differs", said)


@pytest.mark.parametrize(
    "changes",
    [
        {"method": {"name": "pearson", "settings": {}}},
        {"data": {"name": "mccalla-han", "cell_type": None}},
        {"data": {"name": "gwps-controls", "cell_type": "K562"}},
        {"truth": {"name": "omnipath", "preset": "published"}},
        {"status": "error"},
    ],
)
def test_a_record_of_something_else_is_no_answer(changes):
    assert _genie3([_record(**changes)]).verdict == "not measured here"


def test_of_several_records_the_closest_counts_then_the_newest():
    old = _record({"epr_published": 3.53}, created="2026-01-01")
    new = _record({"epr_published": 3.54}, created="2026-02-01")
    other = _record({"epr_published": 9.9, "random_precision": 0.01}, created="2026-03-01")
    for records in ([old, new, other], [other, new, old]):
        assert _genie3(records).compat == 3.54


def test_a_thousand_trees_answer_the_row_with_a_thousand_trees_only():
    record = _record({"epr_published": 4.25}, settings={**PAPER, "ntrees": 1000})
    assert _rows([record], line=7)["EPR_oddsratio"].verdict == "reproduced"
    assert _genie3([record]).because == "ntrees=1000 here, 100 printed"


def test_a_row_without_a_random_precision_is_never_reproduced():
    record = _record(
        {"epr_published": 1.51},
        truth={"name": "omnipath", "preset": "published"},
        data={"name": "mccalla-han", "cell_type": None},
    )
    row = _rows([record], "S9", 4)["EPR"]
    assert (row.printed.method, row.printed.printed) == ("GENIE3", "1.51")
    assert row.verdict == "not comparable"
    assert "no random precision is printed" in row.because


def test_a_transposed_row_stays_incomparable_and_shows_the_record():
    record = _record(
        {"epr_published": 1.44, "random_precision": 0.0274},
        truth={"name": "mccalla-human-full"},
        data={"name": "mccalla-han", "cell_type": None},
    )
    row = _rows([record], "mccalla", 2)["EPR_oddsratio"]
    assert (row.verdict, row.compat) == ("not comparable", 1.44)
    assert "transposed" in row.because


def test_a_cell_type_of_a_file_is_joined_by_the_id_in_its_name():
    record = _record(
        {"epr_published": 0.73, "random_precision": 0.001521},
        truth={"name": "omnipath", "preset": "published"},
        data={"name": "02f8bb42-0322-4906-b9ad-b92a5ce73a2d.h5ad", "cell_type": "Podocyte"},
        cells=518,
    )
    row = _rows([record], "omnipath", 13)["EPR_oddsratio"]
    assert row.printed.cell_type == "podocyte"
    assert (row.verdict, row.because) == ("reproduced", "within the 0.8% that reruns differ by")


def test_what_no_record_holds_stays_unmeasured():
    assert _genie3([_record()], "recall_nonzero").verdict == "not measured here"


def test_the_known_spreads_are_those_of_recorded_reruns():
    assert spread("genie3", "odds_ratio") == pytest.approx(0.03 / 3.54)
    assert spread("scprint", "odds_ratio") == pytest.approx(0.04 / 3.02)
    assert spread("deepsem", "odds_ratio") == pytest.approx(0.2076, abs=1e-4)
    assert spread("pearson", "odds_ratio") == 0.0


# the page


def test_the_page_holds_every_printed_row_and_reason():
    page = published_page([])
    lines = {(one.table, one.line) for one in load_published()}
    assert page.count("\n| ") > len(lines)
    assert all(f"| {code} |" in page for code in reasons())
    assert "| all | 12 | 0 |" in page


def test_the_page_shows_both_of_our_numbers_and_where_they_are_from():
    page = published_page([_record()])
    assert (
        "| 3.540755 | odds ratio; early precision ratio 3.21 | 3.54 | epr 3.1 \\[2.5, 3.8]"
        in page.replace("epr 3.1 [", "epr 3.1 \\[")
    )
    assert "genie3:paper seed 0, record 2026-01-0100" in page


def test_a_hostile_name_does_not_break_the_table():
    page = published_page([_record(method={"name": "genie3", "preset": "a|b<script>", "settings": PAPER})])
    assert "<script>" not in page
    assert "a\\|b" in page


def test_the_summary_counts_by_verdict_and_lists_what_is_measured():
    lines = summary_lines(published_rows([_record()]))
    assert lines[0].split() == ["reproduced", "15"]
    assert any(line.startswith("reproduced: GENIE3, 100 trees") for line in lines)


def test_the_document_lists_every_kind_of_row_that_cannot_be_compared():
    page = (Path(__file__).parents[2] / "docs" / "published.md").read_text()
    kinds = [code for code, one in reasons().items() if one.status in {"not comparable", "wrong"}]
    assert [code for code in kinds if not re.search(rf"\b{code}\b", page)] == []
