"""A run that was killed goes on bit for bit; a broken state is refused."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time

import pytest
import torch

from scprint_model.errors import TrainingError
from scprint_model.train.log import read_log
from scprint_model.train.loop import fit
from scprint_model.train.state import read_state, write_state

CHANGES = ["seconds", "cells/s", "tokens/s", "mfu", "memory GB"]


def _curve(out):
    return [
        {key: value for key, value in row.items() if key not in CHANGES} for row in read_log(out / "log.csv")
    ]


def _program(values, tmp_path, out):
    (tmp_path / "config.json").write_text(json.dumps(values))
    command = [sys.executable, "-P", "-m", "scprint_model.train", str(tmp_path / "config.json"), str(out)]
    with (tmp_path / "said").open("w") as said:
        return subprocess.Popen(command, stderr=said)


def _wait_for_step(out, step, program):
    """Wait until a step is in the log; its state may or may not be on disk."""
    until = time.monotonic() + 60
    while time.monotonic() < until and program.poll() is None:
        path = out / "log.csv"
        if path.exists() and (out / "state/state.pt").exists():
            rows = read_log(path)
            if rows and int(rows[-1]["step"]) >= step:
                return
        time.sleep(0.01)
    pytest.fail(f"the run did not reach step {step}: {(out.parent / 'said').read_text()}")


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_was_ended_goes_on_bit_for_bit(plain_config, config, tmp_path, sent):
    long = {"steps": 60, "validate_every": 20, "save_every": 7, "log_every": 3, "schedule": "plateau"}
    long |= {"plateau_patience": 0, "early_stop": None}
    fit(config(train=long), out=tmp_path / "whole")
    program = _program(plain_config(train=long), tmp_path, tmp_path / "killed")
    _wait_for_step(tmp_path / "killed", 12, program)
    program.send_signal(sent)
    program.wait(timeout=60)
    stopped = read_state(tmp_path / "killed/state/state.pt")["progress"]["step"]
    assert 7 <= stopped < 60
    fit(config(train=long), out=tmp_path / "killed")
    assert _curve(tmp_path / "killed") == _curve(tmp_path / "whole")
    ours, whole = (read_state(tmp_path / name / "state/state.pt") for name in ("killed", "whole"))
    for name, weight in whole["model"].items():
        assert torch.equal(ours["model"][name], weight), name
    for name, moments in whole["moments"].items():
        assert all(torch.equal(ours["moments"][name][key], value) for key, value in moments.items()), name
    assert ours["schedule"] == whole["schedule"]
    sittings = json.loads((tmp_path / "killed/manifest.json").read_text())["sittings"]
    assert [one["from step"] for one in sittings] == [0, stopped]


def test_a_kill_while_a_state_is_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "state/state.pt"
    write_state(path, {"step": 1})

    def die(_descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", die)
    with pytest.raises(KeyboardInterrupt):
        write_state(path, {"step": 2})
    assert read_state(path)["step"] == 1
    assert [one.name for one in path.parent.iterdir()] == ["state.pt"]


def test_what_a_killed_writer_left_is_cleared(tmp_path):
    (tmp_path / ".state.pt.99").write_text("half")
    write_state(tmp_path / "state.pt", {"step": 1})
    assert [one.name for one in tmp_path.iterdir()] == ["state.pt"]


class _Malicious:
    def __reduce__(self):
        return (os.mkdir, ("was_here",))


def test_a_state_with_code_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"format": _Malicious()}, tmp_path / "state.pt")
    with pytest.raises(TrainingError, match="cannot be read"):
        read_state(tmp_path / "state.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(_Malicious()))
    with pytest.raises(TrainingError, match="cannot be read"):
        read_state(tmp_path / "plain.pt")
    assert not (tmp_path / "was_here").exists()


def test_a_state_that_is_cut_short_is_one_line(config, tmp_path):
    fit(config(), out=tmp_path / "run")
    path = tmp_path / "run/state/state.pt"
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(TrainingError, match="delete it to start anew") as caught:
        fit(config(), out=tmp_path / "run")
    assert "\n" not in str(caught.value)


def test_something_else_is_no_state(tmp_path):
    torch.save({"weights": torch.zeros(2)}, tmp_path / "state.pt")
    with pytest.raises(TrainingError, match="is not a training state"):
        read_state(tmp_path / "state.pt")
    with pytest.raises(TrainingError, match="does not exist"):
        read_state(tmp_path / "none.pt")


def test_a_state_of_another_model_is_refused(config, tmp_path):
    fit(config(), out=tmp_path / "run")
    path = tmp_path / "run/state/state.pt"
    state = read_state(path)
    state["model"]["transformer.norm.bias"] = torch.zeros(3)
    torch.save(state, path)
    with pytest.raises(TrainingError, match="The state is of another model"):
        fit(config(train={"steps": 8}), out=tmp_path / "run")
