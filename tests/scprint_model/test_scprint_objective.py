"""A training step: which passes and losses it makes, and that they teach."""

import json
from dataclasses import replace

import pytest
import torch

from scprint_model.errors import ConfigError, LabelError
from scprint_model.losses.embedding import cosine_dissimilarity
from scprint_model.losses.hierarchical import hierarchical_loss
from scprint_model.losses.zinb import zinb_loss
from scprint_model.model import ScPrint
from scprint_model.noise import thin
from scprint_model.objective import Objective, compute_losses, idle_parts

HIERARCHIES = {
    "cell_type": torch.tensor([[True, True, False, False], [True, True, True, False]]),
    "sex": torch.zeros(0, 2, dtype=torch.bool),
}


def _losses(model, batch, objective, seed=0, **more):
    generator = torch.Generator().manual_seed(seed)
    return compute_losses(model, batch, objective, hierarchies=HIERARCHIES, generator=generator, **more)


@pytest.mark.parametrize(("kind", "by_batch"), [("label", False), ("published", True)])
def test_the_published_step_is_a_denoising_pass_and_generation_from_its_tokens(
    lively_model, tiny_batch, kind, by_batch
):
    model, batch = lively_model(), tiny_batch()
    found = _losses(model, batch, Objective(class_kind=kind))
    noisy = thin(batch.counts, 0.6, generator=torch.Generator().manual_seed(0))
    out = model(batch, counts=noisy)
    generated, tokens = model.generate_with_tokens(batch, out.cell_tokens)

    def zinb(one):
        return zinb_loss(batch.counts, one.mean, one.dispersion, one.zero_logits)

    def classes(index, name):
        labels = batch.classes[:, index]
        return 1.5 * hierarchical_loss(out.class_logits[name], labels, HIERARCHIES[name], by_batch=by_batch)

    expected = {
        "denoise 0.6/expression": zinb(out.expression),
        "denoise 0.6/class cell_type": classes(0, "cell_type"),
        "denoise 0.6/class sex": classes(1, "sex"),
        "denoise 0.6/dissimilarity": 0.2 * cosine_dissimilarity(out.cell_tokens),
        "generate/expression": zinb(generated),
        "generate/dissimilarity": 0.2 * cosine_dissimilarity(tokens),
    }
    expected["total"] = sum(expected.values())
    assert list(found) == list(expected)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value)


def test_passes_come_in_the_published_order_and_classes_only_in_the_first(tiny_config, tiny_batch):
    objective = Objective(full=True, mask=(0.3,), denoise=(0.6, 0.3), dissimilarity=0, cce=0.1, ecs=0.05)
    found = _losses(ScPrint(tiny_config()), tiny_batch(), objective)
    assert list(found) == [
        "full/class cell_type",
        "full/class sex",
        "full/similarity",
        "mask 0.3/expression",
        "mask 0.3/similarity",
        "denoise 0.6/expression",
        "denoise 0.6/similarity",
        "denoise 0.3/expression",
        "denoise 0.3/similarity",
        "generate/expression",
        "generate/similarity",
        "contrast",
        "total",
    ]


@pytest.mark.parametrize("changes", [{}, {"cell_blocks": 1}], ids=str)
def test_generation_teaches_the_pass_that_made_its_tokens(tiny_config, tiny_batch, changes):
    model = ScPrint(tiny_config(**changes))
    found = _losses(model, tiny_batch(), Objective(classify=False, dissimilarity=0))
    found["generate/expression"].backward()
    assert model.depth_token.input.weight.grad.any()  # generation itself makes no depth token
    assert model.expression_tokens.input.bias.grad.any()


def test_generation_without_a_full_pass_starts_from_the_last_one(lively_model, tiny_batch):
    model, batch = lively_model(), tiny_batch()
    found = _losses(model, batch, Objective(denoise=(0.3, 0.6)))
    generator = torch.Generator().manual_seed(0)
    _, noisy = (thin(batch.counts, rate, generator=generator) for rate in (0.3, 0.6))
    told = model.generate(batch, model(batch, counts=noisy).cell_tokens)
    loss = zinb_loss(batch.counts, told.mean, told.dispersion, told.zero_logits)
    torch.testing.assert_close(found["generate/expression"], loss)


