"""Views of a network: sums and centrality, dense and sparse, strict and compat."""

import numpy as np
import pytest
from scipy import sparse

from bengrn.enrichment import views
from bengrn.enrichment.views import check_scores, view_of
from bengrn.errors import MetricError
from bengrn.values import Network

SCORES = np.array([[7, 1, 2], [3, 8, -4]], np.float32)
NETWORK = Network(SCORES, ("a", "b"), ("a", "b", "c"), signed=True)


@pytest.mark.parametrize(
    "stored", [NETWORK, Network(sparse.csr_array(SCORES), ("a", "b"), ("a", "b", "c"), signed=True)]
)
@pytest.mark.parametrize(
    ("name", "compat", "expected"),
    [
        ("targets", False, [3, 7]),  # magnitudes, without a-a and b-b
        ("targets", True, [10, 7]),
        ("regulators", False, [3, 1, 6]),
        ("regulators", True, [10, 9, -2]),
    ],
)
def test_sums_match_hand_computation(stored, name, compat, expected):
    assert view_of(stored, name, compat=compat).score_G.tolist() == expected


def test_compat_leaves_out_genes_that_have_nothing():
    network = Network(np.array([[0, 1, 0], [0, 0, 0]]), ("a", "b"), ("x", "y", "z"))
    assert view_of(network, "targets", compat=True).genes == ("a",)
    assert view_of(network, "regulators").genes == ("x", "y", "z")


def test_blocks_change_nothing(monkeypatch):
    scores = np.random.default_rng(0).random((30, 40)).astype(np.float32)
    network = Network(scores, [f"g{one}" for one in range(30)], [f"g{one}" for one in range(40)])
    whole = {name: view_of(network, name).score_G for name in views.VIEWS}
    monkeypatch.setattr(views, "_BLOCK", 100)
    for name in views.VIEWS:
        assert view_of(network, name).score_G == pytest.approx(whole[name], rel=1e-6)


def test_the_network_is_not_modified():
    scores = np.ones((3, 3), np.float32)
    view_of(Network(scores, "abc", "abc"), "targets")
    assert (scores == 1).all()


def test_centrality_equals_that_of_networkx():
    networkx = pytest.importorskip("networkx")
    rng = np.random.default_rng(0)
    scores = rng.random((120, 120)).astype(np.float32)
    names = [f"g{one}" for one in range(120)]
    top = scores >= np.sort(scores, axis=1)[:, [-20]]
    graph = networkx.from_numpy_array(top, create_using=networkx.DiGraph)
    oracle = networkx.eigenvector_centrality(graph)
    own = view_of(Network(scores, names, names), "central", compat=True).score_G
    assert own == pytest.approx(list(oracle.values()), abs=1e-5)


def test_a_centrality_that_does_not_settle_is_refused():
    # a path: power is lost at its end, at a rate that falls for ever
    scores = np.eye(60, k=1, dtype=np.float32)
    names = [f"g{one}" for one in range(60)]
    with pytest.raises(MetricError, match="did not settle"):
        view_of(Network(scores, names, names), "central")


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (np.zeros((2, 3)), "All scores of the network are 0"),
        (np.ones((2, 3)), "All scores of the network are 1"),
        (sparse.csr_array((2, 3), dtype=np.float32), "All scores of the network are 0"),
        (np.ones((1, 3)), "has 1 regulator;"),
    ],
)
def test_a_network_that_compares_nothing_is_refused(scores, message):
    with pytest.raises(MetricError, match=message):
        check_scores(Network(scores, ("a", "b")[: scores.shape[0]], ("x", "y", "z")))


def test_equal_stored_scores_beside_absent_ones_do_rank():
    check_scores(Network(sparse.csr_array([[1.0, 0, 0], [0, 1, 0]]), ("a", "b"), ("x", "y", "z")))
