"""Gates of columns: chance and perfection from the metrics, failed columns marked, the rest noted."""

import pytest

from bengrn.record import Record
from bengrn.report.gates import gate_notes, gated, judge, judge_all
from bengrn.report.notes import footnotes
from bengrn.report.page import render
from bengrn.report.table import compat_columns, strict_columns, text_column

SHARE = 0.01
TRUTH = {"ap": 1.0, "ap_ratio": 100.0, "epr": 100.0, "auroc": 1.0, "ap_lift": 8.0, "epr_lift": 8.0}
RANDOM = {"ap": 0.011, "ap_ratio": 1.1, "epr": 1.1, "auroc": 0.51, "ap_lift": 1.0, "epr_lift": 1.1}
DEGREES = {"ap": 0.3, "ap_ratio": 30.0, "epr": 30.0, "auroc": 0.9, "ap_lift": 1.0, "epr_lift": 1.0}


def _record(name, values, *, compat=None, seed=0, origin="control", label=None):
    strict = {
        metric: {"value": value, "low": 0.8 * value, "high": 1.25 * value, "version": "1"}
        for metric, value in values.items()
        if value is not None
    }
    about = {"n_candidates": 2000, "n_positive": 20, "random_precision": SHARE}
    strict |= {metric: {"value": value, "version": "1"} for metric, value in about.items()}
    published = {"auprc_quantile": values["ap"] / 2, "random_precision": SHARE, **(compat or {})}
    return Record(
        key=f"{name}{seed}{label}".ljust(64, "0"),
        status="ok",
        method={"name": name, "origin": origin, "changed": {"of": label} if label else {}},
        truth={"name": "omnipath"},
        data={"name": "pancreas", "cell_type": "A"},
        seed=seed,
        task={"digest": "d", "report": {"regulators": 20, "targets": 100}},
        scores={
            "strict": strict,
            "compat": {metric: {"value": value, "version": "1"} for metric, value in published.items()},
        },
    )


def _controls(**changes):
    found = {"truth": TRUTH, "random": RANDOM, "oracle-degrees": DEGREES, **changes}
    return [_record(name, values) for name, values in found.items()]


def _strict(records):
    return judge(records, strict_columns())


METHOD = _record("mine", RANDOM, origin="own")


def test_controls_in_order_open_every_gate():
    gates = _strict(_controls())
    assert {metric: gate.passed for (_, metric), gate in gates.by_score.items()} == dict.fromkeys(TRUTH, True)


@pytest.mark.parametrize("metric", ["ap", "ap_ratio", "epr", "auroc"])
def test_a_truth_that_is_not_perfect_shuts_the_gate(metric):
    gates = _strict(_controls(truth={**TRUTH, metric: TRUTH[metric] * 0.99}))
    gate = gates.by_score["strict", metric]
    assert gate.passed is False
    assert f"a perfect network {TRUTH[metric]:.3g}" in gate.reason
    assert sum(one.passed is False for one in gates.by_score.values()) == 1


@pytest.mark.parametrize("metric", list(RANDOM))
def test_chance_is_that_of_the_metric(metric):
    # 1.6 times chance; the interval reaches down to 0.8 of it, and twice that reach is not enough
    chance = {"ap": SHARE, "auroc": 0.5}.get(metric, 1.0)
    gate = _strict(_controls(random={**RANDOM, metric: 2.1 * chance})).by_score["strict", metric]
    assert f"not {chance:.3g} within" in gate.reason


def test_a_lift_of_the_truth_that_holds_one_shuts_its_gate():
    gates = _strict(_controls(truth={**TRUTH, "ap_lift": 1.2}))  # its interval is 0.96 to 1.5
    assert gates.by_score["strict", "ap_lift"].passed is False


def test_seeds_of_random_join():
    records = [
        *_controls(),
        *(_record("random", {**RANDOM, "auroc": x}, seed=s) for s, x in ((1, 0.3), (2, 0.7))),
    ]
    gate = _strict(records).by_score["strict", "auroc"]
    assert "less than 5 spreads over seeds (0.2)" in gate.reason


def test_of_a_control_with_several_settings_the_hardest_counts():
    easy, hard = ({**DEGREES, "ap": value} for value in (0.1, 0.999))
    records = [*_controls(), _record("degrees", easy, label="a"), _record("degrees", hard, label="b")]
    assert "degrees (0.999) leaves" in _strict(records).by_score["strict", "ap"].reason


def test_published_definitions_are_judged_too():
    # a perfect network without weights gets half of the published area
    columns = compat_columns()
    gates = judge(_controls(**{"oracle-degrees": {**DEGREES, "ap": 0.999}}), columns)
    assert gates.by_score["compat", "auprc_quantile"].passed is False
    assert ("compat", "random_precision") not in gates.by_score


def test_a_failed_column_says_so_and_puts_its_values_in_parentheses():
    columns = strict_columns()
    gates = _strict(_controls(truth={**TRUTH, "auroc": 0.9}))
    shown = {column.title: column.cell(METHOD) for column in gated(columns, gates)}
    assert shown["AUROC (gate failed)"] == "(0.51 [0.408, 0.637])"
    assert shown["AP"] == "0.011 [0.0088, 0.0137]"
    assert any(
        note.startswith("AUROC: gate failed, do not read it: truth") for note in gate_notes(columns, gates)
    )


def test_the_page_marks_a_failed_column():
    page = render([*_controls(truth={**TRUTH, "auroc": 0.9}), METHOD])
    assert "| AUROC (gate failed) |" in page
    assert "| (0.51 [0.408, 0.637]) |" in page
    assert "- AUROC: gate failed, do not read it: truth scores 0.9, a perfect network 1" in page


def test_controls_that_were_not_run_are_one_note_for_the_table():
    page = render([METHOD])
    assert page.count("Not judged") == 1
    assert "add --controls to the run" in page
    assert "gate failed" not in page


def test_columns_without_a_value_of_a_control_are_one_note():
    silent = {name: value for name, value in RANDOM.items() if "lift" not in name}
    columns = strict_columns()
    notes = gate_notes(columns, _strict(_controls(random={**silent, "ap_lift": None, "epr_lift": None})))
    assert notes == [
        "Not judged, since a control has no value there: AP lift, EPR lift.",
        "Controls: the other columns passed the gate (truth above random, oracle-degrees).",
    ]


def test_where_the_gate_of_the_lift_failed_nobody_is_above_the_null():
    good = _record("mine", {**RANDOM, "ap_lift": 5.0}, origin="own")
    columns = strict_columns()
    for truth, said in ((8.0, "by the interval of the AP lift: mine"), (1.2, "nobody can say")):
        records = [*_controls(truth={**TRUTH, "ap_lift": truth}), good]
        notes = footnotes(records, columns, judge(records, columns))
        assert any(said in note for note in notes)


def test_every_task_is_judged_and_published_definitions_stand_apart():
    worst = {**DEGREES, "ap": 0.999}
    (judged,) = judge_all([*_controls(**{"oracle-degrees": worst}), METHOD])
    assert judged.were_run
    assert [fault.split(":")[0] for fault in judged.faults] == ["AP"]
    assert [fault.split(":")[0] for fault in judged.compat_faults] == ["AUPRC (quantiles)"]


def test_a_column_made_elsewhere_stands_behind_the_name():
    page = render([METHOD], lambda done: [text_column("rank", {done[0].key: "2-4"})])
    assert "| method | rank | AP |" in page
    assert "| mine | 2-4 | 0.011" in page
