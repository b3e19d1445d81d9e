"""The log of a run and its picture."""

import sys

import pytest

from scprint_model.errors import TrainingError
from scprint_model.train.log import Log, read_log
from scprint_model.train.picture import draw_losses


def test_rows_keep_their_columns_when_new_ones_come(tmp_path):
    log = Log(tmp_path / "log.csv", step=0)
    log.add(0, "validation", {"seconds": 1.0, "total": 3.0})
    log.add(1, "train", {"seconds": 2.0, "total": 2.5, "lr": 0.1})
    log.add(2, "validation", {"seconds": 3.0, "total": 2.0})
    assert read_log(tmp_path / "log.csv") == [
        {"step": "0", "split": "validation", "seconds": "1.0", "total": "3.0", "lr": ""},
        {"step": "1", "split": "train", "seconds": "2.0", "total": "2.5", "lr": "0.1"},
        {"step": "2", "split": "validation", "seconds": "3.0", "total": "2.0", "lr": ""},
    ]


def test_a_log_taken_up_drops_what_its_state_does_not_know(tmp_path):
    log = Log(tmp_path / "log.csv", step=0)
    for step in range(1, 6):
        log.add(step, "train", {"total": float(step)})
    Log(tmp_path / "log.csv", step=3).add(4, "train", {"total": 9.0})
    assert [row["total"] for row in read_log(tmp_path / "log.csv")] == ["1.0", "2.0", "3.0", "9.0"]


def test_a_line_that_a_kill_cut_short_is_left_out(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("step,split,total\n1,train,2.0\n2,tra")
    assert [row["step"] for row in read_log(path)] == ["1"]


def test_another_file_is_no_log(tmp_path):
    (tmp_path / "log.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TrainingError, match="is not the log of a run"):
        Log(tmp_path / "log.csv", step=0)


def test_tensorboard_gets_every_number(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    log = Log(tmp_path / "log.csv", step=0, tensorboard=tmp_path / "board")
    log.add(1, "train", {"total": 2.5, "denoise 0.6/expression": 1.0})
    log.close()
    events = accumulator.EventAccumulator(str(tmp_path / "board"))
    events.Reload()
    assert events.Scalars("train/total")[0].value == 2.5
    assert set(events.Tags()["scalars"]) == {"train/total", "train/denoise 0.6/expression"}


def test_the_picture_has_a_panel_for_every_loss(tmp_path):
    log = Log(tmp_path / "log.csv", step=0)
    log.add(0, "validation", {"total": 3.0, "a/expression": 2.0})
    log.add(1, "train", {"total": 2.5, "a/expression": 1.0, "lr": 0.1, "cells/s": 3.0})
    log.add(2, "train", {"total": 2.4, "a/expression": 1.0, "lr": 0.1, "cells/s": 3.0})
    png, svg = draw_losses(tmp_path / "log.csv", tmp_path)
    assert png.read_bytes().startswith(b"\x89PNG")
    text = svg.read_text()
    assert text.count('id="axes_') == 2
    assert "cells" not in text


def test_an_empty_log_has_no_picture(tmp_path):
    (tmp_path / "log.csv").write_text("step,split,total\n")
    assert draw_losses(tmp_path / "log.csv", tmp_path) == []


def test_without_matplotlib_a_run_has_no_picture(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    Log(tmp_path / "log.csv", step=0).add(1, "train", {"total": 2.5})
    assert draw_losses(tmp_path / "log.csv", tmp_path) == []
