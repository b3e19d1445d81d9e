"""Classification with groups: by hand, by a slow reimplementation, and what it teaches the leaves."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from scprint_model.errors import LabelError
from scprint_model.losses.hierarchical import ancestors_loss, hierarchical_loss

# three leaves; the one group, label 3, holds leaves 0 and 1
HIERARCHY = torch.tensor([[True, True, False]])


def _softplus(x):
    return math.log1p(math.exp(x))


def test_three_leaves_and_one_parent_by_hand():
    logits = torch.tensor([[1.0, -0.5, 0.25]] * 3)
    # the leaf 2; the group of 0 and 1; unknown
    loss = hierarchical_loss(logits, torch.tensor([2, 3, -1]), HIERARCHY)
    leaf = _softplus(1.0) + _softplus(-0.5) + _softplus(-0.25)
    group = _softplus(0.25) + _softplus(-math.log(math.exp(1.0) + math.exp(-0.5)))
    # 3 cells x (3 leaves + 1 column), entries of weight 0 too
    assert float(loss) == pytest.approx((leaf + group) / 12, rel=1e-6)


def test_without_a_group_in_the_batch_there_is_no_more_column():
    logits = torch.tensor([[1.0, -0.5, 0.25]])
    loss = hierarchical_loss(logits, torch.tensor([2]), HIERARCHY)
    assert float(loss) == pytest.approx((_softplus(1.0) + _softplus(-0.5) + _softplus(-0.25)) / 3, rel=1e-6)


def test_with_a_column_in_every_batch_two_halves_average_to_the_whole():
    logits, labels = torch.randn(6, 3), torch.tensor([0, 2, -1, 3, 1, 3])
    parts = (slice(3), slice(3, 6))
    halves = [hierarchical_loss(logits[one], labels[one], HIERARCHY, by_batch=False) for one in parts]
    whole = hierarchical_loss(logits, labels, HIERARCHY, by_batch=False)
    torch.testing.assert_close(sum(halves) / 2, whole)
    torch.testing.assert_close(whole, hierarchical_loss(logits, labels, HIERARCHY))


def test_it_equals_a_row_by_row_reimplementation():
    rng = np.random.default_rng(0)
    cells, leaves, groups = 40, 7, 3
    hierarchy = rng.random((groups, leaves)) < 0.4
    hierarchy[np.arange(groups), np.arange(groups)] = True
    logits, labels = rng.normal(size=(cells, leaves)), rng.integers(-1, leaves + groups, cells)
    total = 0.0
    for row, label in zip(logits, labels, strict=True):
        for leaf, logit in enumerate(row):
            under = label >= leaves and hierarchy[label - leaves, leaf]
            if label >= 0 and not under:
                total += _softplus(-logit if leaf == label else logit)
        if label >= leaves:
            total += _softplus(-np.log(np.exp(row[hierarchy[label - leaves]]).sum()))
    ours = hierarchical_loss(*(torch.tensor(x) for x in (logits, labels, hierarchy)))
    assert float(ours) == pytest.approx(total / (cells * (leaves + 1)), rel=1e-5)


def test_a_parent_alone_raises_its_leaves_and_lowers_the_others():
    logits = torch.zeros(1, 3, requires_grad=True)
    optimiser = torch.optim.SGD([logits], lr=1.0)
    for _ in range(20):
        optimiser.zero_grad()
        hierarchical_loss(logits, torch.tensor([3]), HIERARCHY).backward()
        optimiser.step()
    first, second, other = logits.detach()[0]
    assert float(first) == float(second) > 0 > float(other)


def test_an_unknown_label_teaches_nothing_but_leaves_a_gradient_of_zero():
    logits = torch.randn(2, 3, requires_grad=True)
    loss = hierarchical_loss(logits, torch.tensor([-1, -1]), HIERARCHY)
    (gradient,) = torch.autograd.grad(loss, logits)
    assert loss.item() == 0
    assert not gradient.any()


@pytest.mark.parametrize("loss", [hierarchical_loss, ancestors_loss])
@pytest.mark.parametrize("hierarchy", [HIERARCHY, torch.zeros(0, 3, dtype=torch.bool)])
def test_a_label_above_all_groups_teaches_nothing(loss, hierarchy):
    logits = torch.randn(2, 3, requires_grad=True)
    (gradient,) = torch.autograd.grad(loss(logits, torch.tensor([4, 9]), hierarchy), logits)
    assert not gradient.any()


def test_gradients_stay_finite_with_huge_logits_and_mixed_labels():
    logits = torch.tensor([[80.0, -90.0, 3.0]] * 4, requires_grad=True)
    loss = hierarchical_loss(logits, torch.tensor([0, 3, -1, 1]), HIERARCHY)
    (gradient,) = torch.autograd.grad(loss, logits)
    assert torch.isfinite(gradient).all()


def test_a_class_without_groups_is_plain_cross_entropy():
    logits = torch.randn(5, 4)
    labels = torch.tensor([0, 3, 2, 2, 1])
    ours = hierarchical_loss(logits, labels, torch.zeros(0, 4, dtype=torch.bool))
    plain = functional.binary_cross_entropy_with_logits(logits, functional.one_hot(labels, 4).float())
    torch.testing.assert_close(ours, plain)


def test_a_hierarchy_of_another_class_is_refused():
    with pytest.raises(LabelError, match="the classifier has 4 leaves"):
        hierarchical_loss(torch.zeros(2, 4), torch.zeros(2, dtype=torch.long), HIERARCHY)


def test_with_all_ancestors_a_leaf_also_raises_its_group_by_hand():
    logits = torch.tensor([[1.0, -0.5, 0.25]])
    loss = ancestors_loss(logits, torch.tensor([1]), HIERARCHY)
    leaves = _softplus(1.0) + _softplus(0.5) + _softplus(0.25)
    group = _softplus(-math.log(math.exp(1.0) + math.exp(-0.5))) / math.sqrt(2)
    assert float(loss) == pytest.approx((leaves + group) / 4, rel=1e-6)


def test_with_all_ancestors_a_group_raises_itself_and_larger_groups_only():
    hierarchy = torch.tensor([[True, True, False, False], [True, True, True, False]])
    logits = torch.tensor([[0.3, -0.2, 0.1, 0.7]])
    own, larger = (math.log(sum(math.exp(x) for x in logits[0, :n].tolist())) for n in (2, 3))
    leaves = _softplus(0.1) + _softplus(0.7)
    groups = _softplus(-own) / math.sqrt(2) + _softplus(-larger) / math.sqrt(3)
    loss = ancestors_loss(logits, torch.tensor([4]), hierarchy)
    assert float(loss) == pytest.approx((leaves + groups) / 6, rel=1e-6)
    larger_only = ancestors_loss(logits, torch.tensor([5]), hierarchy)
    assert float(larger_only) == pytest.approx(
        (_softplus(0.7) + _softplus(-larger) / math.sqrt(3)) / 6, rel=1e-6
    )
