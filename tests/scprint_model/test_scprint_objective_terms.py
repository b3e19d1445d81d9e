"""The terms of a training step one by one: weights, settings, and cells that have little to teach."""

from dataclasses import replace

import pytest
import torch

from scprint_model.losses.hierarchical import hierarchical_loss
from scprint_model.losses.mse import inflated_loss
from scprint_model.losses.zinb import zinb_loss
from scprint_model.model import ScPrint
from scprint_model.noise import thin
from scprint_model.objective import Objective, compute_losses

HIERARCHIES = {
    "cell_type": torch.tensor([[True, True, False, False], [True, True, True, False]]),
    "sex": torch.zeros(0, 2, dtype=torch.bool),
}


def _losses(model, batch, objective, seed=0, **more):
    generator = torch.Generator().manual_seed(seed)
    return compute_losses(model, batch, objective, hierarchies=HIERARCHIES, generator=generator, **more)


def test_the_adversary_reads_a_class_off_the_other_tokens(lively_model, tiny_batch):
    model = lively_model()
    tokens = model(tiny_batch()).cell_tokens
    logits = model.adversarial_class_logits(tokens)
    torch.testing.assert_close(logits["sex"], model.class_heads["sex"](tokens[:, 2]))
    torch.testing.assert_close(logits["cell_type"], model.class_heads["cell_type"](tokens[:, 3]))


def test_the_adversary_learns_and_the_tokens_unlearn(lively_model, tiny_batch):
    model, batch = lively_model(), tiny_batch()
    tokens = model(batch).cell_tokens.detach().requires_grad_()
    head = model.class_heads["sex"]
    found = []
    for logits in (model.adversarial_class_logits(tokens)["sex"], head(tokens[:, 2])):
        loss = hierarchical_loss(logits, batch.classes[:, 1], HIERARCHIES["sex"])
        found.append(torch.autograd.grad(loss, (tokens, head.output.weight)))
    (reversed_, learned), (plain, weight) = found
    torch.testing.assert_close(reversed_, -plain)
    torch.testing.assert_close(learned, weight)


@pytest.mark.parametrize(
    ("changes", "plain", "more", "term", "factor"),
    [
        ({}, {}, {"class_scale": 6.0}, "denoise 0.6/class sex", 4),
        ({"mvc": "sum query"}, {"mvc": 1.0}, {"mvc": 0.3}, "denoise 0.6/mvc", 0.3),
        ({}, {"ecs": 1.0}, {"ecs": 0.05}, "generate/similarity", 0.05),
        ({}, {"cce": 1.0}, {"cce": 0.002}, "contrast", 0.002),
        ({}, {"cce": 1.0}, {"cce": 1.0, "cce_divisor": "pairs"}, "contrast", 2),
        ({"datasets": 3}, {"adversarial_dataset": 1.0}, {"adversarial_dataset": 0.1},
         "denoise 0.6/adversarial dataset", 0.1),
        ({}, {"adversarial_class": 1.0}, {"adversarial_class": 0.1}, "denoise 0.6/adversarial sex", 0.1),
        ({}, {"dissimilarity": 1.0}, {"dissimilarity": 0.2}, "generate/dissimilarity", 0.2),
    ],
)  # fmt: skip
def test_a_weight_multiplies_its_term(lively_model, tiny_batch, changes, plain, more, term, factor):
    model, batch = lively_model(**changes), tiny_batch()
    first, second = (_losses(model, batch, Objective(**one))[term] for one in (plain, more))
    torch.testing.assert_close(second, factor * first)


@pytest.mark.parametrize(
    ("setting", "term"),
    [
        ({"ecs": 1.0, "ecs_threshold": 0.6}, "generate/similarity"),
        ({"cce": 1.0, "cce_temperature": 0.1}, "contrast"),
        ({"noise_law": "binomial"}, "denoise 0.6/expression"),
        ({"dissimilarity_kind": "cosine+distance"}, "generate/dissimilarity"),
        ({"class_kind": "ancestors"}, "denoise 0.6/class cell_type"),
    ],
)
def test_a_setting_reaches_its_loss(lively_model, tiny_batch, setting, term):
    model, batch = lively_model(), tiny_batch()
    usual = {name: 1.0 for name in ("ecs", "cce") if name in setting}
    plain, other = (_losses(model, batch, Objective(**one))[term] for one in (usual, setting))
    assert not torch.allclose(plain, other)


@pytest.mark.parametrize("weight", [0.0, 0.1, 0.5])
def test_the_squared_error_beside_the_zinb_is_weighted(lively_model, tiny_batch, weight):
    model, batch = lively_model(expression="zinb+mse"), tiny_batch()
    found = _losses(model, batch, Objective(denoise=(), mask=(0.3,), generate=False, inflated_mse=weight))
    told = model(batch, mask=torch.rand((8, 20), generator=torch.Generator().manual_seed(0)) < 0.3).expression
    zinb = zinb_loss(batch.counts, told.mean, told.dispersion, told.zero_logits)
    error = inflated_loss(batch.counts, told.mean, told.zero_logits)
    torch.testing.assert_close(found["mask 0.3/expression"], zinb + weight * error)


