"""`bengrn truths from-screen`: a truth of your own, out of a perturbation screen."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bengrn.cli import options

if TYPE_CHECKING:
    from bengrn.screens.truth import ScreenReport

__all__ = ["from_screen"]


def from_screen(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An h5ad with raw counts.")],
    column: Annotated[
        str | None, typer.Option("--column", help="The obs column of perturbed genes. Default: guessed.")
    ] = None,
    control: Annotated[
        str | None, typer.Option("--control", help="The label of unperturbed cells. Default: guessed.")
    ] = None,
    batch: Annotated[
        str | None, typer.Option("--batch", help="An obs column: cells are compared within a batch only.")
    ] = None,
    layer: options.Layer = "X",
    organism: Annotated[str | None, typer.Option("--organism", help="Default: by the gene names.")] = None,
    null_groups: Annotated[
        int, typer.Option("--null-groups", min=0, help="Groups of controls tested as if they were perturbed.")
    ] = 10,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Decides the groups of controls.")] = 0,
    set_: Annotated[
        list[str], typer.Option("--set", help="KEY=VALUE: a rule, such as alpha=0.01 or min_cells=30.")
    ] = [],
    out: Annotated[Path, typer.Option("--out", "-o", help="The truth, a .parquet.")] = Path("truth.parquet"),
) -> None:
    """Derive a truth from a perturbation screen: each perturbed gene against the control cells.

    Prints what became of every perturbation, with the smallest effect that it could have shown, and what
    the same tests call an effect between groups of control cells.
    """
    from bengrn.errors import SettingError, TruthError
    from bengrn.screens.file import screen_from_file
    from bengrn.screens.truth import ScreenRule
    from bengrn.settings import make
    from bengrn.truth_table import check_truth_path, write_truth

    check_truth_path(out)
    given = {}
    for text in set_:
        key, equals, value = text.partition("=")
        if not equals:
            raise SettingError(f"--set {text!r} is not of the form KEY=VALUE.")
        given[key] = value
    truth, report = screen_from_file(
        file, column=column, control=control, batch=batch, layer=layer, organism=organism,
        rule=make(ScreenRule, given, name="rule"), null_groups=null_groups, seed=seed,
    )  # fmt: skip
    _print_report(report)
    left = "; ".join(f"{count:,} {reason}" for reason, count in truth.losses.items())
    if left:
        typer.echo(f"Left out, or kept unchecked: {left}")
    edges = sum(one.significant for one in report.rows)
    if not edges:
        raise TruthError(f"The screen shows no effect, so there is nothing to write to {out.name}.")
    write_truth(truth, out)
    size = f"{len(truth.regulators):,} regulators among {len(truth.targets):,} targets"
    typer.echo(f"\n{out}: {edges:,} edges of {size}")


def _print_report(report: "ScreenReport") -> None:
    """Print the perturbations of a screen, and how far its tests can be trusted."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("perturbed")
    for title in ("cells", "own change", "p", "targets", "tested", "detectable"):
        table.add_column(title, justify="right")
    table.add_column("left out because")
    for row in report.rows:
        table.add_row(
            row.name, f"{row.cells:,}", _number(row.log2_fold, "+.2f"), _number(row.on_target_p, ".1e"),
            f"{row.significant:,}", f"{row.tested:,}", _fall(row.detectable), row.reason,
        )  # fmt: skip
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)
    rule, typical = report.rule, report.typical
    typer.echo(
        f"{report.controls:,} control cells; {report.targets:,} of {report.genes:,} genes tested. Changes "
        f"are log2. Detectable: with power {rule.power:g}, of a gene with {typical.mean:.2g} counts a cell "
        f"(dispersion {typical.dispersion:.2g})."
    )
    null = report.calibration
    if null is not None:
        typer.echo(
            f"Controls against controls, {null.groups} groups: {null.below_05:.1%} of tests have p < 0.05, "
            f"{null.below_001:.2%} p < 0.001; {null.false_edges:,} false edges, in {null.groups_with_edges}."
        )


def _number(value: float | None, form: str) -> str:
    return "unchecked" if value is None else format(value, form)


def _fall(value: float | None) -> str:
    if value is None:
        return ""
    return "none" if math.isinf(value) else f"{value:.2f}"
