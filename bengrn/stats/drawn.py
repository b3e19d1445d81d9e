"""A score in draws of regulators: what is kept of it, so that it can be compared with another one's."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bengrn.stats.interval import Interval, Scale

__all__ = ["Bootstrapped", "Drawn", "is_ratio"]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A score, the same score in every draw of regulators, and how it is compared.

    Networks that are scored on one task get the same draws of the same regulators: the difference of
    two scores varies as the difference of their draws.

    Parameters
    ----------
    value
        On the data themselves.
    draws_D
        Shape (D,), float32; NaN where undefined.
    scale
        On which the draws are symmetric, more or less.
    n_regulators
        Regulators that the draws were taken of.
    n_effective
        How many equal ones they are worth.
    direction
        +1 where higher is better, -1 where lower is, 0 where neither.
    as_ratio
        Whether a reader thinks of two values by their ratio, not by their difference.
    """

    value: float
    draws_D: npt.NDArray[np.float32]
    scale: Scale
    n_regulators: int
    n_effective: float
    direction: int = 1
    as_ratio: bool = True


@dataclass(frozen=True, eq=False)
class Bootstrapped:
    """What draws of regulators say of several scores.

    Parameters
    ----------
    intervals
        Name -> the value, with an interval or with the reason why it has none.
    drawn
        Name -> the draws, for those that have an interval.
    """

    intervals: Mapping[str, Interval]
    drawn: Mapping[str, Drawn]


def is_ratio(bounds: tuple[float, float], chance: str) -> bool:
    """Return whether two values of a metric are compared by their ratio.

    Not where values can be negative, nor where they are shares whose chance level is a fixed number, as an
    AUROC's: 0.55 is not 10 % better than 0.5.
    """
    if bounds[0] < 0:
        return False
    try:
        float(chance)
    except ValueError:
        return True
    return bounds[1] > 1
