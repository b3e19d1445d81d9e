"""What a truth is, in numbers: edges, degrees, signs, and how much of it is one species' genes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn import genes as gene_names
from bengrn.values import Truth

__all__ = ["Degrees", "Summary", "degrees", "summarize"]


@dataclass(frozen=True)
class Degrees:
    """The out-degree of every tested regulator and the in-degree of every tested target, without self-pairs.

    Parameters
    ----------
    out_R, in_T
        Shape (R,) and (T,): counts of edges.
    """

    out_R: npt.NDArray[np.int64]
    in_T: npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A truth in numbers; self-pairs are counted on their own and nowhere else.

    Parameters
    ----------
    edges, self_pairs, pairs
        True edges, true self-pairs, candidate pairs.
    regulators, regulators_with_edges, targets, targets_with_edges
        Tested genes, and those with at least one edge.
    positive_rate
        Edges per candidate pair.
    out_degrees, in_degrees
        Smallest, lower quartile, median, upper quartile and largest degree, among genes with an edge.
    top_five_share
        Share of the edges that the five largest regulators hold.
    top_five
        Those regulators, the largest first, with their edges.
    activating, repressing
        Edges of known sign.
    with_effect
        Edges of known effect size.
    unknown_names
        Tested names that the gene table of the organism does not know; None where there is no table.
    """

    edges: int
    self_pairs: int
    pairs: int
    regulators: int
    regulators_with_edges: int
    targets: int
    targets_with_edges: int
    positive_rate: float
    out_degrees: tuple[int, ...]
    in_degrees: tuple[int, ...]
    top_five_share: float
    top_five: tuple[tuple[str, int], ...]
    activating: int
    repressing: int
    with_effect: int
    unknown_names: int | None


def degrees(truth: Truth) -> Degrees:
    """Return the degrees of a truth's tested genes."""
    row, column = _other_pairs(truth)
    return Degrees(
        np.bincount(row, minlength=len(truth.regulators)),
        np.bincount(column, minlength=len(truth.targets)),
    )


def summarize(truth: Truth) -> Summary:
    """Return a truth in numbers."""
    both = degrees(truth)
    edges = int(both.out_R.sum())
    n_self = len(set(truth.regulators).intersection(truth.targets))
    pairs = len(truth.regulators) * len(truth.targets) - n_self
    largest = np.argsort(-both.out_R, kind="stable")[:5]
    row, column = _other_pairs(truth)
    signs_E, effects_E = (_values(matrix, row, column) for matrix in (truth.sign, truth.effect))
    return Summary(
        edges=edges,
        self_pairs=int(truth.edges.nnz) - edges,
        pairs=pairs,
        regulators=len(truth.regulators),
        regulators_with_edges=int((both.out_R > 0).sum()),
        targets=len(truth.targets),
        targets_with_edges=int((both.in_T > 0).sum()),
        positive_rate=edges / pairs if pairs else float("nan"),
        out_degrees=_quartiles(both.out_R),
        in_degrees=_quartiles(both.in_T),
        top_five_share=float(both.out_R[largest].sum() / edges) if edges else float("nan"),
        top_five=tuple((truth.regulators[one], int(both.out_R[one])) for one in largest if both.out_R[one]),
        activating=int((signs_E > 0).sum()),
        repressing=int((signs_E < 0).sum()),
        with_effect=int((effects_E != 0).sum()),
        unknown_names=_unknown(truth),
    )


def _other_pairs(truth: Truth) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return row and column of every edge that is no self-pair."""
    edges = sparse.coo_array(truth.edges)
    place = {name: position for position, name in enumerate(truth.targets)}
    own_R = np.array([place.get(name, -1) for name in truth.regulators], dtype=np.intp)
    other = own_R[edges.row] != edges.col
    return edges.row[other], edges.col[other]


def _values(
    matrix: sparse.csr_array | None, row: npt.NDArray[np.intp], column: npt.NDArray[np.intp]
) -> npt.NDArray[np.floating]:
    """Return the values of a matrix at these places; nothing of none."""
    if matrix is None or not len(row):
        return np.zeros(0)
    return np.asarray(matrix[row, column], dtype=np.float64).ravel()


def _quartiles(degree_N: npt.NDArray[np.int64]) -> tuple[int, ...]:
    """Return smallest, quartiles and largest of the degrees above 0; nothing where there are none."""
    some = degree_N[degree_N > 0]
    return tuple(int(one) for one in np.percentile(some, [0, 25, 50, 75, 100])) if len(some) else ()


def _unknown(truth: Truth) -> int | None:
    """Return how many tested names the gene table does not know."""
    if not gene_names.has_table(truth.organism):
        return None
    names = sorted({*truth.regulators, *truth.targets})
    return gene_names.to_symbols(names, organism=truth.organism).n_lost
