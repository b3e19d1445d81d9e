"""`bengrn methods|datasets|metrics|doctor`: what there is, and what is broken."""

import inspect
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bengrn.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bengrn.metrics.metric import Example, NetworkExample, ScoreCard
    from bengrn.registry import Declared, Registry

__all__ = ["Verbose", "datasets", "doctor", "methods", "metrics", "print_card", "print_list"]

Name = Annotated[str | None, typer.Argument(help="Show the card of one.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Also the plug-ins that failed, and why.")]
# where a method comes from, in the order of the list
_ORIGINS = {
    "paper": "benchmarked in the scPRINT paper",
    "published": "published elsewhere",
    "own": "first offered by its plug-in",
    "control": "knows nothing, or the answer",
}


def methods(name: Name = None, verbose: Verbose = False) -> None:
    """List the methods by where they come from, or show one with its settings."""
    _list("method", name, ("origin", "can", "presets", "source"), verbose=verbose)


def metrics(name: Name = None) -> None:
    """List the metrics, or show one's definition."""
    _list("metric", name, ("summary", "chance"), verbose=False)


def datasets(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME | fetch NAME]", help="Show the card of one, or fetch the files of one."
        ),
    ] = None,
    latest: Annotated[
        bool, typer.Option("--latest", help="Fetch: ask the source's own service for today's version.")
    ] = False,
    out: Annotated[Path, typer.Option("--out", "-o", help="Fetch: folder for --latest.")] = Path(),
) -> None:
    """List the data sets, show one's card, or fetch the files of a truth or data set into the cache."""
    match words or []:
        case []:
            _list("data set", None, ("description",), verbose=False)
        case ["fetch", name]:
            _fetch(name, latest=latest, out=out)
        case [name] if name != "fetch":
            _list("data set", name, ("description",), verbose=False)
        case _:
            raise typer.BadParameter("expected NAME, or fetch NAME")


def _fetch(name: str, *, latest: bool, out: Path) -> None:
    """Fetch the files of a truth or data set; with `latest`, a current copy to a file."""
    from bengrn.errors import FetchError, UnknownNameError
    from bengrn.fetch import fetch
    from bengrn.registry import build_registry
    from bengrn.request import parse_named
    from bengrn.resolve import choose
    from bengrn.settings import suggest

    registry, asked = build_registry(), parse_named(name)
    sources = [*registry.of_kind("truth"), *registry.of_kind("data set")]
    found = [one for one in sources if asked.reference in (one.name, one.qualified)]
    if not found:
        hint = suggest(asked.reference, [one.name for one in sources])
        raise UnknownNameError(f"There is no truth or data set {asked.reference!r}.{hint}")
    # truth and data of one name may need different files, and a preset others
    chosen = [choose(registry, one.kind, asked).instance for one in found if _has_preset(one, asked.preset)]
    if not chosen:
        raise UnknownNameError(f"{asked.reference!r} has no preset {asked.preset!r}.")
    declaration = chosen[0]
    if latest:
        if not hasattr(declaration, "latest"):
            raise FetchError(f"{name} has no service to ask for a later version; leave --latest out.")
        try:
            path = declaration.latest(out)
        except (OSError, RuntimeError, ImportError) as error:
            raise FetchError(f"{name}: {error}") from error
        typer.echo(f"{path}\nUse it: bengrn run --truth {name} --set {name}.file={path} ...")
        return
    files = dict.fromkeys(remote for one in chosen for remote in one.files.values())
    for remote in files:
        typer.echo(fetch(remote, progress=True))
    if not files:
        typer.echo(f"{name} is shipped with its package: nothing to fetch.")


def _has_preset(declared: "Declared", preset: str) -> bool:
    return not preset or preset in getattr(declared.declaration, "presets", {})


def _list(kind: str, name: str | None, columns: tuple[str, ...], *, verbose: bool) -> None:
    """Print a table of declarations, or the card of one."""
    from bengrn.registry import build_registry
    from bengrn.request import parse_named
    from bengrn.resolve import find
    from bengrn.tasks.cards import cards_named

    if name is None:
        print_list(kind, columns, verbose=verbose)
        return
    asked = parse_named(name)
    registry = build_registry([asked.file] if asked.file else [])
    if kind != "metric":
        print_card(find(registry, kind, asked).declared)
        return
    cards = cards_named(name.removeprefix("bengrn/"))
    if not cards or any(name in (one.name, one.qualified) for one in registry.metrics()):
        print_card(registry.find(kind, name))
        typer.echo()
    for card in cards:
        _print_score_card(card)


