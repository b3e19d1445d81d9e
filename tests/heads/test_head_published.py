"""The published selection: equal to scikit-learn's classifier, and leaky."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from bengrn.errors import NetworkError, SettingError
from bengrn.heads.combine import combine
from bengrn.heads.overlap import plan_training, refuse_overlap
from bengrn.heads.pairs import draw_pairs
from bengrn.heads.published import RECIPES, Recipe, select_as_published
from bengrn.heads.select import select_heads
from bengrn.values import Network

SEEDS = range(6)


@pytest.mark.parametrize("preset", list(RECIPES))
def test_coefficients_are_those_of_the_ridge_classifier(make_truth, make_heads, preset):
    truth, how = make_truth(regulators=25, targets=60), RECIPES[preset]
    heads = make_heads(truth, count=8, planted=2)
    found = select_as_published(heads(), truth, name="x", preset=preset, seed=4)
    cells = draw_pairs(
        truth, most=10**6, seed=4, share=how.share, shuffled=how.shuffled, with_self=True
    ).cells.toarray()
    y, x = truth.edges.toarray()[cells], np.stack([head.scores[cells] for _, head in heads()], axis=1)
    positive = how.positive_weight or truth.edges.toarray().size / truth.edges.sum()
    peer = RidgeClassifier(
        alpha=how.penalty, fit_intercept=False, positive=True, class_weight={0: 1, 1: positive}, tol=1e-12,
        max_iter=100_000,
    )  # fmt: skip
    peer.fit(x.astype(np.float64), y)
    np.testing.assert_allclose(found.coefficients, np.ravel(peer.coef_), atol=1e-5)


def test_the_presets_are_those_of_the_paper():
    assert RECIPES["omnipath"] == Recipe(penalty=1, share=0.6, positive_weight=200)
    assert RECIPES["mccalla-omnipath-heads"] == Recipe(penalty=1, share=0.9, positive_weight=100)
    assert RECIPES["mccalla-han-heads"] == Recipe(penalty=0.5, share=0.5, positive_weight=None)
    assert RECIPES["gwps"] == Recipe(penalty=0.8, share=0.5, positive_weight=30, shuffled=False)


def test_the_network_is_the_plain_mean_of_the_selected_heads(make_truth, make_heads):
    truth = make_truth()
    heads = make_heads(truth, planted=2)
    found = select_as_published(heads(), truth, name="x", preset="omnipath")
    chosen = [head.scores for name, head in heads() if name in found.selected]
    np.testing.assert_allclose(combine(heads(), found).scores, np.mean(chosen, axis=0), rtol=1e-5)


def test_it_says_that_it_is_leaky_and_strict_scoring_refuses_it(make_truth, make_heads):
    from bengrn.errors import TruthError

    truth = make_truth()
    found = select_as_published(make_heads(truth)(), truth, name="x", preset="omnipath")
    assert (found.leaky, found.recipe, found.card()["leaky"]) == (True, "omnipath", True)
    with pytest.raises(TruthError, match="held out"):
        refuse_overlap(found, truth)


def test_a_sample_of_false_pairs_weighs_as_much_as_all(make_truth, make_heads):
    truth = make_truth(regulators=80, targets=300)
    heads = make_heads(truth, planted=3)
    every, some = (
        select_as_published(heads(), truth, name="x", preset="omnipath", most_pairs=most)
        for most in (10**6, 5000)
    )
    assert some.n_sampled == 5000 < every.n_sampled
    np.testing.assert_allclose(some.coefficients, every.coefficients, atol=0.1 * max(every.coefficients))


@pytest.mark.parametrize("hubs", [False, True])
def test_on_heads_of_noise_the_leaky_selection_beats_chance_and_the_strict_does_not(
    make_truth, make_heads, auroc_of, hubs
):
    leaky, strict = [], []
    for seed in SEEDS:
        truth = make_truth(seed)
        heads = make_heads(truth, seed=seed + 100, count=40, hubs=hubs)
        published = select_as_published(heads(), truth, name="x", preset="omnipath", seed=seed)
        leaky.append(auroc_of(combine(heads(), published), truth))
        plan = plan_training(truth, "x", seed=seed)
        strict.append(
            auroc_of(combine(heads(), select_heads(heads(), plan.train, name="x", seed=seed)), plan.test)
        )
    error = np.std(strict, ddof=1) / np.sqrt(len(strict))
    assert abs(np.mean(strict) - 0.5) < 3 * error
    assert np.mean(leaky) > 0.5 + 3 * np.std(leaky, ddof=1) / np.sqrt(len(leaky))
    assert np.mean(leaky) > np.mean(strict) + 0.02


def test_an_unknown_recipe_is_refused(make_truth, make_heads):
    truth = make_truth()
    with pytest.raises(SettingError, match="Did you mean 'omnipath'"):
        select_as_published(make_heads(truth)(), truth, name="x", preset="omnipat")


def test_a_recipe_that_selects_nothing_says_so(make_truth):
    truth = make_truth(density=0.01)
    flat = Network(np.ones(truth.edges.shape), truth.regulators, truth.targets)
    with pytest.raises(NetworkError, match="selects none of the 2 heads"):
        select_as_published([("a", flat), ("b", flat)], truth, name="x", preset="gwps")
