"""Two processes that torchrun started train what one process trains: copied (DDP) and sharded (FSDP)."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import torch

from scprint_model.checkpoint.ours import load
from scprint_model.errors import ConfigError
from scprint_model.train.config import LoopSettings
from scprint_model.train.distributed import world
from scprint_model.train.log import read_log
from scprint_model.train.loop import fit
from scprint_model.train.state import read_state

pytestmark = pytest.mark.skipif(
    not torch.distributed.is_gloo_available(), reason="torch was built without gloo"
)

_PROGRAM = """
import json, sys
from pathlib import Path
import torch
import torch.distributed as dist
from scprint_model.train.config import TrainConfig
from scprint_model.train.loop import fit

dist.init_process_group("gloo")
folder = Path(sys.argv[1])
for name in ("ddp", "fsdp", "fsdp again"):
    values = json.loads((folder / f"{name}.json").read_text())
    fit(TrainConfig.from_dict(values), out=folder / name.split()[0])
dist.destroy_process_group()
"""
# a bias that all genes share does nothing before a softmax: its gradient is rounding, which Adam makes large
_IDLE = "expression_head.output.bias"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, write_tiny):
    """Train in two processes: copied, sharded with a stop after four steps, and sharded to the end."""
    folder = tmp_path_factory.mktemp("processes")
    loop = {"schedule": "constant", "device": "cpu", "validate_every": 2}
    write_tiny(folder / "ddp.json", train=loop)
    write_tiny(folder / "fsdp.json", train={**loop, "strategy": "fsdp", "steps": 4})
    write_tiny(folder / "fsdp again.json", train={**loop, "strategy": "fsdp"})
    (folder / "program.py").write_text(_PROGRAM)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*command, folder / "program.py", folder], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def one(config, tmp_path):
    """Train in one process: each update has two batches, as the two processes have one each."""
    fit(config(train={"schedule": "constant", "accumulate": 2, "validate_every": 2}), out=tmp_path / "one")
    return tmp_path / "one"


@pytest.mark.parametrize(("strategy", "exact"), [("ddp", 1e-7), ("fsdp", 1e-6)])
def test_two_processes_log_the_losses_of_one(folder, one, strategy, exact):
    rows, expected = read_log(folder / strategy / "log.csv"), read_log(one / "log.csv")
    assert [row["step"] for row in rows] == [row["step"] for row in expected]
    for row, alone in zip(rows, expected, strict=True):
        for name in ("total", "denoise 0.6/expression", "generate/expression"):
            assert float(row[name]) == pytest.approx(float(alone[name]), rel=exact)


@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_two_processes_learn_the_weights_of_one(folder, one, strategy):
    ours, alone = (read_state(path / "state/state.pt") for path in (folder / strategy, one))
    assert ours["progress"]["step"] == alone["progress"]["step"] == 6
    for name, weight in alone["model"].items():
        if name != _IDLE:
            torch.testing.assert_close(ours["model"][name], weight, atol=2e-6, rtol=1e-4)
    for name, moments in alone["moments"].items():
        torch.testing.assert_close(ours["moments"][name], moments, atol=1e-6, rtol=1e-3)


def test_a_sharded_run_goes_on_where_it_stopped(folder):
    manifest = json.loads((folder / "fsdp/manifest.json").read_text())
    assert [sitting["from step"] for sitting in manifest["sittings"]] == [0, 4]
    assert {sitting["device"]["processes"] for sitting in manifest["sittings"]} == {2}
    assert {sitting["strategy"] for sitting in manifest["sittings"]} == {"fsdp"}


def test_a_run_of_two_processes_goes_on_in_one(folder, config, tmp_path):
    shutil.copytree(folder / "fsdp", tmp_path / "run")
    settings = {"schedule": "constant", "accumulate": 2, "validate_every": 2, "steps": 8}
    fit(config(train=settings), out=tmp_path / "run")
    fit(config(train=settings), out=tmp_path / "alone")
    last, alone = (read_log(tmp_path / name / "log.csv")[-1] for name in ("run", "alone"))
    assert float(last["total"]) == pytest.approx(float(alone["total"]), rel=1e-5)


def test_the_checkpoint_of_shards_is_whole(folder):
    model = load(folder / "fsdp/model").model
    state = read_state(folder / "fsdp/state/state.pt")["model"]
    assert model.state_dict().keys() == state.keys()


def test_cores_are_shared_among_the_processes_of_a_machine(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(8)), raising=False)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    before = torch.get_num_threads()
    with world(LoopSettings(device="cpu")):
        assert torch.get_num_threads() == 2
    with world(LoopSettings(device="cpu", threads=3)):
        assert torch.get_num_threads() == 3
    assert torch.get_num_threads() == before


def test_more_processes_than_gpus_is_one_line(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setenv("LOCAL_RANK", "1")
    with (
        pytest.raises(ConfigError, match="Process 1 of this machine has no GPU: there are 1"),
        world(LoopSettings()),
    ):
        pass
