"""The loss of DeepSEM: reconstruction, distance from the prior, and the size of the weights."""

import torch
from torch import Tensor

from bengrn_methods.deepsem.model import Outcome

__all__ = ["divergence", "loss", "reconstruction"]

_LEAST_VARIANCE = 1e-8


def reconstruction(x_BG: Tensor, found_BG: Tensor, counted_BG: Tensor) -> Tensor:
    """Return the mean squared difference over the counted entries; 0 where none is counted."""
    square_BG = (x_BG - found_BG) ** 2 * counted_BG
    return square_BG.sum() / counted_BG.sum().clamp(min=1.0)


def divergence(outcome: Outcome) -> Tensor:
    """Return log q(z|x) - log p(z) at the drawn z, averaged over cells and genes.

    An average over genes, not the sum that a log density is: so the original has it, and beta is
    chosen for it.
    """
    posterior = _log_normal(outcome.z_BG, outcome.mean_BG, outcome.variance_BG)
    prior = _log_normal(outcome.z_BG, outcome.prior_mean_1G, outcome.prior_variance_1G)
    return (posterior - prior).mean()


def _log_normal(z_BG: Tensor, mean_BG: Tensor, variance_BG: Tensor) -> Tensor:
    """Return the log density of z but for the constant, which cancels."""
    variance_BG = variance_BG + _LEAST_VARIANCE
    return -0.5 * (torch.log(variance_BG) + (z_BG - mean_BG) ** 2 / variance_BG)


def loss(
    x_BG: Tensor, counted_BG: Tensor, outcome: Outcome, a_RG: Tensor, *, alpha: float, beta: float
) -> Tensor:
    """Return reconstruction + beta * divergence + alpha * mean|W|.

    The mean is over all G x G pairs, self-pairs included; a pair that A leaves out has weight 0. With
    one category the original adds beta * -log 0.1, a constant.
    """
    size = a_RG.abs().sum() / a_RG.shape[1] ** 2
    return reconstruction(x_BG, outcome.x_BG, counted_BG) + beta * divergence(outcome) + alpha * size
