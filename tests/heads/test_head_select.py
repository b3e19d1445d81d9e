"""The strict selection: planted heads are found, noise is not believed, order does not matter."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from bengrn.errors import NetworkError, SettingError, TruthError
from bengrn.heads.combine import combine
from bengrn.heads.overlap import plan_training
from bengrn.heads.select import Rule, select_heads
from bengrn.values import Network, Truth

ONE_PENALTY = Rule(penalties=(1.0,))


def test_planted_heads_get_the_largest_coefficients(make_truth, make_heads):
    truth = make_truth()
    found = select_heads(make_heads(truth, count=30, planted=3)(), truth, name="x")
    assert set(found.selected[:3]) == {"head00", "head01", "head02"}


def test_the_network_of_planted_heads_beats_the_mean_of_all_on_held_out_genes(
    make_truth, make_heads, auroc_of
):
    truth = make_truth()
    plan = plan_training(truth, "x")
    heads = make_heads(truth, count=30, planted=3, effect=1.0)
    selected = combine(heads(), select_heads(heads(), plan.train, name="x"))
    mean = sum(head.scores for _, head in heads())
    all_alike = auroc_of(Network(mean, truth.regulators, truth.targets), plan.test)
    assert auroc_of(selected, plan.test) > all_alike + 0.1


def test_standardising_makes_the_scale_of_a_head_irrelevant(make_truth, make_heads):
    truth = make_truth()
    heads = make_heads(truth, planted=2)

    def scaled():
        for number, (name, head) in enumerate(heads()):
            yield name, dataclasses.replace(head, scores=head.scores * 10.0 ** (number % 7 - 3) + number % 2)

    one, other = (select_heads(stream(), truth, name="x") for stream in (heads, scaled))
    np.testing.assert_allclose(one.coefficients, other.coefficients, rtol=1e-3, atol=1e-5)


def test_mean_and_deviation_are_of_all_training_pairs_not_of_the_sample(make_truth, make_heads):
    truth = make_truth()
    found = select_heads(make_heads(truth)(), truth, name="x", rule=Rule(most_pairs=500))
    candidates = np.ones(truth.edges.shape, bool)
    candidates[np.arange(20), np.arange(20)] = False  # the first 20 targets are the first 20 regulators
    expected = [head.scores[candidates].std(dtype=np.float64) for _, head in make_heads(truth)()]
    np.testing.assert_allclose(found.scales, expected, rtol=1e-5)
    assert (found.n_sampled, found.n_pairs) == (500, int(candidates.sum()))


def test_the_same_seed_gives_the_same_selection(make_truth, make_heads):
    truth = make_truth()
    rule = Rule(most_pairs=1000)
    one, same, other = (
        select_heads(make_heads(truth, planted=1)(), truth, name="x", seed=seed, rule=rule)
        for seed in (1, 1, 2)
    )
    assert one == same
    assert one.coefficients != other.coefficients


def test_the_order_of_heads_does_not_matter(make_truth, make_heads):
    truth = make_truth()
    heads = make_heads(truth, planted=2)
    order = np.random.default_rng(0).permutation(12)
    one, other = (select_heads(heads(given), truth, name="x") for given in (None, order))
    assert dict(zip(one.names, one.coefficients, strict=True)) == dict(
        zip(other.names, other.coefficients, strict=True)
    )
    networks = [combine(heads(given), found).scores for given, found in ((None, one), (order, other))]
    np.testing.assert_allclose(*networks, rtol=1e-5)


def test_the_order_of_genes_does_not_matter(make_truth, make_heads):
    truth = make_truth()
    rng = np.random.default_rng(1)
    rows, columns = (rng.permutation(length) for length in truth.edges.shape)
    names = [truth.regulators[one] for one in rows], [truth.targets[one] for one in columns]
    heads = make_heads(truth, planted=2)

    def shuffled():
        for name, head in heads():
            yield name, Network(head.scores[rows][:, columns], *map(tuple, names))

    rule = Rule(most_pairs=1000)
    one = select_heads(heads(), truth, name="x", rule=rule)
    other = select_heads(shuffled(), truth.restrict(*names), name="x", rule=rule)
    np.testing.assert_allclose(one.coefficients, other.coefficients, rtol=1e-6)


def test_genes_that_the_heads_lack_are_no_training_pairs(make_truth, make_heads):
    truth = make_truth()
    keep = truth.regulators[:30], truth.targets[:100]

    def fewer():
        for name, head in make_heads(truth, planted=2)():
            yield name, Network(head.scores[:30, :100], *keep)

    found = select_heads(fewer(), truth, name="x")
    assert (found.regulators, found.targets) == (tuple(sorted(keep[0])), tuple(sorted(keep[1])))
    assert found.coefficients == select_heads(fewer(), truth.restrict(*keep), name="x").coefficients


def test_sparse_heads_are_their_dense_twins(make_truth, make_heads):
    truth = make_truth()

    def streams(make):
        for name, head in make_heads(truth, planted=2)():
            yield (
                name,
                Network(make(np.where(head.scores > 1.5, head.scores, 0)), truth.regulators, truth.targets),
            )

    dense, thin = (select_heads(streams(make), truth, name="x") for make in (np.asarray, sparse.csr_array))
    np.testing.assert_allclose(dense.coefficients, thin.coefficients, rtol=1e-6)


def test_signed_heads_count_by_magnitude(make_truth, make_heads):
    truth = make_truth()
    sign = np.random.default_rng(3).choice([-1, 1], truth.edges.shape)

    def signed():
        for name, head in make_heads(truth, planted=2)():
            yield name, Network(head.scores * sign, truth.regulators, truth.targets, signed=True)

    plain = select_heads(make_heads(truth, planted=2)(), truth, name="x")
    assert select_heads(signed(), truth, name="x").coefficients == plain.coefficients
    assert not combine(signed(), plain).signed


def test_a_constant_head_is_never_selected(make_truth, make_heads):
    truth = make_truth()

    def heads():
        yield from make_heads(truth, planted=1)()
        yield "constant", Network(np.full(truth.edges.shape, 0.1), truth.regulators, truth.targets)

    found = select_heads(heads(), truth, name="x")
    assert "constant" not in found.selected


def test_lambda_is_the_best_of_the_inner_folds(make_truth, make_heads):
    truth = make_truth()
    found = select_heads(make_heads(truth, planted=3, effect=0.5)(), truth, name="x")
    assert [penalty for penalty, _ in found.cv_scores] == list(Rule().penalties)
    assert dict(found.cv_scores)[found.penalty] == max(score for _, score in found.cv_scores)


def test_equal_scores_in_the_folds_take_the_larger_lambda(make_truth):
    truth = make_truth()
    perfect = Network(truth.edges.toarray().astype(float), truth.regulators, truth.targets)
    found = select_heads([("one", perfect), ("two", perfect)], truth, name="x")
    assert found.penalty == max(Rule().penalties)
    assert found.coefficients[0] == pytest.approx(found.coefficients[1])


def test_memory_is_the_sample_of_all_heads_beside_one_head(make_truth):
    truth = make_truth(regulators=300, targets=1000, density=0.01)
    count, most = 24, 20_000

    def heads():
        for number in range(count):
            rng = np.random.default_rng(number)
            scores = rng.random(truth.edges.shape, dtype=np.float32)
            yield f"h{number}", Network(scores, truth.regulators, truth.targets)
            del scores

    rule = Rule(most_pairs=most)
    select_heads(heads(), truth, name="x", rule=rule)  # imports and caches
    tracemalloc.start()
    select_heads(heads(), truth, name="x", rule=rule)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    one_head, sample = 4 * 300 * 1000, 4 * count * most
    assert peak < 2 * sample + 8 * one_head < count * one_head


def test_a_single_lambda_needs_no_folds():
    names = "abcd"
    edges = np.zeros((4, 4), bool)
    edges[0, 1] = True
    truth = Truth(sparse.csr_array(edges), tuple(names), tuple(names))
    heads = [
        (f"h{one}", Network(np.eye(4)[one] * np.ones((4, 1)), truth.regulators, truth.targets))
        for one in range(4)
    ]
    found = select_heads(heads, truth, name="x", rule=ONE_PENALTY)
    assert (found.selected, found.cv_scores) == (("h1",), ())


def test_a_truth_too_small_for_folds_is_refused(make_heads):
    names = tuple("abcd")
    edges = np.zeros((4, 4), bool)
    edges[0, 1] = True
    truth = Truth(sparse.csr_array(edges), names, names)
    with pytest.raises(TruthError, match="1 true pairs, too few for 3 folds"):
        select_heads(make_heads(truth)(), truth, name="x")


def test_heads_that_rank_false_pairs_first_are_refused(make_truth):
    truth = make_truth()
    wrong = Network(1.0 - truth.edges.toarray(), truth.regulators, truth.targets)
    constant = Network(np.ones(truth.edges.shape), truth.regulators, truth.targets)
    with pytest.raises(NetworkError, match=r"None of the 2 heads \(1 of them constant\)"):
        select_heads([("wrong", wrong), ("constant", constant)], truth, name="x")


def test_heads_on_other_genes_than_the_truth_are_refused(make_truth):
    truth = make_truth()
    head = Network(np.ones((1, 1)), ("X",), ("Y",))
    with pytest.raises(TruthError, match="score 0 of the 40 training regulators"):
        select_heads([("a", head), ("b", head)], truth, name="x")


def test_a_training_truth_without_edges_is_refused(make_truth, make_heads):
    truth = make_truth()
    empty = dataclasses.replace(truth, edges=sparse.csr_array(truth.edges.shape))
    with pytest.raises(TruthError, match="0 true and"):
        select_heads(make_heads(truth)(), empty, name="x")


def test_a_head_with_nan_is_refused(make_truth, make_heads):
    truth = make_truth()

    def heads():
        yield from make_heads(truth)()
        yield "nan", Network(np.full(truth.edges.shape, np.nan), truth.regulators, truth.targets)

    with pytest.raises(NetworkError, match="NaN or infinite"):
        select_heads(heads(), truth, name="x")


@pytest.mark.parametrize(
    "rule",
    [{"penalties": ()}, {"penalties": (0.0,)}, {"penalties": (float("nan"),)}, {"folds": 1},
     {"most_pairs": 3}, {"average": "median"}],
)  # fmt: skip
def test_rules_that_select_nothing_are_refused(rule):
    with pytest.raises(SettingError, match="expected"):
        Rule(**rule)
