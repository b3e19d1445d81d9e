"""How far two methods are from each other: the difference of their scores in the same draws of regulators."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bengrn.errors import MetricError
from bengrn.stats.drawn import Drawn
from bengrn.stats.interval import Scale, counts_scale, standard_error

__all__ = ["Difference", "mean_over_seeds", "paired_difference"]

Doubles = npt.NDArray[np.float64]

# on a metric's scale; means of equal seeds differ by this much
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Difference:
    """How far a first method is from a second.

    Parameters
    ----------
    value, low, high
        first / second, or first - second in the metric's units, with its interval; None where undefined.
        The high end of a ratio is infinite where the second may find nothing.
    p
        That draws of regulators (and seeds) alone make a difference as large; two-sided.
    as_ratio
        Whether it is a ratio.
    sign
        +1 where the first scores better, -1 where worse, 0 where the same.
    reason
        Why something is None.
    """

    value: float | None
    low: float | None
    high: float | None
    p: float | None
    as_ratio: bool
    sign: int = 0
    reason: str = ""


@dataclass(frozen=True)
class _Mean:
    """The mean of a method over its seeds, on a scale: its value, draws (D,), and variance over seeds."""

    value: float
    moved_D: Doubles
    variance: float
    seeds: int


def paired_difference(first: Sequence[Drawn], second: Sequence[Drawn], *, level: float = 0.95) -> Difference:
    """Compare two methods that were scored on the same task with the same draws of regulators.

    Parameters
    ----------
    first, second
        The score of each method, once per seed.
    level
        Share of such intervals that hold the true difference.

    Returns
    -------
    Difference
        Without interval and p-value, but with a reason, where too few regulators have an edge or the
        draws are not paired.

    Notes
    -----
    On the metric's own scale f (`Drawn.scale`) a method's value is the mean of f over its seeds, and so are
    its draws. The difference d has the variance of the difference of the draws, and for every method with
    S > 1 seeds the variance over seeds / S, which counts what seeds do to single regulators twice: too
    much rather than too little. The degrees of freedom, effective regulators - 1 and S - 1, are put
    together as Welch and Satterthwaite do. With m the middle of both values, d is shown as
    g(m + d/2) / g(m - d/2), or as the difference of the two, g the inverse of f: exactly the ratio or
    difference of the two values, and never less for a larger d.
    """
    from scipy.stats import t

    every = (*first, *second)
    scale, as_ratio = _common_scale(every), every[0].as_ratio
    mine, theirs = _mean(first, scale), _mean(second, scale)
    gap, middle = mine.value - theirs.value, (mine.value + theirs.value) / 2
    shown = _show(scale, middle, np.array([gap]), as_ratio=as_ratio)[0]
    sign = int(np.sign(gap)) * every[0].direction
    try:
        spread, freedom = _spread(mine, theirs, every)
    except MetricError as why:
        return Difference(shown, None, None, None, as_ratio, sign, str(why))
    if spread <= _ROUNDING * max(1.0, abs(middle)):
        same = abs(gap) <= _ROUNDING * max(1.0, abs(middle))
        return Difference(shown, shown, shown, float(same), as_ratio, 0 if same else sign)
    reach = t.ppf((1 + level) / 2, freedom) * spread
    low, high = _show(scale, middle, np.array([gap - reach, gap + reach]), as_ratio=as_ratio)
    p = min(1.0, 2 * float(t.sf(abs(gap) / spread, freedom)))
    return Difference(shown, low, high, p, as_ratio, sign)


def mean_over_seeds(seeds: Sequence[Drawn]) -> float:
    """Return a method's value over its seeds: the mean on the metric's scale, back in its units."""
    scale = _common_scale(seeds)
    mean = np.mean(scale.forth(np.array([one.value for one in seeds])))
    return seeds[0].value if len(seeds) == 1 else float(scale.back(np.array(mean)))


def _common_scale(every: Sequence[Drawn]) -> Scale:
    """Return one scale for all: what a count is worth to a lift differs a little between methods."""
    if every[0].scale.name != "root":
        return every[0].scale
    return counts_scale(float(np.mean([one.scale.unit for one in every])))


def _mean(seeds: Sequence[Drawn], scale: Scale) -> _Mean:
    """Return the mean of a method over its seeds."""
    value_S = scale.forth(np.array([one.value for one in seeds]))
    lengths = {len(one.draws_D) for one in seeds}
    moved_D = np.zeros(0)
    if len(lengths) == 1:
        draws_SD = np.array([one.draws_D for one in seeds], dtype=np.float64)
        with np.errstate(invalid="ignore"):
            moved_D = scale.forth(draws_SD).mean(axis=0)
    variance = float(value_S.var(ddof=1)) / len(seeds) if len(seeds) > 1 else 0.0
    return _Mean(float(value_S.mean()), moved_D, variance, len(seeds))


def _spread(mine: _Mean, theirs: _Mean, every: Sequence[Drawn]) -> tuple[float, float]:
    """Return the standard error of the difference on the scale, and its degrees of freedom."""
    sizes = {(one.n_regulators, len(one.draws_D)) for one in every}
    if len(sizes) > 1:
        raise MetricError(
            "the draws are not of the same regulators; score both with the same version and --draws"
        )
    ((n_regulators, _),) = sizes
    with np.errstate(invalid="ignore"):
        error = standard_error(mine.moved_D - theirs.moved_D, n_regulators)
    n_effective = min(one.n_effective for one in every)
    parts = [
        (error**2, max(n_effective - 1, 1.0)),
        *((one.variance, one.seeds - 1.0) for one in (mine, theirs) if one.seeds > 1),
    ]
    total = sum(variance for variance, _ in parts)
    if total == 0:
        return 0.0, 1.0
    return float(np.sqrt(total)), total**2 / sum(variance**2 / freedom for variance, freedom in parts)


def _show(scale: Scale, middle: float, gap: Doubles, *, as_ratio: bool) -> list[float]:
    """Return gaps on the scale, around a middle, as a reader understands them."""
    top, bottom = scale.back(middle + gap / 2), scale.back(middle - gap / 2)
    if not as_ratio:
        return [float(one) for one in top - bottom]
    return [float(one) for one in np.divide(top, bottom, out=np.full_like(top, np.inf), where=bottom > 0)]
