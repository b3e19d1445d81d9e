"""GRNBoost2: one boosted regression per target, stopped early where it no longer generalises."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Method, Network, hookimpl, note
from bengrn_methods.forest.codes import Bins
from bengrn_methods.forest.data import Data, make_work
from bengrn_methods.forest.per_target import explain_targets
from bengrn_methods.forest.prepared import Normalization, Target, prepare

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["GRNBoost2"]


@dataclass(frozen=True, kw_only=True)
class GRNBoost2:
    """Explain each gene by shallow boosted trees, as many as go on improving on cells left out.

    A pair scores the regulator's share of the variance reduction times the number of trees that
    the target was given: well explained targets, which stop late, weigh more.

    Parameters
    ----------
    ntrees
        The most trees per target.
    learning_rate
        What part of each tree's prediction is taken.
    max_features
        The share of the regulators tried at a split.
    subsample
        The share of the cells that a tree is grown on; the others judge it.
    depth
        The most splits between root and leaf.
    window
        Stop when the mean improvement of this many last trees is negative.
    bins
        "256": regulators with more distinct values are cut into 256 parts; "exact": they are not.
    normalize
        What the trees see: log-normalised counts, or the counts as they are.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.

    Notes
    -----
    An improvement compares the loss before and after a tree on the same left-out cells. The
    `oob_improvement_` of recent scikit-learn (1.9) compares two different samples instead, whose
    mean over a window is noise: boosting then ends at the first permitted tree.

    The weight by trees favours genes that many others explain together. Among a few dozen genes,
    where a tenth is a predictor or two per split, that can outweigh the direction of an edge; raise
    `max_features` there.

    How many trees the targets were given is noted in the record. Memory in bytes for C cells, G genes and
    R regulators: 8 C G + C R (2 C R if exact) + 8 R G.
    """

    name: ClassVar[str] = "grnboost2"
    version: ClassVar[str] = "2"
    origin: ClassVar[str] = "published"
    source: ClassVar[str] = "Moerman et al. 2019, https://doi.org/10.1093/bioinformatics/bty916"

    ntrees: int = 5000
    learning_rate: float = 0.01
    max_features: float = 0.1
    subsample: float = 0.9
    depth: int = 3
    window: int = 25
    bins: Bins = "256"
    normalize: Normalization = "log"

    def __post_init__(self) -> None:
        """Validate the settings."""
        for setting in ("ntrees", "depth", "window"):
            if getattr(self, setting) < 1:
                raise ValueError(f"{setting} is {getattr(self, setting)}; expected at least 1.")
        if not 0 < self.learning_rate <= 1:
            raise ValueError(f"learning_rate is {self.learning_rate}; expected within (0, 1].")
        if not 0 < self.max_features <= 1:
            raise ValueError(f"max_features is {self.max_features}; expected within (0, 1].")
        if not 0 < self.subsample < 1:
            raise ValueError(
                f"subsample is {self.subsample}; expected within (0, 1): some cells are left out."
            )
        for setting, choices in (("bins", ("256", "exact")), ("normalize", ("log", "counts"))):
            if getattr(self, setting) not in choices:
                raise ValueError(f"{setting} is {getattr(self, setting)!r}; expected {' or '.join(choices)}.")

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return importance share times number of trees; a constant target scores 0."""
        prepared = prepare(adata, regulators, normalize=self.normalize, bins=self.bins)
        rows_TR = explain_targets(self._explain, prepared, seed=seed).rows
        note(self._trees_of(rows_TR))
        return prepared.network(rows_TR)

    def _explain(self, data: Data, target: Target) -> npt.NDArray[np.float64]:
        """Return the importances (R,) of the regulators for a target that varies."""
        gain_R, improvements = self._boost(data, target)
        total = float(gain_R.sum())
        return gain_R * (len(improvements) / total) if total > 0 else gain_R

    def _boost(self, data: Data, target: Target) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return the summed variance reductions (R,), and what each tree improved on cells left out."""
        from bengrn_methods.forest.boosting import Boosting, boost, start_boosting
        from bengrn_methods.forest.split import Plan

        tries = max(1, int(self.max_features * len(target.features)))
        plan = Plan(self.ntrees, tries, least=1, bootstrap=False, random=False)
        n_inside = max(1, int(self.subsample * len(target.y_C)))
        boosting = Boosting(self.learning_rate, n_inside, self.depth, self.window)
        residuals = start_boosting(target.y_C, self.ntrees, data)
        work = make_work(data, target.features, target.seed)
        ntrees = boost(residuals, plan, boosting, data, work)
        return work.gain_P * (residuals.step**2 / n_inside), residuals.improvement_B[:ntrees]

    def _trees_of(self, rows_TR: npt.NDArray[np.float32]) -> str:
        """Return how many trees the targets were given, which is what their scores add up to."""
        trees_T = np.rint(rows_TR.sum(axis=1, dtype=np.float64)).astype(int)
        trees_T = trees_T[trees_T > 0]
        if not len(trees_T):
            return "no target was given a tree that splits"
        low, first, middle, third, high = np.quantile(trees_T, (0, 0.25, 0.5, 0.75, 1), method="lower")
        return (
            f"trees per target: median {middle}, quartiles {first} and {third}, {low} to {high}; "
            f"{np.mean(trees_T <= self.window):.0%} of {len(trees_T)} stopped at the first chance"
        )


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer GRNBoost2."""
    return [GRNBoost2]
