"""What ends a run badly is told in one line, and the last good state is kept."""

import json

import pytest
import torch

from scprint_model.errors import TrainingError
from scprint_model.train import step as step_module
from scprint_model.train.cells import CorpusSource
from scprint_model.train.loop import fit
from scprint_model.train.state import read_state


def _poison(monkeypatch, *, at, act):
    """Let the training loss of one batch go through a function, in all others it is as it is."""
    genuine = step_module.compute_losses
    calls = {"training": 0}

    def compute(model, batch, *arguments, **keywords):
        losses = genuine(model, batch, *arguments, **keywords)
        if torch.is_grad_enabled():
            calls["training"] += 1
            if calls["training"] == at:
                return act(losses)
        return losses

    monkeypatch.setattr(step_module, "compute_losses", compute)


def _nan(losses):
    bad = losses["denoise 0.6/expression"] * float("nan")
    return {**losses, "denoise 0.6/expression": bad, "total": losses["total"] + bad}


def test_a_loss_that_is_no_number_stops_and_says_which_batch(config, tmp_path, monkeypatch):
    _poison(monkeypatch, at=4, act=_nan)
    with pytest.raises(TrainingError) as caught:
        fit(config(), out=tmp_path / "run")
    source = CorpusSource.open(config())
    stream = source.training(shard=0, shards=1, start=3, workers=0)
    batch = next(stream)
    message = str(caught.value)
    assert "became nan at step 4 (denoise 0.6/expression)" in message
    assert f"on cells {', '.join(map(str, batch.cells.tolist()))} of data set " in message
    assert all(name in message for name in {source.dataset_names[code] for code in batch.dataset.tolist()})
    assert "\n" not in message


def test_the_last_good_state_is_kept_and_can_be_gone_on_from(config, tmp_path, monkeypatch):
    _poison(monkeypatch, at=4, act=_nan)
    with pytest.raises(TrainingError, match=r"step 3\) is kept in .*state\.pt"):
        fit(config(), out=tmp_path / "run")
    state = read_state(tmp_path / "run/state/state.pt")
    assert state["progress"]["step"] == 3
    assert all(torch.isfinite(weight).all() for weight in state["model"].values())
    monkeypatch.undo()
    fit(config(train={"lr": 1e-4}), out=tmp_path / "run")
    sittings = json.loads((tmp_path / "run/manifest.json").read_text())["sittings"]
    assert [one["train"]["lr"] for one in sittings] == [1e-3, 1e-4]


def test_a_gradient_that_is_not_finite_stops_too(config, tmp_path, monkeypatch):
    def steep(losses):
        total = losses["total"]
        return {**losses, "total": total + 0 * torch.sqrt(total - total)}  # value 0, gradient 0 x inf

    _poison(monkeypatch, at=2, act=steep)
    with pytest.raises(TrainingError, match="The gradient is not finite at step 2, on cells"):
        fit(config(), out=tmp_path / "run")
    assert read_state(tmp_path / "run/state/state.pt")["progress"]["step"] == 1


def test_an_overflow_of_fp16_is_skipped_not_an_end(config, tmp_path, monkeypatch):
    def large(losses):
        return {**losses, "total": losses["total"] * 1e36}  # finite, but not times the scale of 65536

    fit(config(train={"precision": "fp16"}), out=tmp_path / "calm")
    _poison(monkeypatch, at=3, act=large)
    fit(config(train={"precision": "fp16"}), out=tmp_path / "run")
    calm, state = (read_state(tmp_path / name / "state/state.pt") for name in ("calm", "run"))
    assert state["scaler"]["scale"] == calm["scaler"]["scale"] / 2
    assert state["progress"]["step"] == 6


def test_a_scale_that_is_used_up_ends_the_run(config, tmp_path, monkeypatch):
    genuine = step_module.compute_losses

    def always_large(*arguments, **keywords):
        losses = genuine(*arguments, **keywords)
        return {**losses, "total": losses["total"] * 1e36} if torch.is_grad_enabled() else losses

    monkeypatch.setattr(step_module, "compute_losses", always_large)
    settings = {"precision": "fp16", "steps": 60, "validate_every": 100}
    with pytest.raises(TrainingError, match="overflows fp16 again and again"):
        fit(config(train=settings), out=tmp_path / "run")


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 99 bytes"),
        MemoryError(),
    ],
    ids=["gpu", "cpu", "python"],
)
def test_running_out_of_memory_says_what_to_lower(config, tmp_path, monkeypatch, error):
    def full(_losses):
        raise error

    _poison(monkeypatch, at=1, act=full)
    with pytest.raises(TrainingError) as caught:
        fit(config(), out=tmp_path / "run")
    message = str(caught.value)
    assert "at step 1 with 8 cells x 20 genes: lower data.batch (data.batch=4 train.accumulate=2" in message
    assert "data.context" in message
    assert "model.checkpoint_gradients=true" in message


def test_another_error_is_not_taken_for_a_lack_of_memory(config, tmp_path, monkeypatch):
    def broken(_losses):
        raise RuntimeError("a defect")

    _poison(monkeypatch, at=1, act=broken)
    with pytest.raises(RuntimeError, match="a defect"):
        fit(config(), out=tmp_path / "run")
