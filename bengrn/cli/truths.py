"""`bengrn truths`: the list, a card with numbers, and what one does with a truth besides scoring."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from bengrn.cli import options, screen, show

if TYPE_CHECKING:
    from bengrn.resolve import Chosen
    from bengrn.truths.compare import Overlap
    from bengrn.values import Truth

__all__ = ["truths_app"]

# a card does not download more than this on its own
_LARGE = 100_000_000


class _NamesAreCards(TyperGroup):
    """`bengrn truths NAME` shows a card: what is no command is a name."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Read `NAME ...` as `card NAME ...`."""
        return super().resolve_command(ctx, args if args[0] in self.commands else ["card", *args])


truths_app = typer.Typer(cls=_NamesAreCards, rich_markup_mode=None, subcommand_metavar="[NAME | COMMAND]")

truths_app.command("from-screen")(screen.from_screen)

Named_ = Annotated[str, typer.Argument(metavar="NAME", help="NAME, NAME:PRESET or an edge table.")]
Several = Annotated[list[str], typer.Argument(metavar="NAME...", help="NAME, NAME:PRESET or an edge table.")]


@truths_app.callback(invoke_without_command=True)
def truths(context: typer.Context, verbose: show.Verbose = False) -> None:
    """List the ground truths, show one's card (NAME), compare, plot or split some, make one of a screen."""
    if context.invoked_subcommand is None:
        show.print_list("truth", ("organism", "description"), verbose=verbose)


@truths_app.command(hidden=True)
def card(name: Named_, set_: options.Sets = []) -> None:
    """Show one's card: what it is, its settings, and its edges and degrees."""
    from bengrn.fetch import is_at_hand

    chosen = _choose(name, set_)
    if chosen.declared is not None:
        show.print_card(chosen.declared)
        missing = [one for one in chosen.instance.files.values() if not is_at_hand(one)]
        if sum(one.bytes or _LARGE for one in missing) > _LARGE:
            typer.echo(f"\nNot at hand, so not counted. Fetch it: bengrn datasets fetch {chosen.name}")
            return
        typer.echo()
    truth = _load(chosen)
    _print_numbers(truth)
    facts = ("version",) if chosen.declared else ("version", "licence", "citation")
    for what in facts:
        if getattr(truth, what):
            typer.echo(f"{what:<10} {getattr(truth, what)}")


@truths_app.command()
def compare(
    names: Several,
    genes: Annotated[
        str | None, typer.Option("--genes", help="Only these: a file of names, or a data set.")
    ] = None,
    published: Annotated[
        bool, typer.Option("--published", help="As Table S7 counts: all ordered pairs of shared genes.")
    ] = False,
    set_: options.Sets = [],
) -> None:
    """Say how much of each truth is in each other, beside what a random prediction would reach.

    `-T` is the truth read the wrong way round. By default the universe is the pairs that both tested, without
    self-pairs.
    """
    from bengrn.errors import SettingError
    from bengrn.tasks.naming import name_truth

    if len(names) < 2:
        raise SettingError("compare needs two truths or more; expected NAME NAME ...")
    among = _gene_names(genes) if genes else None
    loaded = {}
    for name in dict.fromkeys(names):
        truth = _load(_choose(name, set_))
        loaded[name] = truth if published else name_truth(truth, [])[0]
    if among is not None and not published:
        organism = next(iter(loaded.values())).organism
        among = _current(among, organism)
    rows = _compare_all(loaded, among, published=published)
    _print_overlaps(rows)


@truths_app.command()
def plot(
    names: Several,
    out: Annotated[Path, typer.Option("--out", "-o", help="A .svg, .png or .pdf.")] = Path(
        "truth-degrees.svg"
    ),
    set_: options.Sets = [],
) -> None:
    """Draw how many edges regulators and targets have (FIG S3 of the scPRINT paper, for both degrees)."""
    from bengrn.report.degrees import draw_degrees
    from bengrn.truths.summary import degrees

    found = {name: degrees(_load(_choose(name, set_))) for name in dict.fromkeys(names)}
    draw_degrees({name: (both.out_R, both.in_T) for name, both in found.items()}, out)
    typer.echo(out)


@truths_app.command()
def split(
    name: Named_,
    train: Annotated[float, typer.Option("--train", help="Share of the genes to fit on.")] = 0.5,
    seed: Annotated[int, typer.Option("--seed", help="Decides which genes.")] = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of train.parquet, test.parquet.")] = Path(),
    set_: options.Sets = [],
) -> None:
    """Split a truth into two parts that share no regulator and no target: one to fit on, one to score on."""
    from bengrn.truth_table import write_truth
    from bengrn.truths.split import split_truth
    from bengrn.truths.summary import summarize

    parts = split_truth(_load(_choose(name, set_)), train=train, seed=seed)
    for word, part in (("train", parts.train), ("test", parts.test)):
        path = out / f"{word}.parquet"
        write_truth(part, path)
        found = summarize(part)
        typer.echo(
            f"{path}: {found.edges:,} edges, {found.regulators:,} regulators, {found.targets:,} targets"
        )
    typer.echo(f"{parts.unused_edges:,} edges lie between the parts and are in neither.")