def test_generation_starts_from_the_full_pass_where_there_is_one(lively_model, tiny_batch):
    model, batch = lively_model(), tiny_batch()
    found = _losses(model, batch, Objective(full=True))
    told = model.generate(batch, model(batch).cell_tokens)
    loss = zinb_loss(batch.counts, told.mean, told.dispersion, told.zero_logits)
    torch.testing.assert_close(found["generate/expression"], loss)


def test_masked_passes_have_the_whole_profile_as_their_target(lively_model, tiny_batch):
    model, batch = lively_model(), tiny_batch()
    found = _losses(model, batch, Objective(denoise=(), mask=(0.3,), generate=False, dissimilarity=0))
    hidden = torch.rand((8, 20), generator=torch.Generator().manual_seed(0)) < 0.3
    told = model(batch, mask=hidden).expression
    loss = zinb_loss(batch.counts, told.mean, told.dispersion, told.zero_logits)
    torch.testing.assert_close(found["mask 0.3/expression"], loss)


def test_weighted_masks_go_by_the_rows_of_the_gene_table(tiny_config, tiny_batch, monkeypatch):
    # upstream's transcription factors are symbols among Ensembl ids, so none is ever weighted
    seen = []
    model = ScPrint(tiny_config())
    forward = model.forward
    monkeypatch.setattr(model, "forward", lambda *a, **k: (seen.append(k["mask"]), forward(*a, **k))[1])
    batch, weights = tiny_batch(), torch.zeros(30)
    weights[:10] = 1.0
    _losses(model, batch, Objective(denoise=(), mask=(0.3,), generate=False), gene_weights=weights)
    assert seen[0].any()
    assert not (seen[0] & (batch.genes >= 10)).any()


@pytest.mark.parametrize(
    ("changes", "objective", "term"),
    [
        ({"mvc": "inner product"}, {"mvc": 1.0, "generate": False}, "denoise 0.6/mvc"),
        ({"datasets": 3}, {"adversarial_dataset": 0.1}, "denoise 0.6/adversarial dataset"),
        ({}, {"adversarial_class": 0.1}, "denoise 0.6/adversarial cell_type"),
        ({"expression": "mse"}, {}, "denoise 0.6/expression"),
        ({"expression": "zinb+mse"}, {}, "generate/expression"),
        ({}, {"mask": (0.3,), "mask_thinned": True}, "mask 0.3/expression"),
        ({}, {"noise_per_cell": True, "denoise": (0.9,)}, "denoise 0.9/expression"),
        ({}, {"dissimilarity_kind": "cosine+distance", "class_kind": "ancestors"}, "generate/dissimilarity"),
        ({"cell_blocks": 1}, {"cce": 0.1, "full": True}, "contrast"),
        ({"cell_blocks": 1}, {"generate": False}, "denoise 0.6/expression"),
        ({"cell_blocks": 1, "cell_layout": "alternating"}, {"generate": False}, "denoise 0.6/expression"),
        ({"cell_blocks": 1, "metacell_token": True},
         {"generate": False, "classify": False, "dissimilarity": 0}, "denoise 0.6/expression"),
        ({"mvc": "sum query", "datasets": 3}, {"classify": False}, "generate/expression"),
        ({}, {"denoise": (), "full": True, "generate": False}, "full/class sex"),
    ],
)  # fmt: skip
def test_each_switch_adds_its_term_and_a_finite_gradient(tiny_config, tiny_batch, changes, objective, term):
    model = ScPrint(tiny_config(**changes))
    found = _losses(model, tiny_batch(), Objective(**objective))
    assert term in found
    found["total"].backward()
    idle = idle_parts(model.config, Objective(**objective))
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            missing = parameter.grad is None
            assert missing == name.startswith(idle) if idle else not missing, name
            assert missing or torch.isfinite(parameter.grad).all(), name


