"""The command line: arguments in, exit code out. Nothing heavy is imported before a command runs."""

import sys

import typer

from bengrn.cli import author, board, run, show
from bengrn.errors import BengrnError

__all__ = ["app", "main"]

app = typer.Typer(
    name="bengrn",
    help=(
        "The benchmark of gene-network inference.\n\n"
        "Start with: bengrn run --method pearson --method random --truth omnipath"
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(run.run)
app.command()(run.score)
app.command("exec")(run.exec_)
app.command()(board.report)
app.command()(board.explain)
app.command()(show.methods)
app.command()(show.truths)
app.command()(show.datasets)
app.command()(show.metrics)
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
