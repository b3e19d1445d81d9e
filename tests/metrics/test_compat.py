"""The published numbers: recorded values, and an independent implementation of their definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from bengrn.metrics.compat import compat_scores
from bengrn.metrics.overlap import odds_ratio
from bengrn.truths.align import align
from bengrn.values import Network, Truth

N = 9
NAMES = tuple("abcdefghi")


def _compat(scores, edges, **keywords):
    network = Network(scores, NAMES[: scores.shape[0]], NAMES[: scores.shape[1]], **keywords)
    return compat_scores(align(network, Truth(sparse.csr_array(edges), NAMES[: edges.shape[0]], NAMES)))


def _published_area(scores, edges):
    """Follow the definition step by step: 128 thresholds, three numbers each, plain loops."""
    n_true = edges.sum()
    random_precision = n_true / (scores.size - len(scores))
    recalls, precisions = [], []

    def add(predicted):
        found = (predicted & edges).sum()
        recalls.append(found / n_true)
        precisions.append(found / predicted.sum() if predicted.any() else 0.0)

    add(scores != 0)
    levels = [step / 100 for step in range(1, 99)] + [0.99 + 0.01 * step / 29 for step in range(30)]
    assert len(levels) == 128
    for level in levels:
        add(scores > np.quantile(scores.astype(np.float64), min(level, 1.0)))
    if 1.0 not in recalls:
        recalls = [1.0, recalls[0], *recalls]
        precisions = [random_precision, random_precision, *precisions]
    steps = zip(recalls, recalls[1:], precisions, precisions[1:], strict=False)
    return sum((a - b) * (p + q) / 2 for a, b, p, q in steps)


@st.composite
def cases(draw):
    """Draw signed scores, some of them tied, some zero, and a truth that may hold self-pairs."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = rng.normal(size=(6, N)).astype(np.float32)
    if draw(st.booleans()):
        scores = scores.round(draw(st.integers(0, 1)))
    scores[rng.random(scores.shape) < draw(st.sampled_from([0, 0.6, 0.95]))] = 0
    edges = rng.random((6, N)) < draw(st.sampled_from([0.05, 0.3]))
    edges[0, 1] = True
    return scores, edges


@settings(max_examples=120, deadline=None)
@given(cases())
def test_the_quantile_area_equals_the_step_by_step_definition(case):
    scores, edges = case
    expected = _published_area(scores, edges)
    assert _compat(scores, edges, signed=True)["auprc_quantile"] == pytest.approx(expected, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_random_precision_counts_true_self_pairs_but_no_self_pair_as_candidate(case):
    scores, edges = case
    result = _compat(scores, edges, signed=True)
    assert result["random_precision"] == edges.sum() / (6 * N - 6)
    assert result["auprc_minus_random"] == result["auprc_quantile"] - result["random_precision"]


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(0, 100))
def test_the_published_epr_is_the_odds_ratio_of_the_mean_over_tie_orders(case, seed):
    scores, edges = case
    k, rng = edges.sum(), np.random.default_rng(seed)
    found = []
    for _ in range(400):
        order = np.lexsort((rng.random(scores.size), -scores.ravel()))
        found.append(edges.ravel()[order[:k]].sum())
    if np.mean(found) == k:
        return
    tp, spread = np.mean(found), 5 * np.std(found) / 20 + 1e-9
    low, high = (
        odds_ratio(value, k, 6 * N - 6) for value in (max(0, tp - spread), min(k - 1e-9, tp + spread))
    )
    assert low <= _compat(scores, edges, signed=True)["epr_published"] <= high


@pytest.mark.parametrize(
    ("tp", "expected"), [(195, 1.83672), (106, 0.94498), (104, 0.92602)], ids=["best", "middle", "last"]
)
def test_the_odds_ratio_gives_the_recorded_epr_of_the_simulated_network(tp, expected):
    # K = 3,440 edges, 133 regulators x 797 genes less 133
    assert 133 * 797 - 133 == 105_868
    assert odds_ratio(tp, 3440, 105_868) == pytest.approx(expected, abs=5e-6)


def test_the_odds_ratio_gives_the_recorded_epr_of_the_binding_truth():
    # K = 6,037 edges, 31 regulators x 5,000 genes less 31
    assert odds_ratio(618, 6037, 31 * 5000 - 31) == pytest.approx(3.02024, abs=5e-6)


def test_self_pairs_are_ranked():
    scores = np.eye(3, dtype=np.float32) + 0.5 * np.eye(3, k=1, dtype=np.float32)
    edges = np.eye(3, k=1, dtype=bool)
    network = Network(scores, NAMES[:3], NAMES[:3])
    result = compat_scores(align(network, Truth(edges, NAMES[:3], NAMES[:3])))
    assert result["epr_published"] == 0  # the two highest cells are self-pairs


def test_strong_repression_ranks_last():
    scores, edges = np.zeros((6, N), np.float32), np.zeros((6, N), bool)
    scores[0, 1], edges[0, 1] = -5, True
    assert _compat(scores, edges, signed=True)["epr_published"] == 0


def test_an_infinite_odds_ratio_is_left_out():
    scores = np.zeros((6, N), np.float32)
    scores[0, 1] = 1
    assert "epr_published" not in _compat(scores, scores > 0)
