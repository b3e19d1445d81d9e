"""GENIE3: one random forest per target, importances by the variance that each regulator removes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Method, Network, hookimpl
from bengrn_methods.forest.codes import Bins
from bengrn_methods.forest.data import Data, fixed_point, make_work
from bengrn_methods.forest.per_target import explain_targets
from bengrn_methods.forest.prepared import Normalization, Target, prepare

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["GENIE3"]


@dataclass(frozen=True, kw_only=True)
class GENIE3:
    """Explain each gene, scaled to unit variance, by a forest of fully grown trees.

    A pair scores the mean over the trees of the variance reduction at the regulator's splits, not
    normalised to sum to 1 per target: a badly explained target keeps low scores.

    Parameters
    ----------
    ntrees
        Trees per target; the authors use 1,000.
    max_features
        Regulators tried at a split: the square root of their number, all, or so many.
    tree
        "forest": bootstrapped trees with the best splits; "extra-trees": all cells, random splits.
    min_leaf
        The fewest cells in a leaf; one drawn twice counts twice. The authors grow trees fully: 1.
    bins
        "256": regulators with more distinct values are cut into 256 parts; "exact": they are not.
    normalize
        What the forest sees: log-normalised counts, or the counts as they are.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.

    Notes
    -----
    Memory in bytes for C cells, G genes and R regulators: 8 C G + C R (2 C R if exact) + 8 R G.
    """

    name: ClassVar[str] = "genie3"
    version: ClassVar[str] = "2"
    origin: ClassVar[str] = "paper"
    source: ClassVar[str] = "Huynh-Thu et al. 2010, https://doi.org/10.1371/journal.pone.0012776"
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "paper": {"ntrees": 100, "normalize": "counts"},
        "author": {},
    }

    ntrees: int = 1000
    max_features: Literal["sqrt", "all"] | int = "sqrt"
    tree: Literal["forest", "extra-trees"] = "forest"
    min_leaf: int = 1
    bins: Bins = "256"
    normalize: Normalization = "log"

    def __post_init__(self) -> None:
        """Validate the settings."""
        if self.ntrees < 1:
            raise ValueError(f"ntrees is {self.ntrees}; expected at least 1. The authors use 1000.")
        if self.min_leaf < 1:
            raise ValueError(f"min_leaf is {self.min_leaf}; expected at least 1.")
        number = isinstance(self.max_features, int) and self.max_features >= 1
        if not number and self.max_features not in ("sqrt", "all"):
            raise ValueError(f"max_features is {self.max_features!r}; expected sqrt or all or at least 1.")
        for setting, choices in (
            ("tree", ("forest", "extra-trees")),
            ("bins", ("256", "exact")),
            ("normalize", ("log", "counts")),
        ):
            if getattr(self, setting) not in choices:
                raise ValueError(f"{setting} is {getattr(self, setting)!r}; expected {' or '.join(choices)}.")

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return the mean variance reduction; a constant target scores 0."""
        prepared = prepare(adata, regulators, normalize=self.normalize, bins=self.bins)
        return prepared.network(explain_targets(self._explain, prepared, seed=seed).rows)

    def _explain(self, data: Data, target: Target) -> npt.NDArray[np.float64]:
        """Return the importances (R,) of the regulators for a target that varies."""
        from bengrn_methods.forest.split import Plan
        from bengrn_methods.forest.trees import grow_forest

        n_features, forest = len(target.features), self.tree == "forest"
        tries = {"sqrt": math.isqrt(n_features), "all": n_features}.get(
            str(self.max_features), self.max_features
        )
        plan = Plan(self.ntrees, min(int(tries), n_features), self.min_leaf, forest, not forest)
        whole_C, step = fixed_point(target.y_C, data.target_bits)
        work = make_work(data, target.features, target.seed)
        grow_forest(whole_C, plan, data, work)
        return work.gain_P * (step**2 / (float(target.y_C.var()) * len(whole_C) * self.ntrees))


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer GENIE3."""
    return [GENIE3]
