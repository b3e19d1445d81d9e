"""`bengrn genes`: what becomes of gene names."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bengrn.cli import options

if TYPE_CHECKING:
    from bengrn.genes import GeneMap

__all__ = ["genes"]


def genes(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Symbols or Ensembl ids, of any age.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="A text file: one name a line, or the first column of a table."),
    ] = None,
    organism: Annotated[str, typer.Option("--organism", help="human or mouse.")] = "human",
    aliases: Annotated[
        bool, typer.Option("--aliases", help="Also follow aliases that belong to one gene.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the table to this file.")] = None,
) -> None:
    """Say what gene names become: current symbols, and how many are mapped, ambiguous and lost."""
    from bengrn.genes import gene_table, to_symbols

    if bool(names) == (file is not None):
        raise typer.BadParameter("give names, or --file FILE with one name a line")
    asked = dict.fromkeys(names or options.names_in(Path(str(file))))  # a name twice is one name
    mapped = to_symbols(list(asked), organism=organism, aliases=aliases)
    _show(mapped, out)
    typer.echo(
        f"{len(mapped.names):,} names: {mapped.n_mapped:,} mapped, {mapped.n_ambiguous:,} ambiguous, "
        f"{mapped.n_lost:,} lost ({gene_table(organism).version})",
        err=out is None,
    )


def _show(mapped: "GeneMap", out: Path | None) -> None:
    """Print the table of the names, or write it."""
    from bengrn.errors import DataError

    rows = [("name", "symbol", "status", "note"), *mapped.table()]
    text = "\n".join("\t".join(one or "" for one in row) for row in rows)
    if out is None:
        typer.echo(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as refused:
        raise DataError(f"{out} cannot be written ({refused.strerror}). Choose another --out.") from refused
