"""What is read off the tokens: expression, classes, expression from the cell alone, and the data set."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from scprint_model.config import ModelConfig
from scprint_model.losses.adversarial import reverse_gradient
from scprint_model.tokens import initialise_head

CLASS_BIAS = -0.13
_MAX_LOG_DISPERSION = 15.0
_SUM_QUERY_WIDTH = 64


@dataclass(frozen=True, eq=False)
class Expression:
    """Predicted expression of every gene in the context, in float32.

    Attributes
    ----------
    mean
        (B, S): the mean before zero inflation; each row sums to the scale. 0 where there is no gene.
    dispersion
        (B, S): inverse dispersion of the negative binomial. None where only the mean is predicted.
    zero_logits
        (B, S): logit of a structural zero, not a probability. None where only the mean is predicted.
    """

    mean: Tensor
    dispersion: Tensor | None
    zero_logits: Tensor | None


def expression_of(channels: Tensor, scale: Tensor, padding: Tensor | None = None) -> Expression:
    """Turn channels (B, S, 3 or 1) into a distribution whose mean sums to the scale (B,)."""
    channels = channels.float()
    logits = channels[..., 0]
    if padding is not None:
        # the lowest finite number, so that a cell without genes gives zeros below instead of NaN
        logits = logits.masked_fill(padding, torch.finfo(logits.dtype).min)
    mean = logits.softmax(dim=1) * scale.float()[:, None]
    if padding is not None:
        mean = mean.masked_fill(padding, 0)
    if channels.shape[-1] == 1:
        return Expression(mean, None, None)
    return Expression(mean, channels[..., 1].clamp_max(_MAX_LOG_DISPERSION).exp(), channels[..., 2])


def channels_of(config: ModelConfig) -> int:
    """Return how many numbers are predicted for each gene."""
    return 1 if config.expression == "mse" else 3


class ExpressionHead(nn.Module):
    """The decoder of gene tokens, which may also see the total count."""

    def __init__(self, config: ModelConfig) -> None:
        """Make the layers."""
        super().__init__()
        width = config.d_model
        self.hidden1 = nn.Linear(width + config.depth_in_decoder, width)
        self.norm1 = nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)
        self.hidden2 = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.output = nn.Linear(width, channels_of(config))
        initialise_head(self)

    def forward(self, tokens: Tensor, log_depth: Tensor | None = None) -> Tensor:
        """Decode tokens (B, S, d) to (B, S, channels), with log2(1 + depth) (B,) where the model takes it."""
        if log_depth is None:
            x = self.hidden1(tokens)
        else:
            # the depth is one number per cell: add its share instead of copying it to every token
            weight, last = self.hidden1.weight[:, :-1], self.hidden1.weight[:, -1]
            x = functional.linear(tokens, weight, self.hidden1.bias) + log_depth[:, None, None] * last
        x = self.dropout(functional.leaky_relu(self.norm1(x)))
        x = functional.leaky_relu(self.norm2(self.hidden2(x)))
        # in bf16 a logit of 5 is rounded to 1/32: genes would share means that are 3 % apart
        with _exact(x.device.type):
            result: Tensor = self.output(x.to(self.output.weight.dtype))
        return result


def _exact(device: str) -> AbstractContextManager[object]:
    """Return the context in which products are not rounded to half precision."""
    # the meta device, where shapes alone are computed, knows no autocast
    there = torch.amp.is_autocast_available(device)
    return torch.autocast(device, enabled=False) if there else nullcontext()


class ClassHead(nn.Module):
    """The classifier of one class's token; its outputs are the leaf labels only."""

    def __init__(self, config: ModelConfig, leaves: int) -> None:
        """Make the layers; the last starts out with a slightly negative bias."""
        super().__init__()
        hidden = config.class_hidden or config.d_model
        self.hidden = nn.Linear(config.d_model, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(hidden, leaves)
        initialise_head(self)
        nn.init.constant_(self.output.bias, CLASS_BIAS)

    def forward(self, token: Tensor) -> Tensor:
        """Return logits (B, leaves) of a token (B, d)."""
        result: Tensor = self.output(self.dropout(functional.relu(self.norm(self.hidden(token)))))
        return result


class MvcHead(nn.Module):
    """Expression from the cell embedding and the genes' own tokens, in one of three styles."""

    def __init__(self, config: ModelConfig) -> None:
        """Make the layers of the style."""
        super().__init__()
        self.style = config.mvc
        width, channels = config.d_model, channels_of(config)
        query = max(width // 2, 1) if self.style == "concat query" else width
        self.query = nn.Linear(width, query)
        self.norm = nn.LayerNorm(query)
        if self.style == "inner product":
            self.output = nn.Linear(width, channels * width, bias=False)
        else:
            hidden = query if self.style == "concat query" else _SUM_QUERY_WIDTH
            self.hidden = nn.Linear(width + query if self.style == "concat query" else width, hidden)
            self.activation = nn.PReLU()
            self.output = nn.Linear(hidden, channels)
        initialise_head(self)

    def forward(self, genes: Tensor, cell: Tensor) -> Tensor:
        """Return (B, S, channels) from gene tokens (B, S, d) and cell embeddings (B, d)."""
        queries = torch.sigmoid(self.norm(self.query(genes)))
        if self.style == "inner product":
            # (q W_c) . cell = q . (W_c cell): once per cell instead of once per gene
            weight = self.output.weight.view(-1, cell.shape[-1], cell.shape[-1])
            return queries @ torch.einsum("bo,coi->bic", cell.to(weight.dtype), weight).to(queries.dtype)
        if self.style == "concat query":
            width = cell.shape[-1]
            of_cell = functional.linear(cell, self.hidden.weight[:, :width], self.hidden.bias)
            x = functional.linear(queries, self.hidden.weight[:, width:]) + of_cell[:, None]
        else:
            x = self.hidden(queries + cell[:, None])
        result: Tensor = self.output(self.activation(x))
        return result


class Discriminator(nn.Module):
    """Says which data set a cell is from, behind a gradient reversal."""

    def __init__(self, config: ModelConfig) -> None:
        """Make the layers."""
        super().__init__()
        width = config.d_model
        self.hidden1 = nn.Linear(width, width)
        self.norm1 = nn.LayerNorm(width)
        self.hidden2 = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.output = nn.Linear(width, config.datasets)
        initialise_head(self)

    def forward(self, cell: Tensor) -> Tensor:
        """Return logits (B, datasets) of cell embeddings (B, d)."""
        x = functional.leaky_relu(self.norm1(self.hidden1(reverse_gradient(cell))))
        result: Tensor = self.output(functional.leaky_relu(self.norm2(self.hidden2(x))))
        return result
