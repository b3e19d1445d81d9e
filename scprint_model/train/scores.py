"""Pure scores of a trained model on cells that it has not seen: arrays in, one number out."""

import numpy as np
import numpy.typing as npt
from scipy import stats

from scprint_model.errors import TrainingError
from scprint_model.labels import LabelSpace

__all__ = ["accepted", "accuracy", "best_constant", "macro_f1", "spearman"]

Ints = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]


def accepted(space: LabelSpace) -> npt.NDArray[np.bool_]:
    """Return (codes, leaves): which leaves are right where the truth is a code, itself or one under it."""
    return np.concatenate([np.eye(len(space.leaves), dtype=bool), space.hierarchy()])


def accuracy(predicted: Ints, truth: Ints, space: LabelSpace) -> float:
    """Return the share of right leaves; a leaf under a true group is right.

    Parameters
    ----------
    predicted, truth
        Shape (C,): leaves, and codes of the label space; cells of unknown truth must be left out.
    """
    return float(accepted(space)[truth, predicted].mean())


def best_constant(truth: Ints, space: LabelSpace) -> float:
    """Return the accuracy of the one leaf that, given to all cells, is right most often."""
    return float(accepted(space)[truth].mean(axis=0).max())


def macro_f1(predicted: Ints, truth: Ints, space: LabelSpace) -> float:
    """Return the mean over true leaves of the F1 score; groups count as no truth of their own.

    Returns
    -------
    float
        In [0, 1]; nan where every truth is a group.
    """
    known = truth < len(space.leaves)
    truth, predicted = truth[known], predicted[known]
    values = []
    for leaf in np.unique(truth):
        hits = int(((predicted == leaf) & (truth == leaf)).sum())
        values.append(2 * hits / (int((predicted == leaf).sum()) + int((truth == leaf).sum())))
    return float(np.mean(values)) if values else float("nan")


def spearman(values: Floats, truth: Floats) -> float:
    """Return the rank correlation of all entries together, ties at their mean rank.

    Raises
    ------
    TrainingError
        If there are fewer than three entries, or either side is constant: it is undefined.
    """
    if len(values) < 3 or np.ptp(values) == 0 or np.ptp(truth) == 0:
        raise TrainingError(f"A correlation over {len(values)} entries, or over equal ones, is undefined.")
    return float(stats.spearmanr(values, truth).statistic)
