"""From draws to an interval: on a scale where the draws are even, with Student's t for few regulators."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bengrn.errors import MetricError

__all__ = [
    "ARCSINE",
    "IDENTITY",
    "LOG",
    "MIN_REGULATORS",
    "Interval",
    "Scale",
    "counts_scale",
    "effective_number",
    "scale_named",
    "standard_error",
    "t_interval",
]

Floats = npt.NDArray[np.float64]

# of fewer regulators than this, draws say nothing about a sixth one
MIN_REGULATORS = 5
# an interval over what is left after dropping more undefined draws than this would be a fake one
_MAX_UNDEFINED = 0.05


@dataclass(frozen=True)
class Interval:
    """A value with its interval.

    Parameters
    ----------
    value
        On the data themselves, exact; None where undefined.
    low, high
        Ends of the interval; None where there is none.
    reason
        Why something is None.
    null_mean, null_sd
        Of a lift: mean and standard deviation of the score on the nulls.
    """

    value: float | None
    low: float | None
    high: float | None
    reason: str = ""
    null_mean: float | None = None
    null_sd: float | None = None


@dataclass(frozen=True)
class Scale:
    """A change of scale, forth and back, that makes the spread of a score much the same at all its values.

    Parameters
    ----------
    name
        "identity", "log", "arcsine" or "root".
    forth, back
        Both never decrease.
    unit
        Of a root, what one count is worth; else 0.
    """

    name: str
    forth: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]
    unit: float = 0.0


def _log(value: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        logarithm: Floats = np.log(value)
    return logarithm


IDENTITY = Scale("identity", lambda value: value, lambda value: value)
# ratios and products of precisions
LOG = Scale("log", _log, np.exp)
# shares: the ends 0 and 1 are no exception
ARCSINE = Scale(
    "arcsine",
    lambda value: np.arcsin(np.sqrt(np.clip(value, 0, 1))),
    lambda angle: np.sin(np.clip(angle, 0, np.pi / 2)) ** 2,
)


def counts_scale(unit: float) -> Scale:
    """Return the scale of a count times `unit`: the root of the count + 3/8, defined where it is 0.

    Anscombe 1948, https://doi.org/10.1093/biomet/35.3-4.246
    """
    offset = 0.375 * unit
    return Scale(
        "root",
        lambda value: np.sqrt(value + offset),
        lambda root: np.maximum(np.maximum(root, 0) ** 2 - offset, 0),
        unit,
    )


def scale_named(name: str, unit: float) -> Scale:
    """Return the scale that has this name and unit.

    Raises
    ------
    KeyError
        If there is none.
    """
    return counts_scale(unit) if name == "root" else {one.name: one for one in (IDENTITY, LOG, ARCSINE)}[name]


def effective_number(weight_R: npt.NDArray[np.number]) -> float:
    """Return how many equal regulators are worth as much as these (Kish 1965): (sum w)^2 / sum w^2.

    With 100 regulators of which five hold most of the edges this is nearer to 5 than to 100.
    """
    weights = weight_R.astype(np.float64)
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def standard_error(moved_D: Floats, n_regulators: int) -> float:
    """Return the standard error that draws tell of: their standard deviation, a little widened.

    Parameters
    ----------
    moved_D
        Shape (D,), a value in draws of regulators, on its scale; not finite where undefined.
    n_regulators
        Regulators that the draws were taken of.

    Raises
    ------
    MetricError
        If there are too few regulators or defined draws: the message says why, without a full stop.
    """
    _check_draws(n_regulators, len(moved_D))
    defined = moved_D[np.isfinite(moved_D)]
    if len(defined) < max(2, (1 - _MAX_UNDEFINED) * len(moved_D)):
        raise MetricError(f"undefined in {len(moved_D) - len(defined)} of {len(moved_D)} draws of regulators")
    # a draw of R varies by the R-th part less than regulators do
    return float(defined.std()) * float(np.sqrt(n_regulators / (n_regulators - 1)))


def t_interval(
    value: float,
    draws: Floats,
    *,
    scale: Scale,
    n_regulators: int,
    freedom: float,
    level: float,
    bounds: tuple[float, float],
    widening: float = 1.0,
) -> Interval:
    """Return value -+ t x standard deviation of the draws, on a scale; the value always lies inside.

    Parameters
    ----------
    value
        On the data themselves.
    draws
        Shape (D,), the same in draws of regulators; NaN where undefined.
    scale
        On which the draws are symmetric, more or less.
    n_regulators
        Regulators that the draws were taken of.
    freedom
        Degrees of freedom of Student's t.
    level
        Share of such intervals that hold the true value.
    bounds
        Lowest and highest possible value.
    widening
        By what the standard deviation of the draws is too small: see `Influence`.
    """
    from scipy.stats import t

    try:
        center, spread = _center_and_spread(value, draws, scale, n_regulators)
    except MetricError as why:
        return Interval(value, None, None, f"no interval: {why}")
    reach = t.ppf((1 + level) / 2, freedom) * widening * spread
    ends = np.clip(scale.back(center + np.array([-reach, reach])), *bounds)
    return Interval(value, min(float(ends[0]), value), max(float(ends[1]), value))


def _check_draws(n_regulators: int, n_draws: int) -> None:
    """Refuse what no spread can be told from."""
    if n_regulators < MIN_REGULATORS:
        raise MetricError(f"{n_regulators} regulators with a true edge; needs {MIN_REGULATORS}")
    if not n_draws:
        raise MetricError("no draw was made (--draws 0)")


def _center_and_spread(value: float, draws: Floats, scale: Scale, n_regulators: int) -> tuple[float, float]:
    """Return the value and its standard error, on the scale."""
    _check_draws(n_regulators, len(draws))
    if value == 0:
        raise MetricError("nothing was found, so nothing is known of its spread")
    spread = standard_error(scale.forth(draws), n_regulators)
    center = float(scale.forth(np.array(value)))
    if not np.isfinite(center):
        raise MetricError(f"{value:g} has no place on its scale")
    return center, spread
