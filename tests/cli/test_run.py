"""The main job end to end, on small data: scores, records, the store, and methods that misbehave."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

SMALL = ("--nulls", "3", "--draws", "200")


def _records(ran):
    return [json.loads(line) for line in ran.out.splitlines()]


@pytest.fixture
def small(data_file, truth_file):
    return ("--truth", truth_file, "--data", data_file, *SMALL)


def test_a_run_prints_a_table_with_intervals_and_writes_records(bengrn, tmp_path, small):
    ran = bengrn("run", "--method", "pearson", "--method", "random", "--method", "truth", *small)
    assert ran.code == 0, ran.err
    for text in ("pearson", "random", "AP lift", "'EPR' (odds ratio)", "[", "bootstrap over regulators"):
        assert text in ran.out
    assert len(list((tmp_path / "reports" / "records").glob("*.json"))) == 3


def test_the_positive_control_is_perfect(bengrn, small):
    (record,) = _records(bengrn("run", "--method", "truth", *small, "--json"))
    strict = record["scores"]["strict"]
    assert strict["ap"]["value"] == pytest.approx(1.0)
    assert strict["auroc"]["value"] == pytest.approx(1.0)


def test_self_pairs_are_no_candidates(bengrn, small):
    (record,) = _records(bengrn("run", "--method", "truth", *small, "--json"))
    strict, report = record["scores"]["strict"], record["task"]["report"]
    assert strict["n_candidates"]["value"] == report["regulators"] * (report["targets"] - 1)
    assert strict["n_positive"]["value"] == 19  # 20 edges, one of them MYC -> MYC


def test_gene_order_in_the_file_changes_no_strict_score(bengrn, tmp_path, counts, truth_file):
    counts[:, ::-1].copy().write_h5ad(tmp_path / "turned.h5ad")
    counts.write_h5ad(tmp_path / "straight.h5ad")
    scores = []
    for name in ("straight", "turned"):
        ran = bengrn(
            "run", "-m", "pearson", "-t", truth_file, "-d", tmp_path / f"{name}.h5ad", *SMALL, "--json"
        )
        scores.append(_records(ran)[0]["scores"]["strict"])
    assert scores[0] == scores[1]


def test_the_same_request_is_answered_from_the_store(bengrn, tmp_path, small):
    first = _records(bengrn("run", "--method", "pearson", *small, "--json"))
    started = time.monotonic()
    second = _records(bengrn("run", "--method", "pearson", *small, "--json"))
    assert time.monotonic() - started < 10  # generous: the point is that nothing runs
    assert first == second
    assert len(list((tmp_path / "reports" / "records").glob("*.json"))) == 1


def test_force_runs_it_anew(bengrn, tmp_path, small):
    bengrn("run", "--method", "pearson", *small)
    ran = bengrn("run", "--method", "pearson", *small, "--force", "--json")
    assert "stored" not in _records(ran)[0]["timings"]["infer"]
    assert len(list((tmp_path / "reports" / "records").glob("*.json"))) == 2


def test_a_new_score_setting_reuses_the_network(bengrn, small):
    bengrn("run", "--method", "pearson", *small)
    (record,) = _records(bengrn("run", "--method", "pearson", *small, "--draws", "100", "--json"))
    assert record["timings"]["infer"]["stored"] == 1.0


def test_methods_and_seeds_and_truths_make_a_cross_product(bengrn, tmp_path, small):
    methods = ("--method", "random", "--method", "expression", "--seed", "1", "--seed", "2")
    ran = bengrn("run", *methods, *small, "--truth", "omnipath", "--json")
    assert len(_records(ran)) == 2 * 2 * 2


def test_a_file_is_a_method(bengrn, tmp_path, small, method_file):
    method_file()
    (record,) = _records(bengrn("run", "--method", "./mine.py", *small, "--json"))
    assert (record["status"], record["method"]["name"]) == ("ok", "mine")


def test_changing_the_file_changes_the_key(bengrn, small, method_file):
    method_file()
    (first,) = _records(bengrn("run", "--method", "./mine.py", *small, "--json"))
    method_file("scores = scores ** 2")
    (second,) = _records(bengrn("run", "--method", "./mine.py", *small, "--json"))
    assert first["key"] != second["key"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("raise RuntimeError('it broke')", "error", "RuntimeError: it broke"),
        ("raise SystemExit(3)", "error", "SystemExit: 3"),
        ("import os; os.abort()", "error", "SIGABRT"),
        ("scores[0, 0] = np.nan", "invalid_output", "NaN"),
        ("scores = scores[:, :2]", "invalid_output", "have shape"),
        ("return scores", "invalid_output", "returned ndarray; expected a Network"),
        ("regulators = ['Q' + r for r in regulators]", "invalid_output", "were not asked for as regulators"),
        ("import absent_module", "error", "absent_module"),
    ],
)
def test_a_method_that_fails_is_recorded_and_the_others_go_on(
    bengrn, tmp_path, small, method_file, body, status, said
):
    method_file(body)
    ran = bengrn("run", "--method", "./mine.py", "--method", "pearson", *small, "--json")
    assert ran.code == 1
    mine, pearson = _records(ran)
    assert (mine["status"], pearson["status"]) == (status, "ok")
    assert said in mine["reason"]
    assert mine["scores"] == {}


def test_a_failure_is_shown_and_never_served_from_the_store(bengrn, tmp_path, small, method_file):
    method_file("raise RuntimeError('it broke')")
    ran = bengrn("run", "--method", "./mine.py", *small)
    assert "error: RuntimeError: it broke" in ran.out
    bengrn("run", "--method", "./mine.py", *small)
    assert len(list((tmp_path / "reports" / "records").glob("*.json"))) == 2


def test_what_a_method_prints_is_kept_off_the_output_and_noted(bengrn, small, method_file):
    method_file("print('look at me'); import os; os.write(1, b'me too')")
    (record,) = _records(bengrn("run", "--method", "./mine.py", *small, "--json"))
    assert record["status"] == "ok"
    assert any("printed" in text and "me" in text for text in record["warnings"])


def test_a_method_that_hangs_is_stopped_with_its_children(bengrn, tmp_path, small, method_file):
    body = "import subprocess; subprocess.Popen(['sleep', '12345']); time.sleep(12345)"
    method_file(body)
    ran = bengrn("run", "--method", "./mine.py", *small, "--time-limit", "8", "--json")
    (record,) = _records(ran)
    assert record["status"] == "timeout"
    assert "--time-limit" in record["reason"]
    assert subprocess.run(["pgrep", "-f", "^sleep 12345$"], check=False, capture_output=True).returncode == 1


def test_a_method_that_eats_memory_is_stopped(bengrn, small, method_file):
    method_file("hog = []\nwhile True:\n    hog.append(np.ones(5_000_000)); time.sleep(0.01)")
    ran = bengrn("run", "--method", "./mine.py", *small, "--memory-limit", "1.2G", "--json")
    (record,) = _records(ran)
    assert record["status"] == "out_of_memory"
    assert "--memory-limit" in record["reason"]


@pytest.fixture
def heard_interrupts():
    """Let programs hear an interrupt: a shell's job in the background, such as these tests, is born deaf."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard_interrupts")
