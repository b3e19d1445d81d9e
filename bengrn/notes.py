"""What a method has to say about its run, beyond its network: the record keeps it among its warnings."""

import sys

__all__ = ["note", "taken_notes"]

_said: list[str] = []


def note(text: str) -> None:
    """Say one line about this run that a reader of its scores should know, such as why it ended early.

    The record, and the network in the store, keep it; said twice, it is kept once. Outside a run nothing
    reads it. Not for progress (`track`), and not for errors: raise those.
    """
    line = " ".join(text.split())
    if line not in _said:
        _said.append(line)


def taken_notes() -> list[str]:
    """Return what was said since the last call, for the runner; the log keeps it as well."""
    taken = _said.copy()
    _said.clear()
    sys.stderr.writelines(f"note: {line}\n" for line in taken)
    return taken
