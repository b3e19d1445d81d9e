"""`bengrn scale`: what a method costs as cells and genes grow."""

import json
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bengrn.cli import options

if TYPE_CHECKING:
    from bengrn.resolve import Chosen
    from bengrn.scale.counts import Sized
    from bengrn.scale.sweep import Sweep, Timing

__all__ = ["scale"]

_LEAST_CELLS, _LEAST_GENES = 2, 3


def scale(
    method: Annotated[str, typer.Argument(help="NAME, NAME:PRESET or FILE.py.")],
    cells: Annotated[str, typer.Option("--cells", help="Numbers of cells.")] = "250,500,1000",
    genes: Annotated[str, typer.Option("--genes", help="Numbers of genes.")] = "250,500,1000",
    regulators: Annotated[
        str, typer.Option("--regulators", help="The first so many genes of each size, or 'all'.")
    ] = "all",
    repeats: Annotated[int, typer.Option("--repeats", help="Runs of each size.")] = 3,
    data: Annotated[
        str | None,
        typer.Option("--data", "-d", help="Data set or FILE.h5ad to cut from. Default: simulated counts."),
    ] = None,
    cell_type: options.CellType = None,
    layer: options.Layer = "X",
    seed: Annotated[int, typer.Option("--seed", help="Seed of the method.")] = 0,
    set_: options.Sets = [],
    out: options.Out = Path("reports"),
    time_limit: Annotated[float, typer.Option("--time-limit", help="Seconds per run.")] = 600.0,
    memory_limit: options.MemoryLimit = None,
    cpus: options.Cpus = None,
    json_: options.Json = False,
) -> None:
    """Time a method on a grid of cells x genes, and fit how time and memory grow.

    Every run is a process of its own under the limits, after a tiny run that takes compilation and imports. A
    size that fails is listed with its reason; once one ran out of time or memory, larger ones are not tried.
    The result is also written to scale/METHOD.json in --out. Exits with 1 if nothing could be measured.
    """
    from bengrn.cli.scale_table import show
    from bengrn.execute.process import Limits
    from bengrn.progress import workers
    from bengrn.scale.summary import summarise
    from bengrn.scale.sweep import Sweep, check_sizes, sweep
    from bengrn.store import write_text

    chosen = _choose(method, set_)
    sizes = _numbers(cells, "--cells", _LEAST_CELLS), _numbers(genes, "--genes", _LEAST_GENES)
    plan = Sweep(
        method=chosen,
        cells=check_sizes(sizes[0], "--cells", _LEAST_CELLS),
        genes=check_sizes(sizes[1], "--genes", _LEAST_GENES),
        limits=Limits(time_limit, options.read_memory(memory_limit), workers() if cpus is None else cpus),
        folder=out.resolve() / "scale",
        repeats=repeats,
        regulators=options.number_or_all(regulators, "--regulators"),
        seed=seed,
        **({"counts": _cut(data, cell_type, layer, sizes)} if data else {}),
    )
    for ending in (signal.SIGTERM, signal.SIGHUP):  # runs must not outlive this
        if signal.getsignal(ending) is not signal.SIG_IGN:  # nohup means it
            signal.signal(ending, signal.default_int_handler)
    try:
        timings = sweep(plan, told=_silent if json_ else _tell)
    except KeyboardInterrupt:
        typer.echo("bengrn: interrupted; nothing was written.", err=True)
        raise typer.Exit(130) from None
    result = {**_about(plan, data, cell_type), **summarise(timings)}
    path = plan.folder / f"{_file_name(chosen)}.json"
    write_text(path, json.dumps(result, indent=1, allow_nan=False) + "\n")
    if json_:
        typer.echo(json.dumps(result, allow_nan=False))
    else:
        show(result)
        typer.echo(f"\n{out / 'scale' / path.name}")
    if not any(one["status"] == "ok" for one in result["points"]):
        raise typer.Exit(1)


def _choose(method: str, sets: list[str]) -> "Chosen":
    """Return the method with its settings; refuse one that makes no network."""
    from bengrn.errors import UnknownNameError
    from bengrn.registry import build_registry
    from bengrn.request import parse_named, read_sets
    from bengrn.resolve import called, choose

    asked = parse_named(method)
    registry = build_registry([asked.file] if asked.file and asked.file.suffix == ".py" else [])
    chosen = choose(registry, "method", asked)
    if not any(chosen.can(one) for one in ("infer", "from_truth", "heads")):
        raise UnknownNameError(f"The method {chosen.name!r} infers no network; expected one that does.")
    given = read_sets(sets, [called(chosen)])[0]
    return choose(registry, "method", asked, given) if given else chosen


def _numbers(text: str, option: str, least: int) -> list[int]:
    """Return numbers that are separated by commas."""
    from bengrn.errors import SettingError

    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() for part in parts):
        raise SettingError(
            f"{option} is {text!r}; expected different numbers of at least {least}, such as 250,500,1000."
        )
    return [int(part) for part in parts]


def _cut(data: str, cell_type: str | None, layer: str, sizes: "tuple[list[int], list[int]]") -> "Sized":
    """Return how to cut counts of any size out of a data set or file."""
    from bengrn.registry import build_registry
    from bengrn.request import parse_named
    from bengrn.resolve import choose
    from bengrn.scale.counts import cut_from
    from bengrn.sources import load_data

    chosen = choose(build_registry(), "data set", parse_named(data))
    own = getattr(chosen.instance, "cell_type", "") if chosen.declared else ""
    wanted = (own or None) if cell_type is None else cell_type
    adata = load_data(chosen, progress=True)
    largest = max(sizes[0]), max(sizes[1])
    return cut_from(adata, cell_type=None if wanted == "all" else wanted, layer=layer, largest=largest)


def _tell(one: "Timing") -> None:
    """Say on stderr how a run ended."""
    taken = f"{one.wall_s:.3g} s" if one.status == "ok" else f"{one.status}: {one.reason}"
    typer.echo(f"{one.cells:,} cells x {one.genes:,} genes, run {one.repeat + 1}: {taken}", err=True)


def _silent(_: "Timing") -> None:
    """Say nothing."""


def _about(plan: "Sweep", data: str | None, cell_type: str | None) -> dict[str, Any]:
    """Return what was timed, on what and where."""
    from bengrn.environment import describe_environment
    from bengrn.execute.failure import now

    return {
        "method": plan.method.card(),
        "data": {"name": data or "simulated", "cell_type": cell_type},
        "regulators": plan.regulators or "all",
        "repeats": plan.repeats,
        "seed": plan.seed,
        "limits": {
            "seconds": plan.limits.seconds,
            "memory_bytes": plan.limits.memory_bytes,
            "cpus": plan.limits.cpus,
        },
        "environment": describe_environment(),
        "created": now(),
    }


def _file_name(method: "Chosen") -> str:
    """Return a name for the file of a method: with its preset and what was set."""
    parts = [method.name, method.asked.preset, *(f"{key}-{value}" for key, value in method.changed.items())]
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", "-".join(part for part in parts if part))
