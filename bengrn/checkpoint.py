"""Rows of a network that outlive the process that computed them.

A method that computes a network row by row (or target by target) asks for `kept_rows`. In a run, finished
rows then lie in a folder of the store until the network does: a run that was killed goes on where it
stopped. Outside a run, the rows are plain memory.
"""

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bengrn.errors import StoreError
from bengrn.notes import note

__all__ = ["PARTIAL", "KeptRows", "kept_rows", "partial_results"]

PARTIAL = "BENGRN_PARTIAL"
_SECONDS_BETWEEN_FLUSHES = 1.0


class KeptRows:
    """An array (n, width), float32, whose rows are stored one by one and survive the process.

    The rows are held in memory and written through. A row counts as done only once it is on the disk, so
    that a killed process loses the work of the last second at most, and never leaves half a row.
    """

    def __init__(
        self, rows: npt.NDArray[np.float32], done: npt.NDArray[np.bool_], folder: Path | None
    ) -> None:
        self.rows = rows
        self.done = done
        self._waiting: list[int] = []
        self._flushed = time.monotonic()
        self._rows_file = self._done_file = -1
        if folder is not None:
            self._rows_file = os.open(folder / "rows", os.O_WRONLY)
            self._done_file = os.open(folder / "done", os.O_WRONLY)

    @property
    def n_done(self) -> int:
        """How many rows are stored; at the start, how many an earlier process left."""
        return int(self.done.sum())

    @property
    def missing(self) -> list[int]:
        """The numbers of the rows that are still to be computed, ascending."""
        return [int(number) for number in np.flatnonzero(~self.done)]

    def store(self, number: int, row: npt.ArrayLike) -> None:
        """Store a finished row, shape (width,). Not for several threads at once.

        Raises
        ------
        StoreError
            If the folder cannot be written.
        """
        self.rows[number] = row
        self.done[number] = True
        if self._rows_file < 0:
            return
        self._waiting.append(number)
        try:
            os.pwrite(self._rows_file, self.rows[number].tobytes(), number * self.rows[number].nbytes)
            if self.done.all() or time.monotonic() - self._flushed > _SECONDS_BETWEEN_FLUSHES:
                self._flush()
        except OSError as error:
            raise StoreError(
                f"finished rows cannot be kept ({error.strerror}). Make room, or use another --out."
            ) from error

    def _flush(self) -> None:
        """Bring the rows to the disk, and only then say that they are there."""
        os.fsync(self._rows_file)
        for number in self._waiting:
            os.pwrite(self._done_file, b"\1", number)
        os.fsync(self._done_file)
        self._waiting.clear()
        self._flushed = time.monotonic()

    def __del__(self) -> None:
        """Close the files."""
        for descriptor in (self._rows_file, self._done_file):
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)


def kept_rows(name: str, shape: tuple[int, int]) -> KeptRows:
    """Return rows under this name, with those that an earlier, killed process of the same run left.

    Ask only for what is a function of the run alone: method, settings, data and seed. Nothing else is
    compared, but the shape; other rows under this name are thrown away.

    Parameters
    ----------
    name
        Letters, digits, "-" and "_"; a method that computes several sets of rows names each.
    shape
        Rows and their width.

    Raises
    ------
    ValueError
        If the name cannot be a folder's.
    StoreError
        If the folder cannot be written.
    """
    if not name.replace("-", "").replace("_", "").isalnum():
        raise ValueError(f"rows cannot be kept under {name!r}; expected letters, digits, '-' and '_'.")
    rows, done = np.zeros(shape, dtype=np.float32), np.zeros(shape[0], dtype=np.bool_)
    place = os.environ.get(PARTIAL, "")
    if not place:
        return KeptRows(rows, done, None)
    folder = Path(place) / name
    try:
        if not _matches(folder, shape):
            _make(folder, shape)
        done[:] = np.fromfile(folder / "done", dtype=np.uint8) == 1
        stored = np.memmap(folder / "rows", dtype=np.float32, mode="r", shape=shape)
        rows[done] = stored[done]
        kept = KeptRows(rows, done, folder)
    except OSError as error:
        raise StoreError(f"{folder} cannot be used ({error.strerror}). Delete it, or make room.") from error
    if done.any():
        note(
            f"resumed: an earlier process had finished {int(done.sum()):,} of {len(done):,} {name} rows; "
            "the time is that of the rest"
        )
    return kept


def _matches(folder: Path, shape: tuple[int, int]) -> bool:
    """Return whether the folder holds rows of this shape, whole."""
    with contextlib.suppress(OSError, ValueError):
        sizes = (folder / "rows").stat().st_size, (folder / "done").stat().st_size
        about = json.loads((folder / "about.json").read_text())
        return bool(about == {"shape": list(shape)} and sizes == (4 * shape[0] * shape[1], shape[0]))
    return False


def _make(folder: Path, shape: tuple[int, int]) -> None:
    """Make an empty folder of rows, whole or not at all; another process may make it at the same time."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for file, size in (("rows", 4 * shape[0] * shape[1]), ("done", shape[0])):
            with (work / file).open("wb") as handle:
                handle.truncate(size)
        (work / "about.json").write_text(json.dumps({"shape": list(shape)}))
        work.rename(folder)
    except OSError:
        if not _matches(folder, shape):
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def partial_results(folder: Path, *, anew: bool = False) -> Iterator[None]:
    """Name the folder where methods keep finished rows; the caller deletes it once the network is stored.

    Parameters
    ----------
    folder
        Of this inference alone; need not exist.
    anew
        Forget what an earlier process left there.
    """
    if anew:
        shutil.rmtree(folder, ignore_errors=True)
    before = os.environ.get(PARTIAL)
    os.environ[PARTIAL] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[PARTIAL]
        else:
            os.environ[PARTIAL] = before
