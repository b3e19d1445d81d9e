"""`scprint fit`: train a model on a corpus, or go on with a run."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["fit"]

Configs = Annotated[
    list[str],
    typer.Option(
        "--config",
        "-c",
        help="Name (`scprint config` lists them) or FILE.yaml; repeatable, a later one holds.",
    ),
]
Sets = Annotated[
    list[str], typer.Option("--set", help="KEY=VALUE over the configurations, such as train.steps=200.")
]
Settings = Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE", help="The same, without --set.")]


def fit(
    settings: Settings = None,
    config: Configs = [],
    set_: Sets = [],
    corpus: Annotated[Path | None, typer.Option(help="Folder of the corpus; same as corpus=FOLDER.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder of the run; same as out=FOLDER.")
    ] = None,
) -> None:
    """Train a model on a corpus, or go on with a run.

    scprint fit --config base --config small --set train.steps=200 corpus=FOLDER out=FOLDER

    The same command again goes on where the run stopped or was killed. With several GPUs:
    torchrun --nproc-per-node 4 -m scprint_model fit ...
    """
    from scprint_model.errors import ConfigError
    from scprint_model.train.config import TrainConfig
    from scprint_model.train.layering import layered

    values = layered(config, [*set_, *(settings or ())])
    given = {"corpus": None if corpus is None else str(corpus), "out": None if out is None else str(out)}
    values |= {key: value for key, value in given.items() if value is not None}
    folder = values.pop("out", None)
    if not isinstance(folder, str) or not folder:
        raise ConfigError("No folder for the run is given: add out=FOLDER.")
    settled = TrainConfig.from_dict(values)
    from scprint_model.train.loop import fit as train

    leads = os.environ.get("RANK", "0") == "0"
    with _bar(quiet=not leads) as told:
        model = train(settled, out=Path(folder), told=told)
    if leads:
        typer.echo(f"{model}")


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Callable[[int, int, str], None]]:
    """Show on stderr how far the training is and the loss: a bar on a terminal, lines elsewhere."""
    from rich.console import Console

    console = Console(stderr=True, quiet=quiet)
    if not console.is_terminal:
        yield lambda step, steps, what: console.print(f"{step}/{steps} {what}", highlight=False)
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns: list[Any] = [TextColumn("training"), BarColumn(bar_width=24), TextColumn("{task.description}")]
    columns += [TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()]
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task("starting", total=None)
        yield lambda step, steps, what: bars.update(
            bar, completed=step, total=steps, description=f"{step}/{steps} {what}"
        )
