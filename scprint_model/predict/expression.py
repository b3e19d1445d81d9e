"""Predicted expression of cells: the parameters of a distribution for each gene that was shown."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse
from torch import Tensor

from scprint_model.predict.cells import Cells
from scprint_model.predict.stream import Shown, numpy_of

if TYPE_CHECKING:
    from scprint_model.heads import Expression

__all__ = ["Collected", "Predicted"]

Floats = npt.NDArray[np.float32]
Parts = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a model expects of S genes in each of C cells.

    Attributes
    ----------
    values
        ``mu``: the mean before zero inflation; where the model has them ``theta``, the inverse dispersion,
        and ``pi``, the *logit* of a structural zero. (C, S) each.
    columns
        (S,) where all cells have the same genes, or (C, S): columns of the data.
    total
        How many genes the data have.
    """

    values: dict[str, Floats]
    columns: npt.NDArray[np.int64]
    total: int

    def layer(self, name: str = "mu") -> sparse.csr_array:
        """Return one value of every gene of the data, (C, total); a gene that was not shown has no entry."""
        values = self.values[name]
        cells, shown = values.shape
        columns = np.broadcast_to(self.columns, values.shape)
        order = np.argsort(columns, axis=1, kind="stable")
        data = np.take_along_axis(values, order, axis=1).ravel()
        places = np.take_along_axis(columns, order, axis=1).astype(np.int32).ravel()
        return sparse.csr_array((data, places, np.arange(0, cells * shown + 1, shown)), (cells, self.total))


def parts_of(found: "Expression") -> Parts:
    """Return the parameters that a model predicts, by name."""
    parts = {"mu": found.mean}
    if found.dispersion is not None and found.zero_logits is not None:
        parts |= {"theta": found.dispersion, "pi": found.zero_logits}
    return parts


class Collected:
    """Puts batches together; what is held is what is given out, on the CPU."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._values: dict[str, Floats] = {}
        self._columns: npt.NDArray[np.int64] | None = None

    def take(self, shown: Shown, parts: Parts) -> None:
        """Add the values of a batch."""
        count = len(self._cells)
        columns = self._cells.columns[shown.places]
        if columns.ndim == 1:
            self._columns = columns
        else:
            if self._columns is None:
                self._columns = np.empty((count, columns.shape[1]), np.int64)
            self._columns[shown.cells] = columns
        for name, tensor in parts.items():
            values = numpy_of(tensor)
            if name not in self._values:
                self._values[name] = np.empty((count, values.shape[1]), np.float32)
            self._values[name][shown.cells] = values

    def predicted(self) -> Predicted:
        """Return what all batches gave."""
        columns = np.empty(0, np.int64) if self._columns is None else self._columns
        return Predicted(self._values, columns, self._cells.total)