def test_an_interrupt_leaves_no_half_written_record(bengrn, tmp_path, small, method_file):
    method_file("time.sleep(12346)")
    command = [sys.executable, "-P", "-m", "bengrn", "run", "-m", "./mine.py", *map(str, small)]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    log = tmp_path / "reports" / "work" / "logs"
    while not list(log.glob("*.txt")):
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in err
    assert not list(tmp_path.glob("reports/records/*"))
    time.sleep(0.3)
    orphans = subprocess.run(
        ["pgrep", "-f", f"bengrn exec .*{tmp_path.name}"], check=False, capture_output=True
    )
    assert orphans.returncode == 1


def test_exec_is_idempotent(bengrn, tmp_path, small):
    (record,) = _records(bengrn("run", "--method", "pearson", *small, "--json"))
    assert bengrn("exec", record["key"]).code == 0
    assert len(list((tmp_path / "reports" / "records").glob("*.json"))) == 1


def test_exec_without_a_job_says_so(bengrn):
    ran = bengrn("exec", "deadbeef")
    assert ran.code == 2
    assert "no job deadbeef" in ran.message


def test_explain_names_what_differs_from_the_nearest_record(bengrn, small):
    (first,) = _records(bengrn("run", "--method", "genie3", *small, "--set", "ntrees=2", "--json"))
    bengrn("run", "--method", "genie3", *small, "--set", "ntrees=3")
    ran = bengrn("explain", first["key"][:12])
    assert "method.settings.ntrees: 2 here, 3 there" in ran.out


