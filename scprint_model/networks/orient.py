"""Which way attention points: the only place where queries and keys become targets and regulators."""

from typing import TypeVar

import numpy.typing as npt
from torch import Tensor

__all__ = ["row_regulates_column"]

Matrix = TypeVar("Matrix", Tensor, npt.NDArray)  # type: ignore[type-arg]


def row_regulates_column(attention_QK: Matrix) -> Matrix:
    """Turn attention, a query's row over its keys, into a network whose row regulates its column.

    A token's output is a mean over the *keys* that it attends to: what the model says of the query gene it
    took from the key genes. So the key gene regulates the query gene, and the network is the transpose,
    (keys, queries). The original scores one orientation against some truths and the other against the rest;
    here it is fixed for all of them.

    Parameters
    ----------
    attention_QK
        Shape (queries, keys).

    Returns
    -------
    Matrix
        A view, shape (regulators, targets).
    """
    return attention_QK.T
