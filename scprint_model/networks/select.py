"""Which cells and genes a network is made from."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from scprint_model.errors import ConfigError, CorpusError
from scprint_model.predict.cells import Cells

__all__ = ["Genes", "choose_cells", "choose_genes"]

Genes = Literal["variable", "different", "expressed", "all"]
Floats = npt.NDArray[np.float64]

_BLOCK = 512  # cells read at a time
_KNOTS = 200
_SPAN = 0.3  # of the genes that a knot of the trend sees, as in the published rule


def choose_cells(
    cells: Cells, most: int | None, labels: Sequence[str] | None = None, label: str | None = None
) -> npt.NDArray[np.int64]:
    """Return the deepest cells, of one kind if that is asked for.

    Parameters
    ----------
    cells
        C cells.
    most
        How many; None: all of the kind.
    labels, label
        The kind of each of the C cells, and the kind that is wanted; None: all.

    Returns
    -------
    array
        Places of cells, deepest first; cells of equal depth by name, so that their order does not matter.

    Raises
    ------
    CorpusError
        If no cell is of that kind.
    ConfigError
        If `most` is below 1.
    """
    if most is not None and most < 1:
        raise ConfigError(f"The number of cells is {most}; expected 1 or more.")
    kept = np.arange(len(cells))
    if label is not None:
        given = np.array([str(one) for one in labels or ()])
        kept = np.flatnonzero(given == label)
        if not len(kept):
            known = ", ".join(sorted(set(given.tolist()))[:8]) or "none"
            raise CorpusError(f"No cell is a {label!r}; the cells are {known}.")
    names = np.array(cells.names)[kept]
    order = np.lexsort((names, -cells.depth[kept].astype(np.float64)))
    return kept[order][:most]


def choose_genes(
    cells: Cells, how: Genes, most: int, chosen: npt.NDArray[np.int64] | None = None
) -> tuple[str, ...]:
    """Return names of genes that data and model share.

    Parameters
    ----------
    cells
        C cells.
    how
        ``variable``: by the variance of their counts over what their mean makes expected; ``different``: by
        the t statistic of log counts in the chosen cells against the others; ``expressed``: by their total
        count; ``all``.
    most
        How many; ``all`` does not ask.
    chosen
        The cells that count; None: all.

    Raises
    ------
    ConfigError
        If there is no such rule, or nothing to compare the cells with.
    """
    if how not in get_args(Genes):
        raise ConfigError(f"genes is {how!r}; it can be {', '.join(get_args(Genes))}.")
    if most < 1:
        raise ConfigError(f"The number of genes is {most}; expected 1 or more.")
    if how == "all":
        return cells.genes
    chosen = np.arange(len(cells)) if chosen is None else chosen
    score_N = {"variable": _variable, "different": _different, "expressed": _expressed}[how](cells, chosen)
    # equal scores by the row of the gene table, which the order of the data does not change
    best = np.sort(np.lexsort((cells.rows, -score_N))[:most])
    return tuple(cells.genes[place] for place in best)


def _moments(cells: Cells, chosen: npt.NDArray[np.int64], *, log: bool) -> tuple[Floats, Floats]:
    """Return mean and variance of each gene's counts, or of log(1 + counts per 10,000); N each."""
    total_N, square_N = np.zeros(len(cells.rows)), np.zeros(len(cells.rows))
    for first in range(0, len(chosen), _BLOCK):
        part = chosen[first : first + _BLOCK]
        x_BN = cells.counts(part).astype(np.float64)
        if log:
            x_BN = np.log1p(x_BN * (1e4 / np.maximum(cells.depth[part], 1))[:, None])
        total_N += x_BN.sum(axis=0)
        square_N += np.square(x_BN).sum(axis=0)
    mean_N = total_N / len(chosen)
    return mean_N, np.maximum(square_N - len(chosen) * mean_N**2, 0) / max(len(chosen) - 1, 1)


