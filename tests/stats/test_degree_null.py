"""The degree-preserving null: degrees kept, nothing forbidden made, uniform, reproducible."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from bengrn.errors import MetricError
from bengrn.stats.degree_null import degree_nulls, degree_preserving_swap
from bengrn.truths.align import align
from bengrn.values import Network, Truth

NO_SELF = np.full(4, -1)


def _edges(seed, rows, columns, density):
    edges = np.random.default_rng(seed).random((rows, columns)) < density
    np.fill_diagonal(edges, 0)
    return sparse.csr_array(edges), np.where(np.arange(rows) < columns, np.arange(rows), -1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.05, 0.3, 0.6]))
def test_degrees_are_kept_and_nothing_forbidden_is_made(seed, density):
    edges, own = _edges(seed, 20, 30, density)
    null = degree_preserving_swap(edges, own, seed=seed)
    np.testing.assert_array_equal(null.sum(axis=1), edges.sum(axis=1))
    np.testing.assert_array_equal(null.sum(axis=0), edges.sum(axis=0))
    assert null.has_canonical_format
    assert not null.toarray()[np.arange(20), np.arange(20)].any()


def test_every_truth_with_these_degrees_is_equally_likely(monkeypatch):
    monkeypatch.setattr("bengrn.stats.degree_null._MIN_ATTEMPTS", 1)
    start = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 0]])
    own = np.array([-1, -1, 0, -1])  # the third regulator is the first target
    seen, state = Counter(), sparse.csr_array(start.astype(bool))
    for seed in np.random.SeedSequence(0).spawn(600):
        state = degree_preserving_swap(state, own, seed=seed)
        seen[state.toarray().tobytes()] += 1
    everything = _all_with_degrees(start, own)
    counts = np.array([seen[one] for one in everything])
    assert set(seen) <= set(everything)
    expected = 600 / len(everything)
    assert ((counts - expected) ** 2 / expected).sum() < 2 * len(everything)


def _all_with_degrees(start, own):
    """List every 0/1 matrix with the degrees of `start` and no self-pair, by trying them all."""
    rows = [[bits for bits in range(16) if bits.bit_count() == degree] for degree in start.sum(axis=1)]
    found = []
    for choice in np.stack(np.meshgrid(*rows), axis=-1).reshape(-1, 4):
        matrix = (choice[:, None] >> np.arange(4)) & 1
        forbidden = matrix[np.arange(4), own][own >= 0].any()
        if (matrix.sum(axis=0) == start.sum(axis=0)).all() and not forbidden:
            found.append(matrix.astype(bool).tobytes())
    return found


def test_the_same_seed_gives_the_same_truth_and_another_seed_another():
    edges, own = _edges(1, 20, 30, 0.2)
    first, again, other = (degree_preserving_swap(edges, own, seed=seed).toarray() for seed in (5, 5, 6))
    assert (first == again).all()
    assert (first != other).any()


def test_draws_of_one_seed_differ():
    edges, own = _edges(1, 20, 30, 0.2)
    names = tuple(f"g{position}" for position in range(30))
    candidates = align(Network(np.ones((20, 30)), names[:20], names), Truth(edges, names[:20], names))
    np.testing.assert_array_equal(candidates.self_column_R, own)
    nulls = degree_nulls(candidates, draws=3, seed=0)
    assert len({null.toarray().tobytes() for null in nulls}) == 3


def test_sparse_truths_lose_nearly_all_their_edges():
    edges, own = _edges(2, 200, 400, 0.01)
    null = degree_preserving_swap(edges, own, seed=0)
    assert null.multiply(edges).nnz < 0.05 * edges.nnz


@pytest.mark.parametrize(
    "edges",
    [
        [[1, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]],  # one regulator
        [[1, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0]],  # all pairs of two
        [[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]],  # one edge
    ],
)
def test_a_truth_without_a_legal_swap_is_an_error(edges):
    with pytest.raises(MetricError, match="can be swapped"):
        degree_preserving_swap(sparse.csr_array(edges, dtype=bool), NO_SELF, seed=0)


def test_the_input_is_not_changed():
    edges, own = _edges(1, 20, 30, 0.2)
    before = edges.toarray()
    degree_preserving_swap(edges, own, seed=0)
    np.testing.assert_array_equal(edges.toarray(), before)
