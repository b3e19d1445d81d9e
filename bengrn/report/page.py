"""Records to one Markdown page: leaderboards, timing and failures."""

from collections.abc import Sequence

from bengrn.record import Record
from bengrn.report.table import (
    Column,
    compat_columns,
    cost_columns,
    enrichment_columns,
    footnotes,
    group,
    strict_columns,
)

__all__ = ["escape", "render"]


def render(records: Sequence[Record]) -> str:
    """Return the page; of several attempts at a request, the newest finished one counts."""
    current = _current(records)
    parts = [
        "# Leaderboards",
        "",
        "Made by `bengrn report` from the records beside this page; not edited.",
    ]
    if not current:
        parts += [
            "",
            "There are no records yet. Make some: `bengrn run --method pearson --truth omnipath`.",
        ]
    for title, members in group(current):
        done = [record for record in members if record.ok]
        parts += ["", f"## {escape(title)}", ""]
        if done:
            parts += [*_table(strict_columns(), done), "", "As published (compat):", ""]
            parts += [
                *_table(compat_columns(), done),
                "",
                *_enrichment(done),
                "Cost:",
                "",
                *_table(cost_columns(), done),
                "",
            ]
            parts += [f"- {escape(note)}" for note in footnotes(done)]
        failed = [record for record in members if not record.ok]
        parts += [f"- **{escape(one.label)}**: {one.status}, {escape(one.reason)}" for one in failed]
        parts += ["", _machine(members)]
    return "\n".join(parts) + "\n"


def _enrichment(done: Sequence[Record]) -> list[str]:
    """Return the table of enrichment scores, if there are any."""
    columns = enrichment_columns(done)
    return ["Gene sets (1: found):", "", *_table(columns, done), ""] if columns else []


def _current(records: Sequence[Record]) -> list[Record]:
    """Return one record per question: of each key the newest that finished, else the newest failure.

    Of several keys that ask the same with other code, metrics or draws, the newest counts.
    """
    chosen: dict[str, Record] = {}
    for record in records:
        if record.ok or record.key not in chosen or not chosen[record.key].ok:
            chosen[record.key] = record
    newest: dict[str, Record] = {}
    for record in sorted(chosen.values(), key=lambda one: one.created):
        newest[_question(record)] = record
    kept = {record.key for record in newest.values()}
    return [record for record in chosen.values() if record.key in kept]


def _question(record: Record) -> str:
    """Return what a record answers: truth, data, task, method with its settings, and seed."""
    method, truth, data = record.method, record.truth, record.data
    same = (truth["name"], truth.get("preset"), truth.get("changed"), data.get("name"), data.get("cell_type"),
            record.task.get("digest"), method.get("package"), record.label, record.seed,
            record.ingredients.get("network"))  # fmt: skip
    return repr(same)


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
