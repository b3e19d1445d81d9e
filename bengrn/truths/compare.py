"""Two truths side by side: how much of the one is in the other, and how much chance would put there."""

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from bengrn.errors import TruthError
from bengrn.values import Truth

__all__ = ["Overlap", "compare_published", "compare_truths", "on_shared_pairs", "transpose"]


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """One truth in the place of a prediction of another.

    Parameters
    ----------
    regulators, targets, pairs
        The universe: regulators x targets without self-pairs (as published: with them in the edges, and
        without as many pairs as there are regulators).
    edges, edges_other, shared
        Edges of the one, of the other and of both, inside the universe.
    """

    regulators: int
    targets: int
    pairs: int
    edges: int
    edges_other: int
    shared: int

    @property
    def precision(self) -> float:
        """Share of the one's edges that the other has; NaN where it has none."""
        return self.shared / self.edges if self.edges else float("nan")

    @property
    def recall(self) -> float:
        """Share of the other's edges that the one has; NaN where it has none."""
        return self.shared / self.edges_other if self.edges_other else float("nan")

    @property
    def random_precision(self) -> float:
        """Share of all pairs that are edges of the other: the precision of a random prediction."""
        return self.edges_other / self.pairs if self.pairs else float("nan")

    @property
    def jaccard(self) -> float:
        """Shared edges among the edges of either; NaN where there are none."""
        either = self.edges + self.edges_other - self.shared
        return self.shared / either if either else float("nan")


def compare_truths(truth: Truth, other: Truth, *, genes: Collection[str] | None = None) -> Overlap:
    """Compare two truths on the pairs that both tested.

    Parameters
    ----------
    truth, other
        Named alike.
    genes
        Only pairs between these; None for all.

    Raises
    ------
    TruthError
        If they are of different organisms, or no regulator or no target is in both.
    """
    a_tested, b_tested = on_shared_pairs(truth, other, genes=genes)
    regulators, targets = a_tested.regulators, a_tested.targets
    a, b = _without_self(a_tested), _without_self(b_tested)
    n_self = len(set(regulators).intersection(targets))
    pairs = len(regulators) * len(targets) - n_self
    shared = int(a.multiply(b).nnz)
    return Overlap(
        regulators=len(regulators),
        targets=len(targets),
        pairs=pairs,
        edges=int(a.nnz),
        edges_other=int(b.nnz),
        shared=shared,
    )


def on_shared_pairs(
    truth: Truth, other: Truth, *, genes: Collection[str] | None = None
) -> tuple[Truth, Truth]:
    """Return two truths on the pairs that both tested, genes in alphabetical order; arguments as above.

    Raises
    ------
    TruthError
        If they are of different organisms, or no regulator or no target is in both.
    """
    _check_organisms(truth, other)
    wanted = None if genes is None else set(genes)
    regulators = _shared(truth.regulators, other.regulators, wanted)
    targets = _shared(truth.targets, other.targets, wanted)
    if not regulators or not targets:
        raise TruthError(
            f"The truths share {len(regulators)} tested regulators and {len(targets)} tested targets"
            f"{'' if genes is None else ' among the genes given'}; expected some of both."
        )
    return truth.restrict(regulators, targets), other.restrict(regulators, targets)


def compare_published(truth: Truth, other: Truth, *, genes: Collection[str] | None = None) -> Overlap:
    """Compare two truths as the paper's Table S7 does: on all ordered pairs of genes.

    Parameters
    ----------
    truth
        The one in the place of the prediction.
    other
        The truth that it is held against. The universe is every gene that `genes` (default: the names of
        `truth`) and the names of `other` share, as regulator and as target alike, tested or not.
    genes
        The genes of the expression data beside the first truth.

    Raises
    ------
    TruthError
        If they are of different organisms, or nothing is shared.
    """
    _check_organisms(truth, other)
    names = {*truth.regulators, *truth.targets} if genes is None else set(genes)
    universe = sorted(names.intersection({*other.regulators, *other.targets}))
    if not universe:
        raise TruthError("The truths share no gene; expected names of the same kind and organism.")
    a, b = (_square(one, universe) for one in (truth, other))
    shared = int(a.multiply(b).nnz)
    return Overlap(
        regulators=len(universe),
        targets=len(universe),
        pairs=len(universe) * (len(universe) - 1),
        edges=int(a.nnz),
        edges_other=int(b.nnz),
        shared=shared,
    )


def transpose(truth: Truth) -> Truth:
    """Return a truth with its targets as regulators: what a network read the wrong way round would claim."""

    def turned(matrix: sparse.csr_array | None) -> sparse.csr_array | None:
        return None if matrix is None else sparse.csr_array(matrix.T)

    return dataclasses.replace(
        truth,
        edges=sparse.csr_array(truth.edges.T),
        regulators=truth.targets,
        targets=truth.regulators,
        sign=turned(truth.sign),
        effect=turned(truth.effect),
    )


def _check_organisms(truth: Truth, other: Truth) -> None:
    """Refuse truths of two species; one that does not say fits any."""
    if truth.organism and other.organism and truth.organism != other.organism:
        raise TruthError(
            f"The truths are of {truth.organism} and {other.organism}; expected one organism. Compare truths "
            "of the same species."
        )


def _shared(names: tuple[str, ...], others: tuple[str, ...], wanted: set[str] | None) -> list[str]:
    """Return the names that both have and that are wanted, in alphabetical order."""
    both = set(names).intersection(others)
    return sorted(both if wanted is None else both & wanted)


def _without_self(truth: Truth) -> sparse.csr_array:
    """Return the edges of a truth between different genes."""
    edges = sparse.coo_array(truth.edges)
    names_R, names_T = np.array(truth.regulators, dtype=object), np.array(truth.targets, dtype=object)
    other = names_R[edges.row] != names_T[edges.col]
    places = (edges.row[other], edges.col[other])
    return sparse.csr_array((np.ones(int(other.sum()), bool), places), shape=edges.shape)


def _square(truth: Truth, universe: list[str]) -> sparse.csr_array:
    """Return the edges of a truth among the genes of a universe, self-pairs included."""
    place = {name: position for position, name in enumerate(universe)}
    edges = sparse.coo_array(truth.edges)
    row = np.array([place.get(name, -1) for name in truth.regulators], dtype=np.intp)[edges.row]
    column = np.array([place.get(name, -1) for name in truth.targets], dtype=np.intp)[edges.col]
    inside = (row >= 0) & (column >= 0)
    shape = (len(universe), len(universe))
    return sparse.csr_array((np.ones(int(inside.sum()), bool), (row[inside], column[inside])), shape=shape)
