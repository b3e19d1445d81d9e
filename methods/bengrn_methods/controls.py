"""Controls: what chance, expression alone and the answer itself score. They mark the scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bengrn.plugin import Method, Network, Truth, hookimpl, log_normalized, swapped_truth
from bengrn_methods._names import check_cells, positions, seed_for
from bengrn_methods._truth_networks import END_PRESETS, Ends, edges_alone, product_of_degrees
from bengrn_methods.other_truth import Degrees, Edges

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["DegreeSwap", "Degrees", "Edges", "Expression", "OracleDegrees", "Random", "TruthItself"]

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
class OracleDegrees:
    """Score a pair by its regulator's and its target's degrees in the very truth: the most that hubs tell.

    It is shown the answer's degrees and nothing else: what lies above it in EPR or AP knows edges, what
    lies below it may know none. With `ends` it is shown those of the regulators alone (the preset `out`) or
    of the targets alone (`in`).
    """

    name: ClassVar[str] = "oracle-degrees"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = _BASELINE
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = END_PRESETS

    ends: Ends = "both"

    def from_truth(self, adata: "AnnData", truth: Truth, *, regulators: Sequence[str], seed: int) -> Network:
        """Return out-degree x in-degree, or one of them, self-pairs not counted."""
        genes = tuple(str(name) for name in adata.var_names)
        return product_of_degrees(truth, genes, regulators, self.ends)


@dataclass(frozen=True, kw_only=True)
class DegreeSwap:
    """Predict a truth with the same degrees: right about every hub, and about edges by chance."""

    name: ClassVar[str] = "degree-swap"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = _BASELINE

    def from_truth(self, adata: "AnnData", truth: Truth, *, regulators: Sequence[str], seed: int) -> Network:
        """Return weight 1 for each edge of the swapped truth, no other entry."""
        return edges_alone(swapped_truth(truth, seed=seed), tuple(map(str, adata.var_names)), regulators)


@dataclass(frozen=True, kw_only=True)
class TruthItself:
    """Predict exactly the true edges: the positive control, which must score perfectly."""

    name: ClassVar[str] = "truth"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = _BASELINE

    def from_truth(self, adata: "AnnData", truth: Truth, *, regulators: Sequence[str], seed: int) -> Network:
        """Return weight 1 for each true edge among these regulators and genes, no other entry."""
        return edges_alone(truth, tuple(map(str, adata.var_names)), regulators)


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer the controls."""
    return [Random, Expression, Degrees, Edges, OracleDegrees, DegreeSwap, TruthItself]