def _choose(name: str, sets: Sequence[str]) -> "Chosen":
    """Return the truth that a name stands for, with its settings."""
    from bengrn.registry import build_registry
    from bengrn.request import parse_named, read_sets
    from bengrn.resolve import called, choose

    asked = parse_named(name)
    plugin = asked.file is not None and asked.file.suffix == ".py"
    registry = build_registry([asked.file] if plugin and asked.file else [])
    chosen = choose(registry, "truth", asked)
    return choose(registry, "truth", asked, read_sets(sets, [called(chosen)])[0]) if sets else chosen


def _load(chosen: "Chosen") -> "Truth":
    from bengrn.sources import load_truth

    return load_truth(chosen, progress=True)


def _print_numbers(truth: "Truth") -> None:
    """Print a truth in numbers."""
    from bengrn.truths.summary import summarize

    found = summarize(truth)
    signs = f"{found.activating:,} activating, {found.repressing:,} repressing"
    top = ", ".join(f"{name} {count:,}" for name, count in found.top_five)
    lines = {
        "edges": f"{found.edges:,} of {found.pairs:,} pairs ({found.positive_rate:.3g})",
        "self-pairs": f"{found.self_pairs:,} more, never scored" if found.self_pairs else "none",
        "regulators": f"{found.regulators:,} tested, {found.regulators_with_edges:,} with an edge",
        "targets": f"{found.targets:,} tested, {found.targets_with_edges:,} with an edge",
        "out-degree": _quartiles(found.out_degrees),
        "in-degree": _quartiles(found.in_degrees),
        "top five": f"{found.top_five_share:.0%} of the edges: {top}",
        "signs": signs if found.activating or found.repressing else "unknown",
        "effects": f"{found.with_effect:,} edges" if found.with_effect else "none",
        "direction": "regulator to target" if truth.directed else "none: each pair is listed both ways",
        "organism": f"{truth.organism}, named by {truth.id_kind}",
    }
    if found.unknown_names is not None:
        lines["unknown"] = f"{found.unknown_names:,} names that the gene table does not know"
    lines["left out"] = "; ".join(f"{count:,} {reason}" for reason, count in truth.losses.items())
    for what, text in lines.items():
        if text:
            typer.echo(f"{what:<10} {text}")


def _quartiles(found: Sequence[int]) -> str:
    return "median {2}, quartiles {1} and {3}, largest {4}".format(*found) if found else "none"


def _gene_names(text: str) -> list[str]:
    """Return the genes of a file, one a line, or of a data set."""
    path = Path(text)
    if path.is_file():
        return path.read_text().split()
    from bengrn.registry import build_registry
    from bengrn.request import parse_named
    from bengrn.resolve import choose
    from bengrn.sources import load_data

    adata = load_data(choose(build_registry(), "data set", parse_named(text)), progress=True)
    return list(map(str, adata.var_names))


def _current(names: Sequence[str], organism: str) -> list[str]:
    """Return the current symbols of names, where there is a table of them."""
    from bengrn import genes as gene_names

    if not gene_names.has_table(organism):
        return list(names)
    mapped = gene_names.to_symbols(names, organism=organism)
    return [symbol for symbol in mapped.symbols if symbol is not None]


def _compare_all(
    loaded: dict[str, "Truth"], genes: list[str] | None, *, published: bool
) -> dict[tuple[str, str], "Overlap"]:
    """Return every truth, and every truth read the wrong way round, against every other."""
    from bengrn.truths.compare import compare_published, compare_truths, transpose

    measure = compare_published if published else compare_truths
    pairs = [(a, b) for a in loaded for b in loaded if a != b]
    found = {}
    for a, b in pairs:
        found[a, b] = measure(loaded[a], loaded[b], genes=genes)
        found[f"{a} -T", b] = measure(transpose(loaded[a]), loaded[b], genes=genes)
    return found


def _print_overlaps(rows: dict[tuple[str, str], "Overlap"]) -> None:
    """Print one line per comparison."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    titles = ("regulators x targets", "edges", "shared", "precision", "recall", "random", "ratio", "Jaccard")
    for title in ("truth", "against", *titles):
        table.add_column(title, justify="left" if title in {"truth", "against"} else "right")
    for (one, other), found in rows.items():
        random = found.random_precision
        ratio = found.precision / random if random else float("nan")
        size = f"{found.regulators:,} x {found.targets:,}"
        table.add_row(
            one, other, size, f"{found.edges:,} / {found.edges_other:,}", f"{found.shared:,}",
            f"{found.precision:.4f}", f"{found.recall:.4f}", f"{random:.5f}",
            f"{ratio:.3g}", f"{found.jaccard:.4f}",
        )  # fmt: skip
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)
