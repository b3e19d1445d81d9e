"""Expression of genes that were not measured, or are hidden on purpose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from scprint_model.batch import Batch
from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.errors import VocabularyError
from scprint_model.predict.cells import Cells
from scprint_model.predict.contexts import Context
from scprint_model.predict.stream import Precision, Progress, Shown, numpy_of, silent, stream

__all__ = ["Imputed", "impute"]


@dataclass(frozen=True, eq=False)
class Imputed:
    """Expected counts of genes that the model did not see, (C, W), at each cell's own depth."""

    values: npt.NDArray[np.float32]
    genes: tuple[str, ...]


def impute(
    pretrained: Pretrained,
    cells: Cells,
    genes: Sequence[str],
    *,
    context: Context | None = None,
    batch: int = 64,
    precision: Precision = "auto",
    progress: Progress = silent,
) -> Imputed:
    """Predict genes from the others; their own counts, where there are any, are never shown.

    The wanted genes stand in the context with their expression hidden, as in training by masking. The
    predicted means are scaled so that those of the shown genes sum to their counts.

    Parameters
    ----------
    pretrained, cells
        The model, and cells lined up with its genes.
    genes
        Ensembl ids or symbols of the vocabulary, measured or not; or names as the data have them.
    context
        Which of the other genes are shown; None: 2,000 random expressed ones. Wanted ones are left out of a
        list.
    batch, precision, progress
        See :func:`~scprint_model.predict.stream.stream`.

    Raises
    ------
    VocabularyError
        If the model does not know a gene, or none but the wanted ones are measured.
    """
    wanted = _wanted(pretrained, cells, genes)
    shown_genes = ~np.isin(cells.rows, wanted)
    if not shown_genes.any():
        raise VocabularyError(
            f"All {len(cells.rows)} genes are to be imputed: nothing is left to do it from."
        )
    context = _without(context or Context(size=2000), cells, wanted)
    others = replace(
        cells,
        rows=cells.rows[shown_genes],
        columns=cells.columns[shown_genes],
        genes=tuple(np.array(cells.genes, object)[shown_genes]),
    )

    def compute(shown: Shown) -> Tensor:
        one, hidden = _with_hidden(shown.batch, wanted)
        mean: Tensor = pretrained.model(one, mask=hidden).expression.mean
        seen = shown.batch.counts.sum(dim=1)
        told = mean[:, : -len(wanted)].sum(dim=1)
        return mean[:, -len(wanted) :] * (seen / told.clamp_min(1e-12))[:, None]

    values = np.empty((len(cells), len(wanted)), np.float32)
    for shown, found in stream(
        pretrained,
        others,
        context,
        compute,
        size=batch,
        precision=precision,
        progress=progress,
    ):
        values[shown.cells] = numpy_of(found)
    return Imputed(values, tuple(genes))


def _wanted(pretrained: Pretrained, cells: Cells, genes: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the rows of the wanted genes in the gene table."""
    own = dict(zip(cells.genes, cells.rows.tolist(), strict=True))
    rows = [own.get(name, pretrained.vocabulary.row(name, cells.organism)) for name in genes]
    unknown = [name for name, row in zip(genes, rows, strict=True) if row < 0]
    if unknown or not rows:
        raise VocabularyError(
            f"The model does not know {len(unknown)} of the {len(rows)} genes to impute, "
            f"{(unknown or ['none named'])[0]!r} first."
        )
    if len(set(rows)) < len(rows):
        raise VocabularyError("A gene to impute is named twice.")
    return np.array(rows, np.int64)


def _without(context: Context, cells: Cells, wanted: npt.NDArray[np.int64]) -> Context:
    """Return the context with the wanted genes left out of its list."""
    if context.how != "list":
        return context
    hidden = {name for name, row in zip(cells.genes, cells.rows, strict=True) if row in wanted}
    left = tuple(name for name in context.genes if name not in hidden)
    if not left:
        raise VocabularyError(
            f"All {len(context.genes)} listed genes are to be imputed: none is left to show."
        )
    return replace(context, genes=left)


def _with_hidden(batch: Batch, wanted: npt.NDArray[np.int64]) -> tuple[Batch, Tensor]:
    """Return the batch with the wanted genes behind the shown ones, and the mask that hides them."""
    cells = len(batch)
    rows = torch.from_numpy(wanted).to(batch.genes.device).expand(cells, -1)
    zeros = batch.counts.new_zeros((cells, len(wanted)))
    hidden = torch.cat((torch.zeros_like(batch.counts, dtype=torch.bool), zeros == 0), dim=1)
    return replace(
        batch,
        genes=torch.cat((batch.genes, rows), dim=1),
        counts=torch.cat((batch.counts, zeros), dim=1),
    ), hidden
