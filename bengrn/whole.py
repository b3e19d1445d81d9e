"""Write a file whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from bengrn.errors import StoreError

__all__ = ["write_whole"]


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, and move it there once it is complete.

    Raises
    ------
    StoreError
        If the folder cannot be written or the disk is full.
    """
    work: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=path.suffix, dir=path.parent)
        os.close(descriptor)
        work = Path(name)
        write(work)
        work.chmod(0o644)
        work.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror or error}).") from error
    finally:
        if work is not None:
            work.unlink(missing_ok=True)
