"""Intervals of means over regulators: the same draws of regulators, and nothing left to count."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bengrn.errors import MetricError
from bengrn.metrics.metric import RegulatorMetric, RegulatorRanking
from bengrn.stats.drawn import Bootstrapped, Drawn, is_ratio
from bengrn.stats.draws import draw_regulators
from bengrn.stats.interval import ARCSINE, IDENTITY, LOG, Interval, Scale, effective_number, t_interval
from bengrn.stats.mean_interval import skewed_mean_interval

__all__ = ["regulator_intervals"]

Doubles = npt.NDArray[np.float64]

_DRAWS_AT_A_TIME = 1000


def regulator_intervals(
    ranking: RegulatorRanking,
    metrics: Sequence[RegulatorMetric],
    *,
    draws: int = 1000,
    seed: int,
    level: float = 0.95,
) -> Bootstrapped:
    """Compute the interval of every metric that is a mean over regulators.

    Parameters
    ----------
    ranking
        Of each regulator's own candidates.
    metrics
        What to compute; names are the keys of the result.
    draws, seed, level
        As of `bootstrap`; the same seed draws the same regulators.

    Returns
    -------
    Bootstrapped
        Of a share with a fixed chance level (AUROC) the interval is made on its arcsine, of any other metric
        that is never negative (average precision) on itself, corrected for skewness, of the rest on itself.
        A metric that raises has no value, but its reason.
    """
    found: dict[str, Interval] = {}
    parts: dict[str, tuple[Doubles, Doubles]] = {}
    for metric in metrics:
        try:
            parts[metric.name] = _checked(metric, ranking)
            found[metric.name] = Interval(metric.compute(ranking), None, None)
        except MetricError as error:
            found[metric.name] = Interval(None, None, None, str(error))
        except Exception as error:  # noqa: BLE001 - a plug-in's metric may raise anything; the others stand
            found[metric.name] = Interval(None, None, None, f"{type(error).__name__}: {error}")
    parts = {name: one for name, one in parts.items() if found[name].value is not None}
    drawn = _draw(parts, len(ranking.n_pairs_R), draws, seed)
    kept: dict[str, Drawn] = {}
    for metric in metrics:
        value = found[metric.name].value
        if value is None:
            continue
        one = _drawn(metric, value, drawn[metric.name], parts[metric.name][1])
        found[metric.name] = t_interval(
            value,
            drawn[metric.name],
            scale=one.scale,
            n_regulators=one.n_regulators,
            freedom=max(one.n_effective - 1, 1),
            level=level,
            bounds=metric.bounds,
        )
        if found[metric.name].low is not None:
            kept[metric.name] = one
            if one.as_ratio:
                found[metric.name] = skewed_mean_interval(
                    *parts[metric.name], level=level, bounds=metric.bounds
                )
    return Bootstrapped(found, kept)


def _drawn(metric: RegulatorMetric, value: float, draws_D: Doubles, weight_R: Doubles) -> Drawn:
    """Return what is kept of a metric's draws."""
    scale = _scale(metric.bounds)
    return Drawn(
        value,
        draws_D.astype(np.float32),
        scale,
        n_regulators=int((weight_R > 0).sum()),
        n_effective=effective_number(weight_R),
        direction=metric.direction,
        as_ratio=scale is not IDENTITY and is_ratio(metric.bounds, metric.chance),
    )


def _checked(metric: RegulatorMetric, ranking: RegulatorRanking) -> tuple[Doubles, Doubles]:
    """Return the two parts of a metric; refuse what is no finite number per regulator."""
    value_R, weight_R = (np.asarray(part, dtype=np.float64) for part in metric.parts(ranking))
    shape = ranking.n_pairs_R.shape
    for part in (value_R, weight_R):
        if part.shape != shape or not np.isfinite(part).all():
            raise MetricError(
                f"{metric.name} has a part of shape {part.shape}, {int((~np.isfinite(part)).sum())} not "
                f"finite; expected two of shape {shape}, one finite number per regulator."
            )
    return value_R, weight_R


def _draw(
    parts: Mapping[str, tuple[Doubles, Doubles]], n_regulators: int, draws: int, seed: int
) -> dict[str, Doubles]:
    """Return every metric in every draw, shape (D,) each; NaN where no regulator counts."""
    drawn: dict[str, list[Doubles]] = {name: [np.empty(0)] for name in parts}
    for weights_DR in draw_regulators(n_regulators, draws, seed, _DRAWS_AT_A_TIME):
        for name, (value_R, weight_R) in parts.items():
            above, below = weights_DR @ value_R, weights_DR @ weight_R
            drawn[name].append(np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0))
    return {name: np.concatenate(some) for name, some in drawn.items()}


def _scale(bounds: tuple[float, float]) -> Scale:
    """Return the scale for values within these bounds."""
    if bounds == (0.0, 1.0):
        return ARCSINE
    return LOG if bounds == (0.0, math.inf) else IDENTITY
