"""The second pass over the heads: the mean of the selected ones, in one matrix."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from bengrn.errors import NetworkError
from bengrn.heads.selection import HeadSelection
from bengrn.heads.stream import Heads, visit_heads
from bengrn.values import Network

__all__ = ["combine"]

# scores weighted at a time: the only copy beside the sum
_BLOCK = 1 << 20


@dataclass
class _Sum:
    """Adds up the selected heads that it is shown."""

    weights: dict[str, float]
    magnitude: bool
    scores: Any = None
    genes: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    signed: bool = False

    def __call__(self, name: str, head: Network) -> None:
        """Add a head, if it is selected."""
        if name not in self.weights:
            return
        self.genes = head.regulators, head.targets
        self.signed |= head.signed and not self.magnitude
        weight, scores = np.float32(self.weights[name]), head.scores
        if sparse.issparse(scores) and (self.scores is None or sparse.issparse(self.scores)):
            part = (abs(scores) if self.magnitude else scores) * weight
            self.scores = part if self.scores is None else self.scores + part
            return
        if self.scores is None:
            self.scores = np.zeros(scores.shape, dtype=np.float32)
        elif sparse.issparse(self.scores):
            self.scores = self.scores.toarray()
        step = max(1, _BLOCK // max(1, scores.shape[1]))
        for first in range(0, scores.shape[0], step):
            block: Any = scores[first : first + step]
            block = block.toarray() if sparse.issparse(block) else np.asarray(block)
            block = np.abs(block) if self.magnitude else block
            self.scores[first : first + step] += block * weight


def combine(heads: Heads, selection: HeadSelection) -> Network:
    """Return the network of a selection: the mean of its heads, each over its deviation.

    Subtracting each head's mean would shift all pairs alike; it is left out, so that a pair without a score
    in any head keeps 0, which counts as not predicted.

    Parameters
    ----------
    heads
        The same heads as were selected from, streamed again; one is alive at a time. Memory: one float32
        matrix of the network's size beside the head that is being added.
    selection
        Of these heads.

    Raises
    ------
    NetworkError
        If a selected head does not come again, or the names are other ones.
    """
    total = _Sum(selection.weights(), magnitude=not selection.leaky)
    names = visit_heads(heads, total)
    if set(names) != set(selection.names):
        odd = min(set(names) ^ set(selection.names))
        raise NetworkError(
            f"The heads of the second pass are not those of the first ({odd!r} is in one of them only); "
            "expected the same heads for the same seed."
        )
    return Network(total.scores, *total.genes, signed=total.signed)
