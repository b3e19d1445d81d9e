"""Training a tiny model from a corpus on disk to a checkpoint."""

import json
import math
import shutil

import pytest
import torch

from scprint_model.checkpoint.ours import load
from scprint_model.errors import ConfigError, TrainingError
from scprint_model.train.cells import CorpusSource
from scprint_model.train.config import TrainConfig
from scprint_model.train.log import read_log
from scprint_model.train.loop import fit
from scprint_model.train.setup import build_model
from scprint_model.train.state import read_state

CHANGES = ["seconds", "cells/s", "tokens/s", "mfu", "memory GB"]  # from run to run


def curve(out):
    """Return the log without what differs from run to run."""
    return [
        {key: value for key, value in row.items() if key not in CHANGES} for row in read_log(out / "log.csv")
    ]


def test_a_run_leaves_its_files_and_a_model_that_loads(config, tmp_path, pictures):
    out = tmp_path / "run"
    assert fit(config(), out=out) == out / "model"
    assert {path.name for path in out.iterdir()} == {
        "manifest.json", "log.csv", "losses.png", "losses.svg", "state", "model",
    }  # fmt: skip
    loaded = load(out / "model")
    assert loaded.card["corpus"]["held out"] == ["set2"]
    assert all(torch.isfinite(weight).all() for weight in loaded.model.parameters())


def test_training_lowers_the_loss_of_validation(config, tmp_path):
    fit(
        config(train={"steps": 40, "lr": 3e-3, "validate_every": 40, "schedule": "cosine"}),
        out=tmp_path / "run",
    )
    rows = [row for row in read_log(tmp_path / "run" / "log.csv") if row["split"] == "validation"]
    for name in ("total", "denoise 0.6/expression", "generate/expression"):
        assert float(rows[-1][name]) < float(rows[0][name]) - 0.05


def test_the_log_tells_rate_norm_speed_memory_and_utilisation(config, tmp_path):
    fit(config(), out=tmp_path / "run")
    rows = [row for row in read_log(tmp_path / "run" / "log.csv") if row["split"] == "train"]
    assert [float(row["lr"]) for row in rows] == [0.0005, *[0.001] * 5]
    for name in ("gradient norm", "cells/s", "tokens/s", "mfu", "memory GB"):
        assert all(float(row[name]) > 0 for row in rows)


def test_the_terms_of_the_log_add_up(config, tmp_path):
    fit(config(), out=tmp_path / "run")
    for row in curve(tmp_path / "run"):
        terms = [float(value) for name, value in row.items() if "/" in name]
        assert sum(terms) == pytest.approx(float(row["total"]), rel=1e-5)


