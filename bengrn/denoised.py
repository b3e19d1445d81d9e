"""What a denoiser returns: expression on a scale that it names, so that all can be compared."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.errors import DenoisedError
from bengrn.names import unique_names

__all__ = ["Denoised", "Scale"]

Scale = Literal["counts", "log", "sqrt"]

# log(1 + 10,000) is all molecules on one gene; beyond its double the values are no logarithms
_MOST_LOG = 20.0


@dataclass(frozen=True, eq=False)
class Denoised:
    """The expression of cells as a method believes it to be, without the noise of counting.

    Parameters
    ----------
    values
        Shape (C, G), finite; dense or sparse. Kept dense, float32, read-only.
    cells, genes
        C and G unique names: those of the data, in their order.
    scale
        What a value is: "counts": molecules, each cell at whatever depth the method gives it; "log":
        log(1 + molecules per 10,000), natural; "sqrt": the square root of molecules, at whatever depth.
    signed
        Whether values may lie below 0, as those of a linear projection do. They mean "none": `shares` takes
        them as 0, ranks keep their order.

    Raises
    ------
    DenoisedError
        If the shape does not fit the names, a name is repeated, a value is not finite or cannot be on this
        scale, or one is negative and `signed` is not set.
    """

    values: npt.NDArray[np.float32]
    cells: tuple[str, ...]
    genes: tuple[str, ...]
    scale: Scale = "counts"
    signed: bool = False

    def __post_init__(self) -> None:
        """Validate, and freeze the array."""
        for what in ("cells", "genes"):
            names = unique_names(getattr(self, what), f"{what} of the denoised expression", DenoisedError)
            object.__setattr__(self, what, names)
        given: Any = self.values
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and refused
            values = np.asarray(given.toarray() if sparse.issparse(given) else given, np.float32).view()
        values.flags.writeable = False
        object.__setattr__(self, "values", values)
        if self.scale not in get_args(Scale):
            raise DenoisedError(f"The scale is {self.scale!r}; expected one of {', '.join(get_args(Scale))}.")
        _check_shape(values.shape, (len(self.cells), len(self.genes)))
        # min and max see NaN and infinity alike, without a temporary of the matrix's size
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
        if not np.isfinite([low, high]).all():
            bad = values.size - int(np.isfinite(values).sum())
            raise DenoisedError(
                f"Denoised expression holds {bad} values that are NaN or infinite; expected finite ones."
            )
        if low < 0 and not self.signed:
            raise DenoisedError(
                f"Denoised expression goes down to {low:.3g}; expected at least 0. Return "
                "Denoised(..., signed=True) where negative values are meant, or cut them off at 0."
            )
        if self.scale == "log" and high > _MOST_LOG:
            raise DenoisedError(
                f"Denoised expression goes up to {high:.4g} on the scale 'log'; expected log(1 + molecules "
                f"per 10,000), at most {np.log1p(1e4):.1f}. Are these counts? Name their scale."
            )

    def shares(self) -> npt.NDArray[np.float32]:
        """Return which part of a cell's molecules each gene has, shape (C, G), float32: one footing for all.

        Rows sum to 1; that of a cell without any expression is 0. Times 10,000 they are counts per 10,000,
        times a depth they are expected counts.
        """
        molecules_CG = np.maximum(self.values, 0.0)
        if self.scale == "log":
            np.expm1(molecules_CG, out=molecules_CG)
        elif self.scale == "sqrt":
            # a cell's largest is 1: no square can overflow
            largest_C = molecules_CG.max(axis=1, initial=0.0)
            molecules_CG /= np.where(largest_C > 0, largest_C, 1.0)[:, None]
            np.square(molecules_CG, out=molecules_CG)
        depth_C = molecules_CG.sum(axis=1, dtype=np.float64)
        molecules_CG *= np.divide(1.0, depth_C, out=np.zeros_like(depth_C), where=depth_C > 0)[:, None]
        return molecules_CG


def _check_shape(shape: tuple[int, ...], expected: tuple[int, int]) -> None:
    """Refuse a matrix that is not (cells, genes), and say so when it looks transposed."""
    if shape == expected:
        return
    hint = " Transposed? Rows must be cells." if shape == expected[::-1] else ""
    raise DenoisedError(
        f"Denoised expression has shape {shape}, but the names say {expected} (cells, genes).{hint}"
    )
