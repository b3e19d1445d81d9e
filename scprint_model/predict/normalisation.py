"""Whether a checkpoint's word on how expression is normalised fits real cells."""

from dataclasses import replace

import numpy as np
import torch

from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.predict.cells import Cells
from scprint_model.predict.contexts import Context
from scprint_model.predict.stream import Shown, stream

__all__ = ["check_normalisation", "fits_by_normalisation"]

_CELLS = 16
_GENES = 1000
# of the loss per entry; published sizes differ from each other by no more than this
_CLEARLY = 0.05


def fits_by_normalisation(pretrained: Pretrained, cells: Cells, context: Context) -> dict[str, float]:
    """Return the mean negative log-likelihood of some cells' counts under both normalisations of the input.

    Empty for a model that predicts no distribution. At most 16 cells and 1,000 genes.
    """
    from scprint_model.losses.zinb import zinb_loss

    model = pretrained.model
    if model.config.expression == "mse":
        return {}

    def compute(shown: Shown) -> float:
        found = model(shown.batch).expression
        return float(zinb_loss(shown.batch.counts, found.mean, found.dispersion, found.zero_logits))

    chosen = np.unique(np.linspace(0, len(cells) - 1, min(_CELLS, len(cells))).astype(np.int64))
    context = Context(how="most expressed", size=min(_GENES, context.size))
    given, fits = model.config, {}
    try:
        for name in ("sum", "log"):
            model.config = replace(given, normalization=name)
            runs = stream(pretrained, cells, context, compute, size=_CELLS, chosen=chosen, precision="full")
            fits[name] = float(np.mean([loss for _, loss in runs]))
    finally:
        model.config = given
    return fits


def check_normalisation(pretrained: Pretrained, cells: Cells, context: Context) -> tuple[str, ...]:
    """Return a warning if a model of others predicts these cells clearly better with the other normalisation.

    Published runs used both, and a file's own word for it has been wrong; models of ours are not asked.
    """
    if pretrained.report.kind != "official" or not len(cells):
        return ()
    with torch.random.fork_rng(devices=[]):
        fits = fits_by_normalisation(pretrained, cells, context)
    stated = pretrained.model.config.normalization
    other = "log" if stated == "sum" else "sum"
    if not fits or not fits[other] < fits[stated] - _CLEARLY:
        return ()
    return (
        f"The checkpoint says that expression is normalised by {stated!r}, but predicts these cells better "
        f"by {other!r}: negative log-likelihood {fits[other]:.3f} against {fits[stated]:.3f}. Is that wrong?",
    )