def test_the_manifest_says_what_the_run_was(config, tmp_path):
    fit(config(), out=tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["config"] == json.loads(json.dumps(config().to_dict()))
    assert len(manifest["corpus"]["digest"]) == 64
    assert manifest["corpus"]["cells"]["test"] > 0
    (sitting,) = manifest["sittings"]
    assert sitting["attention"] == "sdpa"
    assert sitting["device"]["kind"] == "cpu"
    assert sitting["versions"]["torch"] == torch.__version__
    assert manifest["outcome"]["reason"] == "all steps are done"


def test_two_runs_are_equal_bit_for_bit(config, tmp_path):
    for name in "ab":
        fit(config(), out=tmp_path / name)
    assert curve(tmp_path / "a") == curve(tmp_path / "b")
    assert (tmp_path / "a/model/model.safetensors").read_bytes() == (
        tmp_path / "b/model/model.safetensors"
    ).read_bytes()


def test_another_seed_is_another_run(plain_config, tmp_path):
    for seed in (1, 2):
        fit(TrainConfig.from_dict({**plain_config(), "seed": seed}), out=tmp_path / str(seed))
    assert curve(tmp_path / "1") != curve(tmp_path / "2")


def test_training_leaves_the_random_state_of_the_program_alone(config, tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    fit(config(), out=tmp_path / "run")
    assert torch.equal(torch.rand(1), expected)


def test_reading_ahead_in_threads_changes_nothing(config, tmp_path):
    fit(config(), out=tmp_path / "a")
    fit(config(data={"workers": 2}), out=tmp_path / "b")
    assert curve(tmp_path / "a") == curve(tmp_path / "b")


def test_a_finished_run_is_not_trained_again(config, tmp_path):
    fit(config(), out=tmp_path / "run")
    before = (tmp_path / "run/state/state.pt").stat().st_size, curve(tmp_path / "run")
    fit(config(), out=tmp_path / "run")
    assert ((tmp_path / "run/state/state.pt").stat().st_size, curve(tmp_path / "run")) == before


def test_a_run_goes_on_with_more_steps(config, tmp_path):
    fit(config(train={"schedule": "constant"}), out=tmp_path / "a")
    fit(config(train={"schedule": "constant", "steps": 9}), out=tmp_path / "a")
    fit(config(train={"schedule": "constant", "steps": 9}), out=tmp_path / "b")
    assert curve(tmp_path / "a") == curve(tmp_path / "b")


@pytest.mark.parametrize(
    ("sections", "name"),
    [
        ({"model": {"layers": 1}}, "model.layers"),
        ({"data": {"scale": 10}}, "data.scale"),
        ({"objective": {"denoise": [0.5]}}, "objective.denoise"),
    ],
)
def test_a_folder_of_another_run_is_refused(config, tmp_path, sections, name):
    fit(config(), out=tmp_path / "run")
    with pytest.raises(TrainingError, match=f"holds a run with another {name}"):
        fit(config(**sections), out=tmp_path / "run")


def test_a_run_may_go_on_with_smaller_batches(config, tmp_path):
    fit(config(), out=tmp_path / "run")
    smaller = {"data": {"batch": 4, "context": 10}, "model": {"checkpoint_gradients": True}}
    fit(config(**smaller, train={"steps": 8}), out=tmp_path / "run")
    sittings = json.loads((tmp_path / "run/manifest.json").read_text())["sittings"]
    assert [one["data"]["batch"] for one in sittings] == [8, 4]


def test_spelling_out_a_default_is_no_other_run(config, tmp_path):
    fit(config(), out=tmp_path / "run")
    fit(config(objective={"denoise": [0.6]}), out=tmp_path / "run")


def test_a_run_that_kept_nothing_is_written_over(config, tmp_path):
    fit(config(), out=tmp_path / "run")
    shutil.rmtree(tmp_path / "run/state")
    shutil.rmtree(tmp_path / "run/model")
    fit(config(model={"layers": 1}), out=tmp_path / "run")
    assert [row["step"] for row in read_log(tmp_path / "run/log.csv")].count("0") == 1


def test_a_folder_with_other_files_is_refused(config, tmp_path):
    (tmp_path / "precious.txt").write_text("")
    with pytest.raises(TrainingError, match="holds other files"):
        fit(config(), out=tmp_path)


def test_a_validation_without_progress_ends_the_run(config, tmp_path):
    settings = {"steps": 50, "lr": 1e-12, "early_stop": 2, "validate_every": 1, "warmup": 0, "eps": 1.0}
    fit(config(train=settings), out=tmp_path / "run")
    outcome = json.loads((tmp_path / "run/manifest.json").read_text())["outcome"]
    assert outcome["reason"] == "no better validation loss in 2 validations"
    assert outcome["steps"] < 50


def test_a_run_stops_when_its_time_is_up_and_can_go_on(config, tmp_path):
    fit(config(train={"minutes": 0}), out=tmp_path / "run")
    assert json.loads((tmp_path / "run/manifest.json").read_text())["outcome"]["reason"] == "the time is up"
    fit(config(), out=tmp_path / "run")
    fit(config(), out=tmp_path / "whole")
    assert curve(tmp_path / "run") == curve(tmp_path / "whole")


def test_the_best_model_is_kept_not_the_last(config, tmp_path):
    fit(
        config(train={"steps": 12, "lr": 0.3, "clip": None, "validate_every": 1, "early_stop": None}),
        out=tmp_path / "r",
    )
    rows = [row for row in read_log(tmp_path / "r/log.csv") if row["split"] == "validation"][1:]
    best = min(rows, key=lambda row: float(row["total"]))
    assert load(tmp_path / "r/model").card["steps"] == int(best["step"])


def test_without_cells_to_validate_on_the_last_model_is_kept(config, tmp_path):
    fit(config(data={"validation": 0}), out=tmp_path / "run")
    assert load(tmp_path / "run/model").card["steps"] == 6
    assert {row["split"] for row in read_log(tmp_path / "run/log.csv")} == {"train"}


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_trains_much_alike(config, tmp_path, precision):
    fit(config(train={"precision": precision}), out=tmp_path / "half")
    fit(config(), out=tmp_path / "full")
    assert json.loads((tmp_path / "half/manifest.json").read_text())["sittings"][0]["precision"] == precision
    for half, full in zip(curve(tmp_path / "half"), curve(tmp_path / "full"), strict=True):
        assert float(half["total"]) == pytest.approx(float(full["total"]), rel=0.02)


def test_the_scale_of_fp16_is_taken_up(config, tmp_path):
    for name, steps in (("a", 4), ("a", 6), ("b", 6)):
        fit(config(train={"precision": "fp16", "steps": steps}), out=tmp_path / name)
    a, b = (read_state(tmp_path / name / "state/state.pt")["scaler"] for name in "ab")
    assert a == b
    assert a["scale"] > 0


def test_two_halves_of_a_batch_teach_what_the_whole_does(config, tmp_path):
    # without noise and dropout, which each batch draws anew, and without classes: their mean is over the
    # columns of a batch, which hang on whether any of its cells has a group for a label
    quiet = {"denoise": [], "full": True, "classify": False}
    still = {"model": {"dropout": 0.0}, "objective": quiet}
    fit(config(**still, train={"accumulate": 2}, data={"batch": 4}), out=tmp_path / "halves")
    fit(config(**still), out=tmp_path / "whole")
    for half, full in zip(curve(tmp_path / "halves"), curve(tmp_path / "whole"), strict=True):
        if half["split"] == "train":  # a validation chooses the genes of a cell by batch
            assert float(half["total"]) == pytest.approx(float(full["total"]), rel=1e-4)


def test_checkpointing_gradients_changes_no_number(config, tmp_path):
    fit(config(model={"checkpoint_gradients": True}), out=tmp_path / "again")
    fit(config(), out=tmp_path / "kept")
    for again, kept in zip(curve(tmp_path / "again"), curve(tmp_path / "kept"), strict=True):
        assert float(again["total"]) == pytest.approx(float(kept["total"]), rel=1e-6)


def test_a_gradient_is_clipped(config, tmp_path):
    fit(config(train={"clip": 1e-8, "eps": 1e-3}), out=tmp_path / "run")  # Adam undoes a scale, but for eps
    cells = CorpusSource.open(config())
    first = build_model(config(), cells).state_dict()["transformer.norm.bias"]
    last = read_state(tmp_path / "run/state/state.pt")["model"]["transformer.norm.bias"]
    assert (last - first).abs().max() < 1e-6


def test_an_objective_without_its_head_is_refused_before_anything_is_written(config, tmp_path):
    with pytest.raises(ConfigError, match="no such head"):
        fit(config(objective={"mvc": 1.0}), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_gpu_that_is_not_there_is_one_line(config, tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(ConfigError, match=r"train\.device is cuda, but torch finds no GPU"):
        fit(config(train={"device": "cuda"}), out=tmp_path / "run")


def test_losses_stay_finite_over_a_longer_run(config, tmp_path):
    fit(config(train={"steps": 60, "lr": 1e-2}), out=tmp_path / "run")
    assert all(math.isfinite(float(row["total"])) for row in curve(tmp_path / "run"))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a compiler on a CPU")
def test_a_compiled_transformer_trains_alike(config, tmp_path):
    for name, compiled in (("eager", False), ("compiled", True)):
        fit(config(train={"compile": compiled}, model={"dropout": 0.0}), out=tmp_path / name)
    for compiled, eager in zip(curve(tmp_path / "compiled"), curve(tmp_path / "eager"), strict=True):
        assert float(compiled["total"]) == pytest.approx(float(eager["total"]), rel=1e-5)
