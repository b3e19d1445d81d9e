"""Enrichment scores beside the others, when they are asked for."""

import json

import pytest


@pytest.fixture
def records(bengrn, tmp_path):
    def run(*more):
        ran = bengrn(
            "run", "--method", "pearson", "--truth", "omnipath", "--genes", "600", "--draws", "20",
            "--nulls", "2", "--json", "--out", tmp_path, *more,
        )  # fmt: skip
        assert ran.code == 0, ran.err
        return [json.loads(line) for line in ran.out.splitlines()]

    return run


def test_enrichment_is_measured_when_it_is_asked_for(records):
    (record,) = records("--enrichment")
    strict, compat = record["scores"]["strict"], record["scores"]["compat"]
    assert 0 <= strict["tf_target_enrichment"]["value"] <= 100
    assert strict["tf_target_enrichment"]["null_percent"] is not None
    assert strict["cell_type_enrichment"]["value"] in {0.0, 1.0}
    assert {"tf_enrichment", "tf_target_enrichment"} <= set(compat)
    factors = {row["factor"] for row in record["enrichment"]["tf_target_enrichment"]["strict"]}
    assert "JUND" in factors


def test_enrichment_is_another_request_than_none(records):
    without, with_it = records()[0], records("--enrichment")[0]
    assert without["enrichment"] == {}
    assert "tf_enrichment" not in without["scores"]["strict"]
    assert without["key"] != with_it["key"]
    assert without["keys"]["inference"] == with_it["keys"]["inference"]


def test_what_cannot_be_tested_says_why(records):
    (record,) = records("--enrichment", "--cell-type", "all")
    found = record["scores"]["strict"]["cell_type_enrichment"]
    assert found["value"] is None
    assert "give --cell-type" in found["reason"]
