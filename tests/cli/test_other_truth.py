"""Controls that are made of another truth, through the command line."""

import json


def test_a_setting_that_must_be_given_may_be_given_by_set(bengrn, data_file, truth_file):
    controls = ("--method", "degrees", "--method", "edges", "--set", f"of={truth_file}")
    ran = bengrn("run", *controls, "--truth", truth_file, "--data", data_file, "--nulls", "2", "--draws", "0",
                 "--json")  # fmt: skip
    assert ran.code == 0, ran.err
    records = [json.loads(line) for line in ran.out.splitlines()]
    degrees, edges = sorted(records, key=lambda record: record["method"]["name"])
    assert edges["scores"]["strict"]["ap"]["value"] == 1
    assert degrees["scores"]["strict"]["ap"]["value"] < 1
    assert {record["method"]["origin"] for record in records} == {"control"}


def test_without_it_one_line_says_what_to_give(bengrn, truth_file, data_file):
    ran = bengrn("run", "--method", "degrees", "--truth", truth_file, "--data", data_file)
    assert ran.code == 2
    assert ran.message == (
        "bengrn: degrees: it is made of another truth; name its file: --set degrees.of=FILE"
    )


def test_its_card_is_shown_without_it(bengrn):
    ran = bengrn("methods", "degrees")
    assert ran.code == 0, ran.err
    assert "--set of=None" in ran.out
