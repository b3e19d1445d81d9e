"""The sample of pairs: who is in it, how often, and how little memory it takes."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from bengrn.errors import TruthError
from bengrn.heads.pairs import draw_pairs
from bengrn.values import Truth


@pytest.fixture
def truth():
    """3 x 4 cells; a and b are both: (a, b), (a, c), (b, a) and the self-pair (b, b) are edges."""
    edges = [[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]]
    return Truth(sparse.csr_array(np.array(edges, bool)), ("a", "b", "e"), ("a", "b", "c", "d"))


def _cells(pairs):
    return sorted(zip(pairs.rows.tolist(), pairs.columns.tolist(), strict=True))


def test_with_room_for_all_every_pair_but_self_pairs_is_in(truth):
    pairs = draw_pairs(truth, most=100, seed=0)
    assert _cells(pairs) == [(r, c) for r in range(3) for c in range(4) if (r, c) not in {(0, 0), (1, 1)}]
    assert (pairs.n_true, pairs.n_false) == (3, 7)
    assert pairs.true_P.tolist() == [truth.edges[one] for one in _cells(pairs)]


def test_the_published_recipe_counts_self_pairs(truth):
    pairs = draw_pairs(truth, most=100, seed=0, with_self=True)
    assert len(_cells(pairs)) == 12
    assert (pairs.n_true, pairs.n_false) == (4, 8)


def test_an_unshuffled_share_is_the_first_rows(truth):
    pairs = draw_pairs(truth, most=100, seed=0, share=0.5, shuffled=False, with_self=True)
    assert _cells(pairs) == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)]


def test_a_shuffled_share_takes_every_cell_equally_often(make_truth):
    truth = make_truth(regulators=20, targets=20, density=0.2)
    often = sum(
        draw_pairs(truth, most=10**6, seed=seed, share=0.6, with_self=True).cells.toarray().astype(int)
        for seed in range(400)
    )
    assert often.mean() / 400 == pytest.approx(0.6)
    # 5 standard deviations of a share of 0.6 in 400 draws
    assert np.abs(often / 400 - 0.6).max() < 5 * np.sqrt(0.24 / 400)


def test_sampled_false_pairs_are_uniform_and_never_edges(make_truth):
    truth = make_truth(regulators=20, targets=30, density=0.1)
    often = np.zeros(truth.edges.shape)
    for seed in range(400):
        pairs = draw_pairs(truth, most=2 * int(truth.edges.sum()) + 40, seed=seed)
        often += pairs.cells.toarray() & ~truth.edges.toarray()
        assert pairs.true_P.sum() == pairs.n_true
    possible = ~truth.edges.toarray() & (np.arange(20)[:, None] != np.arange(30)[None, :])
    share = often[possible] / 400
    expected = share.mean()
    assert np.abs(share - expected).max() < 5 * np.sqrt(expected * (1 - expected) / 400)
    assert not often[~possible].any()


def test_true_pairs_fill_at_most_half_of_the_room(make_truth):
    pairs = draw_pairs(make_truth(density=0.4), most=100, seed=0)
    assert (int(pairs.true_P.sum()), len(pairs.true_P)) == (50, 100)


def test_memory_follows_the_sample_not_the_cells():
    names = tuple(f"g{one}" for one in range(6000))
    place = np.arange(6000)
    truth = Truth(sparse.csr_array((np.ones(6000), (place, (place + 1) % 6000))), names, names)
    tracemalloc.start()
    draw_pairs(truth, most=20_000, seed=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.5 * 36_000_000  # less than half a byte for each of the 36 million cells


@pytest.mark.parametrize("edges", [np.zeros((2, 2)), np.eye(2), 1 - np.eye(2)])
def test_pairs_of_one_kind_only_are_refused(edges):
    truth = Truth(sparse.csr_array(edges), ("a", "b"), ("a", "b"))
    with pytest.raises(TruthError, match="expected some of both"):
        draw_pairs(truth, most=10, seed=0)
