"""The training loop: set the rate, add gradients, update, write down; validate and save when due."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event

import torch
from torch import Tensor

from scprint_model.batch import Batch
from scprint_model.train.cells import CellSource
from scprint_model.train.config import TrainConfig
from scprint_model.train.distributed import world
from scprint_model.train.finish import finish, save_model
from scprint_model.train.optimiser import gradient_norm, set_rate, update
from scprint_model.train.run import Run, stopping
from scprint_model.train.setup import set_up
from scprint_model.train.step import accumulate
from scprint_model.train.throughput import peak_memory
from scprint_model.train.trouble import check_finite, out_of_memory
from scprint_model.train.validate import judge, validate

__all__ = ["fit", "train"]

Told = Callable[[int, int, str], None]


def fit(config: TrainConfig, *, out: Path, cells: CellSource | None = None, told: Told | None = None) -> Path:
    """Train a model, or go on where an earlier call with the same configuration stopped or was killed.

    Parameters
    ----------
    config
        What to do.
    out
        Folder of the run: ``manifest.json``, ``log.csv``, ``losses.png`` and ``.svg``, ``state/`` (to go on
        exactly) and ``model/`` (the weights with the lowest validation loss).
    cells
        Where the batches come from. None: the corpus that the configuration names.
    told
        Is told finished steps, all steps, and the loss in words.

    Returns
    -------
    Path
        The folder of the trained model.

    Raises
    ------
    ScprintError
        One line: a setting or the corpus cannot be used, the loss became NaN, or memory ran out.
    """
    with world(config.train) as place, _own_random_state(place.device), stopping() as asked:
        run = set_up(config, out, place, cells)
        try:
            reason = train(run, asked=asked, told=told)
            finish(run, reason)
        finally:
            if run.log is not None:
                run.log.close()
    return out / "model"


def _own_random_state(device: torch.device) -> AbstractContextManager[None]:
    """Return a context after which torch's global random state is what it was."""
    return torch.random.fork_rng([device.index] if device.type == "cuda" else [])


def train(run: Run, *, asked: Event, told: Told | None = None) -> str:
    """Train until the last step, or until something ends it early; return what did."""
    settings, progress = run.config.train, run.progress
    if not run.taken_up:
        validate(run)  # what the first weights give: where every curve starts
    streams = _streams(run)
    while not (ending := _ending(run, asked)):
        set_rate(run.optimiser, run.schedule.rate(progress.step))
        batches = [next(stream).to(run.place.device, non_blocking=True) for stream in streams]
        norm = _learn(run, batches)
        progress.step += 1
        if _due(run, settings.log_every):
            _write_row(run, norm, told)
        if _due(run, settings.validate_every) and judge(run, validate(run)):
            save_model(run)
        if _due(run, settings.save_every):
            run.save()
    run.save()
    return ending


def _streams(run: Run) -> list[Iterator[Batch]]:
    """Return one stream of batches for each gradient of an update: (process, number) is its shard."""
    place, count, workers = run.place, run.config.train.accumulate, run.config.data.workers
    if workers is None:
        workers = 4 if place.device.type == "cuda" else 0
    return [
        run.cells.training(
            shard=number * place.ranks + place.rank,
            shards=count * place.ranks,
            start=run.progress.step,
            workers=workers,
        )
        for number in range(count)
    ]


def _learn(run: Run, batches: list[Batch]) -> Tensor:
    """Update the weights by the mean gradient of some batches; return its norm.

    Nothing is updated when a loss or the gradient is not finite: the state is then still the last good one.
    """
    key = (run.config.seed, run.progress.step)
    with out_of_memory(run):
        losses = accumulate(run.step, batches, run.place, run.precision, run.scaler, key)
    run.scaler.unscale_(run.optimiser)
    norm = gradient_norm(run.model.parameters(), run.config.train.clip)
    check_finite(run, batches, losses, norm)
    for batch, found in zip(batches, losses, strict=True):
        run.window.add(found)
        run.meter.add(len(batch) * run.place.ranks, batch.genes.shape[1])
    update(run.optimiser, run.scaler)
    return norm


def _due(run: Run, every: int) -> bool:
    return run.progress.step % every == 0 or run.progress.step == run.config.train.steps


def _ending(run: Run, asked: Event) -> str:
    """Return why the run ends here, or nothing."""
    settings, progress = run.config.train, run.progress
    if progress.step >= settings.steps:
        return "all steps are done"
    if settings.early_stop is not None and progress.stale >= settings.early_stop:
        return f"no better validation loss in {progress.stale} validations"
    late = settings.minutes is not None and run.sitting > 60 * settings.minutes
    # every process must decide alike, and clocks and signals differ
    if not run.place.everyone(good=not (late or asked.is_set())):
        return "the time is up" if late else "it was asked to stop"
    return ""


def _write_row(run: Run, norm: Tensor, told: Told | None) -> None:
    """Write the means since the last row, the rate, and how fast it goes."""
    losses = run.window.whole(run.place).means()
    run.window.clear()
    rates = run.meter.read()
    if run.log is None:
        return
    row = {
        "seconds": run.seconds,
        **losses,
        "lr": run.optimiser.param_groups[0]["lr"],
        "gradient norm": float(norm),
    }
    run.log.add(
        run.progress.step, "train", {**row, **rates, "memory GB": peak_memory(run.place.device) / 2**30}
    )
    if told is not None:
        told(run.progress.step, run.config.train.steps, f"loss {losses['total']:.4f}")
