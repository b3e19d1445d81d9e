"""Names of cells and genes: plain text, each once."""

from typing import Any

from bengrn.errors import BengrnError

__all__ = ["unique_names"]


def unique_names(names: Any, what: str, error: type[BengrnError]) -> tuple[str, ...]:
    """Return the names as a tuple of plain strings; refuse duplicates with this error."""
    plain = tuple(str(name) for name in names)
    twice = len(plain) - len(set(plain))
    if twice:
        raise error(f"{twice} {what} repeat a name; expected unique names.")
    return plain
