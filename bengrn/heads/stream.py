"""Heads one by one: checked as they come, and never two held at once."""

from collections.abc import Callable, Iterable

from bengrn.errors import NetworkError
from bengrn.values import Network

__all__ = ["Heads", "visit_heads"]

Heads = Iterable[tuple[str, Network]]


def visit_heads(heads: Heads, visitor: Callable[[str, Network], None]) -> tuple[str, ...]:
    """Show every head to a visitor, and forget it before the next one is asked for.

    Parameters
    ----------
    heads
        Names and networks; consumed once.
    visitor
        Called with each; it must not keep the network.

    Returns
    -------
    names
        Of the heads, in the order they came in.

    Raises
    ------
    NetworkError
        If there are fewer than two heads, a name comes twice, an item is no named network, or the heads do
        not score the same genes in the same order.
    """
    names: dict[str, None] = {}
    genes: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    for item in heads:
        name, head = _named_network(item, len(names))
        if name in names:
            raise NetworkError(f"Two heads are named {name!r}; expected a name of its own for every head.")
        genes = genes or (head.regulators, head.targets)
        if (head.regulators, head.targets) != genes:
            raise NetworkError(
                f"The head {name!r} scores {len(head.regulators)} regulators x {len(head.targets)} targets "
                f"other than the first head's {len(genes[0])} x {len(genes[1])}, or in another order; "
                "expected the same names in the same order. Put the heads on common genes."
            )
        names[name] = None
        visitor(name, head)
        del item, head  # the next head is made while nothing here holds this one
    if len(names) < 2:
        found = f"one head, {next(iter(names))!r}" if names else "no head"
        raise NetworkError(
            f"The method offers {found}; expected two or more to choose among. Run it without head selection."
        )
    return tuple(names)


def _named_network(item: object, position: int) -> tuple[str, Network]:
    """Return the name and the network of an item of the stream."""
    match item:
        case (str(name), Network() as head):
            return name, head
    raise NetworkError(
        f"Item {position} of the heads is a {type(item).__name__}; expected a pair of a name and a Network."
    )
