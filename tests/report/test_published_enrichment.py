"""Printed enrichment beside ours: published tests as compat, the right ones as strict, a verdict on each."""

import pytest

from bengrn.record import Record
from bengrn.report.published import published_rows
from bengrn.report.published_names import spread
from bengrn.report.published_table import load_published

KIDNEY = "02f8bb42-0322-4906-b9ad-b92a5ce73a2d.h5ad"


def _cells(values):
    return {name: {"value": value, "version": "1"} for name, value in values.items()}


def _record(compat=None, strict=None, *, share=0.001521):
    """Return a record of GENIE3 on the podocytes of the kidney, made with --enrichment."""
    compat = {"tf_target_enrichment": 4.32, "tf_enrichment": 0.0} if compat is None else compat
    strict = {
        "tf_target_enrichment": 1.1,
        "tf_enrichment": 1.0,
        "cell_type_enrichment": 1.0,
        **(strict or {}),
    }
    return Record(
        key="a" * 64,
        status="ok",
        method={"name": "genie3", "preset": "paper", "settings": {"ntrees": 100, "max_features": "sqrt",
                "tree": "forest", "normalize": "counts"}},
        truth={"name": "omnipath", "preset": "published"},
        data={"name": KIDNEY, "cell_type": "podocyte"},
        seed=0,
        task={"report": {"cells": 518}},
        scores={"compat": _cells({"random_precision": share, **compat}), "strict": _cells(strict)},
        created="2026-01-01",
    )  # fmt: skip


def _podocyte(record, metric):
    """Return the row of one number of the printed podocytes: 4.3 % of targets, TF_enr FALSE."""
    (row,) = (
        row
        for row in published_rows([record])
        if (row.printed.table, row.printed.line, row.printed.metric) == ("omnipath", 13, metric)
    )
    return row


def test_a_per_cent_that_agrees_to_the_last_digit_is_reproduced():
    row = _podocyte(_record(), "TF_targ_pct")
    assert (row.printed.printed, row.compat, row.verdict) == ("4.3", 4.32, "reproduced")
    assert (row.strict_metric, row.strict) == ("tf_target_enrichment", 1.1)


def test_a_per_cent_that_does_not_agree_differs_whatever_odds_ratios_are_known_to_do():
    row = _podocyte(_record({"tf_target_enrichment": 4.36, "tf_enrichment": 0.0}), "TF_targ_pct")
    assert row.verdict == "differs"
    assert row.because.startswith("by 1.4%, and no rerun is known")
    assert spread("genie3", "tf_target_percent") == 0.0


@pytest.mark.parametrize(
    ("here", "verdict", "because"),
    [(0.0, "reproduced", "found in neither"), (1.0, "differs", "found here, and no rerun is known")],
)
def test_a_yes_or_no_is_compared_as_one(here, verdict, because):
    row = _podocyte(_record({"tf_target_enrichment": 4.3, "tf_enrichment": here}), "TF_enr")
    assert (row.printed.printed, row.compat, row.verdict) == ("FALSE", here, verdict)
    assert row.because.startswith(because)
    assert (row.strict_metric, row.strict) == ("tf_enrichment", 1.0)


def test_a_cell_type_that_a_person_called_is_never_compared_but_ours_stands_beside():
    row = _podocyte(_record(), "celltype_enr")
    assert (row.verdict, row.compat) == ("not comparable", None)
    assert (row.strict_metric, row.strict) == ("cell_type_enrichment", 1.0)
    assert row.is_measured


def test_enrichment_on_other_candidates_is_not_comparable():
    row = _podocyte(_record(share=0.01), "TF_targ_pct")
    assert (row.verdict, row.compat) == ("not comparable", 4.32)
    assert "other candidates" in row.because


def test_a_record_without_enrichment_says_how_to_get_it():
    row = _podocyte(_record({}), "TF_targ_pct")
    assert (row.verdict, row.because) == ("not measured here", "the record was made without --enrichment")


def test_a_test_that_could_not_be_made_says_why():
    record = _record()
    record.scores["compat"]["tf_enrichment"].update(value=None, reason="no factor among the genes")
    assert _podocyte(record, "TF_enr").because == "no factor among the genes"


def test_what_was_found_or_not_is_one_or_zero():
    values = {one.printed: one.value for one in load_published() if one.meaning == "tf_enriched"}
    assert (values["TRUE"], values["FALSE"]) == (1.0, 0.0)
