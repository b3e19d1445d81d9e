"""Many sources of one kind: each row of a table becomes a class of its own."""

import textwrap
from collections.abc import Sequence
from typing import Any

__all__ = ["declare"]


def declare(base: type, name: str, card: Sequence[str], *, module: str, **declared: object) -> Any:
    """Return a declaration of its own: `base` with a name, a card of paragraphs, and class variables.

    Parameters
    ----------
    base
        A frozen dataclass: so is what is returned.
    name
        As the source is asked for.
    card
        Paragraphs; empty ones are left out.
    module
        `__name__` of the plug-in that declares it.
    declared
        Class variables.
    """
    title = "".join(part.title() for part in name.split("-"))
    own = {
        "name": name,
        "__doc__": "\n\n".join(textwrap.fill(part, 96) for part in card if part),
        "__module__": module,
        **declared,
    }
    return type(f"{title}{base.__name__}", (base,), own)
