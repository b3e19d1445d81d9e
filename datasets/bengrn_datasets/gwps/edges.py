"""What becomes of the edges of a perturbation screen: which stay, their effects, and on which genes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["effect_matrices", "moved_onto", "strongest_edges", "without_self_pairs"]

Effects = npt.NDArray[np.float32]


def without_self_pairs(
    edges: sparse.csr_array, regulators: Sequence[str], targets: Sequence[str], losses: dict[str, int]
) -> sparse.csr_array:
    """Return the edges (R, T) between two genes; count the others, on-target knock-downs, in `losses`."""
    stored = sparse.coo_array(edges)
    is_self_E = np.array(regulators)[stored.row] == np.array(targets)[stored.col]
    losses["self-pairs"] = int(is_self_E.sum())
    return _some(edges, ~is_self_E)


def strongest_edges(
    edges: sparse.csr_array, change_E: Effects, share: float, losses: dict[str, int]
) -> tuple[sparse.csr_array, Effects]:
    """Return the edges with the largest |change|, and their changes.

    Parameters
    ----------
    edges
        Shape (R, T), CSR.
    change_E
        Of each edge, in order; NaN where it is not known.
    share
        Of the edges whose change is known, this share stays (at least one; ties at the cut stay). 1 keeps
        all edges, those of unknown change as well.
    losses
        Gets the counts.
    """
    is_known_E = ~np.isnan(change_E)
    losses["edges without an effect size"] = int((~is_known_E).sum())
    if share == 1:
        return edges, change_E
    size_E = np.abs(change_E)
    known_N = np.sort(size_E[is_known_E])[::-1]
    cut = known_N[max(1, round(share * len(known_N))) - 1] if len(known_N) else np.inf
    stays_E = size_E >= cut  # never true of NaN
    losses["edges of a weaker effect"] = int((is_known_E & ~stays_E).sum())
    return _some(edges, stays_E), change_E[stays_E]


def _some(edges: sparse.csr_array, stays_E: npt.NDArray[np.bool_]) -> sparse.csr_array:
    """Return the edges that stay, in the same order."""
    stored = sparse.coo_array(edges)
    places = (stored.row[stays_E], stored.col[stays_E])
    return sparse.csr_array((np.ones(len(places[0]), bool), places), shape=edges.shape)


def effect_matrices(edges: sparse.csr_array, change_E: Effects) -> dict[str, sparse.csr_array]:
    """Return the changes as `effect`, and what they say of regulation as `sign`, each (R, T).

    The change follows a knock-down: a target that falls (below 0) is activated (+1) by its regulator.
    """
    stored = sparse.coo_array(edges)
    known_E = np.isfinite(change_E) & (change_E != 0)
    places = (stored.row[known_E], stored.col[known_E])
    sign_E = np.where(change_E[known_E] < 0, 1, -1).astype(np.int8)
    return {
        "effect": sparse.csr_array((change_E[known_E], places), shape=edges.shape),
        "sign": sparse.csr_array((sign_E, places), shape=edges.shape),
    }


def moved_onto(
    matrix: sparse.csr_array, regulators: Sequence[str], targets: Sequence[str], genes: Sequence[str]
) -> sparse.csr_array:
    """Return a matrix (R, T) on G other genes, as rows and as columns: shape (G, G), nothing where new."""
    place = {gene: position for position, gene in enumerate(genes)}
    stored: Any = sparse.coo_array(matrix)
    row_E = np.array([place.get(gene, -1) for gene in regulators], np.intp)[stored.row]
    column_E = np.array([place.get(gene, -1) for gene in targets], np.intp)[stored.col]
    known_E = (row_E >= 0) & (column_E >= 0)
    places = (row_E[known_E], column_E[known_E])
    return sparse.csr_array((stored.data[known_E], places), shape=(len(genes), len(genes)))
