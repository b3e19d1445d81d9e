"""What `bengrn scale` shows: the points, the fitted growth, and the columns of the paper's Table S4."""

import sys
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["duration", "show"]

_MIB = 2**20


def show(result: dict[str, Any]) -> None:
    """Print a summary of `bengrn.scale.summary.summarise`, with what it is about."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = sys.maxsize  # a file or a pipe has no edge
    method, limits = result["method"], result["limits"]
    console.print(
        f"{method['name']} {method['preset']}".strip()
        + f", {limits['cpus']} workers, {result['environment']['processor'] or 'unknown processor'}",
        markup=False,
    )
    console.print(_points(result["points"]))
    console.print(f"\nfixed cost {duration(result['fixed_s'])}: a tiny task, taken off before the fit")
    for quantity in ("time", "cpu", "memory"):
        console.print(_growth(quantity, result[quantity]), markup=False)
    console.print(_paper(result["table_s4"]), markup=False)
    notes = list(result["notes"])
    cpus = result["environment"]["usable_cores"]
    busy = [one for one in result["points"] if (one.get("load") or 0) > cpus]
    if busy:
        notes.append(
            f"the machine was busy (load up to {max(one['load'] for one in busy):.1f} on {cpus} cores)"
        )
    for note in notes:
        console.print(f"note: {note}", markup=False, style="dim")


def _points(points: list[dict[str, Any]]) -> Table:
    """Return one row per size."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("cells", "genes", "seconds", "least", "most", "cores", "warm-up", "MiB", "status"):
        table.add_column(title, justify="left" if title == "status" else "right")
    for one in points:
        sizes = f"{one['cells']:,}", f"{one['genes']:,}"
        if one["status"] != "ok":
            table.add_row(*sizes, "", "", "", "", "", "", Text(f"{one['status']}: {one['reason']}"))
            continue
        walls, warm = one["all_wall_s"], one["warm_up_s"]
        cores = one["cpu_s"] / one["wall_s"] if one["wall_s"] else 0.0
        table.add_row(
            *sizes,
            *(f"{value:.3g}" for value in (one["wall_s"], min(walls), max(walls))),
            f"{cores:.1f}",
            "none" if warm is None else f"{warm:.3g}",
            f"{one['memory_bytes'] / _MIB:,.0f}",
            "ok",
        )
    return table


def _growth(quantity: str, fit: dict[str, Any]) -> str:
    """Return one line on how time, CPU time or memory grows."""
    if fit["undefined"]:
        return f"{quantity}: undefined. {fit['undefined']}"
    parts = [f"{axis}^{_exponent(fit[axis])}" for axis in ("cells", "genes")]
    unit = "bytes" if quantity == "memory" else "s"
    left = f", {fit['left_out']} too small to tell" if fit["left_out"] else ""
    return f"{quantity} = {fit['scale']:.3g} {unit} x {' x '.join(parts)}   ({fit['points']} sizes{left})"


def _exponent(one: dict[str, Any] | None) -> str:
    """Return an exponent with its interval and its name."""
    if one is None:
        return "? (one size only: undefined)"
    if one["low"] is None:
        return f"{one['value']:.2f} (no interval: as many unknowns as sizes)"
    name = f", {one['growth']}" if one["growth"] else ""
    return f"{one['value']:.2f} ({one['low']:.2f} to {one['high']:.2f}{name})"


def _paper(columns: dict[str, Any]) -> str:
    """Return the columns of the paper's Table S4 in two lines."""
    title = f"Table S4, {columns['cells']:,} cells x {columns['genes']:,} genes"
    if columns["undefined"]:
        return f"{title}: undefined. {columns['undefined']}"
    low, high = columns["one_interval_s"]
    interval = "" if low is None else f" ({duration(low)} to {duration(high)})"
    return (
        f"{title}: {duration(columns['one_s'])}{interval}; {columns['types']} cell types: "
        f"{duration(columns['all_types_s'])}   ({columns['how']})"
    )


def duration(seconds: float) -> str:
    """Return seconds as a person says them."""
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"
