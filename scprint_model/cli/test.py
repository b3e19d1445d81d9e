"""`scprint test`: evaluate a model on held-out data sets, beside an untrained twin and trivial answers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from scprint_model.corpus.read import Corpus
    from scprint_model.train.evaluate import Evaluation

__all__ = ["command"]

_ALL = "all"


def command(
    model: Annotated[str, typer.Argument(help="Folder of a run or a checkpoint, or what `embed` takes.")],
    corpus: Annotated[
        Path | None, typer.Option(help="Folder of the corpus. Default: the one it was trained on.")
    ] = None,
    dataset: Annotated[
        list[str] | None,
        typer.Option(help="Data set to evaluate on, or 'all'; repeatable. Default: those held out."),
    ] = None,
    cells: Annotated[int, typer.Option(help="At most so many cells, drawn at random.")] = 1000,
    context: Annotated[int | None, typer.Option(help="Genes per cell. Default: as in training.")] = None,
    batch: Annotated[int, typer.Option(help="Cells at a time.")] = 32,
    rate: Annotated[float, typer.Option(help="Noise of the denoising test.")] = 0.7,
    times: Annotated[float, typer.Option(help="Depth that the denoising test asks for.")] = 2.5,
    seed: Annotated[int, typer.Option(help="Of cells, contexts, noise and the untrained twin.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Evaluate a model on held-out data sets, beside an untrained twin and trivial answers.

    Losses; accuracy of every class beside the best constant label; denoising: the Spearman correlation with
    the true counts (where they are not 0), beside that of the noisy counts.
    """
    from scprint_model.checkpoint.hub import open_model
    from scprint_model.corpus.collate import Collator
    from scprint_model.corpus.read import Corpus
    from scprint_model.objective_settings import Objective
    from scprint_model.train.config import LoopSettings
    from scprint_model.train.distributed import world
    from scprint_model.train.evaluate import Look, evaluate
    from scprint_model.train.typed import read

    loop = read(LoopSettings, {"device": device, "precision": precision}, where="")
    with world(loop) as place:
        inner = Path(model) / "model"
        pretrained = open_model(str(inner if inner.is_dir() else model), device=place.device)
        trained: Mapping[str, Any] = pretrained.card.get("config", {})
        opened = Corpus.open(_corpus(corpus, trained))
        rows = _rows(opened, dataset, pretrained.card.get("corpus", {}), cells, seed)
        data = trained.get("data", {})
        look = Look(
            collator=Collator(
                how=data.get("how", "random expressed"), context=context or data.get("context", 2200)
            ),
            batch=batch,
            rate=rate,
            times=times,
            seed=seed,
            precision=precision,
        )
        objective = Objective.from_dict(trained.get("objective", {}))
        found = evaluate(pretrained, opened, rows, objective=objective, look=look, device=place.device)
    typer.echo(json.dumps(found.to_dict(), indent=1) if json_ else _table(found))


def _corpus(given: Path | None, trained: Mapping[str, Any]) -> Path:
    from scprint_model.errors import ConfigError

    if given is None and "corpus" not in trained:
        raise ConfigError("The model does not say which corpus it was trained on; give --corpus FOLDER.")
    return Path(trained["corpus"]) if given is None else given


def _rows(
    corpus: "Corpus", names: list[str] | None, trained_on: Mapping[str, Any], cells: int, seed: int
) -> "npt.NDArray[np.int64]":
    """Return the cells: of named data sets, or of those that the training held out."""
    import numpy as np

    from scprint_model.errors import ConfigError

    if names is None:
        names = [name for name in trained_on.get("held out", []) if name in corpus.dataset_names]
        if not names:
            known = ", ".join(corpus.dataset_names)
            raise ConfigError(f"No data set of the corpus was held out; name one with --dataset: {known}.")
    if _ALL in names:
        names = list(corpus.dataset_names)
    unknown = [name for name in names if name not in corpus.dataset_names]
    if unknown:
        known = ", ".join(corpus.dataset_names)
        raise ConfigError(f"The corpus has no data set {unknown[0]!r}; it has {known}.")
    codes = [corpus.dataset_names.index(name) for name in names]
    rows = np.flatnonzero(np.isin(corpus.dataset, codes))
    if len(rows) > cells:
        rows = np.sort(np.random.default_rng(seed).choice(rows, cells, replace=False))
    return rows


def _table(found: "Evaluation") -> str:
    """Return what was found as text."""
    lines = [f"{found.cells} cells of {', '.join(found.datasets)}", ""]
    width = max(len(name) for name in (*found.losses, *(one.name for one in found.classes), "noisy"))
    lines.append(f"{'loss':{width}}  {'model':>9}  {'untrained':>9}")
    for name, value in found.losses.items():
        lines.append(f"{name:{width}}  {value:9.4f}  {found.untrained_losses[name]:9.4f}")
    titles = ("model", "majority", "untrained", "macro F1", "cells")
    lines += ["", f"{'accuracy':{width}}" + "".join(f"  {title:>9}" for title in titles)]
    for one in found.classes:
        numbers = (one.accuracy, one.majority, one.untrained, one.macro_f1)
        lines.append(
            f"{one.name:{width}}" + "".join(f"  {value:9.3f}" for value in numbers) + f"  {one.cells:9}"
        )
    denoising = found.denoising
    lines += ["", f"{'denoising':{width}}  {'Spearman':>9}  {'gain':>9}"]
    for name in ("noisy", "model", "untrained"):
        value = getattr(denoising, name)
        lines.append(f"{name:{width}}  {value:9.3f}  {value - denoising.noisy:+9.3f}")
    lines.append(f"over {denoising.entries} counts that are not 0")
    return "\n".join(lines)
