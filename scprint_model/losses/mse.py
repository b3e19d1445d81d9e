"""Squared errors of expression, for models that predict the mean alone or beside the ZINB."""

import torch
from torch import Tensor

from scprint_model.losses.average import masked_mean

ROW_SUM = 10_000.0


def profile_loss(target: Tensor, mean: Tensor, *, padding: Tensor | None = None) -> Tensor:
    """Mean squared error of log profiles, each rescaled to a sum of 10,000 over its genes.

    Parameters
    ----------
    target, mean
        (B, S), >= 0. Both become log2(1 + value), then each row is rescaled; an empty row stays 0.
    padding
        (B, S) bool, true where there is no gene.
    """
    error = _profile(mean, padding) - _profile(target, padding)
    return masked_mean(error.square(), padding)


def inflated_loss(
    target: Tensor, mean: Tensor, zero_logits: Tensor, *, padding: Tensor | None = None
) -> Tensor:
    """Mean squared error of log profiles where the prediction is lowered by the chance of a structural zero.

    Parameters
    ----------
    target, mean, zero_logits
        (B, S). The prediction is log(1 + mean) times the chance that the zero is not structural; it and
        log(1 + target) are rescaled to rows of 10,000.
    padding
        (B, S) bool, true where there is no gene.

    Notes
    -----
    V2 adds a tenth of this to the ZINB. Its code takes the logarithm of the prediction twice; this does not,
    as scPRINT-2 no longer does.
    """
    predicted = torch.log1p(mean.float()) * torch.sigmoid(-zero_logits.float())
    error = _rescale(predicted, padding) - _rescale(torch.log1p(target.float()), padding)
    return masked_mean(error.square(), padding)


def _profile(values: Tensor, padding: Tensor | None) -> Tensor:
    return _rescale(torch.log2(1 + values.float()), padding)


def _rescale(values: Tensor, padding: Tensor | None) -> Tensor:
    if padding is not None:
        values = values.masked_fill(padding, 0)
    total = values.sum(dim=1, keepdim=True)
    return values * (ROW_SUM / torch.where(total > 0, total, 1))
