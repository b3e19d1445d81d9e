"""Cells through the model, batch by batch: nothing of a batch is kept but what the caller takes."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from scprint_model.batch import Batch
from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.errors import ConfigError, ScprintError
from scprint_model.predict.cells import Cells
from scprint_model.predict.contexts import Context, fixed_places, varying_places

__all__ = [
    "Precision",
    "Progress",
    "Shown",
    "autocast",
    "check_batch",
    "memory_told",
    "numpy_of",
    "silent",
    "stream",
]

Result = TypeVar("Result")

Precision = Literal["auto", "full", "mixed"]
# (items, what they are, how many): gives the items on, and shows how far it is
Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]


def silent(items: Iterable[Any], label: str, total: int) -> Iterable[Any]:  # noqa: ARG001 - a Progress
    """Show nothing."""
    return items


@dataclass(frozen=True, eq=False)
class Shown:
    """One batch as the model is shown it.

    Attributes
    ----------
    cells
        (B,) which cells.
    places
        (S,) where all cells are shown the same genes, or (B, S): places in ``Cells.rows``.
    batch
        What the model takes, on its device; no gene position is empty.
    """

    cells: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    batch: Batch


def check_batch(size: int) -> None:
    """Refuse a batch of no cells."""
    if size < 1:
        raise ConfigError(f"The batch is {size} cells; expected 1 or more.")


def stream(
    pretrained: Pretrained,
    cells: Cells,
    context: Context,
    compute: Callable[[Shown], Result],
    *,
    size: int = 64,
    chosen: npt.NDArray[np.int64] | None = None,
    precision: Precision = "auto",
    turn: int = 0,
    progress: Progress = silent,
) -> Iterator[tuple[Shown, Result]]:
    """Yield all cells in batches, in their order, with what is computed of each.

    Parameters
    ----------
    pretrained, cells, context
        The model, the data, and which genes are shown.
    compute
        Runs the model on a batch; without gradients, in the precision.
    size
        Cells in a batch.
    chosen
        Which cells, in which order; None: all.
    precision
        ``mixed``: bfloat16 where it is safe; ``auto``: that on a GPU, ``full`` elsewhere.
    turn
        See :func:`varying_places`.
    progress
        Shows how many cells are done.

    Raises
    ------
    ConfigError
        If the batch has no cells, or there are more genes than the context holds.
    ScprintError
        If GPU memory runs out.
    """
    check_batch(size)
    chosen = np.arange(len(cells)) if chosen is None else chosen
    fixed = fixed_places(cells, context)
    drawn = cells.draw(context.seed) if fixed is None else np.empty(0, np.uint64)
    device = next(pretrained.model.parameters()).device
    starts = range(0, len(chosen), size)
    for start in progress(starts, f"batches of {size} cells", len(starts)):
        part = chosen[start : start + size]
        counts = cells.counts(part)
        places = fixed
        if places is None:
            places = varying_places(counts, cells.rows, drawn[part], context, turn)
        shown = Shown(part, places, _batch(pretrained, cells, part, counts, places).to(device))
        yield shown, _computed(compute, shown, device, precision)


def _computed(
    compute: Callable[[Shown], Result], shown: Shown, device: torch.device, precision: Precision
) -> Result:
    """Compute without gradients; running out of GPU memory becomes a line that says what to lower."""
    cells, genes = shown.batch.genes.shape
    with (
        memory_told(f"{cells} cells of {genes} genes", "lower the batch, then the context"),
        torch.inference_mode(),
        autocast(device, precision),
    ):
        return compute(shown)


@contextmanager
def memory_told(what: str, advice: str) -> Iterator[None]:
    """Turn a lack of GPU memory into one line: with what it ran out, and what to lower."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        reason = str(error).partition(".")[0]
        raise ScprintError(f"GPU memory ran out with {what}: {advice} ({reason}).") from error


def _batch(
    pretrained: Pretrained,
    cells: Cells,
    part: npt.NDArray[np.int64],
    counts: npt.NDArray[np.float32],
    places: npt.NDArray[np.int64],
) -> Batch:
    rows = cells.rows[places]
    if places.ndim == 1:
        rows, shown = np.broadcast_to(rows, (len(part), len(rows))), counts[:, places]
    else:
        shown = np.take_along_axis(counts, places, axis=1)
    classes = len(pretrained.model.config.classes)
    return Batch(
        genes=torch.from_numpy(np.array(rows, np.int64)),  # a copy: what is broadcast cannot be written
        counts=torch.from_numpy(np.ascontiguousarray(shown)),
        depth=torch.from_numpy(cells.depth[part]),
        classes=torch.full((len(part), classes), -1),
        dataset=torch.zeros(len(part), dtype=torch.int64),
        cells=torch.from_numpy(part),
    )


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[Any]:
    """Return the context in which a model computes in this precision."""
    if precision not in {"auto", "full", "mixed"}:
        raise ConfigError(f"precision is {precision!r}; it can be auto, full or mixed.")
    if precision == "full" or (precision == "auto" and device.type != "cuda"):
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def numpy_of(x: Tensor) -> npt.NDArray[np.float32]:
    """Return a tensor as a float32 array on the CPU."""
    return x.float().cpu().numpy()
