"""What the runner calls, end to end on counts."""

import dataclasses
import weakref
from dataclasses import dataclass, field

import numpy as np
import pytest

from bengrn.errors import NetworkError, SettingError, TruthError
from bengrn.heads.overlap import Training, plan_training, refuse_training
from bengrn.heads.run import infer_as_published, infer_with_heads, selection_ingredients
from bengrn.heads.select import Rule
from bengrn.values import Network


@dataclass
class Model:
    """Heads that know nothing, and one that knows the truth."""

    truth: object
    name: str = "model"
    asked: list = field(default_factory=list)

    def heads(self, adata, *, regulators, seed):
        self.asked.append((regulators, seed))
        for number in range(6):
            rng = np.random.default_rng([seed, number])
            scores = rng.random((len(regulators), adata.n_vars))
            if number == 2:
                edges = self.truth.restrict(regulators, self.truth.targets).edges.toarray()
                place = adata.var_names.get_indexer(list(self.truth.targets))
                scores[:, place] += edges
            yield f"layer{number}", Network(scores, tuple(regulators), tuple(adata.var_names))


@pytest.fixture
def truth(make_truth):
    return make_truth(density=0.15)


@pytest.fixture
def adata(truth):
    import anndata

    names = sorted({*truth.regulators, *truth.targets})
    data = anndata.AnnData(np.ones((3, len(names)), dtype=np.float32))
    data.var_names = names
    return data


def test_the_head_that_knows_is_found_and_scores_on_genes_it_was_not_selected_on(truth, adata, auroc_of):
    model, plan = Model(truth), plan_training(truth, "x")
    network, selection = infer_with_heads(model, adata, plan, seed=5)
    assert selection.selected[0] == "layer2"
    assert auroc_of(network, plan.test) > 0.9


def test_heads_are_asked_for_twice_alike_with_the_regulators_of_both_parts(truth, adata):
    model = Model(truth)
    infer_with_heads(model, adata, plan_training(truth, "x"), seed=5)
    assert model.asked == [(tuple(sorted(truth.regulators)), 5)] * 2


def test_a_plan_that_scores_its_training_genes_is_refused(truth, adata):
    with pytest.raises(TruthError, match="Score genes that were held out"):
        infer_with_heads(Model(truth), adata, Training("x", truth, truth, 0), seed=0)


def test_the_published_recipe_runs_on_the_whole_truth(truth, adata):
    _, selection = infer_as_published(Model(truth), adata, truth, name="x", preset="omnipath", seed=0)
    assert selection.leaky


def test_a_method_without_heads_is_refused(truth, adata):
    with pytest.raises(SettingError, match="object offers no heads"):
        infer_with_heads(object(), adata, plan_training(truth, "x"), seed=0)


def test_a_key_follows_the_training_truth_and_the_rule(truth):
    plan = plan_training(truth, "x")
    parts = [
        selection_ingredients(plan.train, Rule()),
        selection_ingredients(plan.test, Rule()),
        selection_ingredients(plan.train, Rule(folds=4)),
        selection_ingredients(plan.train, "omnipath"),
    ]
    assert len({str(one) for one in parts}) == 4
    assert parts[0] == selection_ingredients(plan_training(truth, "y").train, Rule())


def test_a_key_follows_the_rows_that_the_heads_have(truth):
    plan = plan_training(truth, "x")
    keys = [
        selection_ingredients(plan.train, Rule(), rows)
        for rows in (plan.test.regulators, plan.test.regulators[1:], plan.test.regulators[::-1])
    ]
    assert keys[0] == keys[2] != keys[1]


def test_a_published_network_has_rows_for_both_truths(truth, adata):
    rows = truth.restrict(truth.regulators[:30], truth.targets)
    model = Model(truth)
    network, _ = infer_as_published(model, adata, rows, name="x", preset="omnipath", seed=0, scored=truth)
    assert network.regulators == tuple(sorted(truth.regulators))


def test_no_two_heads_are_alive_at_once(truth, adata):
    alive = []

    class Watched(Model):
        def heads(self, adata, *, regulators, seed):
            for name, network in super().heads(adata, regulators=regulators, seed=seed):
                assert not [one for one in alive[:-1] if one() is not None]
                alive.append(weakref.ref(network))
                yield name, network

    infer_with_heads(Watched(truth), adata, plan_training(truth, "x"), seed=5)
    assert len(alive) == 12


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda one: Network(one.scores.T, one.targets, one.regulators), "rows hold 130 genes.*Transposed?"),
        (lambda one: Network(one.scores, one.regulators, [f"Q{x}" for x in one.targets]), "columns hold 170"),
    ],
)
def test_heads_on_genes_that_were_not_asked_for_are_refused(truth, adata, change, said):
    class Wrong(Model):
        def heads(self, adata, *, regulators, seed):
            for name, network in super().heads(adata, regulators=regulators, seed=seed):
                yield name, change(network)

    with pytest.raises(NetworkError, match=said):
        infer_with_heads(Wrong(truth), adata, plan_training(truth, "x"), seed=5)


def test_what_cannot_be_streamed_is_refused(truth, adata):
    class Wrong(Model):
        def heads(self, adata, *, regulators, seed):
            return 3

    with pytest.raises(NetworkError, match="heads returned int; expected pairs"):
        infer_with_heads(Wrong(truth), adata, plan_training(truth, "x"), seed=5)


def test_a_plan_is_checked_without_heads_too(truth):
    plan = plan_training(truth, "x")
    refuse_training(plan)
    with pytest.raises(TruthError, match="Score genes that were held out"):
        refuse_training(dataclasses.replace(plan, test=truth))
