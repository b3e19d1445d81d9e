"""The V1 pass, and generation, against the formulas of the specification written out once more in float64."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

HEADS = 2


class _Written:
    """The formulas, on a model's tensors by name; nothing of the package is called."""

    def __init__(self, state, classes, normalization):
        self.state, self.classes, self.normalization = state, classes, normalization

    def linear(self, x, name):
        return x @ self.state[f"{name}.weight"].T + self.state[f"{name}.bias"]

    def norm(self, x, name, eps=1e-5):
        centred = x - x.mean(dim=-1, keepdim=True)
        unit = centred / (centred.square().mean(dim=-1, keepdim=True) + eps).sqrt()
        return unit * self.state[f"{name}.weight"] + self.state[f"{name}.bias"]

    def number(self, x, name):
        """Linear, norm, ReLU, linear."""
        hidden = self.norm(self.linear(x[..., None], f"{name}.input"), f"{name}.norm")
        return self.linear(hidden.clamp_min(0), f"{name}.output")

    def placed(self, batch):
        k = torch.arange(8, dtype=torch.float64)
        angle = batch.genes[..., None] * 10_000 ** (-2 * k / 16)  # the fixture's positions are row + 1
        return self.state["gene_tokens.table.weight"][batch.genes] + torch.stack(
            (angle.sin(), angle.cos()), dim=-1
        ).flatten(2)

    def start(self, batch, hidden):
        x = batch.counts
        values = x / x.sum(dim=1, keepdim=True) if self.normalization == "sum" else torch.log2(1 + x)
        genes = self.placed(batch) + self.number(values, "expression_tokens") * ~hidden[..., None]
        learned = self.state["cell_tokens.weight"].expand(len(batch), -1, -1)
        depth = self.number(torch.log2(1 + batch.depth).double(), "depth_token")[:, None]
        return torch.cat((learned[:, :1], depth, learned[:, 1:]), dim=1), genes

    def transform(self, cell, genes):
        """Follow the published order: branch h and residual r are summed before each norm."""
        r, h = torch.zeros(1, dtype=torch.float64), torch.cat((cell, genes), dim=1)
        for layer in range(2):
            block = f"transformer.blocks.{layer}"
            r = h + r
            packed = self.linear(self.norm(r, f"{block}.norm1", 1e-6), f"{block}.attention.qkv")
            q, k, v = (x.unflatten(-1, (HEADS, -1)).transpose(1, 2) for x in packed.chunk(3, dim=-1))
            weight = (q @ k.transpose(-1, -2) / np.sqrt(q.shape[-1])).softmax(dim=-1)
            r = self.linear((weight @ v).transpose(1, 2).flatten(2), f"{block}.attention.output") + r
            up = self.linear(self.norm(r, f"{block}.norm2", 1e-6), f"{block}.mlp.up")
            h = self.linear(up * (1 + torch.erf(up / np.sqrt(2))) / 2, f"{block}.mlp.down")
        out = self.norm(h + r, "transformer.norm", 1e-6)
        return out[:, : cell.shape[1]], out[:, cell.shape[1] :]

    def decode(self, genes):
        x = self.norm(self.linear(genes, "expression_head.hidden1"), "expression_head.norm1")
        x = self.linear(functional.leaky_relu(x, 0.01), "expression_head.hidden2")
        x = functional.leaky_relu(self.norm(x, "expression_head.norm2"), 0.01)
        return self.linear(x, "expression_head.output")

    def classify(self, cell):
        logits = {}
        for place, name in enumerate(self.classes):
            head = f"class_heads.{name}"
            x = self.norm(self.linear(cell[:, 2 + place], f"{head}.hidden"), f"{head}.norm")
            logits[name] = self.linear(x.clamp_min(0), f"{head}.output")
        return logits


@pytest.fixture
def doubled(lively_model, tiny_batch):
    """Make a model, the formulas on its tensors and a batch, all in float64."""

    def make(normalization):
        model = lively_model(normalization=normalization).double()
        written = _Written(model.state_dict(), ("cell_type", "sex"), normalization)
        batch = tiny_batch()
        # totals whose logarithm is exact: the model takes it in float32
        return (
            model,
            written,
            replace(batch, counts=batch.counts.double(), depth=2.0 ** (batch.cells + 6) - 1),
        )

    return make


def _same_expression(found, channels, scale):
    a, b, pi = channels.unbind(-1)
    expected = a.softmax(dim=1) * scale[:, None], b.clamp_max(15).exp(), pi
    for ours, theirs in zip((found.mean, found.dispersion, found.zero_logits), expected, strict=True):
        torch.testing.assert_close(ours, theirs.float(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("normalization", ["sum", "log"])
@pytest.mark.parametrize("masked", [False, True])
def test_a_pass_is_what_the_specification_says(doubled, normalization, masked):
    model, written, batch = doubled(normalization)
    hidden = torch.rand(8, 20) < (0.3 if masked else 0)
    found = model(batch, mask=hidden if masked else None)
    cell, genes = written.transform(*written.start(batch, hidden))
    torch.testing.assert_close(found.cell_tokens, cell, rtol=1e-6, atol=1e-6)
    _same_expression(found.expression, written.decode(genes), batch.counts.sum(dim=1))
    for name, logits in written.classify(cell).items():
        torch.testing.assert_close(found.class_logits[name], logits, rtol=1e-6, atol=1e-6)


def test_generation_is_what_the_specification_says(doubled):
    model, written, batch = doubled("sum")
    tokens = model(batch).cell_tokens
    found, after = model.generate_with_tokens(batch, tokens)
    cell, genes = written.transform(tokens, written.placed(batch))
    torch.testing.assert_close(after, cell, rtol=1e-6, atol=1e-6)
    _same_expression(found, written.decode(genes), batch.counts.sum(dim=1))
