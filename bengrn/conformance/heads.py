"""What the heads of a method must hold as a stream, and that some of them find a planted network."""

import weakref
from collections.abc import Iterable
from typing import Any

from bengrn.conformance.networks import SEED, CheckFailedError, refuse_wrong_direction
from bengrn.errors import NetworkError
from bengrn.heads.combine import combine
from bengrn.heads.select import Rule, select_heads
from bengrn.heads.stream import visit_heads
from bengrn.planted import Planted, planted
from bengrn.values import Network, Truth

__all__ = ["check_heads", "check_heads_direction"]

# one penalty alone: a planted network is too small for folds
_RULE = Rule(penalties=(1.0,))


def check_heads(method: Any) -> None:
    """Yield two or more heads one by one, each of its own name, on the same genes, twice alike."""
    data = planted(regulators="some")
    stream = _heads(method, data)
    if iter(stream) is not stream:
        raise CheckFailedError(
            f"heads returned {type(stream).__name__}; expected an iterator that makes a head when it is "
            "asked for it: use yield"
        )
    names = _visit(stream, _NoneKept())
    again = _visit(_heads(method, data), lambda _name, _head: None)
    if names != again:
        raise CheckFailedError(
            f"the second call gives the heads {again}, the first {names}; expected the same"
        )


def check_heads_direction(method: Any) -> None:
    """Heads that are selected by some planted edges find the others, in the right direction."""
    data = planted(regulators="all")
    train, test = _two_parts(data.truth)
    try:
        selection = select_heads(_heads(method, data), train, name="planted", seed=SEED, rule=_RULE)
        network = combine(_heads(method, data), selection)
    except NetworkError as error:
        raise CheckFailedError(str(error)) from error
    rows = [network.regulators.index(name) for name in test.regulators]
    columns = [network.targets.index(name) for name in test.targets]
    part = Network(network.scores[rows][:, columns], test.regulators, test.targets, network.signed)
    refuse_wrong_direction(part, test)


class _NoneKept:
    """Refuses a stream that holds heads which it has given away, but for the last one."""

    def __init__(self) -> None:
        self.seen: list[weakref.ref[Network]] = []

    def __call__(self, name: str, head: Network) -> None:
        """Look at a head."""
        if any(one() is not None for one in self.seen[:-1]):
            raise CheckFailedError(
                f"at the head {name!r} earlier ones are still held; expected one at a time. Keep none"
            )
        self.seen.append(weakref.ref(head))


def _visit(stream: Iterable[tuple[str, Network]], visitor: Any) -> tuple[str, ...]:
    """Return the names of the heads; what the harness refuses is a failed check."""
    try:
        return visit_heads(stream, visitor)
    except NetworkError as error:
        raise CheckFailedError(str(error)) from error


def _heads(method: Any, data: Planted) -> Any:
    return method.heads(data.adata, regulators=data.regulators, seed=SEED)


def _two_parts(truth: Truth) -> tuple[Truth, Truth]:
    """Return a planted truth on all hubs but one and their targets, and on the other genes."""
    edges = truth.edges.toarray()
    *_, last = (row for row in range(len(edges)) if edges[row].any())
    without_edges = ~edges.any(axis=0) & ~edges.any(axis=1)
    tested = {
        name
        for place, name in enumerate(truth.targets)
        if place == last or edges[last, place] or without_edges[place]
    }
    train = [name for name in truth.targets if name not in tested]
    test = [name for name in truth.targets if name in tested]
    return truth.restrict(train, train), truth.restrict(test, test)
