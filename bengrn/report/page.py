"""Records to one Markdown page: leaderboards, timing and failures."""

from collections.abc import Callable, Sequence

from bengrn.record import Record
from bengrn.report.gates import gated, judge
from bengrn.report.notes import footnotes
from bengrn.report.rows import current
from bengrn.report.table import (
    Column,
    compat_columns,
    cost_columns,
    enrichment_columns,
    group,
    rows_of,
    strict_columns,
)

__all__ = ["More", "escape", "render"]

# the finished records of a task, each seed for itself -> columns beside those of every page
More = Callable[[Sequence[Record]], Sequence[Column]]


def render(records: Sequence[Record], more: More | None = None) -> str:
    """Return the page; of several attempts at a request, the newest finished one counts.

    Parameters
    ----------
    records
        Of a folder.
    more
        Makes further columns of the headline table, which stand behind the method's name.
    """
    newest = current(records)
    parts = [
        "# Leaderboards",
        "",
        "Made by `bengrn report` from the records beside this page; not edited.",
    ]
    if not newest:
        parts += [
            "",
            "There are no records yet. Make some: `bengrn run --method pearson --truth omnipath`.",
        ]
    for title, members in group(newest):
        done = [record for record in members if record.ok]
        parts += ["", f"## {escape(title)}", ""]
        if done:
            parts += _finished(done, more(done) if more else ())
        failed = [record for record in members if not record.ok]
        parts += [f"- **{escape(one.label)}**: {one.status}, {escape(one.reason)}" for one in failed]
        parts += ["", _machine(members)]
    return "\n".join(parts) + "\n"


def _finished(done: Sequence[Record], more: Sequence[Column]) -> list[str]:
    """Return the tables of a task's finished records, and the notes on them."""
    rows = rows_of(done)
    strict, compat = strict_columns(), compat_columns()
    gates = judge(done, [*strict, *compat])
    headline = gated([strict[0], *more, *strict[1:]], gates)
    notes = [*footnotes(rows, [*strict, *compat], gates), *(one.note for one in more if one.note)]
    return [
        *_table(headline, rows),
        "",
        "As published (compat):",
        "",
        *_table(gated(compat, gates), rows),
        "",
        *_enrichment(rows),
        "Cost:",
        "",
        *_table(cost_columns(), done),
        "",
        *(f"- {escape(note)}" for note in notes),
    ]


def _enrichment(done: Sequence[Record]) -> list[str]:
    """Return the table of enrichment scores, if there are any."""
    columns = enrichment_columns(done)
    return ["Gene sets (1: found):", "", *_table(columns, done), ""] if columns else []


def _table(columns: Sequence[Column], records: Sequence[Record]) -> list[str]:
    """Return the lines of a Markdown table; controls in italics."""
    lines = [
        "| " + " | ".join(column.title for column in columns) + " |",
        "|" + "|".join(":--" if column.is_text else "--:" for column in columns) + "|",
    ]
    for record in records:
        cells = [escape(column.cell(record)) for column in columns]
        if record.method.get("origin") == "control":
            cells[0] = f"*{cells[0]}*"
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _machine(records: Sequence[Record]) -> str:
    """Return where the timings come from."""
    machines = {
        f"{one.environment['processor']}, {one.environment['usable_cores']} usable cores, "
        f"Python {one.environment['python']}"
        for one in records
        if one.environment
    }
    return f"Measured on: {'; '.join(sorted(machines))}." if machines else ""


def escape(text: str) -> str:
    """Return text that Markdown and HTML show as it is."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for letter in "\\|*_`":
        plain = plain.replace(letter, "\\" + letter)
    return plain.replace("](", "]\\(")
