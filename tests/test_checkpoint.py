"""Finished rows outlive a process, and only whole ones do."""

import os

import numpy as np
import pytest

from bengrn.checkpoint import PARTIAL, kept_rows, partial_results
from bengrn.errors import StoreError


@pytest.fixture
def partial(tmp_path, monkeypatch):
    monkeypatch.setenv(PARTIAL, str(tmp_path / "partial"))
    return tmp_path / "partial"


def test_without_a_run_rows_are_memory(tmp_path, monkeypatch):
    monkeypatch.delenv(PARTIAL, raising=False)
    monkeypatch.chdir(tmp_path)
    kept = kept_rows("scores", (3, 2))
    kept.store(1, [1, 2])
    assert kept.missing == [0, 2]
    assert not list(tmp_path.iterdir())
    assert kept_rows("scores", (3, 2)).missing == [0, 1, 2]


def test_the_next_process_finds_the_rows_of_the_last(partial):
    row = np.float32([0.1, np.pi])
    first = kept_rows("scores", (3, 2))
    for number in (2, 0, 1):
        first.store(number, row * number)
    again = kept_rows("scores", (3, 2))
    assert again.n_done == 3
    np.testing.assert_array_equal(again.rows, row * np.arange(3)[:, None])


def test_a_row_is_done_only_once_it_is_flushed(partial, monkeypatch):
    first = kept_rows("scores", (3, 2))
    first.store(0, [1, 1])
    assert kept_rows("scores", (3, 2)).missing == [0, 1, 2]
    monkeypatch.setattr("bengrn.checkpoint._SECONDS_BETWEEN_FLUSHES", -1.0)
    first.store(1, [1, 1])
    assert kept_rows("scores", (3, 2)).missing == [2]


def test_rows_of_another_shape_are_thrown_away(partial):
    kept_rows("scores", (1, 2)).store(0, [1, 1])
    assert kept_rows("scores", (2, 1)).missing == [0, 1]


def test_a_damaged_folder_is_made_anew(partial):
    kept_rows("scores", (2, 2)).store(0, [1, 1])
    os.truncate(partial / "scores" / "rows", 3)
    assert kept_rows("scores", (2, 2)).missing == [0, 1]


def test_names_keep_rows_apart(partial):
    kept_rows("first", (1, 1)).store(0, [1])
    assert kept_rows("second", (1, 1)).missing == [0]


def test_two_processes_may_keep_the_same_rows(partial):
    one, other = kept_rows("scores", (2, 1)), kept_rows("scores", (2, 1))
    one.store(0, [7])
    one.store(1, [8])
    other.store(1, [8])
    np.testing.assert_array_equal(kept_rows("scores", (2, 1)).rows, [[7], [8]])


def test_a_folder_that_is_deleted_meanwhile_does_no_harm(partial):
    kept = kept_rows("scores", (2, 1))
    for file in (partial / "scores").iterdir():
        file.unlink()
    kept.store(0, [7])
    kept.store(1, [8])
    np.testing.assert_array_equal(kept.rows, [[7], [8]])


def test_a_name_that_is_no_folders_is_refused(partial):
    with pytest.raises(ValueError, match="rows cannot be kept under"):
        kept_rows("../scores", (1, 1))


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(PARTIAL, str(tmp_path / "file"))
    with pytest.raises(StoreError, match="cannot be used"):
        kept_rows("scores", (1, 1))


def test_a_full_disk_is_one_clear_line(partial, monkeypatch):
    kept = kept_rows("scores", (2, 1))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(StoreError, match="No space left on device"):
        kept.store(0, [1])


def test_a_folder_is_named_only_while_the_method_runs(tmp_path, monkeypatch):
    monkeypatch.delenv(PARTIAL, raising=False)
    with partial_results(tmp_path / "here"):
        kept_rows("scores", (1, 1)).store(0, [5])
    assert PARTIAL not in os.environ
    with partial_results(tmp_path / "here"):
        assert kept_rows("scores", (1, 1)).n_done == 1
    with partial_results(tmp_path / "here", anew=True):
        assert kept_rows("scores", (1, 1)).n_done == 0
