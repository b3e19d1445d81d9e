"""Where commands write: refused before anything is computed, whole or not there afterwards."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scprint_model.errors import ConfigError, ScprintError

__all__ = ["aside", "check_target"]


def check_target(path: Path, *, suffixes: Sequence[str] = (), read: Path | None = None) -> None:
    """Refuse an output that could not be written, or is what is read.

    Parameters
    ----------
    path
        What will be written; its folder must exist.
    suffixes
        What it may end on; empty: anything.
    read
        The file that is read.
    """
    if suffixes and path.suffix not in suffixes:
        raise ConfigError(f"{path} ends on {path.suffix!r}; expected {', '.join(suffixes)}.")
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; expected the name of a file.")
    if read is not None and path.resolve() == read.resolve():
        raise ConfigError(f"{path} is the file that is read; the result needs one of its own.")
    if not path.parent.is_dir():
        raise ConfigError(f"There is no folder {path.parent} to write {path.name} into.")


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """Give the path of a file or folder to make beside its target; it moves there when all has gone well.

    Raises
    ------
    ScprintError
        If it cannot be written.
    """
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            yield work / target.name
            (work / target.name).replace(target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise ScprintError(f"{target} cannot be written: {error.strerror or error}.") from error
