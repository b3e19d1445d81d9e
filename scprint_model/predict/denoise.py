"""What cells express, as if more molecules had been counted."""

import math

from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.errors import ConfigError
from scprint_model.predict.cells import Cells
from scprint_model.predict.contexts import Context
from scprint_model.predict.expression import Collected, Parts, Predicted, parts_of
from scprint_model.predict.stream import Precision, Progress, Shown, silent, stream

__all__ = ["denoise"]

_CONTEXT = 5000  # of the published denoiser


def denoise(
    pretrained: Pretrained,
    cells: Cells,
    *,
    context: Context | None = None,
    times: float = 4.0,
    batch: int = 10,
    precision: Precision = "auto",
    progress: Progress = silent,
) -> Predicted:
    """Predict each cell's expression at a greater depth.

    The model is told `times` the cell's depth, and the means that it predicts sum to `times` the counts that
    it was shown. The denoised value is the mean ``mu``: zero inflation is not applied, nothing is drawn.

    Parameters
    ----------
    pretrained, cells
        The model, and cells lined up with its genes.
    context
        Which genes are shown and predicted. None: all, or 5,000 random expressed ones where there are more.
    times
        How much deeper; 4 is the published tool's, 10 that of its benchmark.
    batch, precision, progress
        See :func:`~scprint_model.predict.stream.stream`.

    Raises
    ------
    ConfigError
        If `times` is not above 0.
    """
    if not 0 < times < math.inf:
        raise ConfigError(f"times is {times:g}; expected a factor above 0.")
    if context is None:
        context = Context(how="all" if len(cells.rows) <= _CONTEXT else "random expressed", size=_CONTEXT)

    def compute(shown: Shown) -> Parts:
        one = shown.batch
        output = pretrained.model(one, depth=one.depth * times, scale=one.counts.sum(dim=1) * times)
        return parts_of(output.expression)

    collected = Collected(cells)
    for shown, parts in stream(
        pretrained, cells, context, compute, size=batch, precision=precision, progress=progress
    ):
        collected.take(shown, parts)
    return collected.predicted()
