"""How a cost grows with sizes: a power law by least squares on logarithms, with intervals of Student's t."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bengrn.errors import MetricError

__all__ = ["Exponent", "PowerLaw", "fit_power_law"]

# wider intervals name no kind of growth
_WIDEST_NAMED = 0.6
_NAMES = {0: "constant", 1: "linear", 2: "quadratic", 3: "cubic"}


@dataclass(frozen=True)
class Exponent:
    """One exponent with its interval.

    Parameters
    ----------
    value
        Least squares.
    low, high
        Of its confidence interval; NaN where there are no more points than unknowns.
    """

    value: float
    low: float = math.nan
    high: float = math.nan

    @property
    def name(self) -> str:
        """The kind of growth, such as "linear", where the interval holds no other; else nothing."""
        if not self.high - self.low <= _WIDEST_NAMED:
            return ""
        held = [name for power, name in _NAMES.items() if self.low <= power <= self.high]
        return held[0] if len(held) == 1 else ""


@dataclass(frozen=True, eq=False)
class PowerLaw:
    """Cost = scale x product of size^exponent.

    Parameters
    ----------
    scale
        The cost of size 1.
    exponents
        One per size; None where all points have one size: the exponent is undefined, not 0.
    n_points
        How many points were fitted.
    freedom
        Points less unknowns.
    residual
        Standard deviation of the logarithms around the fit; NaN without freedom.
    level
        Of the intervals.
    """

    scale: float
    exponents: tuple[Exponent | None, ...]
    n_points: int
    freedom: int
    residual: float
    level: float
    _means: npt.NDArray[np.float64]
    _inverse: npt.NDArray[np.float64]

    def predict(self, sizes: Sequence[float]) -> tuple[float, float, float]:
        """Return the cost at other sizes, and the interval that holds a new measurement there.

        Raises
        ------
        MetricError
            If a size differs from the only one that was measured.
        """
        logs = np.log(np.asarray(sizes, dtype=np.float64))
        for position, exponent in enumerate(self.exponents):
            if exponent is None and abs(logs[position] - self._means[position]) > 1e-9:
                raise MetricError(
                    f"size {sizes[position]:g} was never measured, and one size has no exponent. Measure two."
                )
        fitted = np.array([one is not None for one in self.exponents])
        powers = np.array([one.value for one in self.exponents if one is not None])
        centred = np.concatenate([[1.0], (logs - self._means)[fitted]])
        at_means = math.log(self.scale) + float(powers @ self._means[fitted])
        centre = at_means + float(powers @ centred[1:])
        spread = self.residual * math.sqrt(1 + float(centred @ self._inverse @ centred))
        reach = _quantile(self.freedom, self.level) * spread
        return math.exp(centre), math.exp(centre - reach), math.exp(centre + reach)


def fit_power_law(
    sizes: Sequence[Sequence[float]], costs: Sequence[float], *, level: float = 0.95
) -> PowerLaw:
    """Fit cost = scale x product of size^exponent to N points.

    Parameters
    ----------
    sizes
        N points of K positive sizes each.
    costs
        N positive costs.
    level
        Of the intervals.

    Returns
    -------
    PowerLaw
        Its intervals hold if the logarithms scatter evenly around the law; whether it is one they do not say.

    Raises
    ------
    MetricError
        If there are fewer points than unknowns, or a number is not positive.

    Examples
    --------
    >>> law = fit_power_law([(1, 1), (2, 1), (1, 2), (2, 2)], [3.0, 6.0, 12.0, 24.0])
    >>> [round(one.value, 6) for one in law.exponents], round(law.predict((4, 4))[0], 6)
    ([1.0, 2.0], 192.0)
    """
    if len(costs) == 0:
        raise MetricError(
            "0 points do not fix a power law; expected at least as many as unknowns. Measure some."
        )
    size_NK = np.atleast_2d(np.asarray(sizes, dtype=np.float64))
    cost_N = np.asarray(costs, dtype=np.float64)
    if not (np.isfinite(cost_N).all() and (cost_N > 0).all() and (size_NK > 0).all()):
        raise MetricError("A power law needs sizes and costs over 0; leave the others out.")
    log_NK = np.log(size_NK)
    means = log_NK.mean(axis=0)
    varies = np.ptp(log_NK, axis=0) > 1e-9
    design = np.column_stack([np.ones(len(cost_N)), (log_NK - means)[:, varies]])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise MetricError(
            f"{len(cost_N)} points do not fix {design.shape[1]} unknowns; expected at least as many points, "
            "on a grid. Measure more sizes."
        )
    inverse = np.linalg.inv(design.T @ design)
    found = inverse @ design.T @ np.log(cost_N)
    freedom = len(cost_N) - design.shape[1]
    left = np.log(cost_N) - design @ found
    residual = math.sqrt(float(left @ left) / freedom) if freedom else math.nan
    reach = _quantile(freedom, level) * residual * np.sqrt(np.diag(inverse))
    intervals = [
        Exponent(float(one), float(one - by), float(one + by))
        for one, by in zip(found[1:], reach[1:], strict=True)
    ]
    waiting = iter(intervals)
    exponents = tuple(next(waiting) if one else None for one in varies)
    scale = math.exp(found[0] - float(found[1:] @ means[varies]))
    return PowerLaw(scale, exponents, len(cost_N), freedom, residual, level, means, inverse)


def _quantile(freedom: int, level: float) -> float:
    """Return how many standard errors an interval reaches; NaN without freedom."""
    from scipy.stats import t

    return float(t.ppf((1 + level) / 2, freedom)) if freedom else math.nan
