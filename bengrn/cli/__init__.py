"""The command line: arguments in, exit code out. Nothing heavy is imported before a command runs."""

import sys
from typing import Annotated

import typer

from bengrn.cli import author, board, compare, genes, run, scale, show, simulate, truths
from bengrn.errors import BengrnError

__all__ = ["app", "main"]

app = typer.Typer(
    name="bengrn",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    """Benchmark gene-network inference: fair tasks, honest scores, nulls and intervals.

    Start with: bengrn run --method pearson --method random --truth omnipath
    """
    if version:
        from importlib import metadata

        typer.echo(f"bengrn {metadata.version('bengrn')}")
        raise typer.Exit


app.command()(run.run)
app.command()(run.score)
app.command("exec")(run.exec_)
app.command()(board.report)
app.command()(compare.compare)
app.command()(board.explain)
app.command()(show.methods)
app.add_typer(truths.truths_app, name="truths")
app.command()(show.datasets)
app.command()(show.metrics)
app.command()(genes.genes)
app.command()(simulate.simulate)
app.command()(scale.scale)
app.command()(show.doctor)
app.command()(author.validate)
app.add_typer(author.new_app, name="new")


def main() -> None:
    """Run the program: bad input prints one line and exits with 2."""
    try:
        app()
    except BengrnError as error:
        sys.stderr.write(f"bengrn: {error}\n")
        raise SystemExit(2) from error
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        sys.stderr.close()
        raise SystemExit(1) from None
