"""Content addresses: stable, and blind to what does not matter."""

import numpy as np
import pytest
from scipy import sparse

from bengrn.digests import canonical, digest_json, digest_matrix


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # pinned: a change of these literals re-runs everything that anybody ever stored
        ({}, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"),
        ({"a": 1}, "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"),
    ],
)
def test_digest_of_json_is_pinned(value, expected):
    assert digest_json(value) == expected


def test_order_of_keys_does_not_matter():
    assert digest_json({"a": 1, "b": {"c": 2, "d": 3}}) == digest_json({"b": {"d": 3, "c": 2}, "a": 1})


def test_order_of_lists_matters():
    assert digest_json({"a": [1, 2]}) != digest_json({"a": [2, 1]})


def test_nan_has_no_canonical_form():
    with pytest.raises(ValueError, match="Out of range float"):
        canonical({"a": float("nan")})


def test_digest_of_a_sparse_matrix_ignores_how_it_was_built():
    dense = np.array([[0, 1.0], [2.0, 0]], dtype=np.float32)
    other = sparse.csr_array(
        (np.array([2, 1], np.float32), (np.array([1, 0]), np.array([0, 1]))), shape=(2, 2)
    )
    assert digest_matrix(sparse.csr_array(dense)) == digest_matrix(other)


def test_digest_of_a_matrix_sees_one_value():
    first = np.zeros((3, 3), np.float32)
    second = first.copy()
    second[2, 1] = 1e-30
    assert digest_matrix(first) != digest_matrix(second)
