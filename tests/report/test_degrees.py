"""The picture of degrees."""

import numpy as np
import pytest

from bengrn.errors import StoreError
from bengrn.report.degrees import draw_degrees

DEGREES = {
    "one": (np.array([0, 1, 3, 700]), np.array([0, 0, 2])),
    "none": (np.zeros(3, int), np.zeros(2, int)),
}


@pytest.mark.parametrize("name", ["a.svg", "a.png", "new/a.pdf"])
def test_a_picture_is_written(tmp_path, name):
    draw_degrees(DEGREES, tmp_path / name)
    assert (tmp_path / name).stat().st_size > 1000


def test_a_picture_names_its_truths_and_counts_genes_without_an_edge(tmp_path):
    draw_degrees(DEGREES, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    assert "one: targets per regulator" in text
    assert "3 genes, 1 more without an edge" in text
    assert "0 genes, 3 more without an edge" in text


def test_the_same_degrees_give_the_same_file(tmp_path):
    draw_degrees(DEGREES, tmp_path / "a.svg")
    draw_degrees(DEGREES, tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_name_that_is_no_picture_is_refused(tmp_path):
    with pytest.raises(StoreError, match=r"a\.txt is no picture"):
        draw_degrees(DEGREES, tmp_path / "a.txt")
