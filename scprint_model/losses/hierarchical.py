"""Classification where a label may be a group of leaves: the group learns, its leaves are not told which."""

import torch
from torch import Tensor
from torch.nn import functional

from scprint_model.errors import LabelError


def hierarchical_loss(logits: Tensor, labels: Tensor, hierarchy: Tensor, *, by_batch: bool = True) -> Tensor:
    """Binary cross-entropy over leaves, with one more column for cells that are known by a group only.

    Parameters
    ----------
    logits
        (B, n) of the leaves.
    labels
        (B,) int64: below 0 unknown, 0 to n - 1 a leaf, n and above a group; above all groups unknown too.
    hierarchy
        (groups, n) bool: the leaves under each group.
    by_batch
        Whether, as published, the additional column exists only in a batch where some cell has a group. Then
        the mean of two halves is not that of the whole batch; False gives every batch the column.

    Returns
    -------
    Tensor
        One number. An unknown cell weighs 0 everywhere. A leaf is one-hot. A group weighs 0 on its leaves,
        says no to all other leaves, and yes to one column more, whose logit is the logsumexp of its leaves'.
        The mean is over the whole matrix, entries of weight 0 too, as published.

    Raises
    ------
    LabelError
        If the hierarchy does not have the logits' leaves.
    """
    cells, leaves = logits.shape
    if hierarchy.ndim != 2 or hierarchy.shape[1] != leaves:
        shape = tuple(hierarchy.shape)
        raise LabelError(f"The hierarchy is {shape}; the classifier has {leaves} leaves.")
    logits = logits.float()
    known, grouped = _kinds(labels, leaves, hierarchy)
    leaf = labels.clamp(0, leaves - 1)
    target = functional.one_hot(leaf, leaves).to(logits.dtype)
    target = target * (known & ~grouped)[:, None]
    if not hierarchy.shape[0]:
        weight = known[:, None].expand(cells, leaves).to(logits.dtype)
        return functional.binary_cross_entropy_with_logits(logits, target, weight)
    under = hierarchy[(labels - leaves).clamp(0, hierarchy.shape[0] - 1)] & grouped[:, None]
    weight = (known[:, None] & ~under).to(logits.dtype)
    whole = functional.binary_cross_entropy_with_logits(logits, target, weight, reduction="sum")
    # -inf elsewhere would make NaN gradients for cells without a group: they get a column of weight 0
    inside = torch.where(under | ~grouped[:, None], logits, torch.finfo(logits.dtype).min)
    groups = functional.softplus(-inside.logsumexp(dim=1)) * grouped
    columns = leaves + (grouped.any() if by_batch else 1)
    return (whole + groups.sum()) / (cells * columns)


def ancestors_loss(logits: Tensor, labels: Tensor, hierarchy: Tensor) -> Tensor:
    """Binary cross-entropy over leaves and over every group above the true label (scPRINT-2).

    Parameters
    ----------
    logits, labels, hierarchy
        As for :func:`hierarchical_loss`.

    Returns
    -------
    Tensor
        One number. Each group that holds all of the cell's possible leaves says yes to its logsumexp column,
        weighted by 1 / sqrt(number of its leaves). Mean over the B x (leaves + groups) matrix.
    """
    cells, leaves = logits.shape
    if not hierarchy.shape[0]:
        return hierarchical_loss(logits, labels, hierarchy)
    logits = logits.float()
    known, grouped = _kinds(labels, leaves, hierarchy)
    own = hierarchy[(labels - leaves).clamp(0, hierarchy.shape[0] - 1)]
    leaf = functional.one_hot(labels.clamp(0, leaves - 1), leaves).bool()
    possible = torch.where(grouped[:, None], own, leaf)
    target = (leaf & ~grouped[:, None] & known[:, None]).to(logits.dtype)
    weight = (known[:, None] & ~(own & grouped[:, None])).to(logits.dtype)
    whole = functional.binary_cross_entropy_with_logits(logits, target, weight, reduction="sum")
    above = (possible.float() @ (~hierarchy).float().T == 0) & known[:, None]
    columns = logits[:, None].masked_fill(~hierarchy[None], torch.finfo(logits.dtype).min).logsumexp(dim=2)
    size = hierarchy.sum(dim=1).clamp_min(1).to(logits.dtype)
    groups = (functional.softplus(-columns) * above / size.sqrt()).sum()
    return (whole + groups) / (cells * (leaves + hierarchy.shape[0]))


def _kinds(labels: Tensor, leaves: int, hierarchy: Tensor) -> tuple[Tensor, Tensor]:
    """Say which labels (B,) are known, and which of these are groups."""
    known = (labels >= 0) & (labels < leaves + hierarchy.shape[0])
    return known, known & (labels >= leaves)
