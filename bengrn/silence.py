"""Keep what other people's code prints off the standard output."""

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Iterator

__all__ = ["captured_stdout"]


@contextlib.contextmanager
def captured_stdout() -> Iterator[list[str]]:
    """Divert the standard output, also of compiled code; yields a list that holds the text afterwards.

    `sys.stdout` itself stays where it writes to descriptor 1: code that keeps it while it is imported
    may use it later.
    """
    printed: list[str] = []
    with contextlib.ExitStack() as stack:
        saved = _copy_of_stdout()
        replaced = io.StringIO()
        if not _is_descriptor_1():  # as in a notebook, or where there is no standard output
            stack.enter_context(contextlib.redirect_stdout(replaced))
        catch = stack.enter_context(tempfile.TemporaryFile())
        if saved is not None:
            _flush()
            os.dup2(catch.fileno(), 1)
        try:
            yield printed
        finally:
            if saved is not None:
                _flush()
                os.dup2(saved, 1)
                os.close(saved)
            catch.seek(0)
            text = catch.read().decode(errors="replace") + replaced.getvalue()
            if text:
                printed.append(text)


def _copy_of_stdout() -> int | None:
    """Return a duplicate of descriptor 1, or None where it is closed."""
    try:
        return os.dup(1)
    except OSError:
        return None


def _is_descriptor_1() -> bool:
    """Return whether what Python prints goes to descriptor 1."""
    try:
        return sys.stdout.fileno() == 1
    except (AttributeError, OSError, ValueError):
        return False


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()
