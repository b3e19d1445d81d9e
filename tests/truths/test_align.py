"""The join of network and truth: by name, in blocks, without self-pairs."""

import numpy as np
import pytest
from scipy import sparse

from bengrn.errors import MetricError, NetworkError
from bengrn.truths.align import align
from bengrn.values import Network, Truth

GENES = ("A", "B", "C", "D")
# rows A, B; the self-pairs are (A, A) and (B, B)
EDGES = np.array([[1, 1, 0, 0], [0, 0, 1, 1]])
SCORES = np.array([[9, 1, 2, 3], [4, 8, 5, 0]], dtype=np.float32)


def _truth(edges=EDGES, regulators=("A", "B"), targets=GENES):
    return Truth(sparse.csr_array(edges), regulators, targets)


def _gather(candidates, values=1_000):
    return np.vstack([block.copy() for _, block in candidates.blocks(values)])


def test_counts_leave_self_pairs_out():
    candidates = align(Network(SCORES, ("A", "B"), GENES), _truth())
    assert (candidates.n_pairs, candidates.n_positive, candidates.n_self) == (6, 3, 2)


def test_edges_on_self_pairs_are_dropped_but_remembered():
    candidates = align(Network(SCORES, ("A", "B"), GENES), _truth())
    np.testing.assert_array_equal(candidates.edges.toarray(), [[0, 1, 0, 0], [0, 0, 1, 1]])
    assert candidates.self_edges_R.tolist() == [True, False]


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_blocks_follow_the_truth_whatever_the_order_of_the_network(make):
    network = Network(make(SCORES[::-1][:, [3, 1, 0, 2]]), ("B", "A"), ("D", "B", "A", "C"))
    absent = 0 if make is np.asarray else -1  # a sparse network does not store its zero
    expected = [[-np.inf, 1, 2, 3], [4, -np.inf, 5, absent]]
    np.testing.assert_array_equal(_gather(align(network, _truth())), expected)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_a_name_that_the_network_lacks_is_minus_one(make):
    network = Network(make(SCORES[:1, :3]), ("A",), ("A", "B", "C"))
    candidates = align(network, _truth())
    expected = [[-np.inf, 1, 2, -1], [-1, -np.inf, -1, -1]]
    np.testing.assert_array_equal(_gather(candidates), expected)
    assert candidates.n_covered == 2


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_signed_scores_become_magnitudes_and_absence_stays_below_them(make):
    network = Network(make(-SCORES[:, :3]), ("A", "B"), ("A", "B", "C"), signed=True)
    expected = [[-np.inf, 1, 2, -1], [4, -np.inf, 5, -1]]
    np.testing.assert_array_equal(_gather(align(network, _truth())), expected)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("values", [1, 4, 9, 10_000])
def test_block_size_does_not_change_the_blocks(make, values):
    rng = np.random.default_rng(0)
    scores = rng.random((7, 4)) * (rng.random((7, 4)) < 0.5)
    names = tuple("EFGHIJK")
    candidates = align(Network(make(scores), names, GENES), _truth(np.ones((7, 4)), names))
    np.testing.assert_array_equal(_gather(candidates, values), _gather(candidates))
    positive = np.concatenate([chunk[chunk > 0] for chunk in candidates.chunks(values)])
    np.testing.assert_array_equal(np.sort(positive), np.sort(scores[scores > 0].astype(np.float32)))


def test_blocks_are_no_larger_than_asked_and_share_one_buffer():
    candidates = align(Network(SCORES, ("A", "B"), GENES), _truth())
    blocks = [block for _, block in candidates.blocks(4)]
    assert [block.size for block in blocks] == [4, 4]
    assert blocks[0].base is blocks[1].base


def test_scores_are_not_copied_and_not_changed():
    network = Network(SCORES, ("A", "B"), GENES)
    candidates = align(network, _truth())
    for _, block in candidates.blocks(8):
        block[:] = 7
    assert np.shares_memory(candidates.scores, SCORES)
    assert SCORES.max() == 9


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_scores_of_edges_come_in_the_order_of_the_edges(make):
    network = Network(make(SCORES[::-1, :3]), ("B", "A"), GENES[:3])
    candidates = align(network, _truth())
    np.testing.assert_array_equal(candidates.scores_at(candidates.edges), [1, 5, -1])


def test_chunks_of_a_sparse_network_hold_no_self_pair_and_no_untested_gene():
    network = Network(sparse.csr_array(np.pad(SCORES, ((0, 0), (0, 1)), constant_values=6)),
                      ("A", "B"), (*GENES, "untested"))  # fmt: skip
    held = np.concatenate(list(align(network, _truth()).chunks(100)))
    assert sorted(held) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_cells_keep_signs_and_self_pairs(make):
    network = Network(make(-SCORES[:, :3]), ("A", "B"), GENES[:3], signed=True)
    held = np.concatenate([piece.copy() for piece in align(network, _truth()).cells(4)])
    assert sorted(held[held != 0]) == [-9, -8, -5, -4, -2, -1]


def test_a_repression_of_minus_1_is_a_prediction():
    network = Network(-SCORES[:, :3], ("A", "B"), GENES[:3], signed=True)
    candidates = align(network, _truth())
    np.testing.assert_array_equal(candidates.scores_at(candidates.edges), [1, 5, -1])


@pytest.mark.parametrize(
    ("regulators", "targets", "what"), [("XY", GENES, "regulator"), ("AB", "WXYZ", "target")]
)
def test_no_shared_name_is_an_error_that_shows_both_sides(regulators, targets, what):
    with pytest.raises(NetworkError, match=f"share no {what}.*'[WX]'.*'A', 'B'"):
        align(Network(SCORES, tuple(regulators), tuple(targets)), _truth())


def test_a_truth_with_only_self_pairs_is_an_error():
    with pytest.raises(MetricError, match="no true edge"):
        align(Network(SCORES, ("A", "B"), GENES), _truth(np.eye(2, 4)))