def test_a_thinned_masked_pass_has_the_thinned_profile_as_input_target_and_depth(lively_model, tiny_batch):
    model, batch = lively_model(), tiny_batch()
    objective = Objective(denoise=(), mask=(0.3,), mask_thinned=True, generate=False)
    found = _losses(model, batch, objective)
    generator = torch.Generator().manual_seed(0)
    rates = 0.5 * torch.rand(8, generator=generator)
    counts = thin(batch.counts, rates, generator=generator)
    thinned = replace(batch, counts=counts, depth=counts.sum(dim=1))
    told = model(thinned, mask=torch.rand((8, 20), generator=generator) < 0.3).expression
    loss = zinb_loss(counts, told.mean, told.dispersion, told.zero_logits)
    torch.testing.assert_close(found["mask 0.3/expression"], loss)


def test_with_noise_per_cell_rates_go_from_0_to_the_rate(lively_model, tiny_batch):
    model, batch = lively_model(), tiny_batch()
    found = _losses(model, batch, Objective(noise_per_cell=True, generate=False))
    generator = torch.Generator().manual_seed(0)
    noisy = thin(batch.counts, 0.6 * torch.rand(8, generator=generator), generator=generator)
    told = model(batch, counts=noisy).expression
    loss = zinb_loss(batch.counts, told.mean, told.dispersion, told.zero_logits)
    torch.testing.assert_close(found["denoise 0.6/expression"], loss)


@pytest.mark.parametrize(
    ("changes", "settings"),
    [
        ({}, {"cce": 0.1, "ecs": 0.1, "adversarial_class": 0.1}),
        ({"mvc": "inner product", "datasets": 3}, {"mvc": 1.0, "adversarial_dataset": 0.1}),
        ({"expression": "mse", "mvc": "sum query"}, {"mvc": 1.0}),
        ({"expression": "zinb+mse", "cell_blocks": 1}, {"class_kind": "ancestors"}),
    ],
    ids=str,
)
def test_padding_changes_no_loss(lively_model, tiny_batch, changes, settings):
    model, batch = lively_model(**changes), tiny_batch()
    mask = torch.zeros(8, 24, dtype=torch.bool)
    mask[:, 20:] = True
    padded = replace(
        batch,
        genes=torch.cat((batch.genes, torch.zeros(8, 4, dtype=torch.long)), dim=1),
        counts=torch.cat((batch.counts, torch.zeros(8, 4)), dim=1),
        mask=mask,
    )
    objective = Objective(denoise=(), full=True, **settings)
    first, second = (_losses(model, one, objective) for one in (batch, padded))
    for name, value in first.items():
        torch.testing.assert_close(value, second[name], atol=1e-5, rtol=1e-4)
    # real noise would differ, as more positions draw more numbers; this takes nothing away
    objective = Objective(denoise=(1e-6,), full=True, **settings)
    first, second = (_losses(model, one, objective)["denoise 1e-06/expression"] for one in (batch, padded))
    torch.testing.assert_close(first, second, atol=1e-5, rtol=1e-4)


def test_a_cell_without_counts_in_context_gives_finite_losses(tiny_config, tiny_batch):
    batch = tiny_batch()
    model = ScPrint(tiny_config())
    found = _losses(model, replace(batch, counts=torch.zeros(8, 20)), Objective())
    found["total"].backward()
    assert torch.isfinite(found["total"])


def test_labels_that_are_all_unknown_teach_the_classifiers_nothing(tiny_config, tiny_batch):
    model, batch = ScPrint(tiny_config()), tiny_batch()
    found = _losses(model, replace(batch, classes=torch.full((8, 2), -1)), Objective())
    found["total"].backward()
    assert [found[f"denoise 0.6/class {name}"].item() for name in model.class_heads] == [0, 0]
    assert not any(part.grad.any() for part in model.class_heads.parameters())
    assert model.expression_head.output.weight.grad.any()


@pytest.mark.parametrize("kind", ["label", "published", "ancestors"])
def test_one_cell_and_a_class_of_one_leaf_give_finite_losses(tiny_config, tiny_batch, kind):
    model = ScPrint(tiny_config(classes=(("only", 1), ("sex", 2))))
    batch = replace(tiny_batch(1), classes=torch.tensor([[1, 0]]))  # the group above the one leaf
    hierarchies = {"only": torch.ones(1, 1, dtype=torch.bool), "sex": HIERARCHIES["sex"]}
    objective = Objective(class_kind=kind, ecs=0.1, cce=0.1, adversarial_class=0.1)
    found = compute_losses(model, batch, objective, hierarchies=hierarchies)
    found["total"].backward()
    assert all(torch.isfinite(value) for value in found.values())
    assert all(torch.isfinite(one.grad).all() for one in model.parameters() if one.grad is not None)
    assert float(found["denoise 0.6/class only"].detach()) > 0


def test_bf16_autocast_gives_losses_in_float32(tiny_config, tiny_batch):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = _losses(ScPrint(tiny_config()), tiny_batch(), Objective())
    assert {value.dtype for value in found.values()} == {torch.float32}
