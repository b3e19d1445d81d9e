"""Non-negative ridge regression from sums of products, so that pairs can be grouped and regrouped."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls

__all__ = ["ClassSums", "class_sums", "nonnegative_ridge"]

Floats = npt.NDArray[np.float64]

# pairs brought to float64 at a time
_CHUNK = 8192


@dataclass(frozen=True, eq=False)
class ClassSums:
    """Sums over groups of pairs, for false (0) and true (1) pairs apart.

    Parameters
    ----------
    gram_GKHH
        Shape (G, 2, H, H): sums of products of the values of two heads, per group and class.
    sum_GKH
        Shape (G, 2, H): sums of the values.
    count_GK
        Shape (G, 2): pairs.
    """

    gram_GKHH: Floats
    sum_GKH: Floats
    count_GK: npt.NDArray[np.int64]

    def normal_equations(self, groups: npt.NDArray[np.bool_], weight_K: Floats) -> tuple[Floats, Floats]:
        """Return (H, H) and (H,): weighted sums over these groups; false pairs are -1, true ones +1.

        Parameters
        ----------
        groups
            Shape (G,): which take part.
        weight_K
            Shape (2,): weight of a false and of a true pair.
        """
        gram_HH = np.einsum("k,gkhi->hi", weight_K, self.gram_GKHH[groups])
        moment_H = np.einsum("k,gkh->h", weight_K * (-1, 1), self.sum_GKH[groups])
        return gram_HH, moment_H


def class_sums(
    values_HP: npt.NDArray[np.float32],
    true_P: npt.NDArray[np.bool_],
    group_P: npt.NDArray[np.int64],
    groups: int,
) -> ClassSums:
    """Sum the values of H heads at P pairs, and their products, by group and class."""
    heads = len(values_HP)
    gram, total = np.zeros((groups, 2, heads, heads)), np.zeros((groups, 2, heads))
    count = np.zeros((groups, 2), dtype=np.int64)
    for group in range(groups):
        for true in (0, 1):
            members = np.flatnonzero((group_P == group) & (true_P == bool(true)))
            count[group, true] = len(members)
            for first in range(0, len(members), _CHUNK):
                part_HP = values_HP[:, members[first : first + _CHUNK]].astype(np.float64)
                gram[group, true] += part_HP @ part_HP.T
                total[group, true] += part_HP.sum(axis=1)
    return ClassSums(gram, total, count)


def nonnegative_ridge(gram_HH: Floats, moment_H: Floats, penalty: float) -> Floats:
    """Return the b of at least 0 that makes b'Gb - 2 b'm + penalty b'b smallest.

    Parameters
    ----------
    gram_HH
        G, shape (H, H): weighted products of the predictors.
    moment_H
        m, shape (H,): weighted products of the predictors and the outcome.
    penalty
        Above 0; makes the answer unique, so that the order of the heads cannot matter.

    Returns
    -------
    coefficients
        Shape (H,), at least 0; exactly 0 for a head that does not help.

    Notes
    -----
    With G + penalty I = R'R this is the non-negative least squares problem min |Rb - v|, R'v = m, which
    Lawson and Hanson's active sets solve exactly (Solving Least Squares Problems, 1974, chapter 23).
    """
    size = np.abs(moment_H).max(initial=0.0)
    if size == 0:
        return np.zeros(len(moment_H))
    penalized = gram_HH + penalty * np.eye(len(moment_H))
    # the solver's tolerances are absolute: bring both sides to the size of 1
    scale = float(np.trace(penalized)) / len(moment_H)
    root_HH = cholesky(penalized / scale)
    aim_H = solve_triangular(root_HH, moment_H / size, trans="T")
    found, _ = nnls(root_HH, aim_H, maxiter=30 * len(moment_H))
    return np.asarray(found * (size / scale), dtype=np.float64)
