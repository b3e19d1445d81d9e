"""Which pairs heads are compared on: all true ones and a sample of the false ones, within a bound."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.errors import TruthError
from bengrn.values import Truth

__all__ = ["TrainingPairs", "draw_pairs", "in_name_order"]

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TrainingPairs:
    """P sampled cells of a truth's regulators x targets, in row-major order.

    Parameters
    ----------
    cells
        Shape (R, T), boolean CSR that is True at the sampled cells.
    true_P
        Whether each of them is an edge.
    n_true, n_false
        Edges and other cells that the sample stands for.
    """

    cells: sparse.csr_array
    true_P: npt.NDArray[np.bool_]
    n_true: int
    n_false: int

    @property
    def rows(self) -> Positions:
        """The regulator of each sampled cell."""
        return np.repeat(np.arange(self.cells.shape[0]), np.diff(self.cells.indptr))

    @property
    def columns(self) -> Positions:
        """The target of each sampled cell."""
        return np.asarray(self.cells.indices, dtype=np.int64)


def in_name_order(truth: Truth) -> Truth:
    """Return a truth with its genes in alphabetical order, so that a sample follows names, not places."""
    return truth.restrict(sorted(truth.regulators), sorted(truth.targets))


def draw_pairs(
    truth: Truth,
    *,
    most: int,
    seed: int,
    share: float = 1.0,
    shuffled: bool = True,
    with_self: bool = False,
) -> TrainingPairs:
    """Draw training pairs: all true ones if they fill at most half of the room, and false ones at random.

    Parameters
    ----------
    truth
        Its regulators x targets are the cells, in its order.
    most
        P is at most this. Nothing of the size of all cells is made, so memory grows with P alone.
    seed
        Decides which.
    share
        Draw from this share of all cells only.
    shuffled
        Whether that share is taken at random, or from the first row on.
    with_self
        Whether self-pairs are cells too (only the published recipe counts them).

    Raises
    ------
    TruthError
        If true or false pairs are missing.
    """
    generator = np.random.default_rng(seed)
    rows, columns = truth.edges.shape
    true_E, self_S = _edges(truth), _self_cells(truth)
    if not with_self:
        true_E = np.setdiff1d(true_E, self_S)
    taken = np.union1d(true_E, self_S) if not with_self else true_E
    cells = rows * columns - (0 if with_self else len(self_S))
    inside, false = int(share * cells), cells - len(true_E)
    if inside == cells:
        n_true = len(true_E)
    elif shuffled:
        # the edges in a random share of the cells are a random subset; only their number has to be drawn
        n_true = int(generator.hypergeometric(len(true_E), false, inside))
    else:
        true_E = true_E[true_E < inside]
        n_true, false = len(true_E), inside - len(true_E)
    n_false = inside - n_true
    if not n_true or not n_false:
        raise TruthError(
            f"The training truth has {n_true} true and {n_false} false pairs among its {rows} regulators x "
            f"{columns} targets; expected some of both. Train on another truth, or on more genes."
        )
    kept_true = generator.choice(true_E, min(n_true, most // 2), replace=False)
    ranks = generator.choice(false, min(n_false, most - len(kept_true)), replace=False)
    chosen = np.sort(np.append(kept_true, _untaken(ranks, taken)))
    matrix = sparse.csr_array((np.ones(len(chosen), bool), divmod(chosen, columns)), shape=(rows, columns))
    return TrainingPairs(matrix, np.isin(chosen, kept_true), n_true, n_false)


def _edges(truth: Truth) -> Positions:
    """Return the flat places of the edges, ascending."""
    stored = sparse.coo_array(truth.edges)
    return np.sort(stored.row.astype(np.int64) * stored.shape[1] + stored.col)


def _self_cells(truth: Truth) -> Positions:
    """Return the flat places of the self-pairs, ascending."""
    place = {name: position for position, name in enumerate(truth.targets)}
    width = len(truth.targets)
    found = [row * width + place[name] for row, name in enumerate(truth.regulators) if name in place]
    return np.array(found, dtype=np.int64)


def _untaken(rank_N: Positions, taken: Positions) -> Positions:
    """Return the flat places of the cells with these ranks among those that are not taken (sorted)."""
    return np.asarray(rank_N + np.searchsorted(taken - np.arange(len(taken)), rank_N, side="right"), np.int64)
