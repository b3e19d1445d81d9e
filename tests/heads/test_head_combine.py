"""The second pass: one network out of the selected heads."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from bengrn.errors import NetworkError
from bengrn.heads.combine import combine
from bengrn.heads.selection import HeadSelection
from bengrn.values import Network

NAMES = ("a", "b"), ("a", "b", "c")


@pytest.fixture
def selection():
    return HeadSelection(
        names=("one", "two", "three"), coefficients=(3.0, 0.0, 1.0), scales=(2.0, 1.0, 0.5),
        average="weighted", penalty=1.0, cv_scores=(), truth="x", regulators=("r",), targets=("t",),
        n_pairs=9, n_true=2, n_sampled=9, recipe="strict", leaky=False, seed=0,
    )  # fmt: skip


@pytest.fixture
def heads():
    rng = np.random.default_rng(0)
    return [(name, Network(rng.random((2, 3)), *NAMES)) for name in ("one", "two", "three")]


def test_the_weighted_mean_is_that_of_standardised_heads_by_coefficient(selection, heads):
    expected = 0.75 * heads[0][1].scores / 2.0 + 0.25 * heads[2][1].scores / 0.5
    np.testing.assert_allclose(combine(heads, selection).scores, expected, rtol=1e-6)


def test_the_equal_mean_ignores_coefficients(selection, heads):
    equal = dataclasses.replace(selection, average="equal")
    expected = 0.5 * heads[0][1].scores / 2.0 + 0.5 * heads[2][1].scores / 0.5
    np.testing.assert_allclose(combine(heads, equal).scores, expected, rtol=1e-6)


def test_sparse_heads_stay_sparse_and_mix_with_dense_ones(selection, heads):
    thin = [(name, Network(sparse.csr_array(head.scores), *NAMES)) for name, head in heads]
    expected = combine(heads, selection).scores
    assert sparse.issparse(combine(thin, selection).scores)
    np.testing.assert_allclose(combine(thin, selection).scores.toarray(), expected, rtol=1e-6)
    for mixed in ([thin[0], *heads[1:]], [*heads[:2], thin[2]]):
        np.testing.assert_allclose(combine(mixed, selection).scores, expected, rtol=1e-6)


def test_a_pair_without_a_score_in_any_head_is_not_predicted(selection):
    heads = [(name, Network(np.array([[0, 1, 2], [3, 4, 0.0]]), *NAMES)) for name in selection.names]
    assert (combine(heads, selection).scores == 0).tolist() == [[True, False, False], [False, False, True]]


def test_other_heads_in_the_second_pass_are_refused(selection, heads):
    with pytest.raises(NetworkError, match="'three' is in one of them only"):
        combine(heads[:2], selection)


def test_memory_is_one_sum_beside_one_head(selection):
    names = tuple(f"g{one}" for one in range(1500))

    def heads():
        for name in selection.names:
            scores = np.ones((1500, 1500), dtype=np.float32)
            yield name, Network(scores, names, names)
            del scores

    tracemalloc.start()
    combine(heads(), selection)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    one = 4 * 1500**2
    assert peak < 3.5 * one  # sum, head, and a block of each product


def test_the_effective_number_of_heads_follows_the_shares(selection):
    assert selection.effective == pytest.approx(1 / (0.75**2 + 0.25**2))
    assert dataclasses.replace(selection, average="equal").effective == 2


def test_the_card_is_plain_json(selection):
    import json

    card = json.loads(json.dumps(selection.card()))
    assert card["coefficients"] == {"one": 3.0, "three": 1.0}
    assert (card["truth"], card["leaky"], card["selected"], card["training"]["true"]) == ("x", False, 2, 2)
