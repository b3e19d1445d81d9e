"""The interval of a mean over regulators whose values are skewed: few high ones, and many low."""

import numpy as np
import numpy.typing as npt

from bengrn.stats.interval import Interval, effective_number

__all__ = ["skewed_mean_interval"]

Doubles = npt.NDArray[np.float64]


def skewed_mean_interval(
    value_R: Doubles, weight_R: Doubles, *, level: float, bounds: tuple[float, float]
) -> Interval:
    """Return the interval of sum(values) / sum(weights) over regulators, corrected for skewness.

    Parameters
    ----------
    value_R, weight_R
        Shape (R,); both 0 where a regulator does not count.
    level
        Share of such intervals that hold the true value.
    bounds
        Lowest and highest possible value.

    Notes
    -----
    The average precision of a regulator with one target is 1 with luck and near 0 without. A sample without
    the lucky one has a low mean *and* a small spread, so that a t interval lies below the truth too often.
    Hall 1992, On the removal of skewness by transformation, J. R. Stat. Soc. B 54:221: with skewness s, n
    values and a = s / (3 sqrt n), the statistic t + a t^2 + a^2 t^3 / 3 + a / 2 is symmetric; its inverse
    turns the quantiles of Student's t into the ends. The values are the residuals of the ratio.
    """
    from scipy.stats import t

    counts_R = weight_R > 0
    value_R, weight_R = value_R[counts_R], weight_R[counts_R]
    n, mean = len(value_R), float(value_R.sum() / weight_R.sum())
    rest_R = (value_R - mean * weight_R) / weight_R.mean()
    spread = float(rest_R.std(ddof=1)) / np.sqrt(n)
    if spread <= 1e-12 * abs(mean):
        return Interval(mean, mean, mean)
    a = float(((rest_R / rest_R.std()) ** 3).mean()) / (3 * np.sqrt(n))
    reach = t.ppf((1 + level) / 2, max(effective_number(weight_R) - 1, 1))
    ends = np.array([reach, -reach])
    if abs(a) > 1e-9:
        ends = (np.cbrt(1 + 3 * a * (ends - a / 2)) - 1) / a
    low, high = np.clip(mean - spread * ends, *bounds)
    return Interval(mean, min(float(low), mean), max(float(high), mean))