def test_one_batch_can_be_learned(tiny_config, tiny_batch):
    model, batch = ScPrint(tiny_config(), positions=torch.arange(1, 31)), tiny_batch()
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    curve = []
    for step in range(40):
        optimiser.zero_grad()
        found = _losses(model, batch, Objective(), seed=step)
        found["total"].backward()
        optimiser.step()
        curve.append({name: loss.item() for name, loss in found.items()})
    for name in curve[0]:
        if "dissimilarity" not in name:
            assert curve[-1][name] < curve[0][name], name


def test_learning_from_a_parent_label_moves_its_leaves(tiny_config, tiny_batch):
    model, batch = ScPrint(tiny_config()), tiny_batch()
    classes = batch.classes.clone()
    classes[:, 0] = 4  # the group of leaves 0 and 1, never a leaf
    batch = replace(batch, classes=classes)
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    before = model(batch).class_logits["cell_type"].mean(dim=0).detach()
    for step in range(15):
        optimiser.zero_grad()
        _losses(model, batch, Objective(), seed=step)["total"].backward()
        optimiser.step()
    moved = model(batch).class_logits["cell_type"].mean(dim=0).detach() - before
    assert float(moved[:2].min()) > 0 > float(moved[2:].max())


def test_the_noise_hangs_on_the_generator_alone(tiny_config, tiny_batch):
    model, batch = ScPrint(tiny_config()), tiny_batch()
    torch.manual_seed(1)
    first = _losses(model, batch, Objective(), seed=4)
    torch.manual_seed(2)
    second = _losses(model, batch, Objective(), seed=4)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_an_objective_survives_json():
    objective = Objective(mask=(0.3,), denoise=(0.6, 0.9), mvc=1.0, noise_per_cell=True)
    assert Objective.from_dict(json.loads(json.dumps(objective.to_dict()))) == objective


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"denoise": ()}, "no pass"),
        ({"denoise": (1.2,)}, "different rates"),
        ({"denoise": (0.6, 0.6)}, "different rates"),
        ({"mask": (1.0,)}, "below 1"),
        ({"ecs": -1.0}, "ecs is -1.0"),
        ({"cce": float("nan")}, "cce is nan"),
        ({"dissimilarity_kind": "l2"}, "it can be cosine, cosine"),
        ({"noise_law": "gauss"}, "noise_law is 'gauss'"),
        ({"denoise": 0.6}, "must be a list of numbers"),
        ({"mask": ["few"]}, "must be a list of numbers"),
        ({"mvc": "much"}, "mvc is 'much'"),
        ({"class_scale": float("inf")}, "class_scale is inf"),
        ({"cce_temperature": 0}, "above 0"),
        ({"generate": "no"}, "must be true or false"),
        ({"do_mvc": True}, "no setting do_mvc"),
    ],
)
def test_an_impossible_objective_is_refused_with_its_reason(values, message):
    with pytest.raises(ConfigError, match=message):
        Objective.from_dict(values)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        ({"mvc": 1.0}, "set model.mvc"),
        ({"adversarial_dataset": 0.1}, "needs model.datasets"),
        ({"cce": 0.1, "generate": False}, "cce compares passes"),
        ({"denoise": (), "full": True, "generate": False, "classify": False, "dissimilarity": 0}, "no loss"),
    ],
)
def test_a_loss_on_what_is_not_there_is_refused(tiny_config, tiny_batch, objective, message):
    with pytest.raises(ConfigError, match=message):
        _losses(ScPrint(tiny_config()), tiny_batch(), Objective(**objective))


def test_labels_of_other_classes_are_refused(tiny_config, tiny_batch):
    with pytest.raises(ConfigError, match=r"labels have shape \(8, 1\); the model has 2 classes"):
        _losses(ScPrint(tiny_config()), replace(tiny_batch(), classes=torch.zeros(8, 1).long()), Objective())


def test_a_class_without_a_hierarchy_is_refused(tiny_config, tiny_batch):
    with pytest.raises(LabelError, match="Class sex has no hierarchy"):
        compute_losses(
            ScPrint(tiny_config()),
            tiny_batch(),
            Objective(),
            hierarchies={"cell_type": HIERARCHIES["cell_type"]},
        )
