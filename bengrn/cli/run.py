"""`bengrn run`, `bengrn score` and `bengrn exec`."""

import contextlib
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bengrn.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bengrn.request import Named, Selection

__all__ = ["exec_", "run", "score"]


def run(
    method: options.Methods,
    truth: options.Truths,
    data: options.Data = None,
    cell_type: options.CellType = None,
    cells: options.Cells = "1024",
    genes: options.Genes = "1000",
    gene_selection: options.GeneSelection = "variable",
    layer: options.Layer = "X",
    min_cells: options.MinCells = 64,
    seed: options.Seeds = [0],
    controls: options.Controls = False,
    set_: options.Sets = [],
    out: options.Out = Path("reports"),
    nulls: options.Nulls = 20,
    draws: options.Draws = 1000,
    enrichment: options.Enrichment = False,
    universe: options.Universe = "all",
    heads: options.Heads = None,
    heads_from: options.HeadsFrom = None,
    heads_share: options.HeadsShare = None,
    time_limit: options.TimeLimit = 3600.0,
    memory_limit: options.MemoryLimit = None,
    cpus: options.Cpus = None,
    force: options.Force = False,
    json_: options.Json = False,
) -> None:
    """Run methods against truths and print their scores, with nulls and intervals.

    Every method of a run gets the same cells, genes and regulators, and is scored on the same pairs. What
    was run before is answered from the records in --out.
    """
    from bengrn.cli import console
    from bengrn.execute.local import Limits
    from bengrn.execute.many import answer
    from bengrn.execute.plan import heads_for, make_jobs
    from bengrn.progress import workers
    from bengrn.registry import build_registry
    from bengrn.request import Request, Scoring, parse_heads, parse_named
    from bengrn.resolve import choose_all
    from bengrn.store import Store

    request = Request(
        methods=tuple(map(parse_named, options.with_controls(method) if controls else method)),
        truths=tuple(parse_named(text) for text in truth),
        data=parse_named(data) if data else None,
        selection=_selection(cell_type, cells, genes, gene_selection, layer, min_cells),
        cell_type_given=cell_type is not None,
        seeds=tuple(seed),
        scoring=Scoring(null_draws=nulls, bootstrap_draws=draws, enrichment=enrichment),
        universe=universe,
        heads=parse_heads(heads, heads_from, heads_share),
        controls=controls,
    )
    limits = Limits(time_limit, options.read_memory(memory_limit), workers() if cpus is None else cpus)
    by = request.heads.other if request.heads else None
    registry = build_registry(_plugin_files([*request.methods, *request.truths, request.data, by]))
    chosen = choose_all(registry, request, set_)
    for one in chosen.truths:
        if by is not None and heads_for(chosen, one)[1] is None and not json_:
            typer.echo(f"--heads-from {heads_from} is what is scored: its own genes are split", err=True)
    jobs = list(make_jobs(chosen, registry))
    store = Store(out.resolve())
    for ending in (signal.SIGTERM, signal.SIGHUP):  # jobs must not outlive their supervisor
        if signal.getsignal(ending) is not signal.SIG_IGN:  # nohup means it
            signal.signal(ending, signal.default_int_handler)

    def found(count: int) -> None:
        if count and not json_:
            typer.echo(f"{count} answered from {out / 'records'}; --force runs anew", err=True)

    with console.progress(quiet=json_) as started:
        records = answer(jobs, chosen, registry, store, limits, started=started, found=found, force=force)
    console.show(records, as_json=json_)
    if not all(record.ok for record in records):
        raise typer.Exit(1)


def _selection(
    cell_type: str | None, cells: str, genes: str, gene_selection: str, layer: str, min_cells: int
) -> "Selection":
    """Return the selection that the options describe."""
    from bengrn.errors import UnknownNameError
    from bengrn.preprocess import GENE_SELECTIONS
    from bengrn.request import Selection
    from bengrn.settings import suggest

    if gene_selection not in GENE_SELECTIONS:
        hint = suggest(gene_selection, GENE_SELECTIONS)
        raise UnknownNameError(f"There is no gene selection {gene_selection!r}.{hint}")
    return Selection(
        cell_type=None if cell_type == "all" else cell_type,
        cells=options.number_or_all(cells, "--cells"),
        genes=options.number_or_all(genes, "--genes"),
        gene_selection=gene_selection,
        layer=layer,
        min_cells=min_cells,
    )


def _plugin_files(asked: "Sequence[Named | None]") -> list[Path]:
    """Return the Python files among what was asked for."""
    files = [one.file for one in asked if one is not None]
    return [file for file in files if file is not None and file.suffix == ".py"]


def exec_(
    key: Annotated[str, typer.Argument(help="Key of a job that `bengrn run` planned.")],
    out: options.Out = Path("reports"),
) -> None:
    """Run one planned job in this process and write its record; again, it does nothing.

    This is the unit of work of every scheduler; `bengrn run` calls it under its limits.
    """
    import os

    from bengrn.errors import BengrnError, PluginError
    from bengrn.execute.failure import failure_record
    from bengrn.execute.job import Job
    from bengrn.registry import build_registry
    from bengrn.runner import run_job
    from bengrn.store import Store

    store = Store(out.resolve())
    job = Job.read(store.job_file(key))
    if store.find(job.key) and not os.environ.get("BENGRN_FORCE"):
        return
    file = job.method.file
    try:
        try:
            record = run_job(job, store, build_registry([file] if file else []))
        except PluginError as error:  # the file was a plug-in when the run was planned
            record = failure_record(job, "error", str(error))
        store.write(record)
    except BengrnError as error:  # no record could be made: `bengrn run` learns it from this file
        with contextlib.suppress(OSError):
            store.complaint_file(job.key).write_text(str(error))
        raise


def score(
    network: Annotated[
        Path, typer.Argument(help="h5ad with varp['GRN'], or a table: source, target, weight.")
    ],
    truth: options.Truths,
    data: options.Data = None,
    cell_type: options.CellType = None,
    cells: options.Cells = "1024",
    genes: options.Genes = "1000",
    gene_selection: options.GeneSelection = "variable",
    layer: options.Layer = "X",
    min_cells: options.MinCells = 64,
    set_: options.Sets = [],
    out: options.Out = Path("reports"),
    nulls: options.Nulls = 20,
    draws: options.Draws = 1000,
    enrichment: options.Enrichment = False,
    universe: options.Universe = "all",
    force: options.Force = False,
    json_: options.Json = False,
) -> None:
    """Score a network that was computed elsewhere.

    With --data, it is scored on the frozen task of that data set, like every method of `bengrn run`.
    Without, on all pairs of its own genes that the truth tested: fair to no other network.
    """
    from bengrn.cli import console
    from bengrn.execute.outside import score_outside
    from bengrn.registry import build_registry
    from bengrn.request import Request, Scoring, parse_named
    from bengrn.store import Store

    request = Request(
        methods=(),
        truths=tuple(parse_named(text) for text in truth),
        data=parse_named(data) if data else None,
        selection=_selection(cell_type, cells, genes, gene_selection, layer, min_cells),
        cell_type_given=cell_type is not None,
        scoring=Scoring(null_draws=nulls, bootstrap_draws=draws, enrichment=enrichment),
        universe=universe,
    )
    registry = build_registry(_plugin_files([*request.truths, request.data]))
    records = score_outside(network, request, registry, Store(out.resolve()), set_, force=force)
    console.show(records, as_json=json_)
