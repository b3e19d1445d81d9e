"""What a model starts from, and what happens in training alone: first weights, dropout, stochastic depth."""

import pytest
import torch

from scprint_model.blocks import Among, Transformer
from scprint_model.config import ModelConfig
from scprint_model.model import ScPrint


@pytest.fixture(scope="module")
def fresh():
    """Return an untrained model of size small with few genes."""
    torch.manual_seed(0)
    classes = (("cell_type", 40), ("sex", 2))
    return ScPrint(ModelConfig(genes=200, classes=classes, mvc="inner product", datasets=5))


def test_linear_weights_start_at_002_and_those_into_the_residual_stream_narrower(fresh):
    for name, module in fresh.named_modules():
        if isinstance(module, torch.nn.Linear) and module.weight.numel() > 4000:
            into = name.startswith("transformer") and name.endswith((".attention.output", ".mlp.down"))
            expected = 0.02 / (2 * 4) ** 0.5 if into else 0.02
            weight = module.weight.detach()
            assert float(weight.std()) == pytest.approx(expected, rel=0.05), name
            assert float(weight.mean()) == pytest.approx(0, abs=expected / 20), name


def test_biases_start_at_0_but_for_the_classifiers(fresh):
    for name, module in fresh.named_modules():
        if isinstance(module, torch.nn.Linear) and module.bias is not None:
            last = name.startswith("class_heads") and name.endswith(".output")
            assert module.bias.tolist() == pytest.approx([-0.13 if last else 0.0] * len(module.bias)), name


@pytest.mark.parametrize("name", ["gene_tokens.table", "cell_tokens"])
def test_tables_start_as_standard_normal(fresh, name):
    weight = fresh.get_submodule(name).weight.detach()
    assert float(weight.std()) == pytest.approx(1, rel=0.15)


def _identity_blocks(config):
    """Return a transformer in training whose attention branches add 1 and whose MLPs add nothing."""
    transformer = Transformer(config, config.layers).train()
    for part in transformer.modules():
        if isinstance(part, torch.nn.Linear):
            torch.nn.init.zeros_(part.weight)
            torch.nn.init.zeros_(part.bias)
    for block in transformer.blocks:
        torch.nn.init.ones_(block.attention.output.bias)
    transformer.norm = torch.nn.Identity()
    return transformer


def test_stochastic_depth_rises_from_0_and_keeps_the_mean(tiny_config):
    transformer = _identity_blocks(tiny_config(layers=3, drop_path=0.5))
    assert [block.drop_path for block in transformer.blocks] == [0, 0.25, 0.5]
    out = transformer(torch.zeros(4000, 3, 16), Among("math")).detach()
    assert bool((out == out[:, :1, :1]).all())  # a branch is left out for a whole cell
    assert float(out.mean()) == pytest.approx(3, abs=0.06)
    kept = [1.0 + a + b for a in (0.0, 4 / 3) for b in (0.0, 2.0)]
    assert sorted(set(out[:, 0, 0].tolist())) == pytest.approx(sorted(kept))


def test_tokens_and_every_branch_are_dropped_out(tiny_config):
    transformer = _identity_blocks(tiny_config(layers=1, dropout=0.25))
    out = transformer(torch.full((500, 3, 16), 10.0), Among("math")) * 0.75
    # the token itself and the branch, each by itself kept or not, and scaled by 1 / 0.75
    shares = {value: float((out.round() == value).float().mean()) for value in (0, 1, 10, 11)}
    assert shares == pytest.approx({0: 0.0625, 1: 0.1875, 10: 0.1875, 11: 0.5625}, abs=0.02)


@pytest.mark.parametrize(
    "part", ["expression_tokens", "depth_token", "expression_head", "class_heads.cell_type", "transformer"]
)
def test_dropout_acts_in_every_part_and_in_training_alone(tiny_config, tiny_batch, part):
    model, batch = ScPrint(tiny_config(dropout=0.5)).eval(), tiny_batch()

    def outputs():
        out = model(batch)
        return torch.cat((out.class_logits["cell_type"], out.expression.mean), dim=1)

    plain = outputs()
    assert torch.equal(outputs(), plain)
    model.get_submodule(part).train()
    assert not torch.equal(outputs(), plain)
