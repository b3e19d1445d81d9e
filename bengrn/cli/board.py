"""`bengrn report` and `bengrn explain`: from records alone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bengrn.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bengrn.record import Record
    from bengrn.report.table import Column
    from bengrn.store import Store

__all__ = ["explain", "report"]


def report(
    out: options.Out = Path("reports"),
    published: Annotated[
        bool, typer.Option("--published", help="Also write published.md: the paper's numbers beside ours.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 if the control gate of a column failed; say which.")
    ] = False,
    require_controls: Annotated[
        bool, typer.Option("--require-controls", help="Also exit with 1 if a table has no controls.")
    ] = False,
) -> None:
    """Write index.md in the folder of records: leaderboard, timing, failures."""
    from bengrn.report.page import render
    from bengrn.store import Store, write_text

    store = Store(out.resolve())
    records = list(store.records())
    path = out / "index.md"
    write_text(path.resolve(), render(records, more=lambda done: _ranks(done, store)))
    typer.echo(f"{path}: {len(records)} records")
    if published:
        from bengrn.report.published import published_rows
        from bengrn.report.published_page import published_page, summary_lines

        rows = published_rows(records)
        beside = out / "published.md"
        write_text(beside.resolve(), published_page(records))
        typer.echo(f"{beside}: {len(rows):,} printed numbers")
        for line in summary_lines(rows):
            typer.echo(line)
    if check or require_controls:
        _check(records, require_controls)


def _ranks(done: "Sequence[Record]", store: "Store") -> "list[Column]":
    """Return the column of the ranks that methods may have; none where none can be told."""
    from bengrn.report.ranks import rank_cells
    from bengrn.report.table import text_column

    cells, left_out = rank_cells(done, store.read_draws)
    for line in left_out:
        typer.echo(f"no rank for {line}", err=True)
    note = "Rank by AP lift: the places that a method may have; all hold with 95 % (`bengrn compare`)."
    return [text_column("rank by AP lift", cells, score=("strict", "ap_lift"), note=note)] if cells else []


def _check(records: "Sequence[Record]", require_controls: bool) -> None:
    """Say which gates failed; exit with 1 if one of a strict score did, or if nothing judges a table."""
    from bengrn.report.gates import judge_all

    judged = judge_all(records)
    faults = 0
    for one in judged:
        for fault in one.faults:
            typer.echo(f"gate failed: {one.title}: {fault}")
        for fault in one.compat_faults:
            typer.echo(f"as published, not counted: {one.title}: {fault}")
        if not one.were_run:
            typer.echo(f"not judged: {one.title}: the controls were not run (bengrn run --controls)")
        faults += len(one.faults) + (require_controls and not one.were_run)
    if require_controls and not judged:
        typer.echo("not judged: there are no records")
        faults += 1
    were_run = sum(one.were_run for one in judged)
    typer.echo(f"{faults} faults; {were_run} of {len(judged)} tables judged by their controls")
    if faults:
        raise typer.Exit(1)


def explain(
    key: Annotated[str, typer.Argument(help="Start of a record's key.")],
    other: Annotated[str | None, typer.Argument(help="Another one, to compare with.")] = None,
    out: options.Out = Path("reports"),
) -> None:
    """Say what a record's key is made of, and how it differs from another (or the most similar) record."""
    from bengrn.errors import StoreError
    from bengrn.report.difference import about_heads, differences, flatten, nearest
    from bengrn.store import Store

    store = Store(out.resolve())

    def find(start: str) -> Any:
        prefix = Path(start).stem.partition("-")[0]  # a record's file name will do
        found = [record for record in store.records() if record.key.startswith(prefix)]
        if not found:
            raise StoreError(
                f"No record in {out} has a key that starts with {start!r}. The cost tables of "
                f"{out / 'index.md'} show keys (`bengrn report` writes it)."
            )
        return found[-1]

    record = find(key)
    typer.echo(f"{record.key}  {record.label} on {record.truth['name']}: {record.status} {record.reason}")
    for name, value in record.keys.items():
        typer.echo(f"{name} key: {value}")
    for line in about_heads(record.heads):
        typer.echo(line)
    for name, value in flatten(record.ingredients).items():
        typer.echo(f"  {name} = {value}")
    near = find(other) if other else nearest(record, store.records())
    if near is not None:
        typer.echo(f"\nAgainst {near.key[:20]}  {near.label} on {near.truth['name']}:")
        changed = differences(record.ingredients, near.ingredients)
        for name, (mine, theirs) in changed.items():
            typer.echo(f"  {name}: {mine} here, {theirs} there")
        if not changed:
            typer.echo("  no difference: another attempt at the same request")
