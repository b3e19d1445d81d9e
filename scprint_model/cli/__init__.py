"""The command line: arguments in, exit code out. A command's module is imported only when it is asked for."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Annotated, NamedTuple

import typer

from scprint_model.errors import ScprintError

__all__ = ["build", "main"]


class _Command(NamedTuple):
    """Where a command is, and its line of help: listing it imports nothing."""

    module: str
    attribute: str
    help: str


_COMMANDS: Mapping[str, _Command] = {
    "fit": _Command("fit", "fit", "Train a model on a corpus, or go on with a run."),
    "test": _Command("test", "command", "Evaluate a model on held-out data sets, beside an untrained twin."),
    "embed": _Command("embed", "command", "Embed and classify the cells of an h5ad file."),
    "denoise": _Command("denoise", "command", "Denoise the counts of an h5ad file."),
    "gninfer": _Command("gninfer", "command", "Infer a gene network from the cells of an h5ad file."),
    "convert": _Command("convert", "command", "Turn an official checkpoint into one of ours."),
    "corpus": _Command("corpus", "app", "Build a corpus of cells, look at one, make its tables."),
    "config": _Command("config", "config", "List the configurations, or print some of them as one."),
}


def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    """scPRINT: train it, look at cells through it, infer gene networks with it.

    Start with: scprint corpus build --help, then scprint fit --config small corpus=FOLDER out=FOLDER
    """
    if version:
        from importlib import metadata

        typer.echo(f"scprint {metadata.version('bengrn')}")
        raise typer.Exit


def build(arguments: Sequence[str]) -> typer.Typer:
    """Return the program; of its commands, only the one that the arguments ask for is imported."""
    app = typer.Typer(
        name="scprint",
        no_args_is_help=True,
        invoke_without_command=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_options)
    asked = next((one for one in arguments if not one.startswith("-")), None)
    for name, command in _COMMANDS.items():
        found = _listed if name != asked else _load(command)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name, help=command.help)
        else:
            app.command(name, help=None if name == asked else command.help)(found)
    return app


def _load(command: _Command) -> Callable[..., None] | typer.Typer:
    """Import a command, or a group of them."""
    found: Callable[..., None] | typer.Typer = getattr(
        import_module(f"scprint_model.cli.{command.module}"), command.attribute
    )
    return found


def _listed() -> None:
    """Stand in for a command that is only listed."""


def main() -> None:
    """Run the program: bad input prints one line and exits with 2."""
    try:
        build(sys.argv[1:])()
    except ScprintError as error:
        sys.stderr.write(f"scprint: {error}\n")
        raise SystemExit(2) from error
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        sys.stderr.close()
        raise SystemExit(1) from None
    except OSError as error:  # a place that cannot be read or written, a disk that is full
        where = f"{error.filename} cannot be used" if error.filename else "a file cannot be used"
        sys.stderr.write(
            f"scprint: {where} ({error.strerror or error}). Choose another place, or make room.\n"
        )
        raise SystemExit(2) from error
