"""Labels from logits: leaves, groups, and what counts as right."""

import numpy as np
import pytest

from scprint_model.labels import LabelSpace
from scprint_model.predict.classify import Classifier, ClassPrediction, accuracy

SPACE = LabelSpace("kind", ("a", "b", "c", "d"), (("ab", (0, 1)), ("abc", (0, 1, 2))), (*"ABCD", "AB", "ABC"))


def _label(logits, sure=0.0):
    classifier = Classifier(SPACE, len(logits), sure)
    classifier.take(np.arange(len(logits)), np.array(logits, np.float32))
    return classifier.prediction()


def test_the_best_leaf_is_the_label():
    found = _label([[0, 3, 1, -1], [0, 0, 0, 5]])
    assert found.terms == ["b", "d"]
    assert found.titles == ["B", "D"]
    assert found.certainty[0] == pytest.approx(1 / (1 + np.exp(-3)), rel=1e-5)


def test_where_no_leaf_is_sure_the_smallest_sure_group_is():
    # a leaf with logit 0 has 1/2; two of them together log(2): 2/3; three: 3/4
    logits = [[0, 0, -9, -9], [0, 0, 0, -9], [-9, -9, -9, 0]]
    assert _label(logits, sure=0.6).terms == ["ab", "ab", "d"]
    assert _label(logits, sure=0.7).terms == ["a", "abc", "d"]
    assert _label(logits, sure=0.6).certainty[0] == pytest.approx(2 / 3, rel=1e-3)


def test_a_leaf_under_the_true_group_is_right_and_unknown_truth_is_left_out():
    predicted = ClassPrediction(SPACE, np.array([0, 1, 2, 3, 0], np.int32), np.ones(5, np.float32))
    share, known = accuracy(predicted, ["ab", "a", "abc", "unknown", "never heard of"])
    assert known == 3
    assert share == pytest.approx(2 / 3)


def test_without_any_known_truth_there_is_no_accuracy():
    predicted = ClassPrediction(SPACE, np.zeros(1, np.int32), np.ones(1, np.float32))
    share, known = accuracy(predicted, ["x"])
    assert known == 0
    assert np.isnan(share)
