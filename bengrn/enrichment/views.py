"""One number per gene out of a network: how strongly it regulates, is regulated, how central it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.errors import MetricError
from bengrn.values import Network

__all__ = ["VIEWS", "View", "ViewName", "check_scores", "view_of"]

Floats = npt.NDArray[np.float64]
ViewName = Literal["targets", "regulators", "central"]

VIEWS: tuple[ViewName, ...] = ("targets", "regulators", "central")
# edges that a regulator keeps in the graph of the central view
TOP = 20
# as networkx has them: iterations, and the change per gene at which they end
_ITERATIONS, _CHANGE = 100, 1e-6
_BLOCK = 1 << 22


@dataclass(frozen=True, eq=False)
class View:
    """A number for each of G genes.

    Parameters
    ----------
    name
        Which view.
    genes
        G names: the regulators, the targets, or (central) both.
    score_G
        Shape (G,), finite.
    """

    name: ViewName
    genes: tuple[str, ...]
    score_G: Floats


def check_scores(network: Network) -> None:
    """Refuse a network in which no gene can stand out.

    Raises
    ------
    MetricError
        If it has a single regulator, or all scores are equal (all zero, for example).
    """
    if len(network.regulators) < 2:
        raise MetricError(
            f"The network has {len(network.regulators)} regulator; expected at least 2, for enrichment is a "
            "comparison of genes. Infer edges of more regulators."
        )
    values: Any = network.scores.data if sparse.issparse(network.scores) else network.scores
    full = values.size == len(network.regulators) * len(network.targets)
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if low == high and (full or high == 0):
        raise MetricError(
            f"All scores of the network are {high:g}; expected scores that differ. It ranks nothing, so "
            "no gene set can be enriched."
        )


def view_of(network: Network, name: ViewName, *, compat: bool = False) -> View:
    """Return one view of a network.

    Parameters
    ----------
    network
        A row regulates its column.
    name
        "targets": sum of a regulator's scores over its targets. "regulators": sum of a target's scores over
        its regulators. "central": eigenvector centrality, by incoming edges, in the graph that keeps the 20
        highest edges of every regulator, unweighted.
    compat
        As in the scPRINT paper: signed scores as they are, with self-pairs, without genes whose number is 0.
        Otherwise magnitudes without self-pairs, of all genes.

    Raises
    ------
    MetricError
        If the centrality does not converge.

    Notes
    -----
    Centrality: 100 rounds at most of x -> x + A'x, scaled to length 1, from equal numbers, until the sum of
    changes is under 1e-6 per gene: networkx's rule. Memory: blocks of 4 million scores.
    """
    if name == "central":
        genes, score_G = _centrality(network, compat=compat)
    else:
        genes = network.regulators if name == "targets" else network.targets
        score_G = np.zeros(len(genes))
        for first, block in _blocks(network, compat=compat):
            if name == "targets":
                score_G[first : first + len(block)] = block.sum(axis=1, dtype=np.float64)
            else:
                score_G += block.sum(axis=0, dtype=np.float64)
    if compat:
        kept = np.flatnonzero(score_G)
        genes, score_G = tuple(genes[one] for one in kept), score_G[kept]
    return View(name, genes, score_G)


def _blocks(network: Network, *, compat: bool) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Yield the first row and the scores, dense, of block after block of rows."""
    scores: Any = network.scores
    n_rows, n_columns = scores.shape
    height = max(1, _BLOCK // max(1, n_columns))
    column = {gene: position for position, gene in enumerate(network.targets)}
    own_R = np.array([column.get(gene, -1) for gene in network.regulators])
    for first in range(0, n_rows, height):
        rows = scores[first : first + height]
        block = rows.toarray() if sparse.issparse(rows) else rows
        if not compat:
            block = np.abs(block)
            own_B = own_R[first : first + height]
            here = np.flatnonzero(own_B >= 0)
            block[here, own_B[here]] = 0
        yield first, block


def _top_edges(network: Network, place: dict[str, int], *, compat: bool) -> sparse.csr_array:
    """Return the graph of every regulator's highest edges, shape (G, G), ones; ties at the cut are kept."""
    rows, columns = [], []
    row_R = np.array([place[gene] for gene in network.regulators])
    column_T = np.array([place[gene] for gene in network.targets])
    for first, block in _blocks(network, compat=compat):
        cut = max(0, block.shape[1] - TOP)
        threshold_B = np.partition(block, cut, axis=1)[:, cut]
        row, column = np.nonzero((block >= threshold_B[:, None]) & (block != 0))
        rows.append(row_R[first + row])
        columns.append(column_T[column])
    row, column = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_array((np.ones(len(row)), (row, column)), shape=(len(place), len(place)))


def _centrality(network: Network, *, compat: bool) -> tuple[tuple[str, ...], Floats]:
    """Return the genes and their eigenvector centrality."""
    genes = tuple(dict.fromkeys((*network.regulators, *network.targets)))
    place = {gene: position for position, gene in enumerate(genes)}
    incoming = sparse.csr_array(_top_edges(network, place, compat=compat).T)
    x_G = np.full(len(genes), 1 / len(genes))
    for _ in range(_ITERATIONS):
        last_G = x_G
        x_G = last_G + incoming @ last_G
        x_G /= np.linalg.norm(x_G)
        if np.abs(x_G - last_G).sum() < len(genes) * _CHANGE:
            return genes, x_G
    raise MetricError(
        f"The centrality of {len(genes)} genes did not settle in {_ITERATIONS} rounds, as happens in graphs "
        "of loosely joined parts. Use the view 'targets' or 'regulators'."
    )
