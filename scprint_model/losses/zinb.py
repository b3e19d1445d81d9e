"""The zero-inflated negative binomial: its density, and draws from it."""

import torch
from torch import Tensor
from torch.nn import functional

from scprint_model.losses.average import masked_mean

EPSILON = 1e-8
_LARGE = 100.0


def zinb_log_likelihood(counts: Tensor, mean: Tensor, dispersion: Tensor, zero_logits: Tensor) -> Tensor:
    """Log probability of counts, elementwise, in float32.

    Parameters
    ----------
    counts
        Observed counts, >= 0.
    mean, dispersion
        Mean and inverse dispersion of the negative binomial: its variance is mean + mean^2 / dispersion.
    zero_logits
        Logit of a structural zero.

    Returns
    -------
    Tensor
        Of the inputs' common shape; at most 0, up to rounding.
    """
    x, mu, theta, pi = (value.float() for value in (counts, mean, dispersion, zero_logits))
    theta = theta.clamp_min(EPSILON)
    # log(theta + mu) - log(theta); as a difference of logarithms it would be noise for a large theta
    log_ratio = torch.log1p(mu / theta)
    # logit of the negative binomial's own zero against a structural one
    own_zero = -theta * log_ratio - pi
    inflated = functional.softplus(-pi)
    zero = functional.softplus(own_zero) - inflated
    seen = own_zero - inflated + x * (torch.log(mu + EPSILON) - log_ratio)
    seen = seen + _rising(x, theta) - torch.lgamma(x + 1)
    return torch.where(x > 0, seen, zero)


def _rising(x: Tensor, theta: Tensor) -> Tensor:
    """Return lnGamma(x + theta) - lnGamma(theta) - x log(theta), in float32 without loss at large theta."""
    few = theta.clamp_max(_LARGE)
    exact = torch.lgamma(x + few) - torch.lgamma(few) - x * torch.log(few)
    # Stirling's series of both gammas, the large parts cancelled by hand
    many = theta.clamp_min(_LARGE)
    series = (x + many - 0.5) * torch.log1p(x / many) - x + (1 / (x + many) - 1 / many) / 12
    return torch.where(theta < _LARGE, exact, series)


def zinb_loss(
    counts: Tensor,
    mean: Tensor,
    dispersion: Tensor,
    zero_logits: Tensor,
    *,
    padding: Tensor | None = None,
) -> Tensor:
    """Negative log likelihood, averaged over all genes of all cells.

    Parameters
    ----------
    counts, mean, dispersion, zero_logits
        (B, S), as for :func:`zinb_log_likelihood`.
    padding
        (B, S) bool, true where there is no gene; these do not count.
    """
    with torch.autocast(counts.device.type, enabled=False):
        return -masked_mean(zinb_log_likelihood(counts, mean, dispersion, zero_logits), padding)


def zinb_sample(
    mean: Tensor, dispersion: Tensor, zero_logits: Tensor, *, generator: torch.Generator | None = None
) -> Tensor:
    """Draw counts: a gamma rate, a Poisson count, then zero with the logit's probability."""
    theta = dispersion.float().clamp_min(EPSILON)
    # without torch.distributions, whose gamma takes no generator
    rate = torch._standard_gamma(theta, generator=generator) * mean.float() / theta
    drawn = torch.poisson(rate, generator=generator)
    uniform = torch.rand(drawn.shape, generator=generator, device=drawn.device)
    return torch.where(uniform < torch.sigmoid(zero_logits.float()), 0, drawn)
