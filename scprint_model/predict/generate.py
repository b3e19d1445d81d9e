"""Expression from the cell tokens alone: what the bottleneck of a cell holds."""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch

from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.errors import ConfigError
from scprint_model.predict.cells import Cells
from scprint_model.predict.contexts import Context
from scprint_model.predict.expression import Collected, Parts, Predicted, parts_of
from scprint_model.predict.stream import Precision, Progress, Shown, silent, stream

__all__ = ["generate"]


def generate(
    pretrained: Pretrained,
    cells: Cells,
    *,
    context: Context | None = None,
    replaced: Mapping[str, npt.NDArray[np.float32]] | None = None,
    times: float = 1.0,
    batch: int = 64,
    precision: Precision = "auto",
    progress: Progress = silent,
) -> Predicted:
    """Predict each cell's expression from its cell tokens, without its counts.

    A first pass makes the tokens; a second one sees them and the genes' identities alone.

    Parameters
    ----------
    pretrained, cells, context
        The model, the cells, and which genes are shown and predicted; None: 2,000 random expressed ones.
    replaced
        Class -> token (d,) that takes the place of every cell's own: what would this cell express if it were
        of that type? A token is what :func:`~scprint_model.predict.embed.embed` gives for one class.
    times
        Depth of what is generated, in depths of the cell.
    batch, precision, progress
        See :func:`~scprint_model.predict.stream.stream`.

    Raises
    ------
    ConfigError
        If `times` is not above 0, or a token has another width than the model.
    LabelError
        If the model has no such class.
    """
    if not 0 < times < math.inf:
        raise ConfigError(f"times is {times:g}; expected a factor above 0.")
    model = pretrained.model
    swaps = [
        (pretrained.class_token(name), _token(name, one, model.config.d_model))
        for name, one in (replaced or {}).items()
    ]

    def compute(shown: Shown) -> Parts:
        one = shown.batch
        tokens = model(one).cell_tokens.clone()
        for place, token in swaps:
            tokens[:, place] = token.to(tokens)
        found = model.generate(one, tokens, scale=one.counts.sum(dim=1) * times, depth=one.depth * times)
        return parts_of(found)

    collected = Collected(cells)
    for shown, parts in stream(
        pretrained,
        cells,
        context or Context(size=2000),
        compute,
        size=batch,
        precision=precision,
        progress=progress,
    ):
        collected.take(shown, parts)
    return collected.predicted()


def _token(name: str, given: npt.NDArray[np.float32], width: int) -> torch.Tensor:
    if np.shape(given) != (width,):
        raise ConfigError(f"The token of {name} has shape {np.shape(given)}; the model's have {(width,)}.")
    return torch.from_numpy(np.asarray(given, np.float32))
