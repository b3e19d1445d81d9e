"""Several seeds of one method as one score: the mean, how far seeds differ, and an interval for both."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

__all__ = ["join_seeds"]

_LEVEL = 0.95

Cell = Mapping[str, Any]


def join_seeds(cells: Sequence[Cell], bounds: tuple[float, float] = (-math.inf, math.inf)) -> dict[str, Any]:
    """Join the scores that one method got with several seeds on one task.

    Parameters
    ----------
    cells
        One per seed, as in a record: "value" (None where undefined, with a "reason"), and where there is an
        interval over regulators "low" and "high". Other numbers that all cells hold are averaged too.
    bounds
        Lowest and highest possible value.

    Returns
    -------
    dict
        `value`: the mean; None where a seed has none, since a mean over the others would flatter.
        `seeds`: how many; `sd`: the standard deviation over them (n - 1).
        `low`, `high`: None where a seed has no interval. `reason`: why something is None.

    Notes
    -----
    All seeds meet the same regulators, so what regulators do to the mean is what they do to each seed:
    the reach of the interval over regulators is the mean of the seeds' reaches, not less. What other seeds
    would do to the mean of n is t(n - 1) sd / sqrt(n). The two are independent and are added in quadrature,
    each end for itself (square-and-add limits; Zou and Donner 2008, https://doi.org/10.1002/sim.3095).
    Two seeds hardly know their spread (t = 12.7): where seeds matter, run three or more.

    Examples
    --------
    >>> one, other = {"value": 0.4, "low": 0.3, "high": 0.6}, {"value": 0.4, "low": 0.2, "high": 0.5}
    >>> joined = join_seeds([one, other])
    >>> {name: round(joined[name], 3) for name in ("value", "low", "high", "sd")}
    {'value': 0.4, 'low': 0.25, 'high': 0.55, 'sd': 0.0}
    """
    joined = {**_numbers(cells), "seeds": len(cells), "version": cells[0].get("version")}
    undefined = [cell for cell in cells if cell.get("value") is None]
    if undefined:
        why = undefined[0].get("reason", "undefined")
        reason = f"no value with {len(undefined)} of {len(cells)} seeds: {why}"
        return {**joined, "value": None, "sd": None, "low": None, "high": None, "reason": reason}
    values = [cell["value"] for cell in cells]
    mean, spread = fmean(values), stdev(values) if len(values) > 1 else 0.0
    joined |= {"value": mean, "sd": spread, "low": None, "high": None}
    without = [cell for cell in cells if cell.get("low") is None or cell.get("high") is None]
    if without:
        return {**joined, **({"reason": without[0]["reason"]} if without[0].get("reason") else {})}
    luck = _reach_of_mean(len(values), spread)
    below = math.hypot(mean - fmean(cell["low"] for cell in cells), luck)
    above = math.hypot(fmean(cell["high"] for cell in cells) - mean, luck)
    return {**joined, "low": max(mean - below, min(bounds[0], mean)), "high": min(mean + above, bounds[1])}


def _numbers(cells: Sequence[Cell]) -> dict[str, float]:
    """Return the means of what all cells hold as numbers."""
    shared = [name for name in cells[0] if all(isinstance(cell.get(name), int | float) for cell in cells)]
    return {name: fmean(float(cell[name]) for cell in cells) for name in shared}


def _reach_of_mean(number: int, spread: float) -> float:
    """Return half of the interval of a mean over seeds."""
    if spread == 0:
        return 0.0
    from scipy.stats import t

    return float(t.ppf((1 + _LEVEL) / 2, number - 1)) * spread / math.sqrt(number)
