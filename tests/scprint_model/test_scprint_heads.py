"""What is read off the tokens: expression, classes, the MVC head in each style, the discriminator."""

import pytest
import torch
from torch.nn import functional

from scprint_model.errors import ConfigError
from scprint_model.heads import ClassHead, Discriminator, ExpressionHead, MvcHead, expression_of
from scprint_model.model import ScPrint


def test_means_are_a_softmax_over_the_context_times_the_scale():
    channels, scale = torch.randn(2, 5, 3), torch.tensor([10.0, 400.0])
    told = expression_of(channels, scale)
    torch.testing.assert_close(told.mean, channels[..., 0].softmax(dim=1) * scale[:, None])
    torch.testing.assert_close(told.dispersion, channels[..., 1].exp())
    assert torch.equal(told.zero_logits, channels[..., 2])


def test_the_logarithm_of_the_dispersion_is_clamped_at_15():
    told = expression_of(torch.full((1, 2, 3), 40.0), torch.ones(1))
    torch.testing.assert_close(told.dispersion, torch.full((1, 2), 15.0).exp())


def test_half_precision_channels_become_float32():
    told = expression_of(torch.randn(1, 2000, 3).bfloat16(), torch.tensor([5000.0]))
    assert told.mean.dtype == told.dispersion.dtype == torch.float32
    assert float(told.mean.sum()) == pytest.approx(5000, rel=1e-4)


def test_autocast_leaves_genes_means_of_their_own(tiny_config):
    head = ExpressionHead(tiny_config()).eval()
    torch.nn.init.normal_(head.output.weight, std=0.5)
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.no_grad():
        channels = head(torch.randn(1, 2000, 16))
    # bf16 has 256 numbers from one power of 2 to the next: some hundred genes would share each logit
    assert channels.dtype == torch.float32
    assert len(channels[0, :, 0].unique()) > 1900


def test_padding_gets_no_mean_and_a_cell_without_genes_gives_zeros():
    padding = torch.tensor([[False, False, True], [True, True, True]])
    told = expression_of(torch.randn(2, 3, 3), torch.tensor([6.0, 0.0]), padding)
    assert told.mean.sum(dim=1).tolist() == pytest.approx([6, 0], abs=1e-5)
    assert float(told.mean[0, 2]) == 0


def test_a_mean_only_model_has_one_channel(tiny_config, tiny_batch):
    out = ScPrint(tiny_config(expression="mse"))(tiny_batch())
    assert out.expression.dispersion is None
    assert out.expression.zero_logits is None


def test_the_decoder_takes_the_depth_as_one_more_feature(tiny_config):
    head = ExpressionHead(tiny_config(depth="decoder")).eval()
    tokens, depth = torch.randn(3, 5, 16), torch.tensor([1.0, 9.0, 14.0])
    wide = torch.cat((tokens, depth[:, None, None].expand(3, 5, 1)), dim=2)
    x = functional.leaky_relu(head.norm1(head.hidden1(wide)))
    expected = head.output(functional.leaky_relu(head.norm2(head.hidden2(x))))
    torch.testing.assert_close(head(tokens, depth), expected)


def test_classifiers_start_near_their_bias(tiny_config):
    head = ClassHead(tiny_config(class_hidden=7), 4)
    assert head.hidden.weight.shape == (7, 16)
    assert head.output.bias.tolist() == pytest.approx([-0.13] * 4)


def test_mvc_by_inner_product_is_three_vectors_dotted_with_the_cell(tiny_config):
    head = MvcHead(tiny_config(mvc="inner product"))
    genes, cell = torch.randn(2, 5, 16), torch.randn(2, 16)
    vectors = head.output(torch.sigmoid(head.norm(head.query(genes)))).chunk(3, dim=-1)
    expected = torch.stack([(vector * cell[:, None]).sum(dim=-1) for vector in vectors], dim=-1)
    torch.testing.assert_close(head(genes, cell), expected, atol=1e-5, rtol=1e-5)


def test_mvc_by_concatenation_is_a_small_network_on_both(tiny_config):
    # upstream cannot build this style: its layer has half of d_model as a float
    head = MvcHead(tiny_config(mvc="concat query"))
    genes, cell = torch.randn(2, 5, 16), torch.randn(2, 16)
    query = torch.sigmoid(head.norm(head.query(genes)))
    both = torch.cat((cell[:, None].expand(2, 5, 16), query), dim=2)
    expected = head.output(head.activation(head.hidden(both)))
    torch.testing.assert_close(head(genes, cell), expected, atol=1e-5, rtol=1e-5)
    assert head.hidden.weight.shape == (8, 24)


def test_mvc_by_sum_is_a_small_network_on_the_sum(tiny_config):
    head = MvcHead(tiny_config(mvc="sum query"))
    genes, cell = torch.randn(2, 5, 16), torch.randn(2, 16)
    query = torch.sigmoid(head.norm(head.query(genes)))
    expected = head.output(head.activation(head.hidden(query + cell[:, None])))
    torch.testing.assert_close(head(genes, cell), expected, atol=1e-5, rtol=1e-5)
    assert head.hidden.weight.shape == (64, 16)


@pytest.mark.parametrize("mvc", ["inner product", "concat query", "sum query"])
def test_mvc_predicts_from_the_cell_alone(tiny_config, tiny_batch, mvc):
    model = ScPrint(tiny_config(mvc=mvc))
    batch = tiny_batch()
    out = model(batch, mvc=True)
    torch.testing.assert_close(out.mvc.mean.sum(dim=1), batch.counts.sum(dim=1))
    out.mvc.mean.square().sum().backward()
    assert model.cell_tokens.weight.grad.any()
    assert model.expression_head.output.weight.grad is None


def test_mvc_runs_only_where_it_is_asked_for(tiny_config, tiny_batch):
    assert ScPrint(tiny_config(mvc="sum query"))(tiny_batch()).mvc is None
    assert ScPrint(tiny_config())(tiny_batch(), mvc=True).mvc is None


def test_the_discriminator_gives_each_cell_its_own_logits(tiny_config, tiny_batch):
    # upstream's later version averages over every axis, so that all cells share one embedding
    logits = ScPrint(tiny_config(datasets=3))(tiny_batch()).dataset_logits
    assert logits.shape == (8, 3)
    assert bool((logits.std(dim=0) > 0).all())


def test_what_helps_the_discriminator_harms_the_embedding(tiny_config):
    head, cell = Discriminator(tiny_config(datasets=3)), torch.randn(4, 16, requires_grad=True)
    target = torch.tensor([0, 1, 2, 0])
    functional.cross_entropy(head(cell), target).backward()
    before = functional.cross_entropy(head(cell), target).item()
    after = functional.cross_entropy(head(cell.detach() - 0.1 * cell.grad), target).item()
    assert after > before


@pytest.mark.parametrize("mvc", ["inner product", "concat query", "sum query"])
def test_mvc_is_told_the_genes_and_the_mean_of_the_cell_tokens_and_no_more(lively_model, tiny_batch, mvc):
    model, batch = lively_model(mvc=mvc, gene_adapter=True), tiny_batch()
    out = model(batch, mvc=True)
    channels = model.mvc_head(model.gene_tokens(batch.genes), out.cell_tokens.mean(dim=1))
    torch.testing.assert_close(
        out.mvc.mean, expression_of(channels, batch.counts.sum(dim=1)).mean, atol=1e-4, rtol=1e-4
    )


def test_a_class_may_not_be_called_like_a_part_of_torchs_modules(tiny_config):
    with pytest.raises(ConfigError, match="cannot be called 'type'"):
        ScPrint(tiny_config(classes=(("type", 4),)))
