"""Which genes of a cell a model is shown when it predicts: without state, so that no order matters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from scprint_model.errors import ConfigError, VocabularyError
from scprint_model.predict.cells import Cells

__all__ = ["Context", "fixed_places", "varying_places"]

How = Literal["random expressed", "most expressed", "all", "list"]

# splitmix64, Steele et al. 2014: one number in, one well mixed number out
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_HALF = np.uint64(1 << 63)


@dataclass(frozen=True, kw_only=True)
class Context:
    """How genes are chosen.

    Attributes
    ----------
    how
        ``random expressed``: expressed genes by chance, then others by chance; ``most expressed``: the
        highest counts; ``all`` genes that data and model share; ``list``: `genes` alone.
    size
        The most genes that a cell is shown; memory and time grow with its square. More genes than this
        under ``all`` and ``list`` are an error.
    genes
        Names for ``list``, as the data have them.
    seed
        Of the chance; what is drawn for a cell hangs on this and on the cell's name alone.
    """

    how: How = "random expressed"
    size: int = 2200
    genes: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what chooses nothing."""
        object.__setattr__(self, "genes", tuple(self.genes))
        if self.how not in get_args(How):
            raise ConfigError(f"how is {self.how!r}; it can be {', '.join(get_args(How))}.")
        if self.size < 1:
            raise ConfigError(f"The context is {self.size} genes; expected 1 or more.")
        if (self.how == "list") != bool(self.genes):
            raise ConfigError(f"genes go with how='list' and only with it; how is {self.how!r}.")


def fixed_places(cells: Cells, context: Context) -> npt.NDArray[np.int64] | None:
    """Return the genes that every cell is shown, as places in `cells.rows`; None where cells differ.

    Raises
    ------
    ConfigError
        If these are more genes than the context holds.
    VocabularyError
        If a listed gene is not among those that data and model share.
    """
    if context.how == "list":
        chosen = _listed(cells.genes, context.genes)
    elif context.how == "all" or len(cells.rows) <= context.size:
        chosen = np.arange(len(cells.rows))
    else:
        return None
    if len(chosen) > context.size:
        raise ConfigError(
            f"{len(chosen)} genes are more than the context of {context.size}. Choose fewer, draw them "
            "(how=random expressed), or allow a larger context, whose cost grows with its square."
        )
    return chosen


def _listed(known: Sequence[str], wanted: Sequence[str]) -> npt.NDArray[np.int64]:
    place = {name: number for number, name in enumerate(known)}
    missing = [name for name in wanted if name not in place]
    if missing:
        raise VocabularyError(
            f"{len(missing)} of {len(wanted)} listed genes are not in both the data and the model, "
            f"{missing[0]!r} first."
        )
    return np.unique(np.array([place[name] for name in wanted], np.int64))


def varying_places(
    counts_BN: npt.NDArray[np.float32],
    rows_N: npt.NDArray[np.int64],
    drawn_B: npt.NDArray[np.uint64],
    context: Context,
    turn: int = 0,
) -> npt.NDArray[np.int64]:
    """Choose genes of each cell, shape (B, size), places in `rows_N`, ascending.

    Parameters
    ----------
    counts_BN
        Counts on the shared genes.
    rows_N
        Their rows of the gene table: a gene's chance follows its row, not its place in the data.
    drawn_B
        A random number per cell, see :meth:`Cells.draw`.
    context
        ``random expressed`` or ``most expressed``.
    turn
        Another number, another draw, for cells that are shown more than once.
    """
    with np.errstate(over="ignore"):  # arithmetic modulo 2^64 is meant
        of_cell_B = _mixed(drawn_B + np.uint64(turn))
        chance_BN = _mixed(of_cell_B[:, None] ^ _mixed(rows_N.astype(np.uint64))[None])
    if context.how == "most expressed":
        order_BN = np.lexsort((chance_BN, -counts_BN), axis=1)
        return np.sort(order_BN[:, : context.size], axis=1)
    # expressed genes in the lower half of the numbers, the others in the upper one
    chance_BN >>= np.uint64(1)
    chance_BN[counts_BN <= 0] |= _HALF
    chosen = np.argpartition(chance_BN, context.size - 1, axis=1)[:, : context.size]
    return np.sort(chosen, axis=1)


def _mixed(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    x = x + _MIX[0]
    x = (x ^ (x >> np.uint64(30))) * _MIX[1]
    x = (x ^ (x >> np.uint64(27))) * _MIX[2]
    mixed: npt.NDArray[np.uint64] = x ^ (x >> np.uint64(31))
    return mixed
