"""What keeps cell tokens apart from each other, and cells where they belong."""

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor
from torch.nn import functional


def cosine_dissimilarity(tokens: Tensor) -> Tensor:
    """Mean over pairs of tokens of the batch's mean absolute cosine (V1).

    Parameters
    ----------
    tokens
        (B, N, d).

    Returns
    -------
    Tensor
        In [0, (N - 1) / N]: the diagonal counts as 0 but stays in the denominator.
    """
    cosine = _cosines(tokens).abs().mean(dim=0)
    return _off_diagonal(cosine).mean()


def distance_dissimilarity(tokens: Tensor) -> Tensor:
    """Half the mean squared cosine off the diagonal, and half the inverse of the mean distance (V2).

    Parameters
    ----------
    tokens
        (B, N, d). Distances are Euclidean, divided by sqrt(d); their diagonal stays in the denominator.
    """
    count, width = tokens.shape[1:]
    squares = _off_diagonal(_cosines(tokens).square()).sum(dim=(1, 2)) / max(count * (count - 1), 1)
    x = tokens.float()
    gaps = (x[:, :, None] - x[:, None, :]).square().sum(dim=-1) / width
    # at 0, where the diagonal is, the root has no slope
    distances = _off_diagonal(gaps.clamp_min(1e-12).sqrt())
    return 0.5 * squares.mean() + 0.5 / (distances.mean() + 1e-3)


def elastic_similarity(embeddings: Tensor, *, threshold: float = 0.3) -> Tensor:
    """Push the cosine of two cells towards 0 or 1, whichever side of the threshold it is on (ECS).

    Parameters
    ----------
    embeddings
        (B, d).
    threshold
        0.3 in V1, 0.4 in V2.

    Returns
    -------
    Tensor
        Mean over all pairs of 1 - (cosine - threshold)^2, negative cosines and the diagonal taken as 0.
    """
    cosine = functional.relu(_off_diagonal(_cosines(embeddings[None])[0]))
    return (1 - (cosine - threshold).square()).mean()


def contrastive(first: Tensor, second: Tensor, *, temperature: float = 0.5) -> Tensor:
    """Each cell is closest to itself in another pass, among the cells of the batch (InfoNCE).

    Parameters
    ----------
    first, second
        (B, d), embeddings of the same cells from two passes.
    temperature
        Divides the cosines: 0.5 in V1, 0.2 in V2.
    """
    a, b = functional.normalize(first.float(), dim=1), functional.normalize(second.float(), dim=1)
    with torch.autocast(a.device.type, enabled=False):
        logits = a @ b.T / temperature
    return functional.cross_entropy(logits, torch.arange(len(a), device=a.device))


def contrastive_over(
    passes: Sequence[Tensor], *, temperature: float = 0.5, divisor: str = "passes"
) -> Tensor:
    """Sum :func:`contrastive` over all pairs of passes, divided by the passes (V1) or the pairs (V2).

    Parameters
    ----------
    passes
        (B, d) each; fewer than two give 0.
    temperature
        See :func:`contrastive`.
    divisor
        ``passes`` or ``pairs``.
    """
    losses = [contrastive(a, b, temperature=temperature) for a, b in combinations(passes, 2)]
    if not losses:
        return passes[0].new_zeros(())
    return torch.stack(losses).sum() / (len(losses) if divisor == "pairs" else len(passes))


def _cosines(tokens: Tensor) -> Tensor:
    x = functional.normalize(tokens.float(), dim=-1)
    with torch.autocast(x.device.type, enabled=False):
        return x @ x.transpose(-1, -2)


def _off_diagonal(matrix: Tensor) -> Tensor:
    itself = torch.eye(matrix.shape[-1], dtype=torch.bool, device=matrix.device)
    return matrix.masked_fill(itself, 0)
