"""What the runner calls, end to end on counts."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from bengrn.errors import SettingError, TruthError
from bengrn.heads.overlap import Training, plan_training
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
