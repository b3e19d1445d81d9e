"""Averages that leave out positions without a gene."""

from torch import Tensor


def masked_mean(values: Tensor, padding: Tensor | None = None) -> Tensor:
    """Mean of all values, without those where ``padding`` is true; 0 where none is left."""
    if padding is None:
        return values.mean()
    return values.masked_fill(padding, 0).sum() / (~padding).sum().clamp_min(1)
