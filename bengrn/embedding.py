"""What an embedder returns: coordinates of cells."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.errors import EmbeddingError
from bengrn.names import unique_names

__all__ = ["Embedding"]


@dataclass(frozen=True, eq=False)
class Embedding:
    """Where a method puts cells: near each other what belongs together, by Euclidean distance.

    Parameters
    ----------
    values
        Shape (C, D), finite, D at least 1; dense or sparse. Kept dense, float32, read-only.
    cells
        C unique names: those of the data, in their order.

    Raises
    ------
    EmbeddingError
        If the shape does not fit the names, a name is repeated, or a value is not finite.
    """

    values: npt.NDArray[np.float32]
    cells: tuple[str, ...]

    def __post_init__(self) -> None:
        """Validate, and freeze the array."""
        object.__setattr__(self, "cells", unique_names(self.cells, "cells of the embedding", EmbeddingError))
        given: Any = self.values
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and refused
            values = np.asarray(given.toarray() if sparse.issparse(given) else given, np.float32).view()
        values.flags.writeable = False
        object.__setattr__(self, "values", values)
        _check_shape(values.shape, len(self.cells))
        # min and max see NaN and infinity alike, without a temporary of the matrix's size
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
        if not np.isfinite([low, high]).all():
            bad = values.size - int(np.isfinite(values).sum())
            raise EmbeddingError(
                f"The embedding holds {bad} values that are NaN or infinite; expected finite ones."
            )


def _check_shape(shape: tuple[int, ...], cells: int) -> None:
    """Refuse a matrix that is not (cells, dimensions), and say so when it looks transposed."""
    if len(shape) == 2 and shape[0] == cells and shape[1] > 0:
        return
    turned = len(shape) == 2 and shape[0] != cells and shape[1] == cells
    hint = " Transposed? Rows must be cells." if turned else ""
    raise EmbeddingError(
        f"The embedding has shape {shape}, but there are {cells} cells; expected ({cells}, dimensions), one "
        f"dimension or more.{hint}"
    )
