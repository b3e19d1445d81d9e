"""GRNBoost2: one boosted regression per target, stopped early where it no longer generalises."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Method, Network, hookimpl
from bengrn_methods._per_target import Normalization, infer_per_target

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
    """

    name: ClassVar[str] = "grnboost2"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "published"
    source: ClassVar[str] = "Moerman et al. 2019, https://doi.org/10.1093/bioinformatics/bty916"

    ntrees: int = 5000
    learning_rate: float = 0.01
    max_features: float = 0.1
    subsample: float = 0.9
    depth: int = 3
    window: int = 25
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
        if self.normalize not in ("log", "counts"):
            raise ValueError(f"normalize is {self.normalize!r}; expected log or counts.")

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return importance share times number of trees; a constant target scores 0."""
        return infer_per_target(
            self._explain, adata, regulators=regulators, seed=seed, normalize=self.normalize
        )

    def _explain(
        self, x_CP: npt.NDArray[np.float32], y_C: npt.NDArray[np.float64], seed: int
    ) -> npt.NDArray[np.float64]:
        """Return the importances (P,) of the predictors for a target that varies."""
        importances_P, ntrees = self._boost(x_CP, y_C, seed)
        total = importances_P.sum()
        return importances_P * (ntrees / total) if total > 0 else importances_P

    def _boost(
        self, x_CP: npt.NDArray[np.float32], y_C: npt.NDArray[np.float64], seed: int
    ) -> tuple[npt.NDArray[np.float64], int]:
        """Return the summed variance reductions (P,) and the number of trees grown."""
        from sklearn import config_context
        from sklearn.tree import DecisionTreeRegressor
        from sklearn.utils import check_random_state

        n_cells = len(y_C)
        n_left_out = n_cells - max(1, int(self.subsample * n_cells))
        draws = check_random_state(seed)
        # for squared loss, Friedman's criterion ranks splits as the variance reduction does
        tree = DecisionTreeRegressor(max_depth=self.depth, max_features=self.max_features, random_state=draws)
        residual_C = y_C - y_C.mean()
        importances_P = np.zeros(x_CP.shape[1])
        improvements: list[float] = []
        with config_context(assume_finite=True, skip_parameter_validation=True):
            for _ in range(self.ntrees):
                left_out = draws.permutation(n_cells)[:n_left_out]
                weight_C = np.ones(n_cells)
                weight_C[left_out] = 0.0
                tree.fit(x_CP, residual_C, sample_weight=weight_C, check_input=False)
                before = residual_C[left_out]
                residual_C -= self.learning_rate * tree.tree_.predict(x_CP).ravel()
                improvements.append(float(np.mean(before**2 - residual_C[left_out] ** 2)))
                importances_P += tree.tree_.compute_feature_importances(normalize=False)
                if len(improvements) >= self.window and np.mean(improvements[-self.window :]) < 0:
                    break
        return importances_P, len(improvements)


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer GRNBoost2."""
    return [GRNBoost2]
