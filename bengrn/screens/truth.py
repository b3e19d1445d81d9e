"""A truth out of any perturbation screen: who answers, beyond chance, when a gene is perturbed."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn import genes as gene_names
from bengrn.errors import TruthError
from bengrn.screens.calls import Calls, ScreenTests, call_edges, check_on_target, run_tests
from bengrn.screens.cells import ScreenCells, take_cells
from bengrn.screens.null import Calibration, calibrate_controls
from bengrn.screens.power import detectable_falls, typical_gene
from bengrn.screens.rank_sum import Design
from bengrn.screens.rule import PerturbationOutcome, ScreenReport, ScreenRule
from bengrn.values import Truth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["PerturbationOutcome", "ScreenReport", "ScreenRule", "screen_truth"]


def screen_truth(
    adata: "AnnData",
    *,
    perturbation: str | Sequence[str | None],
    control: str,
    rule: ScreenRule | None = None,
    batch: str | Sequence[str] | None = None,
    layer: str = "X",
    organism: str = "human",
    version: str = "",
    licence: str = "",
    citation: str = "",
    null_groups: int = 0,
    seed: int = 0,
) -> tuple[Truth, ScreenReport]:
    """Derive a truth from a screen: each perturbation against the controls, at every measured gene.

    An edge leads from the perturbed gene (row) to a gene (column) whose depth-normalised counts
    differ by Wilcoxon's rank-sum test, stratified by batch. Its effect is the log2 fold change of
    the means. Regulators without edges stay: they were tested.

    Parameters
    ----------
    adata
        Raw counts of C cells x G genes; a cell's depth in `obs["total_counts"]` if it is more than the
        counts here add up to. Not modified.
    perturbation
        A column of `obs`, or C labels: the perturbed gene, spelled as in `var_names`; missing or empty
        for a cell to leave out.
    control
        The label of unperturbed cells.
    rule
        Default: `ScreenRule()`.
    batch
        A column of `obs`, or C labels; cells are compared within a batch only. Cells without a label are
        one batch.
    layer
        Where the counts are.
    organism, version, licence, citation
        As in `Truth`.
    null_groups
        Pseudo-perturbations of the calibration; 0 for none.
    seed
        Of the calibration.

    Raises
    ------
    DataError
        If a column or the control is missing, cells do not suffice, or the data are no counts.
    TruthError
        If no perturbation or no gene is left.
    """
    rule = rule or ScreenRule()
    cells = take_cells(
        adata,
        perturbation,
        control,
        batch=batch,
        layer=layer,
        min_cells=rule.min_cells,
        min_controls=rule.min_controls,
    )
    tests = run_tests(cells, rule)
    outcomes = check_on_target(tests, rule)
    passed_P = np.array([one.passed for one in outcomes])
    if not passed_P.any():
        reasons = "; ".join(f"{one.name}: {one.reason}" for one in outcomes[:3])
        raise TruthError(f"None of {len(outcomes)} perturbations is a regulator ({reasons}). Relax the rule.")
    calls = call_edges(tests, passed_P, rule)
    truth = dataclasses.replace(
        _truth(tests, outcomes, calls, rule),
        organism=organism,
        version=version,
        licence=licence,
        citation=citation,
        losses=_losses(cells, tests, outcomes),
    )
    calibration = _calibrate(tests, outcomes, rule, null_groups, seed) if null_groups else None
    return truth, _report(cells, tests, outcomes, calls, rule, calibration)


def _truth(
    tests: ScreenTests, outcomes: Sequence[PerturbationOutcome], calls: Calls, rule: ScreenRule
) -> Truth:
    """Return the edges of the perturbations that passed, their signs and effects.

    Where the ranks say more and the mean says less, or the other way round, the sign is unknown.
    """
    rows = np.flatnonzero([one.passed for one in outcomes])
    columns = np.flatnonzero(tests.is_target_G)
    cut = np.ix_(rows, columns)
    place_E = np.nonzero(calls.edge_PG[cut])
    shape = (len(rows), len(columns))
    fold_E = tests.fold_PG[cut][place_E]
    follows = -1 if rule.direction == "loss" else 1
    by_rank_E, by_mean_E = np.sign(tests.compared.z_PG[cut][place_E]), np.sign(fold_E)
    sign_E = np.where(by_rank_E == by_mean_E, follows * by_rank_E, 0).astype(np.int8)
    known_E = sign_E != 0
    targets = tuple(tests.cells.genes[column] for column in columns)
    return Truth(
        edges=sparse.csr_array((np.ones(len(sign_E), bool), place_E), shape=shape),
        regulators=tuple(tests.cells.names[row] for row in rows),
        targets=targets,
        sign=sparse.csr_array((sign_E[known_E], tuple(one[known_E] for one in place_E)), shape=shape),
        effect=sparse.csr_array((fold_E.astype(np.float32), place_E), shape=shape),
        id_kind=gene_names.id_kind(targets),
    )


def _losses(
    cells: ScreenCells, tests: ScreenTests, outcomes: Sequence[PerturbationOutcome]
) -> dict[str, int]:
    """Return what was left out, and how much."""
    checked = [one for one in outcomes if one.log2_fold is not None]
    unchecked = [one for one in outcomes if one.log2_fold is None]
    losses = {
        **cells.losses,
        "perturbations of too few cells": len(cells.too_few),
        "perturbations that did not change their own gene": sum(not one.passed for one in checked),
        "perturbed genes that cannot be checked, left out": sum(not one.passed for one in unchecked),
        "perturbed genes that cannot be checked, kept": sum(one.passed for one in unchecked),
        "measured genes seen in too few cells": len(cells.genes) - int(tests.is_target_G.sum()),
    }
    return {reason: count for reason, count in losses.items() if count}


def _report(
    cells: ScreenCells,
    tests: ScreenTests,
    outcomes: Sequence[PerturbationOutcome],
    calls: Calls,
    rule: ScreenRule,
    calibration: Calibration | None,
) -> ScreenReport:
    """Return the report, with the power of every perturbation that passed."""
    x_CG, depth_C = _controls(tests)
    typical = typical_gene(x_CG, depth_C)
    sizes = np.array([one.cells for one in outcomes])
    falls_P = detectable_falls(
        typical, cells_P=sizes, controls=len(depth_C), cut_P=calls.cut_P, power=rule.power
    )
    rows = [
        PerturbationOutcome(name, count, reason=f"fewer than {rule.min_cells} cells")
        for name, count in cells.too_few.items()
    ]
    for one, tested_G, edge_G, fall in zip(outcomes, calls.tested_PG, calls.edge_PG, falls_P, strict=True):
        found = dataclasses.replace(
            one, tested=int(tested_G.sum()), significant=int(edge_G.sum()), detectable=float(fall)
        )
        rows.append(found if one.passed else one)
    return ScreenReport(
        rule,
        tuple(sorted(rows, key=lambda one: one.name)),
        controls=len(depth_C),
        genes=len(cells.genes),
        targets=x_CG.shape[1],
        typical=typical,
        calibration=calibration,
    )


def _controls(tests: ScreenTests) -> tuple[sparse.csr_array, npt.NDArray[np.float64]]:
    """Return counts of the controls at the targets, and the depths of these cells."""
    cells = tests.cells
    x_CG = cells.x_CG[cells.is_control][:, np.flatnonzero(tests.is_target_G)]
    return sparse.csr_array(x_CG), cells.design.depth_C[cells.is_control]


def _calibrate(
    tests: ScreenTests, outcomes: Sequence[PerturbationOutcome], rule: ScreenRule, groups: int, seed: int
) -> Calibration:
    """Return the calibration, with groups as large as the perturbations that passed, in turn."""
    x_CG, depth_C = _controls(tests)
    batch_C = tests.cells.design.stratum_C[tests.cells.is_control]
    passing = [one.cells for one in outcomes if one.passed]
    return calibrate_controls(
        x_CG,
        Design(np.zeros_like(batch_C), batch_C, depth_C, 0, tests.cells.design.strata),
        sizes=[passing[group % len(passing)] for group in range(groups)],
        alpha=rule.alpha,
        seed=seed,
        median_ratio=rule.depth == "median-ratio",
    )
