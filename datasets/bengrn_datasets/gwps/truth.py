"""The genome-wide Perturb-seq screen of K562 (Replogle et al. 2022): a truth, and its control cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.plugin import Dataset, Remote, Truth, TruthSource, hookimpl
from bengrn_datasets.gwps.controls import GwpsControls
from bengrn_datasets.gwps.edges import effect_matrices, moved_onto, strongest_edges, without_self_pairs
from bengrn_datasets.gwps.h5ad_rows import opened, read_names
from bengrn_datasets.gwps.remotes import BULK, CITATION, ESSENTIAL, P_VALUES, files_by_settings
from bengrn_datasets.gwps.tables import PValues, read_checks, read_effects, read_p_values

__all__ = ["Gwps"]


@dataclass(frozen=True, kw_only=True)
class Gwps:
    """Perturbed gene -> gene whose expression changes, in the genome-wide CRISPRi screen of K562 cells.

    An edge: the distribution of the measured gene differs between cells with the perturbation and control
    cells (Anderson-Darling test, p-values corrected after Benjamini and Hochberg by the authors). Effects
    are total, not direct: most edges pass through other genes, or through the cell's state. CRISPRi can
    silence a neighbour that shares a promoter. Absence of an edge may be want of cells. Targets are the
    genes that the authors tested; genes are named by Ensembl id.

    The cells of `gwps-controls` are, as in the scPRINT paper, those of another screen (essential genes, 11
    GB to download); `--data gwps-controls:genome-wide` takes those of this one (66 GB).

    Parameters
    ----------
    alpha
        A corrected p-value below this is an edge.
    regulators
        "checked": perturbed genes whose cells suffice and whose own expression fell, by the authors'
        pseudo-bulk; a gene whose knock-down was not measured is left out. "all": every perturbed gene.
    min_cells
        Cells that a checked perturbation must have.
    max_remaining
        Share of its expression that a checked regulator may keep.
    effects
        Whether edges carry the mean z-scored change of expression on knock-down, and a sign: a target that
        falls is activated.
    strongest
        Share of the edges that stay, those with the largest |effect| (ties at the cut stay); below 1 it
        needs `effects`. What is weaker, or has no effect size, counts as false.
    only_tfs
        Leave out regulators that are no transcription factor.
    rows
        "perturbed", the right direction; or "measured": transposed, as the paper scored it.
    universe
        "tested" pairs only; or "cells": every gene of the cells as row and column, as the paper scored it,
        where untested pairs count as false.
    """

    name: ClassVar[str] = "gwps"
    description: ClassVar[str] = "genome-wide Perturb-seq of K562: perturbed gene -> gene that changes"
    files: ClassVar[Mapping[str, Remote]] = files_by_settings(p_values=P_VALUES, bulk=BULK, cells=ESSENTIAL)
    data: ClassVar[str] = "gwps-controls"
    organism: ClassVar[str] = "human"
    licence: ClassVar[str] = "CC0 (p-values), CC BY 4.0 (pseudo-bulk and cells)"
    citation: ClassVar[str] = CITATION
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "strict-p": {"alpha": 0.01},
        "effect-ranked": {"effects": True, "strongest": 0.1},
        "tf": {"only_tfs": True},
        "all": {"regulators": "all"},
        "published": {"regulators": "all", "rows": "measured", "universe": "cells"},
    }

    alpha: float = 0.05
    regulators: Literal["checked", "all"] = "checked"
    min_cells: int = 50
    max_remaining: float = 0.5
    effects: bool = False
    strongest: float = 1.0
    only_tfs: bool = False
    rows: Literal["perturbed", "measured"] = "perturbed"
    universe: Literal["tested", "cells"] = "tested"

    def __post_init__(self) -> None:
        """Refuse settings that make no sense."""
        for setting, most in (("alpha", 1.0), ("strongest", 1.0), ("max_remaining", np.inf)):
            value = getattr(self, setting)
            if not 0 < value <= most:
                expected = "a number above 0" if most == np.inf else "a number above 0 and at most 1"
                raise ValueError(f"{setting} is {value}; expected {expected}")
        if self.min_cells < 0:
            raise ValueError(f"min_cells is {self.min_cells}; expected 0 or more")
        if self.strongest < 1 and not self.effects:
            raise ValueError(f"strongest is {self.strongest}, but effects is false; set effects=true as well")

    def needed_files(self) -> tuple[str, ...]:
        """Return the names of the files that these settings need."""
        bulk = ("bulk",) if self.regulators == "checked" or self.effects else ()
        return ("p_values", *bulk, *(("cells",) if self.universe == "cells" else ()))

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the truth; `losses` says what was left out.

        Raises
        ------
        ValueError
            If a file is broken or of another format, or no edge is left.
        """
        found = read_p_values(paths["p_values"], alpha=self.alpha)
        losses = dict(found.losses)
        found = self._choose(found, paths, losses)
        regulators, targets, edges = found.regulators, found.targets, found.edges
        if self.universe == "tested":  # the published matrix has its self-pairs, which nothing scores
            edges = without_self_pairs(edges, regulators, targets, losses)
        effects = {}
        if self.effects:
            change_E = read_effects(paths["bulk"], found.columns, targets, edges)
            edges, change_E = strongest_edges(edges, change_E, self.strongest, losses)
            effects = effect_matrices(edges, change_E)
        if not edges.nnz:
            raise ValueError("no pair of two genes has such a p-value; relax the settings")
        matrices = {"edges": edges, **effects}
        if self.universe == "cells":
            with opened(paths["cells"]) as stored:
                genes = tuple(sorted(read_names(stored["var"])))
            matrices = {what: moved_onto(one, regulators, targets, genes) for what, one in matrices.items()}
            losses["edges outside the genes of the cells"] = edges.nnz - matrices["edges"].nnz
            regulators = targets = genes
        if self.rows == "measured":
            matrices = {what: sparse.csr_array(one.T) for what, one in matrices.items()}
            regulators, targets = targets, regulators
        return Truth(
            **matrices,
            regulators=regulators,
            targets=targets,
            organism=self.organism,
            id_kind="ensembl",
            version="Figshare+ 21632564 v1",
            licence=self.licence,
            citation=self.citation,
            losses={reason: count for reason, count in losses.items() if count},
        )

    def _choose(self, found: PValues, paths: Mapping[str, Path], losses: dict[str, int]) -> PValues:
        """Return the perturbed genes that may regulate, counting the others under the first reason."""
        left_out: dict[str, npt.NDArray[np.bool_]] = {}
        if self.regulators == "checked":
            cells_R, remaining_R = read_checks(paths["bulk"], found.columns)
            left_out["regulators with too few cells"] = ~(cells_R >= self.min_cells)
            left_out["regulators whose knock-down was not measured"] = ~np.isfinite(remaining_R)
            left_out["regulators that were not knocked down"] = remaining_R > self.max_remaining
        if self.only_tfs:
            factors = _transcription_factors()
            left_out["regulators that are no transcription factor"] = np.array(
                [gene not in factors for gene in found.regulators]
            )
        kept_R = np.ones(len(found.regulators), bool)
        for reason, out_R in left_out.items():
            losses[reason] = int((kept_R & out_R).sum())
            kept_R &= ~out_R
        if not kept_R.any():
            why = "; ".join(f"{losses[reason]} {reason}" for reason in left_out if losses[reason])
            raise ValueError(f"no perturbed gene is left ({why}); relax the settings")
        kept = np.flatnonzero(kept_R)
        return PValues(
            tuple(found.regulators[one] for one in kept),
            tuple(found.columns[one] for one in kept),
            found.targets,
            sparse.csr_array(found.edges[kept]),
        )


def _transcription_factors() -> set[str]:
    """Return the Ensembl ids of human transcription factors."""
    from bengrn.plugin import gene_table, transcription_factors

    genes = gene_table("human").genes
    return {
        one for symbol in transcription_factors("human") if symbol in genes for one in genes[symbol].ensembl
    }


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer the screen as a truth."""
    return [Gwps]


@hookimpl
def bengrn_datasets() -> "Sequence[type[Dataset]]":
    """Offer its control cells."""
    return [GwpsControls]
