"""Scores, truths and gene sets that nothing can be told from: one line and an exit code, or a reason."""

import json

import pytest

SMALL = ("--nulls", "3", "--draws", "60")
_TABLE = """
TP53 MDM2 CDKN1A BAX
MYC CCND1 E2F1
STAT3 SOCS3 BCL2
RELA NFKBIA TNF IL6 CXCL8
JUN FOS ATF3
"""
# a factor and its targets a line, as in the shared truth file
FACTORS = [line.split()[0] for line in _TABLE.strip().splitlines()]
GENES = _TABLE.split()


def _table(path, weight, sources=FACTORS, targets=GENES):
    """Write a network of all pairs, with a weight each."""
    pairs = [(a, b) for a in sources for b in targets if a != b]
    rows = [f"{a}\t{b}\t{weight(number)}\n" for number, (a, b) in enumerate(pairs)]
    path.write_text("source\ttarget\tweight\n" + "".join(rows))
    return path


def _edges(path, pairs):
    path.write_text("source\ttarget\n" + "".join(f"{a}\t{b}\n" for a, b in pairs))
    return path


def _scored(ran):
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def _refused(ran, *said):
    assert ran.code == 2, ran.out
    assert len(ran.message.splitlines()) == 1, ran.err
    for text in said:
        assert text in ran.message


def _undefined(record):
    """Return metric -> reason of all strict scores without a value; a reason must be there."""
    cells = {name: cell for name, cell in record["scores"]["strict"].items() if cell["value"] is None}
    assert all(cell.get("reason") for cell in cells.values())
    return {name: cell["reason"] for name, cell in cells.items() if "_at_" not in name}


def _some(number):
    return number * 7919 % 97 + 1


def test_all_zero_scores_are_those_of_chance_and_say_so(bengrn, tmp_path, truth_file):
    net = _table(tmp_path / "net.tsv", lambda _: 0)
    record = _scored(bengrn("score", net, "--truth", truth_file, *SMALL, "--json"))
    strict = record["scores"]["strict"]
    assert strict["ap"]["value"] == pytest.approx(strict["random_precision"]["value"])
    chance = [strict[name]["value"] for name in ("epr", "auroc", "ap_lift", "ap_ratio_per_regulator")]
    assert chance == pytest.approx([1, 0.5, 1, 1])
    assert set(_undefined(record)) == {"precision"}
    assert any(text.startswith("no candidate has a score other than 0") for text in record["warnings"])


def test_constant_scores_are_told_by_the_range_that_ties_leave(bengrn, tmp_path, truth_file):
    net = _table(tmp_path / "net.tsv", lambda _: 3.5)
    record = _scored(bengrn("score", net, "--truth", truth_file, *SMALL, "--json"))
    (said,) = [text for text in record["warnings"] if text.startswith("ties at the cut")]
    assert "by their order EPR is 0 to" in said


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        ("NaN", "1 weights are missing or NaN"),
        ("inf", "1 weights are infinite"),
        ("-inf", "1 weights are infinite"),
        ("1e300", "1 weights are infinite or beyond 3e+38"),
        ("high", "the weights are text"),
    ],
)
def test_scores_that_are_no_finite_number_are_refused(bengrn, tmp_path, truth_file, weight, said):
    net = _table(tmp_path / "net.tsv", lambda number: weight if number == 3 else 1)
    _refused(bengrn("score", net, "--truth", truth_file), "net.tsv", said)


def test_a_method_without_finite_or_different_scores_is_recorded_with_the_reason(
    bengrn, data_file, truth_file, method_file
):
    files = [
        method_file("scores[:] = 0", "zero.py"),
        method_file("scores[:] = 2", "constant.py"),
        method_file("scores[0, 0] = np.inf", "infinite.py"),
    ]
    asked = [word for file in files for word in ("--method", file)]
    ran = bengrn("run", *asked, "--truth", truth_file, "--data", data_file, *SMALL, "--json")
    assert ran.code == 1
    zero, constant, infinite = [json.loads(line) for line in ran.out.splitlines()]
    assert "nothing is predicted" in " ".join(zero["warnings"])
    assert "ties at the cut" in " ".join(constant["warnings"])
    assert (infinite["status"], infinite["scores"]) == ("invalid_output", {})
    assert "NaN or infinite" in infinite["reason"]


def test_a_truth_without_an_edge_among_the_candidates_is_refused(bengrn, tmp_path):
    net = _table(tmp_path / "net.tsv", _some, FACTORS, GENES[:5])
    edges = [("TP53", "TP53"), ("MYC", "MYC"), ("MYC", "PARP1"), ("TP53", "PARP1")]
    ran = bengrn("score", net, "--truth", _edges(tmp_path / "t.tsv", edges))
    _refused(ran, "0 true edges among", "expected at least 1")


def test_where_all_candidates_are_true_the_undefined_have_reasons(bengrn, tmp_path):
    net = _table(tmp_path / "net.tsv", _some)
    every = _edges(tmp_path / "t.tsv", [(a, b) for a in FACTORS for b in GENES if a != b])
    record = _scored(bengrn("score", net, "--truth", every, *SMALL, "--json"))
    undefined = _undefined(record)
    per_regulator = {"auroc_per_regulator", "ap_per_regulator", "ap_ratio_per_regulator"}
    assert set(undefined) == {"auroc", "ap_lift", "epr_lift", *per_regulator}
    assert "none is false" in undefined["auroc"]
    assert "can be swapped" in undefined["ap_lift"]
    assert record["scores"]["compat"]["epr_published"]["value"] is None
    assert record["scores"]["compat"]["epr_published"]["reason"].startswith("undefined")
    assert "every candidate is a true edge: no ranking can be wrong" in record["warnings"]


