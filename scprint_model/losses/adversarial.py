"""Gradient reversal: what is learned behind it is unlearned before it."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: float) -> Tensor:
        ctx.weight = weight
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -ctx.weight * gradient, None


def reverse_gradient(x: Tensor, weight: float = 1.0) -> Tensor:
    """Return x; its gradient comes back multiplied by ``-weight``."""
    result: Tensor = _Reverse.apply(x, weight)  # type: ignore[no-untyped-call] # torch has no types here
    return result


def dataset_loss(logits: Tensor, dataset: Tensor) -> Tensor:
    """Cross-entropy of the data-set discriminator, over the cells.

    Parameters
    ----------
    logits
        (B, n).
    dataset
        (B,) int64; below 0 or from n on is unknown and does not count.
    """
    unknown = (dataset < 0) | (dataset >= logits.shape[1])
    losses = functional.cross_entropy(logits.float(), dataset.masked_fill(unknown, -100), reduction="sum")
    return losses / (~unknown).sum().clamp_min(1)
