"""Noise that a denoising model learns to undo: fewer reads, and genes that drop out."""

from typing import get_args

import torch
from torch import Tensor

from scprint_model.config import NoiseLaw
from scprint_model.errors import ConfigError

# the published law treats a rate of 60 % as 66 %
_OVERSHOOT = 1.1


def thin(
    counts: Tensor,
    rate: float | Tensor,
    *,
    generator: torch.Generator | None = None,
    law: NoiseLaw = "scprint",
) -> Tensor:
    """Take reads away at random.

    Parameters
    ----------
    counts
        (B, S), whole numbers >= 0.
    rate
        How much noise, 0 to 1: one number, or (B,) one per cell.
    generator
        Of the counts' device; None: torch's global one.
    law
        ``scprint``: with p = 1.1 rate, subtract Poisson(count p/2), then drop each gene with chance p/2; a
        rate of 0.6 keeps 0.48 of a count of 1, 0.46 of 2, 0.45 of many.
        ``depth``: half the rate times the cell's total is shared out evenly over its expressed genes, as
        Poisson counts to subtract; then each gene is dropped with chance rate/2.
        ``split``: each gene is kept with chance sqrt(1 - rate), as Poisson(count sqrt(1 - rate)).
        ``binomial``: each read is kept with chance 1 - rate, independently.

    Returns
    -------
    Tensor
        (B, S), the type of ``counts``. A rate of 0, given as a number, returns a copy, whatever the law.

    Raises
    ------
    ConfigError
        If a rate given as a number is outside 0 to 1, or the law is unknown.
    """
    if law not in get_args(NoiseLaw):
        raise ConfigError(f"There is no noise law {law!r}; there are {', '.join(get_args(NoiseLaw))}.")
    if not isinstance(rate, Tensor):
        if not 0 <= rate <= 1:
            raise ConfigError(f"A noise rate is {rate}; it must be from 0 to 1.")
        if rate == 0:
            return counts.clone()
        rate = counts.new_full((), rate)
    rate = rate.to(counts.dtype)[:, None] if rate.ndim == 1 else rate.to(counts.dtype)
    if law == "scprint":
        return _published(counts, _OVERSHOOT * rate / 2, generator)
    if law == "depth":
        return _by_depth(counts, rate, generator)
    if law == "split":
        kept = (1 - rate).sqrt()
        return torch.poisson(counts * kept, generator=generator) * _coin(counts, kept, generator)
    kept = (1 - rate).expand_as(counts).contiguous()
    return torch.binomial(counts, kept, generator=generator)


def random_rates(cells: int, *, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
    """Draw one rate per cell, (B,), evenly from 0 to 1."""
    return torch.rand(cells, device=device, generator=generator)


def hide(
    counts: Tensor,
    ratio: float,
    *,
    generator: torch.Generator | None = None,
    weights: Tensor | None = None,
) -> Tensor:
    """Choose the genes whose expression is hidden.

    Parameters
    ----------
    counts
        (B, S); only its shape and device are used.
    ratio
        Chance to hide a gene.
    generator
        Of the counts' device.
    weights
        (B, S) or None: relative chances, for instance larger for transcription factors; scaled so that
        the expected share of hidden genes stays ``ratio``, less what would exceed a chance of 1.

    Returns
    -------
    Tensor
        (B, S) bool, true where hidden.
    """
    if not 0 < ratio < 1:
        raise ConfigError(f"A mask ratio is {ratio}; it must be between 0 and 1.")
    uniform = torch.rand(counts.shape, device=counts.device, generator=generator)
    if weights is None:
        return uniform < ratio
    return uniform < ratio * weights / weights.mean(dim=1, keepdim=True).clamp_min(1e-12)


def _coin(counts: Tensor, chance: Tensor, generator: torch.Generator | None) -> Tensor:
    return torch.rand(counts.shape, device=counts.device, generator=generator) < chance


def _published(counts: Tensor, half: Tensor, generator: torch.Generator | None) -> Tensor:
    lost = torch.poisson(counts * half, generator=generator)
    return (counts - lost).clamp_min(0) * _coin(counts, 1 - half, generator)


def _by_depth(counts: Tensor, rate: Tensor, generator: torch.Generator | None) -> Tensor:
    expressed = (counts > 0).sum(dim=1, keepdim=True).clamp_min(1)
    each = rate / 2 * counts.sum(dim=1, keepdim=True) / expressed
    lost = torch.poisson(each.expand_as(counts), generator=generator)
    return (counts - lost).clamp_min(0) * _coin(counts, 1 - rate / 2, generator)
