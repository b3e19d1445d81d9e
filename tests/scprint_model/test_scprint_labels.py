"""Codes of labels: leaves, groups above them, and the unknown."""

import numpy as np
import pytest

from scprint_model.errors import LabelError
from scprint_model.labels import LabelSpace

SPACE = LabelSpace(
    "type", ("a", "b", "c"), (("ab", (0, 1)), ("abc", (0, 1, 2))), ("A", "B", "C", "AB", "ABC")
)


def test_codes_run_over_leaves_and_then_groups():
    assert [SPACE.encode(term) for term in ("a", "c", "ab", "abc", "nothing", None)] == [0, 2, 3, 4, -1, -1]


def test_decoding_undoes_encoding():
    assert [SPACE.decode(SPACE.encode(term)) for term in SPACE.terms] == list(SPACE.terms)
    assert (SPACE.decode(-1), SPACE.title(4), SPACE.title(-1)) == ("unknown", "ABC", "unknown")


def test_many_labels_are_coded_at_once():
    assert SPACE.encode_many(["b", "x", "ab"]).tolist() == [1, -1, 3]


def test_a_code_stands_for_its_leaves():
    assert [SPACE.leaves_of(code) for code in (-1, 1, 3)] == [(), (1,), (0, 1)]


def test_the_hierarchy_says_which_leaves_a_group_holds():
    np.testing.assert_array_equal(SPACE.hierarchy(), [[True, True, False], [True, True, True]])
    assert LabelSpace("flat", ("a",)).hierarchy().shape == (0, 1)


def test_a_space_survives_json():
    assert LabelSpace.from_dict(SPACE.to_dict()) == SPACE


@pytest.mark.parametrize(
    ("leaves", "groups", "message"),
    [
        (("a", "a"), (), "names a twice"),
        (("a",), (("a", (0,)),), "names a twice"),
        (("a",), (("g", ()),), "impossible leaves"),
        (("a",), (("g", (1,)),), "impossible leaves"),
        (("a", "b"), (("g", (1, 0)),), "impossible leaves"),
    ],
)
def test_impossible_spaces_are_refused(leaves, groups, message):
    with pytest.raises(LabelError, match=message):
        LabelSpace("type", leaves, groups)


def test_a_code_outside_is_refused():
    with pytest.raises(LabelError, match="codes -1 to 4, not 5"):
        SPACE.decode(5)
