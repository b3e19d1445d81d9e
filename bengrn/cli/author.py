"""`bengrn validate` and `bengrn new`: for those who write a method."""

import json
from pathlib import Path
from typing import Annotated

import typer

from bengrn.cli import options

__all__ = ["new_app", "validate"]

new_app = typer.Typer(help="Write a working plug-in to start from.", rich_markup_mode=None)


def validate(
    method: Annotated[str, typer.Argument(help="NAME, NAME:PRESET or FILE.py.")],
    set_: options.Sets = [],
    json_: options.Json = False,
) -> None:
    """Check that a method keeps the contract; exits with 1 if it does not.

    Direction on a planted network, gene and cell order, seed, input unmodified, silence, difficult
    genes, empty input; that denoising improves, and embeddings and labels find planted types of cells.
    """
    from bengrn.errors import SettingError
    from bengrn.testing import CHECKS, find_method, validate_method

    given: dict[str, object] = {}
    for text in set_:
        key, equals, value = text.partition("=")
        if not equals:
            raise SettingError(f"--set {text!r} is not of the form KEY=VALUE.")
        given[key.rpartition(".")[2]] = value
    chosen = find_method(method, given)
    outcomes = []
    for check in CHECKS:
        outcome = validate_method(chosen, check)
        outcomes.append(outcome)
        if not json_:
            note = f": {outcome.message}" if outcome.message else ""
            typer.echo(f"{outcome.result:<8} {outcome.check}{note}")
    bad = [one for one in outcomes if not one.good]
    if json_:
        checks = {one.check: {"result": one.result, "message": one.message} for one in outcomes}
        typer.echo(json.dumps({"method": chosen.name, "checks": checks, "valid": not bad}))
    else:
        typer.echo(f"\n{chosen.name}: " + (f"{len(bad)} checks failed." if bad else "valid."))
    if bad:
        raise typer.Exit(1)


@new_app.callback()
def _new() -> None:
    """Write a working plug-in to start from."""


@new_app.command("method")
def new_method(
    name: Annotated[str, typer.Argument(help="Lower case, such as my-method.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to put the new folder.")] = Path(),
) -> None:
    """Write a method plug-in: one module, its test and its pyproject."""
    from bengrn.scaffold import write_method

    folder = write_method(name, out)
    module = name.replace("-", "_")
    typer.echo(f"Wrote {folder}/. Next:")
    typer.echo(f"  bengrn validate {folder}/{module}.py")
    typer.echo(f"  bengrn run --method {folder}/{module}.py --method random --truth omnipath")
    typer.echo(f"  pip install -e {folder}   # then: bengrn methods")
