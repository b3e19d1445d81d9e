"""From rank sums to calls: which perturbations hit their own gene, which genes answer."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from bengrn.errors import TruthError
from bengrn.screens.cells import ScreenCells
from bengrn.screens.rank_sum import Comparison, benjamini_hochberg, compare_with_controls
from bengrn.screens.rule import PerturbationOutcome, ScreenRule

__all__ = ["Calls", "ScreenTests", "call_edges", "check_on_target", "run_tests"]

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

# a group in which fewer cells than this would show a gene cannot show its loss: Poisson(0; 5) = 0.7 %
_EXPECTED_CELLS = 5


@dataclass(frozen=True, eq=False)
class ScreenTests:
    """P perturbations against controls, at the G genes that are targets or perturbed.

    Parameters
    ----------
    cells
        The cells, at these genes.
    compared
        Their comparison.
    fold_PG
        Log2 fold changes of the means.
    is_target_G
        Whether a gene is seen in enough cells to be a target.
    """

    cells: ScreenCells
    compared: Comparison
    fold_PG: Floats
    is_target_G: Booleans


@dataclass(frozen=True, eq=False)
class Calls:
    """What was tested, shape (P, G), what is an edge, and the largest p-value of one, shape (P,)."""

    tested_PG: Booleans
    edge_PG: Booleans
    cut_P: Floats


def run_tests(cells: ScreenCells, rule: ScreenRule) -> ScreenTests:
    """Test every perturbation at the genes seen in enough cells, and at the perturbed genes.

    Raises
    ------
    TruthError
        If no gene is seen in enough cells.
    """
    is_target_G = cells.detected() >= rule.min_detected
    if not is_target_G.any():
        raise TruthError(f"No gene is seen in {rule.min_detected:.0%} of the cells. Lower min_detected.")
    if rule.depth == "median-ratio":
        cells = cells.with_equal_medians(np.flatnonzero(is_target_G))
    wanted_G = is_target_G.copy()
    wanted_G[cells.own[cells.own >= 0]] = True
    cells = cells.at(np.flatnonzero(wanted_G))
    compared = compare_with_controls(cells.x_CG, cells.design)
    extra = rule.pseudocount / float(np.median(cells.design.depth_C[cells.is_control]))
    fold_PG = np.log2(compared.mean_PG + extra) - np.log2(compared.control_PG + extra)
    return ScreenTests(cells, compared, fold_PG, is_target_G[wanted_G])


def check_on_target(tests: ScreenTests, rule: ScreenRule) -> list[PerturbationOutcome]:
    """Return for every perturbation whether its own gene went where it should."""
    cells = tests.cells
    sizes = np.bincount(cells.design.group_C)[1:]
    in_controls_G = np.asarray(cells.x_CG[cells.is_control].count_nonzero(axis=0)) / cells.is_control.sum()
    downward = 1 if rule.direction == "loss" else -1
    limit = np.log2(rule.remaining)
    outcomes = []
    for p, (name, size, own) in enumerate(zip(cells.names, sizes.tolist(), cells.own, strict=True)):
        # a gain shows even where controls are silent
        checkable = own >= 0 and (downward < 0 or in_controls_G[own] * size >= _EXPECTED_CELLS)
        if not checkable:
            why = "not measured" if own < 0 else "seen in too few controls to be checked"
            reason = why if rule.unmeasured == "drop" else ""
            outcomes.append(PerturbationOutcome(name, size, reason=reason))
            continue
        fold = float(tests.fold_PG[p, own])
        p_value = float(special.ndtr(downward * tests.compared.z_PG[p, own]))
        hit = downward * fold <= limit and p_value < rule.alpha
        reason = "" if hit else f"on-target log2 fold change {fold:.2f}, p = {p_value:.2g}"
        outcomes.append(PerturbationOutcome(name, size, fold, p_value, reason=reason))
    return outcomes


def call_edges(tests: ScreenTests, passed_P: Booleans, rule: ScreenRule) -> Calls:
    """Return which genes answer the perturbations that passed.

    The cut of a perturbation is the largest p-value that became significant, or where none did, what
    the smallest one would have had to be.
    """
    p_PG = tests.compared.p_values
    tested_PG = passed_P[:, None] & tests.is_target_G
    own = tests.cells.own
    tested_PG[np.flatnonzero(own >= 0), own[own >= 0]] = False
    adjusted_PG = np.ones(p_PG.shape)
    if rule.correction == "screen":
        adjusted_PG[tested_PG] = benjamini_hochberg(p_PG[tested_PG])
    else:
        for p in np.flatnonzero(passed_P):
            adjusted_PG[p, tested_PG[p]] = benjamini_hochberg(p_PG[p, tested_PG[p]])
    found_PG = adjusted_PG < rule.alpha
    together = tested_PG.sum() if rule.correction == "screen" else tested_PG.sum(axis=1)
    largest_P = np.where(found_PG, p_PG, 0).max(axis=1)
    if rule.correction == "screen":
        largest_P[:] = largest_P.max()
    cut_P = np.maximum(largest_P, rule.alpha / np.maximum(together, 1))
    return Calls(tested_PG, found_PG & (np.abs(tests.fold_PG) >= rule.min_effect), cut_P)
