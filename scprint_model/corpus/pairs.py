"""Write the pairs of a corpus, cell after cell, in 16 bits as long as they fit."""

import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

_CHUNK = 1 << 22


class PairWriter:
    """An open ``pairs.bin``.

    Starts with uint16; the first number above 65,535 turns all that was written into uint32.

    Parameters
    ----------
    path
        The file, made anew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dtype: np.dtype[np.unsignedinteger] = np.dtype(np.uint16)
        self.pairs = 0
        self._file = path.open("wb")

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._file.close()

    def append(self, pairs: npt.NDArray[np.uint32]) -> None:
        """Write the pairs of some cells, shape (N, 2)."""
        if self.dtype == np.uint16 and pairs.max(initial=0) > np.iinfo(np.uint16).max:
            self._widen()
        self._file.write(np.ascontiguousarray(pairs, self.dtype).data)
        self.pairs += len(pairs)

    def forget(self, pairs: int) -> None:
        """Cut the file to its first pairs: a data set turned out not to be kept."""
        self._file.seek(pairs * 2 * self.dtype.itemsize)
        self._file.truncate()
        self.pairs = pairs

    def _widen(self) -> None:
        self._file.close()
        narrow = self.path.with_suffix(".narrow")
        shutil.move(self.path, narrow)
        self.dtype = np.dtype(np.uint32)
        self._file = self.path.open("wb")
        with narrow.open("rb") as stored:
            while part := stored.read(_CHUNK):
                self._file.write(np.frombuffer(part, np.uint16).astype(np.uint32).data)
        narrow.unlink()
