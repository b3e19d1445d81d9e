"""How genes, counts and places become tokens."""

import numpy as np
import pytest
import torch

from scprint_model.errors import ConfigError
from scprint_model.model import ScPrint
from scprint_model.tokens import ScalarTokens, expression_values, pool_features, sinusoid


@pytest.mark.parametrize("width", [4, 6, 10, 16])
def test_pooling_averages_from_the_floor_to_the_ceiling_of_each_bin(width):
    table = np.random.default_rng(0).normal(size=(3, 16))
    lows = [16 * i // width for i in range(width)]
    highs = [-(-16 * (i + 1) // width) for i in range(width)]
    expected = np.stack([table[:, a:b].mean(axis=1) for a, b in zip(lows, highs, strict=True)], axis=1)
    np.testing.assert_allclose(pool_features(torch.tensor(table), 3, width), expected, atol=1e-6)


def test_a_gene_table_with_too_few_features_or_other_genes_is_refused(tiny_config):
    with pytest.raises(ConfigError, match="needs 30 genes x at least 16 features"):
        ScPrint(tiny_config(), gene_table=torch.zeros(30, 8))
    with pytest.raises(ConfigError, match=r"is \(29, 16\)"):
        ScPrint(tiny_config(), gene_table=torch.zeros(29, 16))


def test_positions_are_a_sinusoid_counted_from_one():
    table = sinusoid(torch.tensor([1, 2, 700]), 6).numpy()
    for row, position in zip(table, [1, 2, 700], strict=True):
        for k in range(3):
            angle = (position - 1) * 10000 ** (-2 * k / 6)
            assert row[2 * k : 2 * k + 2].tolist() == pytest.approx([np.sin(angle), np.cos(angle)], abs=1e-6)


def test_an_unknown_position_is_zero():
    assert not sinusoid(torch.tensor([0, -1]), 4).any()


def test_positions_of_another_number_of_genes_are_refused(tiny_config):
    with pytest.raises(ConfigError, match="the model has 30 genes"):
        ScPrint(tiny_config(), positions=torch.arange(7))


def test_a_model_without_positions_has_no_buffer_of_them(tiny_config):
    assert not [name for name in ScPrint(tiny_config(positions=False)).state_dict() if "position" in name]


def test_sum_values_are_shares_of_the_context_and_log_values_log2():
    counts = torch.tensor([[1.0, 3.0, 0.0]])
    assert expression_values(counts, "sum").tolist() == [[0.25, 0.75, 0.0]]
    assert expression_values(counts, "log").tolist() == [[1.0, 2.0, 0.0]]


def test_an_empty_context_gives_zeros_instead_of_a_division_by_zero():
    assert expression_values(torch.zeros(2, 3), "sum").tolist() == [[0.0] * 3] * 2


def test_a_number_passes_linear_norm_relu_linear(tiny_config):
    part = ScalarTokens(tiny_config()).eval()
    values = torch.rand(3, 5)
    expected = part.output(torch.relu(part.norm(part.input(values[..., None]))))
    torch.testing.assert_close(part(values), expected)


def test_values_above_a_hundred_thousand_are_clamped(tiny_config):
    part = ScalarTokens(tiny_config()).eval()
    assert torch.equal(part(torch.tensor([1e5])), part(torch.tensor([9e9])))


def test_autocast_does_not_round_the_number_itself(tiny_config):
    part = ScalarTokens(tiny_config()).eval()
    part.norm = part.output = torch.nn.Identity()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        close = part(torch.tensor([13.001, 13.002]))
    assert not torch.equal(close[0], close[1])


def test_a_frozen_table_gets_no_gradient_but_its_adapter_does(tiny_config, tiny_batch):
    model = ScPrint(tiny_config(gene_adapter=True), gene_table=torch.randn(30, 24))
    model(tiny_batch()).cell_tokens.sum().backward()
    assert model.gene_tokens.table.weight.grad is None
    assert model.gene_tokens.adapter.input.weight.grad.any()


def test_learned_tokens_get_a_gradient(tiny_config, tiny_batch):
    model = ScPrint(tiny_config(freeze_genes=False))
    model(tiny_batch()).cell_tokens.square().sum().backward()
    assert model.gene_tokens.table.weight.grad.any()


@pytest.mark.parametrize("normalization", ["sum", "log"])
def test_first_weights_spread_out_tell_a_count_of_one_from_ten(tiny_config, normalization):
    def gap(start):
        torch.manual_seed(0)
        model = ScPrint(tiny_config(normalization=normalization, scalar_start=start, d_model=128))
        values = expression_values(torch.tensor([[1.0, 10.0, 2000.0]]), normalization)
        one, ten, _ = model.expression_tokens.eval()(values)[0]
        return float((one - ten).norm().detach())

    assert gap("spread") > 4 * gap("published")
