"""How attention becomes a network."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from scprint_model.errors import ConfigError
from scprint_model.networks.accumulate import Head
from scprint_model.networks.normalise import Normalise
from scprint_model.predict.stream import Precision

__all__ = ["Combine", "Mean", "NetworkSettings"]

Mean = Literal["query-key", "product", "attention"]
Combine = Literal["mean", "max"]


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """How attention becomes a network.

    Attributes
    ----------
    mean
        What is averaged over cells: ``query-key``, each gene's query and key, then their product (the paper);
        ``product``, the products themselves; ``attention``, each cell's attention. The last two need the
        same genes in every cell.
    normalise
        ``softmax`` over keys, ``sinkhorn``, or ``none``.
    combine
        Heads into one network: their mean, or the largest.
    layers
        Which, from 0; None: all.
    apc
        Subtract what a gene's row and column make expected; scores then have both signs.
    symmetric
        Average both directions: the network then says nothing of direction.
    top
        Keep this many regulators of each target; None: all.
    least
        Drop scores below this; ``uniform``: below 1 / number of tokens, what attention would be if all were
        alike. None: keep all.
    rounds
        How often each cell is shown, each time other genes of it, where genes are drawn.
    batch
        Cells at a time.
    precision
        See :func:`~scprint_model.predict.stream.stream`.
    memory
        Bytes for the sums of the exact means; where heads need more, the cells pass several times.
    """

    mean: Mean = "query-key"
    normalise: Normalise = "softmax"
    combine: Combine = "mean"
    layers: tuple[int, ...] | None = None
    apc: bool = False
    symmetric: bool = False
    top: int | None = None
    least: float | Literal["uniform"] | None = None
    rounds: int = 1
    batch: int = 16
    precision: Precision = "auto"
    memory: int = 2 << 30

    def __post_init__(self) -> None:
        """Refuse what makes no network."""
        for name, kind in (("mean", Mean), ("normalise", Normalise), ("combine", Combine)):
            if getattr(self, name) not in get_args(kind):
                raise ConfigError(
                    f"{name} is {getattr(self, name)!r}; it can be {', '.join(get_args(kind))}."
                )
        for name in ("rounds", "batch", "memory", *(["top"] if self.top is not None else [])):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected 1 or more.")
        if isinstance(self.least, float) and math.isnan(self.least):
            raise ConfigError("least is no number; expected one, or uniform.")
        if self.mean == "attention" and self.normalise != "softmax":
            raise ConfigError(
                f"mean=attention averages each cell's softmax; normalise is {self.normalise!r}."
            )

    @property
    def thins(self) -> bool:
        """Whether pairs are left out, so that the network is sparse."""
        return self.top is not None or self.least is not None

    @property
    def whole(self) -> bool:
        """Whether a head is needed as a whole matrix, not row by row."""
        return self.apc or self.symmetric or self.normalise == "sinkhorn"

    def heads_of(self, layers: int, heads: int) -> list[Head]:
        """Return the layers and heads that are used, of a model that has so many."""
        chosen = [*(range(layers) if self.layers is None else self.layers)]
        odd = [layer for layer in chosen if not 0 <= layer < layers]
        if odd or not chosen:
            raise ConfigError(f"layers are {chosen}; the model has 0 to {layers - 1}.")
        return [(layer, head) for layer in sorted(set(chosen)) for head in range(heads)]
