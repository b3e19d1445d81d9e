"""Controls: what chance, expression alone and the answer itself score. They mark the scale."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np
from scipy import sparse

from bengrn.plugin import Method, Network, Truth, hookimpl, log_normalized, read_truth, swapped_truth
from bengrn_methods._names import check_cells, positions, seed_for

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["DegreeSwap", "Degrees", "Expression", "OracleDegrees", "Random", "TruthItself"]

_BASELINE = "control of this project"


@dataclass(frozen=True, kw_only=True)
class Random:
    """Score every pair by chance: a network that knows nothing."""

    name: ClassVar[str] = "random"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = _BASELINE

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return uniform scores in (0, 1].

        Each regulator has a generator of its own and meets the targets in the order of their
        names: a pair keeps its score when genes are permuted or regulators added.
        """
        genes = [str(name) for name in adata.var_names]
        positions(genes, regulators)
        check_cells(adata, at_least=1)
        rank_T = np.argsort(np.argsort(np.array(genes)))
        scores_RT = np.empty((len(regulators), len(genes)), dtype=np.float32)
        for row, regulator in enumerate(regulators):
            draws_T = np.random.default_rng(seed_for(seed, regulator)).random(len(genes), np.float32)
            scores_RT[row] = 1 - draws_T[rank_T]  # never 0, which would mean "not predicted"
        return Network(scores_RT, tuple(regulators), tuple(genes))


@dataclass(frozen=True, kw_only=True)
class Expression:
    """Score a pair by how highly its target is expressed, whatever the regulator.

    Truths are richer in well-studied, well-expressed genes; a method must do better than this.
    """

    name: ClassVar[str] = "expression"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = _BASELINE

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return the target's mean log-normalised expression in every row (one row in memory)."""
        genes = [str(name) for name in adata.var_names]
        positions(genes, regulators)
        check_cells(adata, at_least=1)
        mean_T = log_normalized(adata).mean(axis=0, dtype=np.float64).astype(np.float32)
        scores_RT = np.broadcast_to(mean_T, (len(regulators), len(genes)))
        return Network(scores_RT, tuple(regulators), tuple(genes))


@dataclass(frozen=True, kw_only=True)
class Degrees:
    """Score a pair by how many targets its regulator and how many regulators its target have elsewhere.

    Out-degree times in-degree in another truth of the same organism: hubs are hubs everywhere, and whoever
    knows which genes are hubs scores high without knowing one edge. A gene that the other truth lacks has
    degree 0. `of` is a table of edges (source, target), or a parquet that bengrn wrote.
    """

    name: ClassVar[str] = "degrees"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = _BASELINE

    of: Path | None = None

    def __post_init__(self) -> None:
        """Refuse to guess another truth."""
        if self.of is None:
            raise ValueError("it takes the degrees of another truth; name its file: --set degrees.of=FILE")

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return out-degree x in-degree."""
        genes = tuple(str(name) for name in adata.var_names)
        positions(genes, regulators)
        other = read_truth(cast("Path", self.of))
        network = _product_of_degrees(other, genes, regulators)
        if not np.asarray(network.scores).any():
            raise ValueError(
                f"{other.version or self.of} has no edge of the {len(regulators)} regulators or none to the "
                f"{len(genes)} genes ({genes[0]!r} first); expected a truth of the same organism and names."
            )
        return network


@dataclass(frozen=True, kw_only=True)
class OracleDegrees:
    """Score a pair by its regulator's and its target's degrees in the very truth: the most that hubs tell.

    It is shown the answer's degrees and nothing else: what lies above it in EPR or AP knows edges, what
    lies below it may know none.
    """

    name: ClassVar[str] = "oracle-degrees"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = _BASELINE

    def from_truth(self, adata: "AnnData", truth: Truth, *, regulators: Sequence[str], seed: int) -> Network:
        """Return out-degree x in-degree, self-pairs not counted."""
        return _product_of_degrees(truth, tuple(str(name) for name in adata.var_names), regulators)


@dataclass(frozen=True, kw_only=True)
class DegreeSwap:
    """Predict a truth with the same degrees: right about every hub, and about edges by chance."""

    name: ClassVar[str] = "degree-swap"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = _BASELINE

    def from_truth(self, adata: "AnnData", truth: Truth, *, regulators: Sequence[str], seed: int) -> Network:
        """Return weight 1 for each edge of the swapped truth, no other entry."""
        return _edges_alone(swapped_truth(truth, seed=seed), adata, regulators)


@dataclass(frozen=True, kw_only=True)
class TruthItself:
    """Predict exactly the true edges: the positive control, which must score perfectly."""

    name: ClassVar[str] = "truth"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = _BASELINE

    def from_truth(self, adata: "AnnData", truth: Truth, *, regulators: Sequence[str], seed: int) -> Network:
        """Return weight 1 for each true edge among these regulators and genes, no other entry."""
        return _edges_alone(truth, adata, regulators)


def _product_of_degrees(truth: Truth, genes: tuple[str, ...], regulators: Sequence[str]) -> Network:
    """Return out-degree x in-degree in a truth; a gene that it lacks has none."""
    out, into = _degrees(truth)
    out_R = np.array([out.get(name, 0) for name in regulators], dtype=np.float32)
    in_T = np.array([into.get(name, 0) for name in genes], dtype=np.float32)
    return Network(np.outer(out_R, in_T), tuple(regulators), genes)


def _degrees(truth: Truth) -> tuple[dict[str, int], dict[str, int]]:
    """Return gene -> out-degree and gene -> in-degree, without self-pairs and genes of degree 0."""
    edges = truth.edges.tocoo()
    source = np.array(truth.regulators, dtype=object)[edges.row]
    target = np.array(truth.targets, dtype=object)[edges.col]
    other = source != target
    return Counter(source[other].tolist()), Counter(target[other].tolist())


def _edges_alone(truth: Truth, adata: "AnnData", regulators: Sequence[str]) -> Network:
    """Return weight 1 for each edge of a truth among these regulators and genes, no other entry."""
    genes = tuple(str(name) for name in adata.var_names)
    row_of = {name: row for row, name in enumerate(regulators)}
    column_of = {name: column for column, name in enumerate(genes)}
    rows = np.array([row_of.get(name, -1) for name in truth.regulators], dtype=np.intp)
    columns = np.array([column_of.get(name, -1) for name in truth.targets], dtype=np.intp)
    edges = truth.edges.tocoo()
    row_E, column_E = rows[edges.row], columns[edges.col]
    inside_E = (row_E >= 0) & (column_E >= 0)
    ones = np.ones(int(inside_E.sum()), dtype=np.float32)
    scores_RT = sparse.csr_array(
        (ones, (row_E[inside_E], column_E[inside_E])), shape=(len(regulators), len(genes))
    )
    return Network(scores_RT, tuple(regulators), genes)


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer the controls."""
    return [Random, Expression, Degrees, OracleDegrees, DegreeSwap, TruthItself]
