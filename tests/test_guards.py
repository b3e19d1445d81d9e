"""What a store, a key and a supervisor must never do: serve something else than what was asked for."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from bengrn.digests import code_digest, digest_matrix
from bengrn.registry import build_registry
from bengrn.request import Named
from bengrn.resolve import choose
from bengrn.store import Store
from bengrn.values import Network

SMALL = ("--nulls", "2", "--draws", "50")


@pytest.fixture
def small(data_file, truth_file):
    return ("--truth", truth_file, "--data", data_file, *SMALL)


def _records(ran):
    return [json.loads(line) for line in ran.out.splitlines()]


def _load(path, name):
    import importlib.util

    locations = [str(path.parent)] if path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=locations)
    return importlib.util.module_from_spec(spec)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("pkg.main", "from .core import f"),
        ("pkg.main", "from pkg.core import f"),
        ("pkg", "from .core import f"),
    ],
)
def test_the_code_digest_follows_imports_inside_the_package(tmp_path, module, line):
    folder = tmp_path / "pkg"
    folder.mkdir()
    (folder / "__init__.py").write_text(line if module == "pkg" else "")
    (folder / "main.py").write_text(line)
    (folder / "core.py").write_text("f = 1")
    path = folder / ("__init__.py" if module == "pkg" else "main.py")
    before = code_digest(_load(path, module))
    (folder / "core.py").write_text("f = 2")
    assert code_digest(_load(path, module)) != before


def test_a_single_module_does_not_answer_for_its_neighbours(tmp_path):
    (tmp_path / "mine.py").write_text("import other")
    (tmp_path / "other.py").write_text("a = 1")
    before = code_digest(_load(tmp_path / "mine.py", "mine"))
    (tmp_path / "other.py").write_text("a = 2")
    assert code_digest(_load(tmp_path / "mine.py", "mine")) == before


def test_a_method_edited_while_it_waits_is_not_recorded_under_its_old_key(
    bengrn, tmp_path, small, method_file
):
    first = method_file(name="first.py")
    second = method_file(name="second.py")
    first.write_text(first.read_text().replace('"mine"', '"first"'))
    second.write_text(second.read_text().replace('"mine"', '"second"'))
    edit = f"open({str(second)!r}, 'a').write('\\n# edited')"
    first.write_text(first.read_text().replace("pass\n", f"{edit}\n"))
    ran = bengrn("run", "-m", "./first.py", "-m", "./second.py", *small, "--json")
    done, refused = _records(ran)
    assert (done["status"], refused["status"]) == ("ok", "error")
    assert "changed after the run was planned" in refused["reason"]


def test_a_file_that_a_setting_names_is_part_of_the_key_by_its_content(tmp_path):
    def key(text):
        path = tmp_path / "latest.parquet"
        path.write_text(text)
        chosen = choose(build_registry(), "truth", Named("omnipath"), {"file": str(path)})
        return chosen.identity()["settings"]["file"]

    assert key("one") != key("two")
    assert str(tmp_path) not in key("one")


def test_the_same_job_twice_is_one_job(bengrn, tmp_path, small):
    ran = bengrn("run", "-m", "random", "-m", "random", "--seed", "0", "--seed", "0", *small, "--json")
    assert ran.code == 0, ran.err
    assert len(list((tmp_path / "reports" / "records").iterdir())) == 1


def test_two_files_of_one_name_are_two_methods(bengrn, tmp_path, small, method_file):
    for folder, body in (("v1", "pass"), ("v2", "scores = scores ** 2")):
        (tmp_path / folder).mkdir()
        path = method_file(body)
        path.rename(tmp_path / folder / "mine.py")
    ran = bengrn("run", "-m", "v1/mine.py", "-m", "v2/mine.py", *small, "--json")
    one, two = _records(ran)
    assert one["status"] == two["status"] == "ok"
    assert one["keys"]["network"] != two["keys"]["network"]


def test_a_damaged_network_is_made_anew(bengrn, tmp_path, small):
    (first,) = _records(bengrn("run", "-m", "pearson", *small, "--json"))
    (scores,) = tmp_path.glob("reports/work/networks/*/scores.npy")
    scores.write_bytes(scores.read_bytes()[:-4] + b"\1\2\3\4")
    (again,) = _records(bengrn("run", "-m", "pearson", *small, "--draws", "40", "--json"))
    assert again["keys"]["network"] == first["keys"]["network"]
    assert "stored" not in again["timings"]["infer"]


def test_a_network_without_manifest_is_none(tmp_path):
    store = Store(tmp_path)
    store.write_network("ab" * 32, Network(np.ones((1, 1)), ("a",), ("b",)), {})
    folder = store.network_folder("ab" * 32)
    assert store.read_network("ab" * 32) is not None
    (folder / "manifest.json").unlink()
    assert store.read_network("ab" * 32) is None


def test_a_process_that_exits_with_2_is_a_failure_of_its_method_alone(bengrn, small, method_file):
    method_file("import os; os._exit(2)")
    mine, other = _records(bengrn("run", "-m", "./mine.py", "-m", "random", *small, "--json"))
    assert (mine["status"], other["status"]) == ("error", "ok")
    assert "exit code 2" in mine["reason"]


@pytest.mark.parametrize("call", ["track([1, 2], 'a\\nb', 2)", "track([1, 2], 'odd', 2.0)"])
def test_odd_progress_does_no_harm(bengrn, small, method_file, call):
    path = method_file(f"list({call})")
    path.write_text(path.read_text().replace("log_normalized\n", "log_normalized, track\n"))
    (record,) = _records(bengrn("run", "-m", "./mine.py", *small, "--json"))
    assert record["status"] == "ok"


def test_a_failing_hook_does_not_stop_the_run(bengrn, small, method_file):
    path = method_file()
    path.write_text(path.read_text() + "\n@hookimpl\ndef bengrn_finished(record):\n    1 / 0\n")
    ran = bengrn("run", "-m", "./mine.py", "-m", "random", *small, "--json")
    assert [record["status"] for record in _records(ran)] == ["ok", "ok"]
    assert "bengrn_finished of" in ran.err


@pytest.mark.parametrize("line", ["import sys; sys.exit(3)", "print('hello')"])
def test_what_an_import_does_stays_with_the_plugin(bengrn, tmp_path, line):
    site = tmp_path / "site"
    info = site / "odd-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[bengrn]\nodd = odd_plugin\n")
    (site / "odd_plugin.py").write_text(line)
    ran = bengrn("methods", env={"PYTHONPATH": str(site)})
    assert ran.code == 0
    assert "pearson" in ran.out
    assert "hello" not in ran.out
    assert "odd of odd" in ran.out


def test_a_metric_cannot_take_a_built_in_name(bengrn, small, method_file):
    path = method_file()
    path.write_text(
        path.read_text().replace("from bengrn.plugin import ", "from bengrn.plugin import Metric, ")
        + "\n@hookimpl\ndef bengrn_metrics():\n"
        "    return [Metric('ap', '1', lambda ranking: 0.99, 'x', 1, 'x', (0, 1), 'x')]\n"
    )
    ran = bengrn("run", "-m", "./mine.py", *small)
    assert ran.code == 2
    assert "name of a built-in one" in ran.message


def test_a_metric_that_fails_says_why_and_spares_the_others(bengrn, small, method_file):
    path = method_file()
    path.write_text(
        path.read_text().replace("from bengrn.plugin import ", "from bengrn.plugin import Metric, ")
        + "\n@hookimpl\ndef bengrn_metrics():\n"
        "    return [Metric('odd', '1', lambda ranking: 1 / 0, 'x', 1, 'x', (0, 1), 'x')]\n"
    )
    (record,) = _records(bengrn("run", "-m", "./mine.py", *small, "--json"))
    assert record["scores"]["strict"]["odd"]["reason"].startswith("ZeroDivisionError")
    assert record["scores"]["strict"]["ap"]["value"] > 0


def test_a_network_whose_rows_were_not_asked_for_is_no_result(bengrn, small, method_file):
    method_file("return Network(scores.T, tuple(adata.var_names), tuple(regulators))")
    (record,) = _records(bengrn("run", "-m", "./mine.py", *small, "--json"))
    assert record["status"] == "invalid_output"
    assert "Transposed?" in record["reason"]


@pytest.mark.parametrize(
    ("option", "value"),
    [("--nulls", "-1"), ("--draws", "-5"), ("--seed", "-1"), ("--time-limit", "0"), ("--cpus", "0"),
     ("--memory-limit", "nan"), ("--memory-limit", "inf"), ("--genes", "²"), ("--genes", "-5")],
)  # fmt: skip
def test_impossible_numbers_are_refused(bengrn, tmp_path, small, option, value):
    ran = bengrn("run", "-m", "random", *small[:4], f"{option}={value}")
    assert ran.code == 2, ran.out
    assert option in ran.message
    assert len(ran.message.splitlines()) == 1
    assert not (tmp_path / "reports").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-m", "truth.tsv", "-t", "omnipath"), "expected NAME or FILE.py"),
        (("-m", "random", "-t", "truth.tsv:foo"), "expected a table"),
        (("-m", "random", "-t", "omnipath", "--set", "omnipath.file=absent"), "no file absent"),
    ],
)
def test_files_in_the_wrong_place_are_refused(bengrn, truth_file, arguments, said):
    ran = bengrn("run", *arguments)
    assert ran.code == 2
    assert said in ran.message
    assert len(ran.message.splitlines()) == 1


def test_settings_reach_a_method_by_any_of_its_names(bengrn, small, method_file):
    ran = bengrn("run", "-m", "bengrn/genie3", *small, "--set", "genie3.ntrees=2", "--json")
    assert _records(ran)[0]["method"]["settings"]["ntrees"] == 2


def test_a_foreign_file_among_the_records_is_passed_over(bengrn, tmp_path, small):
    bengrn("run", "-m", "random", *small)
    (tmp_path / "reports" / "records" / "notes.json").write_text("mine")
    assert bengrn("report").code == 0


def test_a_reader_of_the_truth_is_always_a_control(tmp_path, method_file):
    from bengrn.testing import find_method

    path = method_file()
    text = path.read_text().replace("def infer(self, adata, *,", "def from_truth(self, adata, truth, *,")
    path.write_text(text)
    assert find_method(str(path)).card()["origin"] == "control"
    assert build_registry([path]).find("method", "mine").capabilities == ("from_truth",)


def test_the_end_of_the_supervisor_is_the_end_of_the_job(tmp_path, small, method_file):
    method_file("time.sleep(12347)")
    command = [sys.executable, "-P", "-m", "bengrn", "run", "-m", "./mine.py", *map(str, small)]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, env={**os.environ})
    while not list((tmp_path / "reports" / "work" / "logs").glob("*.txt")):
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 130
    left = subprocess.run(["pgrep", "-f", f"bengrn exec .*{tmp_path.name}"], check=False, capture_output=True)
    assert left.returncode == 1


def test_a_matrix_of_another_shape_has_another_digest():
    assert digest_matrix(np.zeros((2, 3), np.float32)) != digest_matrix(np.zeros((3, 2), np.float32))


def test_a_plugin_that_keeps_the_output_while_it_is_imported_can_use_it(bengrn, small, method_file):
    path = method_file("log('hello')")
    path.write_text(
        path.read_text().replace(
            "@dataclass(",
            "import sys\n\n\ndef log(text, file=sys.stdout):\n    print(text, file=file)\n\n\n@dataclass(",
        )
    )
    (record,) = _records(bengrn("run", "-m", "./mine.py", *small, "--json"))
    assert record["status"] == "ok", record["reason"]
    assert any("'hello' first" in text for text in record["warnings"])


def test_a_closed_output_disables_no_plugin(tmp_path, small):
    command = f"exec {sys.executable} -P -m bengrn run -m random {' '.join(map(str, small))} >&-"
    done = subprocess.run(  # noqa: S602
        command, shell=True, cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False
    )
    assert "failed to load" not in done.stderr
    assert len(list(tmp_path.glob("reports/records/*.json"))) == 1


@pytest.mark.parametrize(
    "body",
    ["return Network(np.zeros((0, 0)), (), ())", "return Network(scores[:, :0], tuple(regulators), ())"],
)
def test_a_network_of_nothing_is_recorded_and_the_others_go_on(bengrn, small, method_file, body):
    method_file(body)
    mine, other = _records(bengrn("run", "-m", "./mine.py", "-m", "random", *small, "--json"))
    assert (mine["status"], other["status"]) == ("invalid_output", "ok")


def test_a_class_with_slots_is_a_method(bengrn, small, method_file):
    path = method_file()
    path.write_text(path.read_text().replace("kw_only=True)", "kw_only=True, slots=True)"))
    (record,) = _records(bengrn("run", "-m", "./mine.py", *small, "--json"))
    assert record["status"] == "ok", record["reason"]


def test_a_method_file_that_breaks_while_it_waits_is_a_failure_of_its_own(bengrn, small, method_file):
    first, second = method_file(name="first.py"), method_file(name="second.py")
    edit = f"open({str(second)!r}, 'a').write('\\n(')"
    first.write_text(first.read_text().replace('"mine"', '"first"').replace("pass\n", f"{edit}\n"))
    ran = bengrn("run", "-m", "./first.py", "-m", "./second.py", "-m", "random", *small, "--json")
    assert [record["status"] for record in _records(ran)] == ["ok", "error", "ok"]


def test_an_empty_network_file_is_no_network(tmp_path):
    store = Store(tmp_path)
    store.write_network("ab" * 32, Network(np.ones((1, 1)), ("a",), ("b",)), {})
    (store.network_folder("ab" * 32) / "scores.npy").write_bytes(b"")
    assert store.read_network("ab" * 32) is None


def test_the_newest_attempt_is_the_newest_even_where_older_ones_were_deleted(bengrn, tmp_path, small):
    for _ in range(3):
        bengrn("run", "-m", "random", *small, "--force")
    first, second, third = sorted((tmp_path / "reports" / "records").iterdir())
    first.unlink()
    second.unlink()
    bengrn("run", "-m", "random", *small, "--force")
    assert sorted(path.name[-6:] for path in third.parent.iterdir()) == ["3.json", "4.json"]


def test_nohup_protects_a_run(tmp_path, small, method_file):
    method_file("time.sleep(4)")
    command = [sys.executable, "-P", "-m", "bengrn", "run", "-m", "./mine.py", *map(str, small)]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),  # noqa: PLW1509 - what nohup does
    )
    while not list((tmp_path / "reports" / "work" / "logs").glob("*.txt")):
        time.sleep(0.1)
    process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=60) == 0
