"""Controls against controls: what the tests of a screen call significant where nothing was perturbed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.screens.rank_sum import (
    Design,
    benjamini_hochberg,
    compare_with_controls,
    median_ratio_depth,
)

__all__ = ["Calibration", "calibrate_controls"]


@dataclass(frozen=True)
class Calibration:
    """What became of pseudo-perturbations: groups of control cells drawn at random.

    Parameters
    ----------
    groups, tests
        Pseudo-perturbations, and tests of them at a gene.
    below_05, below_001
        Shares of tests with p < 0.05 and p < 0.001; near those numbers where the test is exact.
    false_edges, groups_with_edges
        Tests that would have become edges, and the groups that hold them: all false, so that about a share
        alpha of the groups may hold any.
    """

    groups: int
    tests: int
    below_05: float
    below_001: float
    false_edges: int
    groups_with_edges: int


def calibrate_controls(
    x_CG: sparse.csr_array,
    design: Design,
    *,
    sizes: Sequence[int],
    alpha: float,
    seed: int,
    median_ratio: bool = False,
) -> Calibration:
    """Test random groups of controls against the other controls.

    Parameters
    ----------
    x_CG
        Counts of C controls at the tested genes.
    design
        Of these cells; its batches and depths are kept, its groups are not looked at.
    sizes
        Cells of each pseudo-perturbation; at most half of the controls are taken for one.
    alpha
        Of the edges, after Benjamini and Hochberg's correction for each pseudo-perturbation.
    seed
        The only source of randomness.
    median_ratio
        Whether depths are corrected as `median_ratio_depth` does.
    """
    generator = np.random.default_rng(seed)
    waiting = [min(size, x_CG.shape[0] // 2) for size in sizes]
    p_values: list[npt.NDArray[np.float64]] = []
    while waiting:
        group_C, taken = _draw(waiting, x_CG.shape[0], generator)
        del waiting[:taken]
        drawn = Design(group_C, design.stratum_C, design.depth_C, taken, design.strata)
        if median_ratio:
            drawn = Design(group_C, design.stratum_C, median_ratio_depth(x_CG, drawn), taken, design.strata)
        p_values.extend(compare_with_controls(x_CG, drawn).p_values)
    p_PG = np.array(p_values)
    edges_P = [int((benjamini_hochberg(p_G) < alpha).sum()) for p_G in p_PG]
    return Calibration(
        groups=len(p_PG),
        tests=p_PG.size,
        below_05=float((p_PG < 0.05).mean()),
        below_001=float((p_PG < 0.001).mean()),
        false_edges=sum(edges_P),
        groups_with_edges=sum(edges > 0 for edges in edges_P),
    )


def _draw(
    sizes: Sequence[int], cells: int, generator: np.random.Generator
) -> tuple[npt.NDArray[np.int64], int]:
    """Return groups of the first sizes, disjoint, out of half of the cells, and how many groups fit."""
    fits = max(1, int((np.cumsum(sizes) <= cells // 2).sum()))
    group_C = np.zeros(cells, np.int64)
    members = np.repeat(np.arange(1, fits + 1), sizes[:fits])
    group_C[generator.permutation(cells)[: len(members)]] = members
    return group_C, fits
