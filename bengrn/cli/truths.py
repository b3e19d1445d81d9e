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
    loaded = {name: _load(chosen) for name, chosen in _choose_all(names, set_).items()}
    among = _gene_names(genes) if genes else None
    if not published:
        loaded = {name: name_truth(truth, [])[0] for name, truth in loaded.items()}
        organism = next(iter(loaded.values())).organism
        among = None if among is None else _current(among, organism)
    _print_overlaps(_compare_all(loaded, among, published=published))


@truths_app.command()
def plot(
    names: Several,
    out: Annotated[Path, typer.Option("--out", "-o", help="A .svg, .png or .pdf.")] = Path(
        "truth-degrees.svg"
    ),
    set_: options.Sets = [],
) -> None:
    """Draw how many edges regulators and targets have (FIG S3 of the scPRINT paper, for both degrees)."""
    from bengrn.report.degrees import check_picture, draw_degrees
    from bengrn.truths.summary import degrees

    check_picture(out)
    found = {name: degrees(_load(chosen)) for name, chosen in _choose_all(names, set_).items()}
    draw_degrees({name: (both.out_R, both.in_T) for name, both in found.items()}, out)
    typer.echo(out)


@truths_app.command()
def split(
    name: Named_,
    train: Annotated[float, typer.Option("--train", help="Share of the genes to fit on.")] = 0.5,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Decides which genes.")] = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of train.parquet, test.parquet.")] = Path(),
    set_: options.Sets = [],
) -> None:
    """Split a truth into two parts that share no regulator and no target: one to fit on, one to score on."""
    from bengrn.tasks.naming import name_truth
    from bengrn.truth_table import write_truth
    from bengrn.truths.split import split_truth
    from bengrn.truths.summary import summarize

    # one gene, one name: or a part could hold a gene that the other knows by a former symbol
    truth = name_truth(_load(_choose(name, set_)), [])[0]
    parts = split_truth(truth, train=train, seed=seed)
    for word, part in (("train", parts.train), ("test", parts.test)):
        path = out / f"{word}.parquet"
        write_truth(part, path)
        found = summarize(part)
        typer.echo(
            f"{path}: {found.edges:,} edges, {found.regulators:,} regulators, {found.targets:,} targets"
        )
    typer.echo(f"{parts.unused_edges:,} edges lie between the parts and are in neither.")


@truths_app.command()
def export(
    name: Named_,
    tested_by: Annotated[
        str | None, typer.Option("--tested-by", help="Only the pairs that this other truth tested as well.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="A .parquet.")] = Path("truth.parquet"),
    set_: options.Sets = [],
) -> None:
    """Write a truth to a file: source, target, sign, effect, and which genes were tested.

    Any reader of parquet sees a plain table; `--truth FILE` and `--set degrees.of=FILE` use it here.
    """
    from bengrn.tasks.naming import name_truth
    from bengrn.truth_table import check_truth_path, write_truth
    from bengrn.truths.compare import on_shared_pairs

    check_truth_path(out)
    chosen = _choose_all([name, *([tested_by] if tested_by else [])], set_)
    truth = _load(chosen[name])
    if tested_by:
        # names of one gene must agree before pairs can
        truth, _ = on_shared_pairs(*(name_truth(_load(chosen[one]), [])[0] for one in (name, tested_by)))
    write_truth(truth, out)
    typer.echo(f"{out}: {truth.edges.nnz:,} edges, {len(truth.regulators):,} regulators")


def _choose(name: str, sets: Sequence[str]) -> "Chosen":
    """Return the truth that a name stands for, with its settings."""
    return _choose_all([name], sets)[name]


def _choose_all(names: Sequence[str], sets: Sequence[str]) -> "dict[str, Chosen]":
    """Return the truths that names stand for, each once, with the settings that are theirs."""
    from bengrn.registry import build_registry
    from bengrn.request import parse_named, read_sets
    from bengrn.resolve import called, choose

    asked = {name: parse_named(name) for name in dict.fromkeys(names)}
    files = [one.file for one in asked.values()]
    registry = build_registry([file for file in files if file is not None and file.suffix == ".py"])
    plain = [choose(registry, "truth", one) for one in asked.values()]
    given = read_sets(sets, [called(one) for one in plain])
    return {
        name: choose(registry, "truth", one, mine)
        for (name, one), mine in zip(asked.items(), given, strict=True)
    }


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
    if Path(text).is_file():
        return options.names_in(Path(text))
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
    return sorted({gene_names.current_symbol(name, organism) for name in names})


def _compare_all(
    loaded: dict[str, "Truth"], genes: list[str] | None, *, published: bool
) -> "dict[tuple[str, str], Overlap | None]":
    """Return every truth, and every truth read the wrong way round, against every other; None for nothing."""
    from bengrn.errors import TruthError
    from bengrn.truths.compare import compare_published, compare_truths, transpose

    measure = compare_published if published else compare_truths
    pairs = [(a, b) for a in loaded for b in loaded if a != b]
    found: dict[tuple[str, str], Overlap | None] = {}
    refused: list[TruthError] = []
    for a, b in pairs:
        for name, truth in ((a, loaded[a]), (f"{a} -T", transpose(loaded[a]))):
            try:
                found[name, b] = measure(truth, loaded[b], genes=genes)
            except TruthError as error:
                found[name, b] = None
                refused.append(error)
    if not any(found.values()):
        raise refused[0]
    return found


def _print_overlaps(rows: "dict[tuple[str, str], Overlap | None]") -> None:
    """Print one line per comparison."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    titles = ("regulators x targets", "edges", "shared", "precision", "recall", "random", "ratio", "Jaccard")
    for title in ("truth", "against", *titles):
        table.add_column(title, justify="left" if title in {"truth", "against"} else "right")
    for (one, other), found in rows.items():
        if found is None:
            table.add_row(one, other, "nothing shared", *["-"] * (len(titles) - 1))
            continue
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
