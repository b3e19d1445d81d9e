"""arboreto's own GRNBoost2 and GENIE3: the functions of its core, target by target, without Dask."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Method, Network, hookimpl, kept_rows, note, track, workers
from bengrn_methods.forest.prepared import Normalization, prepare

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Arboreto"]

Kind = Literal["grnboost2", "genie3", "extra-trees"]

# the name and the settings in `arboreto.core`
_IN_CORE = {
    "grnboost2": ("GBM", "SGBM_KWARGS"),
    "genie3": ("RF", "RF_KWARGS"),
    "extra-trees": ("ET", "ET_KWARGS"),
}


@dataclass(frozen=True, kw_only=True)
class Arboreto:
    """Explain each gene by scikit-learn's trees as the package arboreto (0.1.6) does.

    A plug-in over the package, to compare with. Its public functions need a Dask cluster and fail on
    current releases of it; its core runs in this process. Differences to our own:

    * `genie3` here has targets of any variance and importances that add up to 1 for each, however badly it
      is explained; `genie3` of this project does not.
    * `grnboost2` stops by `oob_improvement_` of scikit-learn, which compares two different samples of cells
      in recent releases: boosting then ends at about the first permitted tree. The record says so.

    Parameters
    ----------
    kind
        Which of its regressions.
    ntrees
        Trees per target, the most for grnboost2; 0 for the package's own number (1,000; 5,000).
    normalize
        What the trees see: log-normalised counts, or the counts as they are.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.
    """

    name: ClassVar[str] = "arboreto"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "published"
    source: ClassVar[str] = "Moerman et al. 2019, https://doi.org/10.1093/bioinformatics/bty916"
    extra: ClassVar[str] = "arboreto"

    kind: Kind = "grnboost2"
    ntrees: int = 0
    normalize: Normalization = "log"

    def __post_init__(self) -> None:
        """Validate the settings."""
        if self.ntrees < 0:
            raise ValueError(f"ntrees is {self.ntrees}; expected at least 1, or 0 for the package's number.")
        for setting, choices in (("kind", tuple(_IN_CORE)), ("normalize", ("log", "counts"))):
            if getattr(self, setting) not in choices:
                raise ValueError(f"{setting} is {getattr(self, setting)!r}; expected {' or '.join(choices)}.")

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return the package's importances; a constant target scores 0."""
        import joblib

        prepared = prepare(adata, regulators, normalize=self.normalize, bins="256")
        kept = kept_rows("scores", (len(prepared.genes), len(regulators)))
        already, missing = kept.n_done, kept.missing

        def jobs() -> Iterator[object]:
            x_CR = prepared.regulator_values()
            for target in prepared.targets(missing, seed):
                yield joblib.delayed(_explain)(self, x_CR, target.y_C, target.features, target.seed)

        with joblib.parallel_config("loky", inner_max_num_threads=1):
            found = joblib.Parallel(n_jobs=workers(), return_as="generator", max_nbytes="100K")(jobs())
        numbers = track(zip(missing, found, strict=True), "targets", len(prepared.genes), already=already)
        for number, importances_R in numbers:
            kept.store(number, importances_R)
        if self.kind == "grnboost2":
            note(_about_stopping(kept.rows))
        return prepared.network(kept.rows)


def _explain(
    method: Arboreto,
    x_CR: npt.NDArray[np.float32],
    y_C: npt.NDArray[np.float64],
    features: npt.NDArray[np.int32],
    seed: int,
) -> npt.NDArray[np.float64]:
    """Return the importances (R,) for one target."""
    importances_R = np.zeros(x_CR.shape[1])
    if y_C.min() == y_C.max() or len(features) == 0:
        return importances_R
    from arboreto import core

    kind, name = _IN_CORE[method.kind]
    settings = getattr(core, name) | ({"n_estimators": method.ntrees} if method.ntrees else {})
    trained = core.fit_model(kind, settings, x_CR[:, features], y_C, seed=seed)
    found = core.to_feature_importances(kind, settings, trained)
    # a decrease of impurity is a difference of means: by rounding it may lie 1e-17 below 0
    importances_R[features] = np.maximum(found, 0.0)
    return importances_R


def _about_stopping(rows_TR: npt.NDArray[np.float32]) -> str:
    """Return how many trees the targets were given, and whether the rule was another sample's."""
    trees_T = np.rint(rows_TR.sum(axis=1, dtype=np.float64)).astype(int)
    median = int(np.median(trees_T[trees_T > 0])) if trees_T.any() else 0
    text = f"trees per target: median {median}"
    if not improvements_are_paired():
        import sklearn

        text += (
            f"; scikit-learn {sklearn.__version__} judges a tree on other cells than the tree before, which "
            "stops boosting early: `grnboost2` does not"
        )
    return text


def improvements_are_paired() -> bool:
    """Return whether scikit-learn's `oob_improvement_` compares losses of the same cells.

    Where it does not, each is the difference of two successive `oob_scores_`.
    """
    from sklearn.ensemble import GradientBoostingRegressor

    rng = np.random.default_rng(0)
    model = GradientBoostingRegressor(n_estimators=3, subsample=0.5, max_depth=1, random_state=0)
    model.fit(rng.normal(size=(20, 1)), rng.normal(size=20))
    losses = getattr(model, "oob_scores_", None)
    return losses is None or not np.allclose(model.oob_improvement_[1:], losses[:-1] - losses[1:])


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer arboreto."""
    return [Arboreto]
