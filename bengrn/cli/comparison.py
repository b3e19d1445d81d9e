"""A comparison on the terminal: tables of pairs and of ranks, or a line of JSON."""

import dataclasses
import json
import math
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from bengrn.record import Record
    from bengrn.report.ranks import Comparison

__all__ = ["show", "show_json"]


def show(
    title: str, members: "Sequence[Record]", found: "Comparison", level: float, margin: float | None
) -> None:
    """Print the pairs and the ranks of a task."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = sys.maxsize  # a file or a pipe has no edge
    console.print(f"\n{title}", markup=False, soft_wrap=True)
    if found.pairs:
        console.print(_pairs(found))
        console.print()
        console.print(_ranks(found, members))
        for note in _notes(found, level, margin):
            console.print(note, markup=False, soft_wrap=True, style="dim")
    for line in found.left_out:
        console.print(f"left out: {line}", markup=False, soft_wrap=True, style="red")


def show_json(
    title: str, members: "Sequence[Record]", found: "Comparison", level: float, margin: float | None
) -> None:
    """Print a comparison as a line of JSON; the end of an endless ratio is null."""
    from bengrn.stats.family import margin_span

    body = dataclasses.asdict(found)
    for pair in body["pairs"]:
        pair["difference"].update(
            {name: _finite(pair["difference"][name]) for name in ("value", "low", "high")}
        )
    record = members[0]
    about = {
        "title": title,
        "truth": record.truth["name"],
        "data": record.data.get("name"),
        "task": record.task.get("digest"),
        "universe": record.universe.get("digest"),
        "level": level,
        "margin": list(margin_span(margin, as_ratio=found.as_ratio)),
    }
    sys.stdout.write(json.dumps({**about, **body}) + "\n")


def _pairs(found: "Comparison") -> "Table":
    """Return the table of pairs."""
    from rich.table import Table
    from rich.text import Text

    shown = "A / B" if found.as_ratio else "A - B"
    table = Table(title=f"{found.metric}, paired", title_justify="left", box=None, pad_edge=False)
    for name, side in (("A", "left"), ("B", "left"), (shown, "right"), ("p", "right"), ("p (Holm)", "right"),
                       ("A is", "left")):  # fmt: skip
        table.add_column(name, justify=side, no_wrap=True)  # type: ignore[arg-type]
    for pair in found.pairs:
        one = pair.difference
        span = "" if one.low is None else f" [{_number(one.low)}, {_number(one.high)}]"
        verdict = pair.verdict + (f": {one.reason}" if one.reason else "")
        cells = (
            pair.first,
            pair.second,
            _number(one.value) + span,
            _chance(one.p),
            _chance(pair.p_holm),
            verdict,
        )
        table.add_row(*map(Text, cells))
    return table


def _ranks(found: "Comparison", members: "Sequence[Record]") -> "Table":
    """Return the table of ranks; below the methods stand the controls that were not compared."""
    from statistics import fmean

    from rich.table import Table
    from rich.text import Text

    from bengrn.report.entries import entries_of, newest

    table = Table(box=None, pad_edge=False)
    for name in ("rank", "method", found.metric, "seeds"):
        table.add_column(name, justify="left" if name == "method" else "right", no_wrap=True)
    for one in found.standings:
        seeds = str(one.seeds) if one.seed_sd is None else f"{one.seeds} (sd {_number(one.seed_sd)})"
        table.add_row(*map(Text, (one.rank, one.name, _number(one.value), seeds)))
    compared = {one.name for one in found.standings}
    for entry in entries_of(newest(members)):
        values = [value for one in entry.records if (value := one.value(found.metric)) is not None]
        if entry.is_control and entry.name not in compared and values:
            cells = ("-", f"{entry.name} (control)", _number(fmean(values)), str(len(values)))
            table.add_row(*map(Text, cells), style="dim")
    return table


def _notes(found: "Comparison", level: float, margin: float | None) -> list[str]:
    """Return what a reader of the tables must know."""
    from bengrn.stats.family import margin_span

    near, far = margin_span(margin, as_ratio=found.as_ratio)
    number = len(found.pairs)
    notes = [
        f"[low, high]: {100 * level:g} %, of this pair alone. p (Holm): adjusted for both directions of "
        + ("the one pair." if number == 1 else f"all {number} pairs."),
        f"Equivalent: the whole interval lies within the margin, {_number(near)} to {_number(far)}. "
        f"Better, worse: p (Holm) at most {1 - level:.2g}. Undecided: neither.",
        f"Ranks: all hold together at {100 * level:g} %.",
    ]
    single = [one.name for one in found.standings if one.seeds == 1]
    if single:
        notes.append(f"One seed, so that what another would change is not counted: {', '.join(single)}.")
    return notes


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isinf(value) else value


def _number(value: float | None) -> str:
    """Return a number with three significant digits."""
    return "-" if value is None else f"{value:.3g}"


def _chance(p: float | None) -> str:
    """Return a p-value."""
    if p is None:
        return "-"
    return "<0.001" if p < 0.001 else f"{p:.3f}"