def _expressed(cells: Cells, chosen: npt.NDArray[np.int64]) -> Floats:
    return _moments(cells, chosen, log=False)[0]


def _different(cells: Cells, chosen: npt.NDArray[np.int64]) -> Floats:
    others = np.setdiff1d(np.arange(len(cells)), chosen)
    if len(others) < 2 or len(chosen) < 2:
        raise ConfigError("genes=different needs other cells beside the chosen ones; use genes=variable.")
    (mean_N, variance_N), (mean_other_N, variance_other_N) = (
        _moments(cells, part, log=True) for part in (chosen, others)
    )
    error_N = np.sqrt(variance_N / len(chosen) + variance_other_N / len(others))
    return np.divide(mean_N - mean_other_N, error_N, out=np.zeros_like(error_N), where=error_N > 0)


def _variable(cells: Cells, chosen: npt.NDArray[np.int64]) -> Floats:
    """Return the variance of counts standardised by the trend of the variance over the mean.

    The rule known as seurat_v3 (Stuart et al. 2019, https://doi.org/10.1016/j.cell.2019.05.031): standardised
    counts are cut at the square root of the number of cells. The trend is a local quadratic at 200 knots with
    straight lines between them, instead of a loess at every gene.
    """
    mean_N, variance_N = _moments(cells, chosen, log=False)
    varies_N = variance_N > 0
    if not varies_N.any():
        return np.zeros(len(mean_N))
    deviation_N = np.ones(len(mean_N))
    deviation_N[varies_N] = np.sqrt(10 ** _trend(np.log10(mean_N[varies_N]), np.log10(variance_N[varies_N])))
    most_N = mean_N + deviation_N * np.sqrt(len(chosen))
    total_N, square_N = np.zeros(len(mean_N)), np.zeros(len(mean_N))
    for first in range(0, len(chosen), _BLOCK):
        x_BN = np.minimum(cells.counts(chosen[first : first + _BLOCK]), most_N)
        total_N += x_BN.sum(axis=0)
        square_N += np.square(x_BN).sum(axis=0)
    spread_N = len(chosen) * mean_N**2 + square_N - 2 * total_N * mean_N
    score_N: Floats = spread_N / ((len(chosen) - 1 or 1) * deviation_N**2)
    score_N[~varies_N] = 0
    return score_N


def _trend(x_N: Floats, y_N: Floats) -> Floats:
    """Return y's trend over x: at each knot a quadratic through the nearest genes, the nearer the heavier."""
    order = np.argsort(x_N, kind="stable")
    x_N, y_N = x_N[order], y_N[order]
    span = min(max(round(_SPAN * len(x_N)), 4), len(x_N))
    knots = np.unique(np.interp(np.linspace(0, len(x_N) - 1, _KNOTS), np.arange(len(x_N)), x_N))
    at = np.empty(len(knots))
    for place, knot in enumerate(knots):
        first = int(np.clip(np.searchsorted(x_N, knot) - span // 2, 0, len(x_N) - span))
        # the window of the nearest: it slides until neither end is farther than the next one outside
        while first + span < len(x_N) and x_N[first + span] - knot < knot - x_N[first]:
            first += 1
        while first > 0 and knot - x_N[first - 1] < x_N[first + span - 1] - knot:
            first -= 1
        near_x, near_y = x_N[first : first + span] - knot, y_N[first : first + span]
        reach = max(float(np.abs(near_x).max()), 1e-12)
        weight = np.clip(1 - (np.abs(near_x) / reach) ** 3, 0, None) ** 1.5  # square root of the tricube
        terms = np.vander(near_x / reach, 3, increasing=True) * weight[:, None]
        at[place] = np.linalg.lstsq(terms, near_y * weight, rcond=None)[0][0]
    trend_N = np.interp(x_N, knots, at)
    found = np.empty(len(x_N))
    found[order] = trend_N
    return found
