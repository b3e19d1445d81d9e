"""Truths with the same degrees and no other knowledge: what remains after hubs are explained."""

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.errors import MetricError
from bengrn.values import Truth

if TYPE_CHECKING:
    from bengrn.truths.align import Candidates

__all__ = ["NULL_VERSION", "degree_nulls", "degree_preserving_swap", "swapped_truth"]

NULL_VERSION = "1"

Positions = npt.NDArray[np.intp]

# small truths need more rounds, for a round may find no legal swap at all
_MIN_ATTEMPTS = 1_000


def degree_nulls(candidates: "Candidates", *, draws: int, seed: int) -> list[sparse.csr_array]:
    """Draw truths with the same degrees as the true edges of the candidates.

    Raises
    ------
    MetricError
        If no edge can be swapped: a lift is then undefined.
    """
    seeds = np.random.SeedSequence(seed).spawn(draws)
    return [degree_preserving_swap(candidates.edges, candidates.self_column_R, seed=one) for one in seeds]


def swapped_truth(truth: Truth, *, seed: int) -> Truth:
    """Return a truth with the same degrees and no other knowledge; self-pairs are dropped, not swapped.

    Signs and effects belong to edges that are no longer there, so the result has none.

    Raises
    ------
    MetricError
        If no edge can be swapped.
    """
    target_index = {name: position for position, name in enumerate(truth.targets)}
    own_R = np.array([target_index.get(name, -1) for name in truth.regulators], dtype=np.intp)
    edges = sparse.coo_array(truth.edges)
    other = edges.col != own_R[edges.row]
    places = (edges.row[other], edges.col[other])
    plain = sparse.csr_array((np.ones(int(other.sum()), dtype=bool), places), shape=edges.shape)
    swapped = degree_preserving_swap(plain, own_R, seed=seed)
    return dataclasses.replace(truth, edges=swapped, sign=None, effect=None)


def degree_preserving_swap(
    edges: sparse.csr_array,
    self_column_R: Positions,
    *,
    seed: int | np.random.SeedSequence,
    swaps_per_edge: int = 30,
) -> sparse.csr_array:
    """Draw at random among the truths that have the same degrees.

    Every regulator keeps its number of targets and every target its number of regulators; no self-pair
    and no double edge is made.

    Parameters
    ----------
    edges
        Shape (R, T), boolean CSR without self-pairs.
    self_column_R
        The column that is the row's own gene; -1 where none is.
    seed
        The only source of randomness.
    swaps_per_edge
        Proposals per edge. After 30 the overlap with the start is within 0.01 of its limit, on sparse
        truths and on truths with a few large hubs; after 10 it is not (0.42 instead of 0.38).

    Returns
    -------
    csr_array
        Shape (R, T), boolean.

    Raises
    ------
    MetricError
        If no swap is legal, as with a single regulator.

    Notes
    -----
    In a round all edges are paired at random and each pair (a -> x, b -> y) may become (a -> y, b -> x).
    A pair is legal where its four cells appear in no other pair, neither as edges nor as proposals.
    The cells of a round do not depend on which pairs swap, so a step and its reverse are equally
    likely, and the chain's limit is uniform over the truths it can reach (Fosdick 2018,
    https://doi.org/10.1137/16M1087175, on such chains). A coin decides whether a legal pair swaps,
    without which tiny truths would alternate.
    """
    n_edges, n_columns = edges.nnz, edges.shape[1]
    row = np.repeat(np.arange(edges.shape[0], dtype=np.int64), np.diff(edges.indptr))
    column = edges.indices.astype(np.int64)
    rng = np.random.default_rng(seed)
    rounds = 2 * max(swaps_per_edge, -(-_MIN_ATTEMPTS // max(1, n_edges)))
    n_legal = 0
    for _ in range(rounds):
        order = rng.permutation(n_edges)
        first, second = order[: n_edges // 2], order[n_edges // 2 : n_edges // 2 * 2]
        legal = _legal_pairs(row, column, first, second, self_column_R, n_columns)
        n_legal += len(legal)
        swapped = legal[rng.random(len(legal)) < 0.5]
        a, b = first[swapped], second[swapped]
        column[a], column[b] = column[b], column[a]
    if n_legal == 0:
        raise MetricError(
            f"No edge of the truth can be swapped ({n_edges} edges of {len(np.unique(row))} regulators), so "
            "no other truth has these degrees and a lift over it is undefined. Use a truth of several "
            "regulators that leaves some pairs false."
        )
    return sparse.csr_array((np.ones(n_edges, dtype=bool), (row, column)), shape=edges.shape)


def _legal_pairs(
    row: npt.NDArray[np.int64],
    column: npt.NDArray[np.int64],
    first: Positions,
    second: Positions,
    self_column_R: Positions,
    n_columns: int,
) -> Positions:
    """Return which pairs of edges (`first`, `second`) may exchange their targets."""
    row_a, row_b, column_a, column_b = row[first], row[second], column[first], column[second]
    proposes = np.flatnonzero(
        (row_a != row_b)
        & (column_a != column_b)
        & (self_column_R[row_a] != column_b)
        & (self_column_R[row_b] != column_a)
    )
    held = row * n_columns + column
    new_a = row_a[proposes] * n_columns + column_b[proposes]
    new_b = row_b[proposes] * n_columns + column_a[proposes]
    cells = np.concatenate([held, new_a, new_b])
    order = np.argsort(cells)
    same = cells[order[1:]] == cells[order[:-1]]
    clashes = np.zeros(len(cells), dtype=bool)
    clashes[order[1:][same]] = True
    clashes[order[:-1][same]] = True
    n_held, n_new = len(held), len(proposes)
    free = ~(clashes[n_held : n_held + n_new] | clashes[n_held + n_new :])
    free &= ~(clashes[first[proposes]] | clashes[second[proposes]])
    return proposes[free]
