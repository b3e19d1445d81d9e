"""GENIE3: one random forest per target, importances by the variance that each regulator removes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Method, Network, hookimpl
from bengrn_methods._per_target import Normalization, infer_per_target

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
        Regulators tried at a split: the square root of their number, or all.
    tree
        "forest": bootstrapped trees with the best splits; "extra-trees": all cells, random splits.
    normalize
        What the forest sees: log-normalised counts, or the counts as they are.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.
    """

    name: ClassVar[str] = "genie3"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "paper"
    source: ClassVar[str] = "Huynh-Thu et al. 2010, https://doi.org/10.1371/journal.pone.0012776"
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "paper": {"ntrees": 100, "normalize": "counts"},
        "author": {},
    }

    ntrees: int = 1000
    max_features: Literal["sqrt", "all"] = "sqrt"
    tree: Literal["forest", "extra-trees"] = "forest"
    normalize: Normalization = "log"

    def __post_init__(self) -> None:
        """Validate the settings."""
        if self.ntrees < 1:
            raise ValueError(f"ntrees is {self.ntrees}; expected at least 1. The authors use 1000.")
        for setting, choices in (
            ("max_features", ("sqrt", "all")),
            ("tree", ("forest", "extra-trees")),
            ("normalize", ("log", "counts")),
        ):
            if getattr(self, setting) not in choices:
                raise ValueError(f"{setting} is {getattr(self, setting)!r}; expected {' or '.join(choices)}.")

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return the mean variance reduction; a constant target scores 0."""
        return infer_per_target(
            self._explain, adata, regulators=regulators, seed=seed, normalize=self.normalize
        )

    def _explain(
        self, x_CP: npt.NDArray[np.float32], y_C: npt.NDArray[np.float64], seed: int
    ) -> npt.NDArray[np.float64]:
        """Return the importances (P,) of the predictors for a target that varies.

        The trees are those of scikit-learn's forest with this seed, draw for draw, but one
        estimator grows them in turn: half the time, and no forest is kept.
        """
        from sklearn import config_context
        from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor
        from sklearn.utils import check_random_state

        bootstrap = self.tree == "forest"
        draws = check_random_state(seed)
        tree_seeds = draws.randint(np.iinfo(np.int32).max, size=self.ntrees)
        tree = (DecisionTreeRegressor if bootstrap else ExtraTreeRegressor)(
            max_features="sqrt" if self.max_features == "sqrt" else None, random_state=draws
        )
        n_cells = len(y_C)
        unit_C = y_C / y_C.std()
        weight_C: npt.NDArray[np.float64] | None = None
        importances_P = np.zeros(x_CP.shape[1])
        with config_context(assume_finite=True, skip_parameter_validation=True):
            for tree_seed in tree_seeds:
                if bootstrap:
                    draws.seed(tree_seed)
                    drawn = draws.randint(0, n_cells, n_cells, dtype=np.int32)
                    weight_C = np.bincount(drawn, minlength=n_cells).astype(np.float64)
                draws.seed(tree_seed)
                tree.fit(x_CP, unit_C, sample_weight=weight_C, check_input=False)
                importances_P += tree.tree_.compute_feature_importances(normalize=False)
        return importances_P / self.ntrees


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer GENIE3."""
    return [GENIE3]
