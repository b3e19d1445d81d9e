"""What a sweep tells: points, power laws of time and memory, and the columns of the paper's Table S4."""

import math
import statistics
from collections.abc import Sequence
from typing import Any, Literal

from bengrn.errors import MetricError
from bengrn.scale.sweep import Timing
from bengrn.stats.scaling import Exponent, PowerLaw, fit_power_law

__all__ = ["PAPER_CELLS", "PAPER_GENES", "PAPER_TYPES", "summarise"]

# Table S4 of https://doi.org/10.1038/s41467-025-58699-1 times one network of this size, and 12 of them
PAPER_CELLS, PAPER_GENES, PAPER_TYPES = 1000, 4000, 12
# what is not at least this many times the fixed cost tells of that, not of growth
_OVER_FIXED = 2.0
# what a process grows by without any work: pages, caches of an allocator
_LEAST_MEMORY = 8 * 2**20
# what the clock of a process's CPU time can tell
_LEAST_SECONDS = 0.01
_AXES = ("cells", "genes")

Quantity = Literal["time", "cpu", "memory"]
Summary = dict[str, Any]


def summarise(timings: Sequence[Timing], *, level: float = 0.95) -> Summary:
    """Return points, fits and the paper's columns, ready for JSON.

    Parameters
    ----------
    timings
        As of `sweep`.
    level
        Of the intervals.

    Returns
    -------
    dict
        "points" (medians over repeats), "time", "cpu" and "memory" (power laws), "table_s4", "notes".
    """
    of_size: dict[tuple[int, int], list[Timing]] = {}
    for one in timings:
        if not one.is_fixed_cost:
            of_size.setdefault((one.cells, one.genes), []).append(one)
    points = {size: _point(runs) for size, runs in of_size.items()}
    tiny = _point([one for one in timings if one.is_fixed_cost])
    known = tiny["status"] == "ok"
    fixed, fixed_cpu = (float(tiny["wall_s"]), float(tiny["cpu_s"])) if known else (0.0, 0.0)
    done = {size: one for size, one in points.items() if one["status"] == "ok"}
    time, time_law = _fit("time", {size: one["wall_s"] - fixed for size, one in done.items()}, fixed, level)
    cpu, _ = _fit("cpu", {size: one["cpu_s"] - fixed_cpu for size, one in done.items()}, fixed_cpu, level)
    memory, _ = _fit("memory", {size: float(one["memory_bytes"]) for size, one in done.items()}, 0.0, level)
    return {
        "fixed_s": round(fixed, 4),
        "fixed_cpu_s": round(fixed_cpu, 4),
        "points": list(points.values()),
        "time": time,
        "cpu": cpu,
        "memory": memory,
        "table_s4": _paper_columns(done, time, time_law, fixed),
        "notes": _notes(timings, tiny),
    }


def _point(runs: Sequence[Timing]) -> Summary:
    """Return the medians of the runs of one size; of a size that failed, how."""
    if not runs:
        return {"status": "not run", "reason": "it was not run"}
    done = [one for one in runs if one.status == "ok"]
    last = runs[-1]
    point: Summary = {"cells": last.cells, "genes": last.genes, "status": last.status, "reason": last.reason}
    if last.status != "ok":
        return point
    walls = [float(one.wall_s or 0) for one in done]
    cpus = [float(one.cpu_s or 0) for one in done]
    warm = [one.warm_up_s for one in done if one.warm_up_s is not None]
    return {
        **point,
        "wall_s": statistics.median(walls),
        "all_wall_s": walls,
        "cpu_s": statistics.median(cpus),
        "warm_up_s": statistics.median(warm) if warm else None,
        "memory_bytes": int(statistics.median(one.memory_bytes or 0 for one in done)),
        "load": max(one.load or 0.0 for one in done),
    }


def _fit(
    quantity: Quantity, costs: dict[tuple[int, int], float], fixed: float, level: float
) -> tuple[Summary, PowerLaw | None]:
    """Fit a power law to what is over the fixed cost; where it is undefined, say why."""
    least = _LEAST_MEMORY if quantity == "memory" else max((_OVER_FIXED - 1) * fixed, _LEAST_SECONDS)
    used = {size: cost for size, cost in costs.items() if cost > least}
    left_out = len(costs) - len(used)
    told: Summary = {"points": len(used), "left_out": left_out, "level": level, "undefined": ""}
    try:
        law = fit_power_law(list(used), list(used.values()), level=level)
    except MetricError as error:
        small = f"{left_out} sizes were too small to tell; ask for larger ones." if left_out else ""
        why = f"{small} {error}" if used or not small else small
        return {**told, "undefined": why.strip()}, None
    exponents = dict(zip(_AXES, map(_exponent, law.exponents), strict=True))
    told["measured"] = {
        axis: [min(values), max(values)] for axis, values in zip(_AXES, zip(*used, strict=True), strict=True)
    }
    fit = {**told, "scale": law.scale, "residual": _finite(law.residual), "freedom": law.freedom, **exponents}
    return fit, law


def _exponent(one: Exponent | None) -> Summary | None:
    """Return an exponent ready for JSON; None where one size leaves it undefined."""
    if one is None:
        return None
    return {"value": one.value, "low": _finite(one.low), "high": _finite(one.high), "growth": one.name}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _paper_columns(
    done: dict[tuple[int, int], Summary], time: Summary, law: PowerLaw | None, fixed: float
) -> Summary:
    """Return the time for the paper's size and for 12 networks of it, measured or by the law."""
    size = (PAPER_CELLS, PAPER_GENES)
    columns: Summary = {"cells": size[0], "genes": size[1], "types": PAPER_TYPES, "undefined": ""}
    growth = {f"scale_to_{axis}": time.get(axis) for axis in _AXES}
    if size in done:
        seconds = float(done[size]["wall_s"])
        return {**columns, "how": "measured", **_seconds(seconds, None, None), **growth}
    if law is None:
        return {**columns, "undefined": time["undefined"], **growth}
    try:
        seconds, low, high = law.predict(size)
    except MetricError as error:
        return {**columns, "undefined": str(error), **growth}
    far = list(
        filter(
            None,
            (_beyond(axis, asked, *time["measured"][axis]) for axis, asked in zip(_AXES, size, strict=True)),
        )
    )
    how = f"extrapolated, {' and '.join(far)}" if far else "between the sizes measured, by the fit"
    return {**columns, "how": how, **_seconds(seconds + fixed, low + fixed, high + fixed), **growth}


def _beyond(axis: str, asked: int, least: int, most: int) -> str:
    """Return how far a size is outside of those measured, or nothing."""
    if asked > most:
        return f"{asked / most:.3g} x beyond the {axis} measured"
    return f"{least / asked:.3g} x below the {axis} measured" if asked < least else ""


def _seconds(value: float, low: float | None, high: float | None) -> Summary:
    """Return the time of one network and of one for each of the cell types."""
    interval = [_finite(one) if one is not None else None for one in (low, high)]
    return {
        "one_s": value,
        "one_interval_s": interval,
        "all_types_s": PAPER_TYPES * value,
    }


def _notes(timings: Sequence[Timing], tiny: Summary) -> list[str]:
    """Return what a reader of the numbers must know."""
    notes = []
    if tiny["status"] != "ok":
        notes.append(f"the fixed cost is unknown and taken as 0: the tiny task failed ({tiny['reason']})")
    cold = [one for one in timings if one.status == "ok" and one.warm_up_s is None]
    if cold:
        notes.append(f"{len(cold)} runs had no warm-up ({cold[0].reason}): they may hold compilation")
    return notes
