"""What is done to the products of queries and keys before they are a network."""

import math
from typing import Literal

import torch
from torch import Tensor

from scprint_model.errors import ConfigError

__all__ = ["Normalise", "average_product_correction", "normalised_rows", "sinkhorn"]

Normalise = Literal["softmax", "sinkhorn", "none"]

# of the original: kernel exp(A / 0.1), 200 half-iterations, no more than 1e8 entries
_TEMPERATURE = 0.1
_HALF_ITERATIONS = 200
_MOST_ENTRIES = 10**8


def normalised_rows(logits_QK: Tensor, seen_K: Tensor | None, how: Normalise) -> Tensor:
    """Normalise rows of logits, each by itself; in place where it can be.

    Parameters
    ----------
    logits_QK
        Shape (queries, keys), scaled by the square root of the head's width. It is used up.
    seen_K
        Shape (keys,): false for a key that stood in no cell; nothing attends to it. None: all did.
    how
        ``softmax`` over keys, or ``none``: the logits. ``sinkhorn`` needs all rows: :func:`sinkhorn`.
    """
    if how == "none":
        return logits_QK if seen_K is None else logits_QK.masked_fill_(~seen_K, 0.0)
    if how != "softmax":
        raise ConfigError(f"Rows cannot be normalised by {how!r} one by one; use softmax or none.")
    if seen_K is not None:
        logits_QK.masked_fill_(~seen_K, -math.inf)
    return torch.softmax(logits_QK, dim=-1)


def sinkhorn(logits_TT: Tensor, half_iterations: int = _HALF_ITERATIONS) -> Tensor:
    """Scale exp(logits / 0.1) until its rows and its columns sum to one.

    Parameters
    ----------
    logits_TT
        Shape (T, T), scaled products. In the logarithm throughout, so that no kernel overflows.
    half_iterations
        How often rows or columns are scaled, columns last.

    Returns
    -------
    Tensor
        Shape (T, T), columns sum to 1 and rows nearly. The original's plan sums to 64 in all instead:
        a constant factor, which changes no order.

    Raises
    ------
    ConfigError
        If there are more than 1e8 entries.
    """
    if logits_TT.numel() > _MOST_ENTRIES:
        raise ConfigError(
            f"Sinkhorn on {len(logits_TT)} genes needs {logits_TT.numel():.2g} entries, over 1e8: "
            "choose fewer genes, or normalise=softmax."
        )
    plan = logits_TT / _TEMPERATURE
    for half in range(half_iterations):
        plan -= torch.logsumexp(plan, dim=1 - half % 2, keepdim=True)
    return plan.exp_()


def average_product_correction(scores_GG: Tensor) -> Tensor:
    """Subtract from each score what its row and its column make expected: A_ij - A_i. A_.j / A_..

    Dots are sums (Dunn et al. 2008, https://doi.org/10.1093/bioinformatics/btm604). The original accepts the
    option and does nothing; this is new. The result has both signs; a matrix of rank one becomes 0.
    """
    total = scores_GG.sum(dtype=torch.float64)
    if not float(total):
        return scores_GG.clone()
    row_G1 = scores_GG.sum(dim=1, keepdim=True, dtype=torch.float64)
    column_1G = scores_GG.sum(dim=0, keepdim=True, dtype=torch.float64) / total
    return scores_GG - (row_G1.to(scores_GG.dtype) * column_1G.to(scores_GG.dtype))
