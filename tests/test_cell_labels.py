"""Labels of cells: what they keep and what they refuse; and what a classifier may be asked for."""

import numpy as np
import pandas as pd
import pytest

from bengrn.errors import LabelsError
from bengrn.plugin import CellLabels, Classifies

CELLS = ("a", "b", "c")
B, T = "CL:0000236", "CL:0000084"


@pytest.mark.parametrize(
    "given",
    [(B, None, T), [B, None, T], np.array([B, None, T], object), pd.Series([B, None, T], dtype=object)],
)
def test_labels_are_plain_text_and_none(given):
    assert CellLabels(given, CELLS).labels == (B, None, T)


def test_categories_and_numpy_text_become_plain_text():
    labels = CellLabels(pd.Categorical([B, B, T]), CELLS).labels
    assert labels == (B, B, T)
    assert {type(one) for one in CellLabels(np.array([B, B, T]), CELLS).labels} == {str}


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ((B, T), "Got 2 labels for 3 cells; expected one each"),
        ((B, T, float("nan")), "1 labels are no text, nan first"),
        ((0, 1, 1), "3 labels are no text, 0 first"),
        ((B, "", " "), "2 labels are no text, '' first"),
        (np.array([[B], [T], [B]]), "3 labels are no text"),
    ],
)
def test_what_are_no_labels_is_refused_in_one_line(labels, said):
    with pytest.raises(LabelsError, match=said) as found:
        CellLabels(labels, CELLS)
    assert "\n" not in str(found.value)


def test_cells_that_repeat_are_refused():
    with pytest.raises(LabelsError, match="1 cells of the labels repeat a name"):
        CellLabels((B, T, B), ("a", "b", "a"))


def test_labels_out_of_reach_are_refused():
    assert CellLabels((B, None, B), CELLS, reachable=[B, T]).reachable == (B, T)
    assert CellLabels((None,) * 3, CELLS, reachable=()).reachable == ()
    with pytest.raises(LabelsError, match="1 labels are not among the 1 reachable ones, 'CL:0000084' first"):
        CellLabels((B, T, T), CELLS, reachable=(B,))


@pytest.mark.parametrize("name", ["knn", "majority", "scprint"])
def test_installed_classifiers_follow_the_protocol(name):
    from bengrn.testing import find_method

    method = find_method(name)
    assert isinstance(method.instance, Classifies)
    assert "classify" in method.card()["capabilities"]


def test_a_run_refuses_a_classifier_and_says_what_can_be_done_with_it(bengrn):
    ran = bengrn("run", "--method", "knn", "--truth", "omnipath")
    assert ran.code == 2
    assert ran.message.startswith("bengrn: The method 'knn' classifies and infers no network")
    assert "its `classify` can be called from Python" in ran.message
    assert "\n" not in ran.message