def test_a_single_regulator_is_refused(bengrn, tmp_path):
    net = _table(tmp_path / "net.tsv", _some)
    ran = bengrn("score", net, "--truth", _edges(tmp_path / "t.tsv", [("TP53", "MDM2"), ("TP53", "BAX")]))
    _refused(ran, "shares 1 regulators", "expected at least 2")


def test_a_single_regulator_with_edges_has_no_interval_and_the_table_says_why(bengrn, tmp_path):
    net = _table(tmp_path / "net.tsv", _some, [*FACTORS, "BCL2"])
    edges = [("TP53", "MDM2"), ("TP53", "BAX"), ("TP53", "MYC"), ("BCL2", "BCL2")]
    truth = _edges(tmp_path / "t.tsv", edges)
    record = _scored(bengrn("score", net, "--truth", truth, *SMALL, "--json"))
    cells = record["scores"]["strict"].values()
    assert all(cell.get("low") is None and cell.get("high") is None for cell in cells)
    assert set(_undefined(record)) == {"ap_lift", "epr_lift"}
    ran = bengrn("score", net, "--truth", truth, *SMALL)
    assert "no interval: 1 regulators with a true edge; needs 5" in ran.out
    assert "[low, high]" not in ran.out
    assert ".." not in ran.out


def test_gene_sets_without_overlap_give_reasons_and_leave_the_scores(bengrn, tmp_path):
    sources, targets = [f"q{one}" for one in range(6)], [f"z{one}" for one in range(12)]
    net = _table(tmp_path / "net.tsv", _some, sources, targets)
    rows = [(a, targets[(2 * i + j) % 12]) for i, a in enumerate(sources) for j in range(3)]
    truth = _edges(tmp_path / "t.tsv", rows)
    record = _scored(bengrn("score", net, "--truth", truth, "--enrichment", *SMALL, "--json"))
    undefined = _undefined(record)
    assert {"tf_enrichment", "tf_target_enrichment", "cell_type_enrichment"} <= set(undefined)
    assert record["scores"]["strict"]["ap"]["value"] is not None


def test_names_in_no_gene_set_do_not_end_a_run(bengrn, tmp_path, counts):
    counts.var_names = [f"q{one}" for one in range(counts.n_vars)]
    counts.write_h5ad(tmp_path / "cells.h5ad")
    edges = [(f"q{one}", f"q{one + step}") for one in range(8) for step in (9, 20, 31)]
    task = ("--truth", _edges(tmp_path / "t.tsv", edges), "--data", tmp_path / "cells.h5ad")
    ran = bengrn("run", "--method", "random", *task, "--enrichment", *SMALL, "--json")
    assert "no table of gene names" in _undefined(_scored(ran))["tf_enrichment"]


@pytest.mark.parametrize("data", [(), ("--data", "pancreas")])
def test_a_network_of_mouse_on_a_human_truth_is_refused(bengrn, tmp_path, data):
    names = [name.capitalize() for name in GENES]
    # C3 and F2 are genes of both species, and regulators of OmniPath
    net = _table(tmp_path / "net.tsv", _some, ["Trp53", "Myc", "E2f1", "C3", "F2"], [*names, "C3", "F2"])
    ran = bengrn("score", net, "--truth", "omnipath", *data, *SMALL)
    _refused(ran, "net.tsv names genes of mouse", "the truth is of human", "expected one species")


def test_a_network_of_human_on_a_mouse_truth_is_refused(bengrn, tmp_path):
    net = _table(tmp_path / "net.tsv", _some)
    ran = bengrn("score", net, "--truth", "mccalla-mouse-full")
    _refused(ran, "net.tsv names genes of human", "the truth is of mouse")


def test_a_truth_of_mouse_on_human_data_is_refused(bengrn):
    ran = bengrn("run", "--method", "random", "--truth", "mccalla-mouse-full", "--data", "pancreas")
    assert ran.code == 2
    assert "is of the organism 'mouse', the data 'pancreas' of 'human'" in ran.message


def test_a_report_of_such_records_is_written(bengrn, tmp_path, truth_file):
    net = _table(tmp_path / "net.tsv", lambda _: 0)
    assert bengrn("score", net, "--truth", truth_file, *SMALL).code == 0
    every = _edges(tmp_path / "every.tsv", [(a, b) for a in FACTORS for b in GENES if a != b])
    assert bengrn("score", net, "--truth", every, *SMALL).code == 0
    assert bengrn("report").code == 0
    page = (tmp_path / "reports" / "index.md").read_text()
    assert "nothing is predicted" in page
    assert "no ranking can be wrong" in page


def test_a_list_of_edges_without_weights_is_a_network_of_ties(bengrn, tmp_path, truth_file):
    record = _scored(bengrn("score", truth_file, "--truth", truth_file, *SMALL, "--json"))
    strict = record["scores"]["strict"]
    assert strict["ap"]["value"] == 1
    assert strict["n_predicted"]["value"] == strict["n_positive"]["value"]
