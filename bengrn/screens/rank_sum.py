"""Rank-sum tests of many perturbations against shared controls, on sparse counts, ties exact."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

__all__ = ["Comparison", "Design", "benjamini_hochberg", "compare_with_controls", "median_ratio_depth"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Design:
    """Which of C cells belong together.

    Parameters
    ----------
    group_C
        0 for a control, p for a cell of perturbation p = 1 ... P.
    stratum_C
        The batch, from 0; cells are compared within a batch only.
    depth_C
        What a cell's counts are divided by; above 0.
    groups, strata
        P, and the number of batches S; each batch holds a control, each group a cell.
    """

    group_C: Integers
    stratum_C: Integers
    depth_C: Floats
    groups: int
    strata: int

    @property
    def places(self) -> Integers:
        """Group and stratum of a cell as one number; controls come first."""
        return self.group_C * self.strata + self.stratum_C

    @property
    def sizes(self) -> Floats:
        """Cells of each group and stratum, shape (1 + P, S)."""
        counts = np.bincount(self.places, minlength=(1 + self.groups) * self.strata)
        return counts.reshape(-1, self.strata).astype(float)


@dataclass(frozen=True, eq=False)
class Comparison:
    """P perturbations against controls, at G genes.

    Parameters
    ----------
    z_PG
        Standardised rank sum; above 0 where the perturbed cells have more; 0 where a gene is constant.
    mean_PG, control_PG
        Mean counts per unit of depth of the perturbed cells, and of controls of the same batches.
    """

    z_PG: Floats
    mean_PG: npt.NDArray[np.float32]
    control_PG: npt.NDArray[np.float32]

    @property
    def p_values(self) -> Floats:
        """Two-sided p-values, shape (P, G), of the normal approximation."""
        return np.asarray(2 * special.ndtr(-np.abs(self.z_PG)))


def compare_with_controls(x_CG: sparse.csr_array, design: Design) -> Comparison:
    """Test every perturbation against the controls at every gene.

    The test is Wilcoxon's rank-sum test of count / depth, with the variance corrected for ties; with
    several batches van Elteren's combination of one such test per batch, weighted by 1 / (N + 1)
    (van Elteren 1960, Bull Inst Int Stat 37:351). A whole count over a whole depth is rounded the same
    way wherever the quotient is the same, so ties are exact; the logarithm would change no rank.

    Parameters
    ----------
    x_CG
        Counts, C cells x G genes, without stored zeros. Zeros are ranked, but never visited.
    design
        Of the same cells.

    Notes
    -----
    Each gene is sorted once, for all perturbations. Memory: a copy of the counts by columns, and three
    numbers per perturbation and gene.
    """
    by_gene = sparse.csc_array(x_CG)
    flat_C, sizes = design.places, design.sizes
    shape = (design.groups, x_CG.shape[1])
    z_PG, mean_PG, control_PG = np.zeros(shape), np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for gene in range(shape[1]):
        part = slice(by_gene.indptr[gene], by_gene.indptr[gene + 1])
        cells = by_gene.indices[part]
        value_N, flat_N = by_gene.data[part] / design.depth_C[cells], flat_C[cells]
        wins_PS, ties_PS = _wins_and_ties(value_N, flat_N, sizes)
        z_PG[:, gene] = _standardised(wins_PS, ties_PS, sizes)
        sum_FS = _sums(flat_N, value_N, sizes)
        mean_PG[:, gene], control_PG[:, gene] = _means(sum_FS, sizes)
    return Comparison(z_PG, mean_PG, control_PG)


def _wins_and_ties(value_N: Floats, flat_N: Integers, sizes: Floats) -> tuple[Floats, Floats]:
    """Return Mann-Whitney's U and the sum of t^3 - t over ties, shape (P, S), of one gene.

    N cells have a value above 0; the others of `sizes` are tied at 0.
    """
    strata = sizes.shape[1]
    values, level_N = np.unique(value_N, return_inverse=True)
    levels = max(len(values), 1)
    control_N = flat_N < strata
    flat_K, level_K = flat_N[~control_N], level_N[~control_N]
    stratum_K = flat_K % strata
    # how many controls of each batch have each value, and how many a smaller one above 0
    key_M = flat_N[control_N] * levels + level_N[control_N]
    same_SL = np.bincount(key_M, minlength=strata * levels).reshape(strata, levels)
    below_SL = same_SL.cumsum(axis=1) - same_SL
    zeros_FS = sizes - np.bincount(flat_N, minlength=sizes.size).reshape(sizes.shape)
    wins_K = zeros_FS[0, stratum_K] + below_SL[stratum_K, level_K] + same_SL[stratum_K, level_K] / 2
    wins_FS = _sums(flat_K, wins_K, sizes) + zeros_FS * zeros_FS[0] / 2

    # a value that t controls and u perturbed cells share
    run_J, u_J = np.unique(flat_K * levels + level_K, return_counts=True)
    flat_J, level_J = np.divmod(run_J, levels)
    t_J = same_SL[flat_J % strata, level_J]
    ties_FS = _sums(flat_J, _cubes(t_J + u_J) - _cubes(t_J), sizes)
    ties_FS += _cubes(same_SL).sum(axis=1) + _cubes(zeros_FS[0] + zeros_FS)
    return wins_FS[1:], ties_FS[1:]


def _sums(flat_N: Integers, weight_N: Floats, sizes: Floats) -> Floats:
    """Return the sum of weights at each place of an array shaped like `sizes`."""
    # of nothing, bincount returns whole numbers
    sums: Floats = np.bincount(flat_N, weights=weight_N, minlength=sizes.size).astype(float)
    return sums.reshape(sizes.shape)


def _cubes(times: npt.NDArray[np.generic]) -> Floats:
    """Return t^3 - t."""
    t: Floats = times.astype(float)
    return t * t * t - t


def _standardised(wins_PS: Floats, ties_PS: Floats, sizes: Floats) -> Floats:
    """Return van Elteren's statistic of P perturbations; with one stratum, Wilcoxon's."""
    product = sizes[0] * sizes[1:]
    total = sizes[0] + sizes[1:]
    variance = product / 12 * (total + 1 - ties_PS / np.maximum(total * (total - 1), 1))
    weight = 1 / (total + 1)
    deviation_P = (weight * (wins_PS - product / 2)).sum(axis=1)
    variance_P = (weight**2 * variance).sum(axis=1)
    # a constant gene: its variance is 0 but for rounding, where that of an untied one is the first term
    usable_P = variance_P > 1e-12 * (weight**2 * product * total).sum(axis=1)
    z_P: Floats = np.zeros(len(deviation_P))
    np.divide(deviation_P, np.sqrt(variance_P), out=z_P, where=usable_P)
    return z_P


def _means(sum_FS: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """Return the means of P perturbations, and of controls in the same proportions of batches."""
    cells_P = sizes[1:].sum(axis=1)
    matched_P: Floats = sizes[1:] @ (sum_FS[0] / np.maximum(sizes[0], 1)) / cells_P
    return sum_FS[1:].sum(axis=1) / cells_P, matched_P


def median_ratio_depth(x_CG: sparse.csr_array, design: Design) -> Floats:
    """Return depths under which the median gene of every perturbation is as high as in controls.

    Where few genes are measured and many respond, dividing by a cell's total turns a fall of some
    genes into a rise of all others. The median over genes of perturbed / control mean, which fewer
    than half of the genes cannot move, undoes that (Anders & Huber 2010, Genome Biol 11:R106, eq. 5).

    Parameters
    ----------
    x_CG
        Counts of C cells at the tested genes.
    design
        Of the same cells; its batches are pooled.

    Returns
    -------
    array
        Shape (C,): the depths of the design, those of each perturbation times one factor.
    """
    cells = np.arange(len(design.group_C))
    per_depth = 1 / design.depth_C
    average = sparse.csr_array((per_depth, (design.group_C, cells)), shape=(1 + design.groups, len(cells)))
    size_F = np.bincount(design.group_C, minlength=1 + design.groups)
    mean_FG = (average @ x_CG.astype(float)).toarray() / size_F[:, None]
    measured_G = mean_FG[0] > 0
    factor_P = np.median(mean_FG[1:, measured_G] / mean_FG[0, measured_G], axis=1)
    factor_F = np.concatenate([[1.0], np.where(factor_P > 0, factor_P, 1.0)])
    return np.asarray(design.depth_C * factor_F[design.group_C])


def benjamini_hochberg(p_N: Floats) -> Floats:
    """Return the adjusted p-values of N tests (Benjamini & Hochberg 1995, J R Stat Soc B 57:289).

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.04, 0.04]
    """
    order = np.argsort(p_N)
    stepped = p_N[order] * len(p_N) / np.arange(1, len(p_N) + 1)
    adjusted = np.empty(len(p_N))
    adjusted[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    return adjusted
