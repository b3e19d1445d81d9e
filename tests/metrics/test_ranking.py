"""The ranking and the metrics of the whole curve, against scikit-learn and by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import average_precision_score, roc_auc_score

from bengrn.errors import MetricError
from bengrn.metrics import METRICS
from bengrn.metrics.ranking import (
    ap_ratio,
    auroc,
    average_precision,
    epr,
    epr_range,
    precision_recall_curve,
    rank,
    true_positives_at,
)
from bengrn.truths.align import align
from bengrn.values import Network, Truth

R, T = 5, 8
NAMES = tuple("abcdefgh")


def _network(scores, **keywords):
    return Network(scores, NAMES[:R], NAMES, **keywords)


def _truth(edges):
    return Truth(sparse.csr_array(edges), NAMES[:R], NAMES)


def _row(scores, truth):
    """Rank one regulator that is no target: the scores are all the candidates."""
    names = tuple(f"t{position}" for position in range(len(scores)))
    network = Network(np.array([scores], float), ("r",), names)
    return rank(align(network, Truth(np.array([truth]), ("r",), names)))


# few distinct values, zeros and negative zeros among them: ties everywhere
tied_scores = st.lists(st.sampled_from([-0.0, 0.0, 0.25, 1.0, 2.0, 3.5]), min_size=R * T, max_size=R * T)
any_edges = st.lists(st.booleans(), min_size=R * T, max_size=R * T)


@st.composite
def cases(draw):
    """Draw tied scores and a truth that has true and false candidates."""
    scores = np.array(draw(tied_scores), dtype=np.float32).reshape(R, T)
    edges = np.array(draw(any_edges)).reshape(R, T)
    edges[0, 1], edges[1, 0] = True, False
    return scores, edges


def _flat(matrix):
    """Return the candidates only: all cells off the diagonal."""
    return matrix[~np.eye(R, T, dtype=bool)]


def _same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in vars(one))


@settings(max_examples=150, deadline=None)
@given(cases())
def test_average_precision_equals_scikit_learn(case):
    scores, edges = case
    oracle = average_precision_score(_flat(edges), _flat(scores))
    assert average_precision(rank(align(_network(scores), _truth(edges)))) == pytest.approx(oracle, abs=1e-12)


@settings(max_examples=150, deadline=None)
@given(cases())
def test_auroc_equals_scikit_learn(case):
    scores, edges = case
    oracle = roc_auc_score(_flat(edges), _flat(scores))
    assert auroc(rank(align(_network(scores), _truth(edges)))) == pytest.approx(oracle, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_dense_and_sparse_networks_rank_alike(case):
    scores, edges = case
    dense, thin = (align(_network(make(scores)), _truth(edges)) for make in (np.asarray, sparse.csr_array))
    assert _same(rank(dense), rank(thin))


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(0, 2**32 - 1))
def test_signs_of_a_signed_network_do_not_change_the_ranking(case, seed):
    scores, edges = case
    signs = np.random.default_rng(seed).choice([-1, 1], size=(R, T))
    truth = _truth(edges)
    signed = rank(align(_network(scores * signs, signed=True), truth))
    assert _same(signed, rank(align(_network(scores), truth)))


@settings(max_examples=60, deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_gene_order_changes_nothing(case, random):
    scores, edges = case
    rows, columns = list(range(R)), list(range(T))
    random.shuffle(rows)
    random.shuffle(columns)
    moved = Network(scores[rows][:, columns], tuple(NAMES[row] for row in rows),
                    tuple(NAMES[column] for column in columns))  # fmt: skip
    assert _same(rank(align(moved, _truth(edges))), rank(align(_network(scores), _truth(edges))))


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_a_network_with_fewer_genes_is_as_good_as_one_that_scores_the_rest_zero(make):
    rng = np.random.default_rng(1)
    scores, edges = rng.random((R, T)), rng.random((R, T)) < 0.4
    scores[3:], scores[:, 6:] = 0, 0
    fewer = rank(align(Network(make(scores[:3, :6]), NAMES[:3], NAMES[:6]), _truth(edges)))
    whole = rank(align(_network(scores), _truth(edges)))
    assert [average_precision(fewer), auroc(fewer)] == [average_precision(whole), auroc(whole)]
    assert (fewer.n_covered, whole.n_covered) == (15, 35)


def test_many_blocks_rank_like_one(monkeypatch):
    rng = np.random.default_rng(2)
    candidates = align(_network(rng.random((R, T)).round(1)), _truth(rng.random((R, T)) < 0.4))
    whole = rank(candidates)
    monkeypatch.setattr("bengrn.metrics.ranking._MOST", 10)
    assert _same(rank(candidates), whole)


@pytest.mark.parametrize(
    ("scores", "truth", "expected"),
    [
        ([3, 2, 1], [1, 0, 0], 1.0),
        ([3, 2, 1], [0, 0, 1], 1 / 3),
        ([3, 2, 1], [1, 0, 1], (1 + 2 / 3) / 2),
        ([0, 0, 0, 0], [1, 0, 0, 0], 1 / 4),  # all tied: the prevalence
    ],
)
def test_average_precision_matches_hand_computation(scores, truth, expected):
    assert average_precision(_row(scores, truth)) == pytest.approx(expected)


def test_constant_scores_have_the_chance_value_of_everything():
    ranking = _row([5] * 10, [1, 1, 1] + [0] * 7)
    values = [ap_ratio(ranking), auroc(ranking), epr(ranking)]
    assert values == pytest.approx([1, 0.5, 1])


def test_a_perfect_ranking_has_the_highest_possible_values():
    ranking = _row([4, 3, 2, 1, 0], [1, 1, 0, 0, 0])
    assert [average_precision(ranking), auroc(ranking), epr(ranking)] == pytest.approx([1, 1, 5 / 2])


def _tie_orders(scores, truth, budget):
    """Count the true positives of every order of the candidates that respects the scores."""
    for order in itertools.permutations(range(len(scores))):
        if all(scores[a] >= scores[b] for a, b in itertools.pairwise(order)):
            yield sum(truth[position] for position in order[:budget])


@pytest.mark.parametrize("budget", [1, 2, 3, 4, 5, 6, 7])
def test_expected_true_positives_are_the_mean_over_all_tie_orders(budget):
    scores, truth = [3, 2, 2, 2, 1, 0, 0], [0, 1, 0, 1, 0, 1, 0]
    expected = np.mean(list(_tie_orders(scores, truth, budget)))
    assert true_positives_at(_row(scores, truth), budget) == pytest.approx(expected)


@pytest.mark.parametrize("scores", [[3, 2, 2, 2, 1, 0, 0], [1, 1, 1, 1, 1, 1, 0], [7, 6, 5, 4, 3, 2, 1]])
def test_epr_range_is_reached_by_the_best_and_worst_tie_order(scores):
    truth = [0, 1, 0, 1, 0, 1, 0]
    found = list(_tie_orders(scores, truth, 3))
    assert epr_range(_row(scores, truth)) == pytest.approx((min(found) * 7 / 9, max(found) * 7 / 9))


def test_a_budget_beyond_the_candidates_is_an_error():
    with pytest.raises(MetricError, match="budget of 4 pairs is undefined on 3 candidates"):
        true_positives_at(_row([3, 2, 1], [1, 0, 0]), 4)


def test_auroc_without_a_false_pair_is_an_error():
    with pytest.raises(MetricError, match="none is false"):
        auroc(_row([3, 2, 1], [1, 1, 1]))


def test_the_curve_has_a_point_at_every_level():
    precision, recall = precision_recall_curve(_row([4, 3, 3, 1], [1, 1, 0, 1]))
    np.testing.assert_allclose(precision, [1, 2 / 3, 3 / 4])
    np.testing.assert_allclose(recall, [1 / 3, 2 / 3, 1])


def test_every_metric_has_a_name_of_its_own():
    assert len({one.name for one in METRICS}) == len(METRICS)


@settings(max_examples=40, deadline=None)
@given(cases())
def test_every_metric_stays_within_its_bounds(case):
    scores, edges = case
    ranking = rank(align(_network(scores), _truth(edges)))
    for metric in METRICS:
        try:
            value = metric.compute(ranking)
        except MetricError:
            continue
        assert metric.bounds[0] <= value <= metric.bounds[1], metric.name
