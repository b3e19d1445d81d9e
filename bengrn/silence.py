"""Keep what a method prints off the standard output."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

__all__ = ["captured_stdout"]


@contextlib.contextmanager
def captured_stdout() -> Iterator[list[str]]:
    """Divert the standard output, also of compiled code; yields a list that holds the text afterwards."""
    printed: list[str] = []
    python_stdout = sys.stdout
    python_stdout.flush()
    saved = os.dup(1)
    with tempfile.TemporaryFile() as catch, os.fdopen(os.dup(catch.fileno()), "w") as writer:
        os.dup2(catch.fileno(), 1)
        # a replaced sys.stdout, as in a notebook, does not write to descriptor 1
        sys.stdout = writer
        try:
            yield printed
        finally:
            writer.flush()
            sys.stdout = python_stdout
            os.dup2(saved, 1)
            os.close(saved)
            catch.seek(0)
            text = catch.read().decode(errors="replace")
            if text:
                printed.append(text)
