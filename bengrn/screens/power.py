"""The smallest fall of a gene that a rank-sum test of a screen would find."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

__all__ = ["TypicalGene", "detectable_falls", "typical_gene"]

Floats = npt.NDArray[np.float64]

# falls that are tried, as log2; 2^-12 of a gene is as good as none of it
_FALLS = np.concatenate([np.geomspace(0.01, 6, 160), [7.0, 8.0, 10.0, 12.0]])
# above this mean the Poisson part of the variance no longer matters, and the sums only grow longer
_LARGEST_MEAN = 1000.0
_LARGEST_COUNT = 20_000


@dataclass(frozen=True)
class TypicalGene:
    """The gene that power is stated for: the median mean and the median dispersion of the tested genes.

    Parameters
    ----------
    mean
        Counts in a control cell of median depth.
    dispersion
        Of the negative binomial: variance = mean + dispersion * mean^2.
    """

    mean: float
    dispersion: float


def typical_gene(x_CG: sparse.csr_array, depth_C: Floats) -> TypicalGene:
    """Return the typical gene of control cells, by moments.

    Parameters
    ----------
    x_CG
        Counts of C controls at the G tested genes.
    depth_C
        Their depths.
    """
    middle = float(np.median(depth_C))
    scaled = sparse.csr_array(x_CG.astype(float).multiply((middle / depth_C)[:, None]))
    mean_G = np.asarray(scaled.mean(axis=0)).ravel()
    variance_G = np.asarray((scaled * scaled).mean(axis=0)).ravel() - mean_G**2
    # a count of a cell twice as deep has half the Poisson variance once it is scaled
    poisson_G = mean_G * float(np.mean(middle / depth_C))
    seen_G = mean_G > 0
    dispersion_G = np.maximum(variance_G - poisson_G, 0)[seen_G] / mean_G[seen_G] ** 2
    return TypicalGene(float(np.median(mean_G)), float(np.median(dispersion_G)) if seen_G.any() else 0.0)


def detectable_falls(
    gene: TypicalGene,
    *,
    cells_P: npt.NDArray[np.integer],
    controls: int,
    cut_P: Floats,
    power: float,
) -> Floats:
    """Return the smallest fall, as a positive log2 fold change, that is found with the given power.

    Parameters
    ----------
    gene
        Which gene falls: X in a control and Y in a perturbed cell are negative binomial of the same
        dispersion, Y of mean 2^-fall times that of X; all cells are equally deep and of one batch.
    cells_P, controls
        Cells of each of P perturbations, and controls.
    cut_P
        The largest two-sided p-value that counts as significant, of each perturbation.
    power
        The chance wanted, such as 0.8.

    Returns
    -------
    array
        Shape (P,); infinite where even silence would be missed.

    Notes
    -----
    With n perturbed cells and m controls, U / nm estimates a = P(Y > X) + P(Y = X) / 2. Under the
    null its variance is (n + m + 1) / 12nm * (1 - sum of pi_k^3), pi_k the pooled chance of count k;
    under the fall it is about Var F(Y) / n + Var G(X) / m, with F and G the distribution functions of
    X and Y that give a tie half its weight (Hoeffding 1948, Ann Math Stat 19:293).
    Power is then Phi((|a - 1/2| - c * null sd) / sd), c the normal quantile of the cut-off.
    """
    mean = min(gene.mean, _LARGEST_MEAN)
    f_K = _negative_binomial(np.array([mean]), gene.dispersion)[0]
    g_DK = _negative_binomial(mean * np.exp2(-_FALLS), gene.dispersion, len(f_K))
    below_K, below_DK = np.cumsum(f_K) - f_K / 2, np.cumsum(g_DK, axis=1) - g_DK / 2
    shift_D = 0.5 - g_DK @ below_K
    var_y_D = np.maximum(g_DK @ below_K**2 - (g_DK @ below_K) ** 2, 0)
    var_x_D = np.maximum(below_DK**2 @ f_K - (below_DK @ f_K) ** 2, 0)
    # sum over k of (share f + (1 - share) g)^3, multiplied out
    cubes_D4 = np.stack([np.full(len(g_DK), (f_K**3).sum()), 3 * (g_DK @ f_K**2), 3 * (g_DK**2 @ f_K),
                         (g_DK**3).sum(axis=1)], axis=1)  # fmt: skip
    falls = np.full(len(cells_P), np.inf)
    for place, (cells, cut) in enumerate(zip(cells_P, cut_P, strict=True)):
        share = controls / (controls + cells)
        tied_D = cubes_D4 @ np.array(
            [share**3, share**2 * (1 - share), share * (1 - share) ** 2, (1 - share) ** 3]
        )
        null_D = np.sqrt((cells + controls + 1) / (12 * cells * controls) * np.maximum(1 - tied_D, 0))
        spread_D = np.sqrt(var_y_D / cells + var_x_D / controls)
        margin_D = shift_D + special.ndtri(max(cut, 1e-300) / 2) * null_D
        reached_D = special.ndtr(margin_D / np.maximum(spread_D, 1e-12))
        falls[place] = _crossing(reached_D, power)
    return falls


def _negative_binomial(mean_D: Floats, dispersion: float, length: int = 0) -> Floats:
    """Return D distributions over the counts 0, 1, ..., shape (D, K); K holds all but a speck of them."""
    size = 1 / max(dispersion, 1e-6)
    largest = mean_D.max()
    # the upper tail falls at least as fast as exp(-k / (1 + dispersion * mean))
    length = length or int(min(largest + 40 * (1 + dispersion * largest) + 20, _LARGEST_COUNT))
    k = np.arange(length)
    ways_K = special.gammaln(k + size) - special.gammaln(size) - special.gammaln(k + 1)
    log_DK = ways_K - size * np.log1p(mean_D / size)[:, None] - k * np.log1p(size / mean_D)[:, None]
    p_DK = np.exp(log_DK)
    return np.asarray(p_DK / p_DK.sum(axis=1, keepdims=True))


def _crossing(reached_D: Floats, power: float) -> float:
    """Return the first fall that reaches the power, between the falls tried."""
    enough = np.flatnonzero(reached_D >= power)
    if not len(enough):
        return float("inf")
    after = int(enough[0])
    if after == 0:
        return float(_FALLS[0])
    low, high = reached_D[after - 1], reached_D[after]
    part = (power - low) / (high - low)
    return float(_FALLS[after - 1] + part * (_FALLS[after] - _FALLS[after - 1]))
