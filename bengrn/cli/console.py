"""What a person sees on the terminal: progress while jobs run, then tables."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from bengrn.record import Record
from bengrn.report.gates import gated, judge
from bengrn.report.notes import failures, footnotes
from bengrn.report.table import (
    Column,
    compat_columns,
    enrichment_columns,
    group,
    rows_of,
    strict_columns,
)

if TYPE_CHECKING:
    from rich.progress import Progress

    from bengrn.execute.job import Job

__all__ = ["progress", "show"]

_COMPAT = "the published definitions (compat)"
_ENRICHED = "gene sets (enrichment; 1: found)"
_CONTROL = " (control)"
# spaces between columns
_GAP = 2
Told = Callable[[int, int, str], None]


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[["Job", int, int], Told]]:
    """Show which job runs, how far it is and how long it will take; on stderr, so output stays clean.

    Ctrl-C ends the program with 130, and says what is left of the run.
    """
    console = Console(stderr=True, quiet=quiet)
    with _bars(console) as bars:

        def started(job: "Job", number: int, total: int) -> Told:
            for task in bars.task_ids:
                bars.remove_task(task)
            name = job.cards["method"]["name"]
            label = f"[{number}/{total}] {name} on {job.cards['truth']['name']}"
            bar = bars.add_task(label.replace("[", r"\["), total=None, count="")
            if not console.is_terminal:
                console.print(f"running {label}", markup=False)

            def told(done: int, whole: int, what: str) -> None:
                bars.update(bar, completed=done, total=whole, count=f"{done}/{whole} {what}")

            return told

        try:
            yield started
        except KeyboardInterrupt:
            bars.stop()
            sys.stderr.write("bengrn: interrupted; nothing half-written, finished records are kept.\n")
            raise typer.Exit(130) from None


def _bars(console: Console) -> "Progress":
    """Return bars with what runs, how far it is, how long it took and how long it will take."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


def show(records: Sequence[Record], *, as_json: bool) -> None:
    """Print records: JSON lines, or a table per task and below it what failed."""
    if as_json:
        for record in records:
            sys.stdout.write(" ".join(record.to_json().split("\n")).strip() + "\n")
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = sys.maxsize  # a file or a pipe has no edge
    for title, members in group(records):
        console.print(f"\n{title}", markup=False, soft_wrap=True)
        rows = rows_of(members)
        strict, compat = strict_columns(), compat_columns()
        gates = judge(members, [*strict, *compat])
        if rows:
            tables = [("strict", gated(strict, gates)), (_COMPAT, gated(compat, gates))]
            tables += [(_ENRICHED, columns)] if (columns := enrichment_columns(rows)) else []
            for name, columns in tables:
                for part in _packed(columns, rows, console.width):
                    console.print(_table(name, part, rows))
        for line in failures(members):
            console.print(line, markup=False, soft_wrap=True, style="red")
        for note in footnotes(rows, [*strict, *compat], gates):
            console.print(note, markup=False, soft_wrap=True, style="dim")


def _packed(columns: Sequence[Column], records: Sequence[Record], width: int) -> list[list[Column]]:
    """Spread columns over as many tables as the terminal's width needs: nothing is cut or left out."""
    first, *rest = columns
    sizes = {
        column.title: max(len(column.title), *(len(column.cell(one)) for one in records))
        for column in columns
    }
    tables: list[list[Column]] = [[first]]
    used = start = sizes[first.title] + len(_CONTROL)
    for column in rest:
        size = _GAP + sizes[column.title]
        if used + size > width and len(tables[-1]) > 1:
            tables.append([first])
            used = start
        tables[-1].append(column)
        used += size
    return tables


def _table(title: str, columns: Sequence[Column], records: Sequence[Record]) -> Table:
    """Return records as a terminal table; controls are dim."""
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.title, justify="left" if column.is_text else "right", no_wrap=True)
    for record in records:
        is_control = record.method.get("origin") == "control"
        name, *cells = (Text(column.cell(record)) for column in columns)
        name.append(_CONTROL if is_control else "")
        table.add_row(name, *cells, style="dim" if is_control else "")
    return table