def test_report_is_made_from_records_alone(bengrn, tmp_path, small, data_file, method_file):
    method_file("raise RuntimeError('<b>no</b>')")
    bengrn("run", "-m", "pearson", "-m", "random", "-m", "./mine.py", *small)
    for path in (data_file, tmp_path / "mine.py"):
        path.unlink()
    assert bengrn("report").code == 0
    page = (tmp_path / "reports" / "index.md").read_text()
    assert "| pearson |" in page
    assert "| *random* |" in page
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    assert "<b>" not in page


def test_a_network_from_elsewhere_scores_like_the_same_network_from_a_method(
    bengrn, tmp_path, counts, data_file, truth_file
):
    from bengrn.counts import log_normalized
    from bengrn.preprocess import take_counts

    x = log_normalized(take_counts(counts)).astype(np.float64)
    counts.varp["GRN"] = np.abs(np.corrcoef(x.T)).astype(np.float32)
    counts.write_h5ad(tmp_path / "net.h5ad")
    task = ("--truth", truth_file, "--data", data_file, *SMALL, "--json")
    (outside,) = _records(bengrn("score", tmp_path / "net.h5ad", *task))
    (inside,) = _records(bengrn("run", "--method", "pearson", *task))
    assert outside["scores"]["strict"]["ap"]["value"] == pytest.approx(
        inside["scores"]["strict"]["ap"]["value"], rel=1e-3
    )
    assert outside["task"]["digest"] == inside["task"]["digest"]


def test_a_network_on_its_own_genes_is_marked_as_not_comparable(bengrn, tmp_path, truth_file):
    (tmp_path / "net.csv").write_text("source,target,weight\nTP53,MDM2,3\nMYC,E2F1,2\nMYC,MDM2,1\n")
    ran = bengrn("score", tmp_path / "net.csv", "--truth", truth_file, *SMALL)
    assert ran.code == 0, ran.err
    assert "not comparable" in ran.out


def test_a_closed_pipe_is_no_traceback(bengrn, tmp_path, small):
    bengrn("run", "--method", "random", *small)
    command = f"{sys.executable} -P -m bengrn run -m random {' '.join(map(str, small))} | true"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S602
    assert "Traceback" not in done.stderr


def test_a_metric_of_a_plugin_is_computed_and_is_part_of_the_key(bengrn, tmp_path, small, method_file):
    path = method_file()
    (plain,) = _records(bengrn("run", "--method", "./mine.py", *small, "--json"))
    path.write_text(
        path.read_text().replace("from bengrn.plugin import ", "from bengrn.plugin import Metric, ")
        + "\n@hookimpl\ndef bengrn_metrics():\n"
        "    count = lambda ranking: ranking.n_pairs / 2\n"
        "    return [Metric('half', '1', count, 'half the pairs', 0, 'half', (0, 1e9), 'a test')]\n"
    )
    (record,) = _records(bengrn("run", "--method", "./mine.py", *small, "--json"))
    assert (
        record["scores"]["strict"]["half"]["value"] == record["scores"]["strict"]["n_candidates"]["value"] / 2
    )
    assert record["key"] != plain["key"]


def test_plugins_are_told_of_finished_records(bengrn, tmp_path, small, method_file):
    path = method_file()
    path.write_text(
        path.read_text() + "\n@hookimpl\ndef bengrn_finished(record):\n"
        "    from pathlib import Path\n"
        "    Path('told.txt').write_text(record['status'])\n"
    )
    bengrn("run", "--method", "./mine.py", *small)
    assert (tmp_path / "told.txt").read_text() == "ok"
