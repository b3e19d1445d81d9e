"""Networks made of one regression per target: the regulators predict it, their importances score.

Genes are put in the order of their names and cells in the order of their contents before anything
is drawn, and a target's seed follows its name: permuting genes or cells, or working with more
processes, changes no score.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Network, dense_counts, log_normalized, track, workers
from bengrn_methods._names import check_cells, positions, seed_for

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Explain", "Normalization", "infer_per_target"]

Normalization = Literal["log", "counts"]

Explain = Callable[[npt.NDArray[np.float32], npt.NDArray[np.float64], int], npt.NDArray[np.float64]]
"""From predictors (C, P), a target that varies (C,) and a seed to the importances (P,)."""

# below this joblib pickles the predictors anew for each target; above, all processes map one file
_SHARED_BYTES = "100K"


def infer_per_target(
    explain: Explain,
    adata: "AnnData",
    *,
    regulators: Sequence[str],
    seed: int,
    normalize: Normalization,
) -> Network:
    """Explain every gene by the regulators, in parallel processes with one thread each.

    Parameters
    ----------
    explain
        Fits one target and returns the importances of its predictors; must be picklable.
    adata, regulators, seed
        As in `bengrn.plugin.Infers.infer`.
    normalize
        "log" for log-normalised counts, "counts" for the counts as they are.

    Returns
    -------
    Network
        Importances, (R, T). A regulator does not explain itself; a constant target scores 0.

    Raises
    ------
    ValueError
        If there are fewer than 2 cells, or a regulator is not a gene.
    """
    import joblib

    check_cells(adata)
    genes = [str(name) for name in adata.var_names]
    rows_R = positions(genes, regulators)
    # a place among the genes, per column of the canonical matrix; likewise for the regulators
    place_G = sorted(range(len(genes)), key=genes.__getitem__)
    place_R = sorted(range(len(rows_R)), key=regulators.__getitem__)
    x_CG = _in_canonical_order(log_normalized(adata) if normalize == "log" else dense_counts(adata), place_G)
    column_of = {genes[place]: column for column, place in enumerate(place_G)}
    predictor_of = {regulators[place]: column for column, place in enumerate(place_R)}
    x_CR = np.asfortranarray(x_CG[:, [column_of[name] for name in predictor_of]])

    def jobs() -> Iterator[object]:
        for name, column in column_of.items():
            y_C = x_CG[:, column].astype(np.float64)
            own = predictor_of.get(name)
            yield joblib.delayed(_explain_one)(explain, x_CR, y_C, own, seed_for(seed, name))

    with joblib.parallel_config("loky", inner_max_num_threads=1):
        parallel = joblib.Parallel(n_jobs=workers(), return_as="generator", max_nbytes=_SHARED_BYTES)
        found = parallel(jobs())
    scores_RT = np.zeros((len(rows_R), len(genes)), dtype=np.float32)
    for place, importances_R in zip(place_G, track(found, "targets", len(genes)), strict=True):
        scores_RT[place_R, place] = importances_R
    return Network(scores_RT, tuple(regulators), tuple(genes))


def _in_canonical_order(x_CG: npt.NDArray[np.float32], place_G: list[int]) -> npt.NDArray[np.float32]:
    """Return the matrix with its genes in this order and its cells sorted by a hash of their rows.

    Column-major, as trees read it. Equal cells may stand in either order: nothing tells them apart.
    """
    x_CG = np.ascontiguousarray(x_CG[:, place_G])
    digests = [hashlib.blake2b(x_G, digest_size=16).digest() for x_G in x_CG]
    return np.asfortranarray(x_CG[sorted(range(len(digests)), key=digests.__getitem__)])


def _explain_one(
    explain: Explain,
    x_CR: npt.NDArray[np.float32],
    y_C: npt.NDArray[np.float64],
    own: int | None,
    seed: int,
) -> npt.NDArray[np.float64]:
    """Return the importances (R,) for one target; `own` is its column among the regulators."""
    n_predictors = x_CR.shape[1] - (own is not None)
    if n_predictors == 0 or y_C.min() == y_C.max():
        return np.zeros(x_CR.shape[1])
    x_CP = x_CR if own is None else np.delete(x_CR, own, axis=1)
    # a variance reduction is never negative, but its rounding error may be
    importances_P = np.maximum(explain(x_CP, y_C, seed), 0.0)
    return importances_P if own is None else np.insert(importances_P, own, 0.0)
