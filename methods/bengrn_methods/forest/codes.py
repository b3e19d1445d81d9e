"""Features as small integers, made once and read by every tree of every target."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Bins", "Codes", "code_features"]

Bins = Literal["256", "exact"]

_MOST = {"256": 1 << 8, "exact": 1 << 16}


@dataclass(frozen=True)
class Codes:
    """Every feature's values as codes that keep their order; equal values have equal codes.

    Parameters
    ----------
    code_PC
        Shape (features, cells), uint8, or uint16 where a feature needs more than 256 codes.
    lowest
        The lowest value behind each code, feature after feature, float32; ascending within a feature.
    first_P
        Where each feature starts in `lowest`, and behind the last one its end: shape (P + 1,), int64.
    """

    code_PC: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
    lowest: npt.NDArray[np.float32]
    first_P: npt.NDArray[np.int64]

    @property
    def n_codes(self) -> int:
        """The most codes of a feature."""
        return int(np.diff(self.first_P).max(initial=1))


def code_features(
    x_CG: npt.NDArray[np.float32], bins: Bins = "256", columns_P: npt.NDArray[np.intp] | None = None
) -> Codes:
    """Code columns by the rank of their values, one by one.

    A column with more distinct values than there are codes (256, or 65,536 with "exact") is cut into
    parts of equal size; where its lowest value (no counts) fills a part or more, that keeps a code alone.
    No value is ever wrapped: codes are ranks, whatever the values are.

    Parameters
    ----------
    x_CG
        Shape (cells, genes), finite.
    bins
        "256" for at most 256 codes, one byte each; "exact" for as many as there are values.
    columns_P
        Which columns, shape (P,); all by default.
    """
    chosen_P = np.arange(x_CG.shape[1]) if columns_P is None else columns_P
    columns = [_rank(x_CG[:, column], _MOST[bins]) for column in chosen_P]
    widest = max((len(lowest) for _, lowest in columns), default=1)
    code_PC = np.empty((len(columns), len(x_CG)), dtype=np.uint8 if widest <= _MOST["256"] else np.uint16)
    for feature, (code_C, _) in enumerate(columns):
        code_PC[feature] = code_C
    lengths = [len(lowest) for _, lowest in columns]
    first_P = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    lowest = np.concatenate([np.empty(0, dtype=np.float32), *(lowest for _, lowest in columns)])
    return Codes(code_PC, lowest, first_P)


def _rank(x_C: npt.NDArray[np.float32], most: int) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.float32]]:
    """Return a column's codes (C,) and the lowest value behind each."""
    value_V, rank_C = np.unique(x_C, return_inverse=True)
    if len(value_V) <= most:
        return rank_C.astype(np.uint16), value_V
    count_V = np.bincount(rank_C)
    below_V = np.cumsum(count_V) - count_V  # how many cells lie below each value
    n_cells, n_lowest = len(x_C), int(count_V[0])
    if n_lowest * most >= n_cells:
        part_V = 1 + (below_V - n_lowest) * (most - 1) // (n_cells - n_lowest)
        part_V[0] = 0
    else:
        part_V = below_V * most // n_cells
    _, first_K, code_V = np.unique(part_V, return_index=True, return_inverse=True)
    return code_V[rank_C].astype(np.uint16), value_V[first_K]
