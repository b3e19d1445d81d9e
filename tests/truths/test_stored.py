"""A truth as files in a folder."""

import numpy as np
import pytest

from bengrn.truths.pairs import pair_truth
from bengrn.truths.stored import keep_truth, kept_truth, read_truth_folder, write_truth_folder

TRUTH = pair_truth(
    ["A", "A", "B"], ["B", "C", "B"], sign=[1, -1, 1], effect=[0.5, -2, 1], organism="mouse", directed=False
)


def test_a_truth_survives_the_disk(tmp_path):
    write_truth_folder(TRUTH, tmp_path)
    back = read_truth_folder(tmp_path)
    for what in ("edges", "sign", "effect"):
        np.testing.assert_array_equal(getattr(back, what).toarray(), getattr(TRUTH, what).toarray())
    for what in ("regulators", "targets", "organism", "directed", "losses"):
        assert getattr(back, what) == getattr(TRUTH, what)


def test_a_truth_that_is_kept_twice_is_whole(tmp_path):
    keep_truth(TRUTH, tmp_path / "one")
    keep_truth(TRUTH, tmp_path / "one")
    assert kept_truth(tmp_path / "one").regulators == TRUTH.regulators
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_a_kept_truth_that_is_broken_counts_as_none(tmp_path):
    keep_truth(TRUTH, tmp_path / "one")
    (tmp_path / "one" / "edges.npz").write_bytes(b"")
    assert kept_truth(tmp_path / "one") is None


def test_there_is_none_where_none_was_kept(tmp_path):
    assert kept_truth(tmp_path / "one") is None


@pytest.mark.parametrize("what", ["sign", "effect"])
def test_what_is_unknown_stays_unknown(tmp_path, what):
    write_truth_folder(pair_truth(["A"], ["B"]), tmp_path)
    assert getattr(read_truth_folder(tmp_path), what) is None


def test_a_kept_truth_that_is_broken_is_replaced(tmp_path):
    keep_truth(TRUTH, tmp_path / "one")
    (tmp_path / "one" / "sign.npz").unlink()
    assert kept_truth(tmp_path / "one") is None
    keep_truth(TRUTH, tmp_path / "one")
    assert kept_truth(tmp_path / "one").sign is not None
