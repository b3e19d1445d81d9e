"""Join a network and a truth by name: the candidate pairs, and their scores in blocks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.errors import MetricError, NetworkError
from bengrn.values import Network, Truth

__all__ = ["Candidates", "align"]

Floats = npt.NDArray[np.float32]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Candidates:
    """The pairs that a network is scored on: the truth's regulators x targets without self-pairs.

    Parameters
    ----------
    scores
        The network's own scores, dense or CSR; not copied.
    row_R, column_T
        Where each regulator and target of the truth stands in `scores`; -1 where the network lacks it.
    edges
        Shape (R, T), boolean CSR: the true edges, without self-pairs.
    self_column_R
        The target that is the regulator itself; -1 where it is no target.
    self_edges_R
        Whether the truth listed that self-pair; only the published numbers count it.
    signed
        Whether scores are ranked by magnitude.
    """

    scores: Any
    row_R: Positions
    column_T: Positions
    edges: sparse.csr_array
    self_column_R: Positions
    self_edges_R: npt.NDArray[np.bool_]
    signed: bool

    @property
    def shape(self) -> tuple[int, int]:
        """(R, T): regulators and targets of the truth."""
        return len(self.row_R), len(self.column_T)

    @property
    def n_self(self) -> int:
        """Self-pairs in the truth's regulators x targets."""
        return int((self.self_column_R >= 0).sum())

    @property
    def n_pairs(self) -> int:
        """Candidates in all."""
        return len(self.row_R) * len(self.column_T) - self.n_self

    @property
    def n_positive(self) -> int:
        """True edges among the candidates."""
        return int(self.edges.nnz)

    @property
    def n_covered(self) -> int:
        """Candidates that the network could score: it knows the regulator and the target."""
        rows, columns = self.row_R >= 0, self.column_T >= 0
        own = self.self_column_R >= 0
        covered_self = int((rows[own] & columns[self.self_column_R[own]]).sum())
        return int(rows.sum()) * int(columns.sum()) - covered_self

    @property
    def pairs_per_regulator(self) -> npt.NDArray[np.int64]:
        """Candidates of each regulator."""
        return len(self.column_T) - (self.self_column_R >= 0).astype(np.int64)

    def blocks(self, values: int) -> Iterator[tuple[int, Floats]]:
        """Yield the first row and the ranking scores of blocks of rows, shape (r, T), float32.

        A signed score is its magnitude; self-pairs are -inf; a pair that the network lacks is -1.
        Each block lives in one reused buffer of at most `values` numbers (but at least one row):
        change it freely, but do not keep it.
        """
        n_rows, n_columns = self.shape
        step = min(max(1, values // n_columns), n_rows)
        buffer = np.empty((step, n_columns), dtype=np.float32)
        for first in range(0, n_rows, step):
            block = buffer[: min(step, n_rows - first)]
            self._fill(first, block, absent=-1.0, magnitude=self.signed)
            own = self.self_column_R[first : first + len(block)]
            block[np.flatnonzero(own >= 0), own[own >= 0]] = -np.inf
            yield first, block

    def chunks(self, values: int) -> Iterator[Floats]:
        """Yield one-dimensional pieces that together hold every positive ranking score once.

        They may hold any number of values of 0 and below. A sparse network yields its stored values only.
        Pieces are as large as blocks and may be changed, but not kept.
        """
        if not sparse.issparse(self.scores):
            for _, block in self.blocks(values):
                yield block.reshape(-1)
            return
        longest = max(1, int(np.diff(self.scores.indptr).max(initial=0)))
        step = max(1, values // longest)
        for first in range(0, len(self.row_R), step):
            row, column, value = self._stored(first, min(first + step, len(self.row_R)))
            value = value[column != self.self_column_R[first + row]]
            yield np.abs(value, out=value) if self.signed else value

    def scores_at(self, edges: sparse.csr_array) -> Floats:
        """Return the ranking score of every edge, in CSR order; at most 0 where it is not predicted."""
        values = self._found(_rows(edges), edges.indices, absent=np.nan)
        if self.signed:
            np.abs(values, out=values)
        return np.nan_to_num(values, copy=False, nan=-1.0)

    def true_cells(self) -> Floats:
        """Return the signed scores of all true edges, self-pairs included; 0 where absent."""
        own = np.flatnonzero(self.self_edges_R)
        row, column = (
            np.append(_rows(self.edges), own),
            np.append(self.edges.indices, self.self_column_R[own]),
        )
        return self._found(row, column, absent=0.0)

    def cells(self, values: int) -> Iterator[Floats]:
        """Yield one-dimensional pieces that together hold every signed score once, self-pairs included.

        A pair that the network lacks is 0; a sparse network yields its stored values only. Pieces may be
        changed, but not kept.
        """
        n_rows, n_columns = self.shape
        step = min(max(1, values // n_columns), n_rows)
        if sparse.issparse(self.scores):
            for first in range(0, n_rows, step):
                yield self._stored(first, min(first + step, n_rows))[2]
            return
        buffer = np.empty((step, n_columns), dtype=np.float32)
        for first in range(0, n_rows, step):
            block = buffer[: min(step, n_rows - first)]
            self._fill(first, block, absent=0.0, magnitude=False)
            yield block.reshape(-1)

    def _found(self, row_T: Positions, column_T: Positions, *, absent: float) -> Floats:
        """Return the signed scores of pairs of the truth's regulators and targets, shape (N,)."""
        row, column = self.row_R[row_T], self.column_T[column_T]
        covered = (row >= 0) & (column >= 0)
        values = np.full(len(row), absent, dtype=np.float32)
        found: Any = self.scores[row[covered], column[covered]]
        values[covered] = found.toarray() if sparse.issparse(found) else found
        return values

    def _fill(self, first: int, out: Floats, *, absent: float, magnitude: bool) -> None:
        """Write the scores of rows `first`, `first + 1`, ... into `out`."""
        if sparse.issparse(self.scores):
            row, column, value = self._stored(first, first + len(out))
            out.fill(absent)
            out[row, column] = np.abs(value) if magnitude else value
            return
        rows = self.row_R[first : first + len(out)]
        same_columns = len(self.column_T) == self.scores.shape[1] and _is_range(self.column_T, 0)
        if same_columns and rows[0] >= 0 and _is_range(rows, int(rows[0])):
            out[...] = self.scores[rows[0] : rows[0] + len(rows)]
        else:
            for position in np.flatnonzero(rows >= 0):
                # mode="clip" turns off the buffering of `out`; the columns at -1 are overwritten below
                np.take(self.scores[rows[position]], self.column_T, out=out[position], mode="clip")
        if magnitude:
            np.abs(out, out=out)
        out[rows < 0] = absent
        out[:, self.column_T < 0] = absent

    def _stored(self, first: int, last: int) -> tuple[Positions, Positions, Floats]:
        """Return row (from `first`), column and value of what a sparse network stores in these rows."""
        known = np.flatnonzero(self.row_R[first:last] >= 0)
        part = self.scores[self.row_R[first:last][known]]
        place = np.full(self.scores.shape[1], -1, dtype=np.intp)
        place[self.column_T[self.column_T >= 0]] = np.flatnonzero(self.column_T >= 0)
        column = place[part.indices]
        keep = column >= 0
        return known[_rows(part)][keep], column[keep], part.data[keep]


def align(network: Network, truth: Truth) -> Candidates:
    """Join a network and a truth by name.

    Parameters
    ----------
    network
        Any names in any order. What the truth did not test is left out; a name that the network
        lacks has candidates that are not predicted.
    truth
        Its regulators x targets, without self-pairs, are the candidates.

    Raises
    ------
    NetworkError
        If network and truth share no regulator or no target.
    MetricError
        If no candidate is a true edge: every score would be undefined.
    """
    row_R = _find(network.regulators, truth.regulators, "regulator")
    column_T = _find(network.targets, truth.targets, "target")
    target_index = {name: position for position, name in enumerate(truth.targets)}
    self_column_R = np.array([target_index.get(name, -1) for name in truth.regulators], dtype=np.intp)
    edges = sparse.csr_array(truth.edges)
    row = _rows(edges)
    is_self = edges.indices == self_column_R[row]
    self_edges_R = np.zeros(len(row_R), dtype=bool)
    self_edges_R[row[is_self]] = True
    row, column = row[~is_self], edges.indices[~is_self]
    edges = sparse.csr_array((np.ones(len(row), dtype=bool), (row, column)), shape=edges.shape)
    if edges.nnz == 0:
        raise MetricError(
            f"The truth has no true edge among its {edges.shape[0]} regulators x {edges.shape[1]} targets "
            "(self-pairs do not count), so every score is undefined. Choose other genes or another truth."
        )
    return Candidates(network.scores, row_R, column_T, edges, self_column_R, self_edges_R, network.signed)


def _find(names: Sequence[str], wanted: Sequence[str], what: str) -> Positions:
    """Return where each wanted name stands among the names, -1 where it does not."""
    index = {name: position for position, name in enumerate(names)}
    positions = np.array([index.get(name, -1) for name in wanted], dtype=np.intp)
    if (positions < 0).all():
        raise NetworkError(
            f"Network and truth share no {what}: the network has {_examples(names)}, the truth "
            f"{_examples(wanted)}. Expected names of the same kind (symbols or Ensembl ids) and organism."
        )
    return positions


def _examples(names: Sequence[str]) -> str:
    """Return the first two names, and how many more there are."""
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(map(repr, names[:2])) + more if names else "none"


def _rows(matrix: sparse.csr_array) -> Positions:
    """Return the row of every stored value."""
    return np.repeat(np.arange(matrix.shape[0], dtype=np.intp), np.diff(matrix.indptr))


def _is_range(positions: Positions, first: int) -> bool:
    """Whether the positions are first, first + 1, ..."""
    return bool((positions == np.arange(first, first + len(positions))).all())
