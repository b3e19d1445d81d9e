"""`bengrn report` and `bengrn explain`: from records alone."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bengrn.cli import options

__all__ = ["explain", "report"]


def report(
    out: options.Out = Path("reports"),
    published: Annotated[
        bool, typer.Option("--published", help="Also write published.md: the paper's numbers beside ours.")
    ] = False,
) -> None:
    """Write index.md in the folder of records: leaderboard, timing, failures."""
    from bengrn.report.page import render
    from bengrn.store import Store, write_text

    store = Store(out.resolve())
    records = list(store.records())
    path = out / "index.md"
    write_text(path.resolve(), render(records))
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


def explain(
    key: Annotated[str, typer.Argument(help="Start of a record's key.")],
    other: Annotated[str | None, typer.Argument(help="Another one, to compare with.")] = None,
    out: options.Out = Path("reports"),
) -> None:
    """Say what a record's key is made of, and how it differs from another (or the most similar) record."""
    from bengrn.errors import StoreError
    from bengrn.report.difference import differences, flatten, nearest
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
