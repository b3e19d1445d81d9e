"""Nothing that was learnt from is scored."""

import dataclasses

import numpy as np
import pytest
from scipy import sparse

from bengrn.errors import TruthError
from bengrn.heads.overlap import plan_training, refuse_overlap
from bengrn.heads.select import Rule, select_heads
from bengrn.values import Truth


def _genes(truth):
    return {*truth.regulators, *truth.targets}


@pytest.fixture
def truth(make_truth):
    return make_truth()


@pytest.fixture
def select(make_heads):
    def select(train, heads_on):
        return select_heads(
            make_heads(heads_on, planted=2)(), train, name="train", rule=Rule(penalties=(1.0,))
        )

    return select


def test_the_parts_of_a_plan_share_no_gene(truth):
    plan = plan_training(truth, "x", seed=3)
    assert not _genes(plan.train) & _genes(plan.test)


def test_another_truth_is_scored_on_the_same_pairs_and_trained_without_their_genes(truth, make_truth):
    other = make_truth(seed=9)
    plan, own = (
        plan_training(truth, "x", other=other, other_name="y", seed=3),
        plan_training(truth, "x", seed=3),
    )
    assert plan.name == "y"
    assert (plan.test.regulators, plan.test.targets) == (own.test.regulators, own.test.targets)
    assert _genes(plan.train) == _genes(other) - _genes(plan.test)


def test_a_truth_that_heads_were_selected_on_is_refused(truth, select):
    selection = select(truth, truth)
    with pytest.raises(TruthError, match=r"on 170 of the genes.*expected none") as refused:
        refuse_overlap(selection, truth)
    # 40 x 150 cells without the 20 self-pairs
    assert "5980 of the pairs" in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_the_other_part_is_not_refused(truth, select):
    plan = plan_training(truth, "x")
    refuse_overlap(select(plan.train, truth), plan.test)


def test_one_shared_gene_is_enough_to_refuse_in_either_role(truth, select):
    plan = plan_training(truth, "x")
    selection = select(plan.train, truth)
    target = plan.train.targets[-1]
    turned = Truth(sparse.csr_array(np.ones((1, 1))), (target,), ("new",), organism="simulated")
    with pytest.raises(TruthError, match="on 1 of the genes"):
        refuse_overlap(selection, turned)


def test_a_truth_of_another_species_is_no_teacher(truth, make_truth):
    other = dataclasses.replace(make_truth(seed=1), organism="mouse")
    with pytest.raises(TruthError, match="y is a truth of mouse, x of simulated"):
        plan_training(truth, "x", other=other, other_name="y")


def test_another_truth_on_the_scored_genes_alone_is_no_teacher(truth):
    test = plan_training(truth, "x").test
    with pytest.raises(TruthError, match="no edge between genes that are not scored"):
        plan_training(truth, "x", other=test, other_name="y")