def print_list(kind: str, columns: tuple[str, ...], *, verbose: bool) -> None:
    """Print a table of all declarations of a kind, with these facts of each."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from bengrn.registry import build_registry
    from bengrn.tasks.cards import SCORE_CARDS

    registry = build_registry()
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200  # a file or a pipe has no edge
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("name", "package", *columns):
        table.add_column(title, no_wrap=title == "name", overflow="fold")
    everything = registry.of_kind(kind)
    for declared in sorted(everything, key=_origin_place) if kind == "method" else everything:
        table.add_row(
            Text(declared.name),
            Text(declared.package),
            *(Text(_fact(declared, one)) for one in columns),
        )
    if kind == "metric":
        for card in SCORE_CARDS:
            compat = "compat: " if card.mode == "compat" else ""
            table.add_row(card.name, "bengrn", compat + card.summary, card.chance)
    console.print(table)
    if kind == "method":
        origins = [_fact(one, "origin") for one in everything]
        counted = (f"{one}: {said} ({origins.count(one)})" for one, said in _ORIGINS.items())
        console.print("\norigin", *counted, sep="\n  ", markup=False)
    if registry.broken:
        _print_broken(registry, verbose=verbose)


def _origin_place(declared: "Declared") -> tuple[int, str]:
    """Return where a method stands in the list: by its origin, then by its name."""
    origin, known = _fact(declared, "origin"), list(_ORIGINS)
    return known.index(origin) if origin in known else len(known), declared.name


def _fact(declared: "Declared", column: str) -> str:
    """Return one cell of the list."""
    if column == "can":
        return ", ".join(declared.capabilities)
    if column == "origin":
        reads = "from_truth" in declared.capabilities  # it knows the answer, whatever it says of itself
        return "control" if reads else str(getattr(declared.declaration, "origin", "published"))
    value: Any = getattr(declared.declaration, column, "")
    return ", ".join(value) if column == "presets" else str(value)


def print_card(declared: "Declared | None") -> None:
    """Print all that is known of a declaration; a table of edges has none."""
    from bengrn.errors import UnknownNameError
    from bengrn.settings import describe

    if declared is None:
        raise UnknownNameError("A table or an h5ad has no card; give a name, or a plug-in's file.")
    one = declared.declaration
    typer.echo(f"{declared.qualified} {declared.package_version}".strip())
    text = inspect.getdoc(getattr(one, "parts", one.compute) if declared.kind == "metric" else one)
    typer.echo(f"\n{text}\n" if text else "")
    for fact in ("summary", "source", "origin", "version", "chance", "bounds", "direction", "organism",
                 "licence", "citation", "data", "cell_type", "seen", "uses_labels"):  # fmt: skip
        value: Any = getattr(one, fact, None)
        if value not in (None, "", ()):
            typer.echo(f"{fact:<10} {value}")
    if declared.kind == "metric":
        _print_examples(getattr(one, "examples", ()))
        return
    for label, remote in getattr(one, "files", {}).items():
        typer.echo(f"file {label:<10} {remote.url} ({remote.bytes:,} bytes)")
    for setting in describe(one):
        typer.echo(f"--set {setting.name}={setting.default}   ({setting.kind})")
    for preset, values in getattr(one, "presets", {}).items():
        typer.echo(f"{declared.name}:{preset:<12} {dict(values)}")


def _print_score_card(card: "ScoreCard") -> None:
    """Print the card of a score that is no metric of one ranking."""
    typer.echo(f"bengrn/{card.name} ({card.mode})\n\n{textwrap.fill(card.definition, 110)}\n")
    for fact in ("summary", "source", "version", "chance", "bounds", "direction"):
        typer.echo(f"{fact:<10} {getattr(card, fact)}")
    _print_examples(card.examples)
    typer.echo()


def _print_examples(examples: "Sequence[Example | NetworkExample]") -> None:
    """Print known answers: small ones as matrices, networks of real genes in words."""
    from bengrn.metrics.metric import Example

    for example in examples:
        value = "refused" if example.value is None else f"{example.value:.6g}"
        if isinstance(example, Example):
            typer.echo(f"example    scores {_rows(example.scores)}, truth {_rows(example.truth)}: {value}")
            typer.echo(f"           {example.note}")
        else:
            typer.echo(f"example    {example.note}: {value}")


def _rows(matrix: "Sequence[Sequence[float]]") -> str:
    """Return a small matrix as text, a row per regulator."""
    return "; ".join(" ".join(f"{value:g}" for value in row) for row in matrix)


def _print_broken(registry: "Registry", *, verbose: bool) -> None:
    """Say which plug-ins failed; with the details if asked."""
    typer.echo("\nPlug-ins that could not be used:")
    for broken in registry.broken:
        typer.echo(f"  {broken.plugin} of {broken.package}: {broken.reason}")
        if verbose:
            typer.echo(broken.details)
    if not verbose:
        typer.echo("Details: bengrn doctor")


def doctor(out: options.Out = Path("reports")) -> None:
    """Say what works and what does not: plug-ins, versions, folders. Exits with 1 if something is broken."""
    import os

    from bengrn.environment import describe_environment
    from bengrn.errors import StoreError
    from bengrn.fetch import cache_folder
    from bengrn.registry import build_registry
    from bengrn.store import Store

    about = describe_environment()
    typer.echo(f"python {about['python']} on {about['system']}, {about['usable_cores']} usable cores")
    typer.echo(", ".join(f"{name} {version}" for name, version in about["packages"].items()))
    typer.echo(f"cache: {cache_folder()}")
    typer.echo(f"mirror ($BENGRN_DATA): {os.environ.get('BENGRN_DATA') or 'none'}")
    registry = build_registry()
    kinds = ("method", "truth", "data set", "metric")
    typer.echo(", ".join(f"{len(registry.of_kind(kind))} {kind}s" for kind in kinds))
    wrong = bool(registry.broken)
    store = Store(out.resolve())
    for path in store.files_of():
        try:
            store.read(path)
        except StoreError as error:
            wrong = True
            typer.echo(f"broken record: {error}")
    if registry.broken:
        _print_broken(registry, verbose=True)
    typer.echo("Something is broken: see above." if wrong else "All is well.")
    if wrong:
        raise typer.Exit(1)
