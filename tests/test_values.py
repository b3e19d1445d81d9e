"""Network and Truth: what they refuse, and what they keep."""

import numpy as np
import pytest
from scipy import sparse

from bengrn.errors import NetworkError, TruthError
from bengrn.values import Network, Truth


def test_a_transposed_network_is_refused_with_a_hint():
    with pytest.raises(NetworkError, match=r"\(6, 2\).*\(2, 6\).*Transposed\? Rows must be regulators"):
        Network(np.ones((6, 2)), ("a", "b"), tuple("uvwxyz"))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused(bad):
    with pytest.raises(NetworkError, match="1 values that are NaN or infinite"):
        Network(np.array([[1.0, bad]]), ("a",), ("x", "y"))


def test_nan_in_a_sparse_network_is_refused():
    with pytest.raises(NetworkError, match="NaN"):
        Network(sparse.csr_array(np.array([[1.0, np.nan]])), ("a",), ("x", "y"))


def test_negative_scores_need_a_signed_network():
    with pytest.raises(NetworkError, match="signed=True"):
        Network(np.array([[-1.0]]), ("a",), ("x",))
    assert Network(np.array([[-1.0]]), ("a",), ("x",), signed=True).signed


def test_a_repeated_name_is_refused_by_name():
    with pytest.raises(NetworkError, match="Targets are named twice: 'x'"):
        Network(np.ones((1, 2)), ("a",), ("x", "x"))


def test_scores_cannot_be_changed_afterwards():
    network = Network(np.ones((1, 1)), ("a",), ("x",))
    with pytest.raises(ValueError, match="read-only"):
        network.scores[0, 0] = 2


def test_a_float32_array_is_not_copied():
    scores = np.ones((3, 3), dtype=np.float32)
    assert np.shares_memory(Network(scores, tuple("abc"), tuple("xyz")).scores, scores)


def test_truth_restricts_by_name_in_the_order_asked_for():
    truth = Truth(sparse.csr_array(np.array([[1, 0], [0, 1]])), ("a", "b"), ("x", "y"))
    part = truth.restrict(["b", "a"], ["y"])
    assert part.edges.toarray().tolist() == [[True], [False]]


def test_truth_does_not_restrict_to_what_it_never_tested():
    truth = Truth(sparse.csr_array(np.eye(2)), ("a", "b"), ("x", "y"))
    with pytest.raises(TruthError, match="did not test 1 of the targets asked for, 'z'"):
        truth.restrict(["a"], ["x", "z"])


def test_truth_drops_stored_zeros():
    edges = sparse.csr_array((np.array([0, 1]), (np.array([0, 0]), np.array([0, 1]))), shape=(1, 2))
    assert Truth(edges, ("a",), ("x", "y")).edges.nnz == 1
