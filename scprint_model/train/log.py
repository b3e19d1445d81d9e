"""The log of a run: one CSV file with a row per reading, and TensorBoard where it is asked for."""

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scprint_model.errors import TrainingError

__all__ = ["Log", "read_log"]

# what every row has, before the terms of the loss
_FIRST = ("step", "split", "seconds", "total")


class Log:
    """Appends rows to a CSV file; a row with new columns rewrites it, so that it is always one table.

    Parameters
    ----------
    path
        The file. Rows of steps after ``step`` are dropped: a killed run had gone further than its state.
    step
        Finished steps of the state that the run goes on from.
    tensorboard
        Folder of TensorBoard events, or None.

    Raises
    ------
    TrainingError
        If TensorBoard is asked for and not installed, or the file is no log.
    """

    def __init__(self, path: Path, *, step: int, tensorboard: Path | None = None) -> None:
        self.path = path
        self._columns: list[str] = []
        rows = [row for row in read_log(path) if int(row["step"]) <= step] if path.exists() else []
        path.unlink(missing_ok=True)
        for row in rows:
            self._append({key: value for key, value in row.items() if value != ""})
        self._board = _open_board(tensorboard, step) if tensorboard else None

    def add(self, step: int, split: str, values: Mapping[str, float]) -> None:
        """Write one row: finished steps, ``train`` or ``validation``, and named numbers."""
        self._append({"step": step, "split": split, **values})
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(f"{split}/{name}", value, step)

    def close(self) -> None:
        """Finish TensorBoard's file."""
        if self._board is not None:
            self._board.close()

    def _append(self, row: Mapping[str, Any]) -> None:
        new = [name for name in row if name not in self._columns]
        if new:
            rows = read_log(self.path) if self._columns else []
            names = [*self._columns, *new]
            self._columns = [
                *(one for one in _FIRST if one in names),
                *(one for one in names if one not in _FIRST),
            ]
            temporary = self.path.with_suffix(".tmp")
            self._write(
                temporary, [self._columns, *([old.get(name, "") for name in self._columns] for old in rows)]
            )
            temporary.replace(self.path)
        self._write(self.path, [[row.get(name, "") for name in self._columns]])

    def _write(self, path: Path, rows: Sequence[Sequence[Any]]) -> None:
        with path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator=os.linesep).writerows(rows)


def read_log(path: Path) -> list[dict[str, str]]:
    """Return the rows of a log as text; a last line that a kill cut short is left out.

    Raises
    ------
    TrainingError
        If the file is no log.
    """
    with path.open(newline="", encoding="utf-8") as file:
        header, *lines = list(csv.reader(file)) or [[]]
    if not {"step", "split"} <= set(header):
        raise TrainingError(f"{path} is not the log of a run: it lacks the columns step and split.")
    return [dict(zip(header, line, strict=True)) for line in lines if len(line) == len(header)]


def _open_board(folder: Path, step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ModuleNotFoundError:
        raise TrainingError("train.tensorboard needs tensorboard: pip install tensorboard.") from None
    return SummaryWriter(str(folder), purge_step=step + 1)
