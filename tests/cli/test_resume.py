"""A run of GENIE3 that is killed goes on where it stopped and ends with the same network."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

# a few seconds for all 23 targets
ASKED = ("run", "--method", "genie3", "--set", "ntrees=5000", "--cpus", "1", "--nulls", "2", "--draws", "50")


@pytest.fixture
def asked(data_file, truth_file):
    return (*ASKED, "--truth", str(truth_file), "--data", str(data_file), "--cell-type", "A")


def _done(folder):
    """Return how many targets are kept in a folder of results."""
    return sum(file.read_bytes().count(b"\1") for file in folder.glob("work/partial/*/scores/done"))


def _network(folder):
    (file,) = folder.glob("work/networks/*/scores.npy")
    return np.load(file)


def _start(asked, folder):
    command = [sys.executable, "-P", "-m", "bengrn", *asked, "--out", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_killed_run_resumes_and_ends_with_the_same_network(bengrn, asked, tmp_path):
    assert bengrn(*asked, "--out", tmp_path / "whole").code == 0
    run = _start(asked, tmp_path / "killed")
    deadline = time.monotonic() + 60
    while _done(tmp_path / "killed") == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    for child in psutil.Process(run.pid).children(recursive=True):
        child.send_signal(signal.SIGKILL)
    run.wait(timeout=60)
    kept = _done(tmp_path / "killed")
    assert 0 < kept < 23
    assert not list(tmp_path.glob("killed/work/networks/*"))
    resumed = bengrn(*asked, "--out", tmp_path / "killed", "--json")
    assert resumed.code == 0
    assert f"finished {kept} of 23 scores rows" in " ".join(json.loads(resumed.out)["warnings"])
    np.testing.assert_array_equal(_network(tmp_path / "killed"), _network(tmp_path / "whole"))
    assert not list(Path(tmp_path / "killed" / "work" / "partial").iterdir())


@pytest.mark.slow
def test_a_run_over_its_time_resumes_with_more(bengrn, asked, tmp_path):
    slow = ["ntrees=12000" if one == "ntrees=5000" else one for one in asked]
    ran = bengrn(*slow, "--out", tmp_path / "short", "--time-limit", "12", "--json")
    assert json.loads(ran.out)["status"] == "timeout"
    assert 0 < _done(tmp_path / "short") < 23
    assert bengrn(*slow, "--out", tmp_path / "short").code == 0
    assert bengrn(*slow, "--out", tmp_path / "whole").code == 0
    np.testing.assert_array_equal(_network(tmp_path / "short"), _network(tmp_path / "whole"))


def test_a_forced_run_begins_anew(bengrn, asked, tmp_path):
    quick = ["ntrees=2" if one == "ntrees=5000" else one for one in asked]
    assert bengrn(*quick, "--out", tmp_path / "out").code == 0
    (network,) = (tmp_path / "out" / "work" / "networks").iterdir()
    wrong = tmp_path / "out" / "work" / "partial" / network.name / "scores"
    scores = _network(tmp_path / "out")
    wrong.mkdir(parents=True)
    (wrong / "rows").write_bytes(np.ones(scores.T.shape, dtype=np.float32).tobytes())
    (wrong / "done").write_bytes(b"\1" * scores.shape[1])
    (wrong / "about.json").write_text(json.dumps({"shape": list(scores.T.shape)}))
    assert bengrn(*quick, "--out", tmp_path / "out", "--force").code == 0
    np.testing.assert_array_equal(_network(tmp_path / "out"), scores)
