"""Find out in how many cells each gene is expressed, to leave out of a vocabulary what is nowhere seen."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scprint_model.corpus.h5ad import open_cells
from scprint_model.corpus.settings import Settings, Source
from scprint_model.errors import VocabularyError
from scprint_model.vocabulary import Vocabulary


def count_expressing(
    files: Sequence[Source], vocabulary: Vocabulary, settings: Settings | None = None
) -> npt.NDArray[np.int64]:
    """Return in how many cells of some files each gene is expressed, shape (G,).

    Only cells with more than ``settings.min_genes`` expressed genes count.
    """
    settings = Settings() if settings is None else settings
    cells_G = np.zeros(len(vocabulary), np.int64)
    for source in files:
        with tempfile.TemporaryDirectory() as scratch, open_cells(source, Path(scratch)) as file:
            row = file.align(vocabulary).row_of_column
            known = row >= 0
            for _, x_CG in file.blocks(settings.block):
                rich = x_CG[np.flatnonzero(np.diff(x_CG.indptr) > settings.min_genes)]
                cells = np.bincount(rich.indices, minlength=len(row))
                np.add.at(cells_G, row[known], cells[known])
    return cells_G


def keep_expressed(vocabulary: Vocabulary, cells_G: npt.ArrayLike, *, at_least: int) -> Vocabulary:
    """Return the genes of a vocabulary that enough cells express, in their order.

    Raises
    ------
    VocabularyError
        If no gene is left.
    """
    rows = np.flatnonzero(np.asarray(cells_G) >= at_least)
    if not len(rows):
        raise VocabularyError(f"No gene is expressed in {at_least} cells.")
    return vocabulary.subset(rows)
