"""ECCITE-seq of THP-1 cells, 25 genes knocked out (Papalexi et al. 2021): its truth and its control cells.

The file is the low-MOI example of the R package sceptredata: an R list of two sparse count matrices
(genes x cells, guides x cells), the replicate of each cell and the target of each guide.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from scipy import sparse

from bengrn.plugin import Dataset, Remote, TruthSource, hookimpl
from bengrn_datasets.screens.derived import CONTROL, DerivedTruth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["PapalexiCells", "PapalexiScreen", "read_eccite"]

_FILES = {
    "screen": Remote(
        "https://raw.githubusercontent.com/Katsevich-Lab/sceptredata/"
        "ec722d5df90dfd34ace6cc9a5745ab6a5c2a6731/data/lowmoi_example_data.rda",
        "e3f8ad09bb4b1d0deeeec2850a2d96f8f5062fef31a9ab1cc080e60560421b6a",
        1_358_267,
        "perturb_papalexi_eccite/lowmoi_example_data.rda",
    )
}
_LICENCE = "MIT (the package sceptredata); the counts are public (GEO GSE153056)"
_CITATION = "Papalexi et al. 2021, Nat Genet 53:322"


@dataclass(frozen=True, kw_only=True)
class PapalexiCells:
    """Stimulated THP-1 cells, 299 genes of the transcriptome, counts.

    By default the 1,923 cells with a non-targeting guide. Cells whose gene was knocked out are left out
    unless asked for (`cells=all`): a network inferred from them would be shown the interventions that
    the truth is made of, and would answer another question than one inferred from cells as they are.

    A cell carries the guide that has most of its guide counts; 4,537 cells have none that has 80 %. The 299
    genes are a sample of the transcriptome, so a cell's depth (median 197) is that of these genes only.

    Parameters
    ----------
    cells
        "control", or "all" 20,729.
    min_guide_share
        A cell in which no guide has this share of the guide counts is no control.
    """

    name: ClassVar[str] = "papalexi-eccite"
    description: ClassVar[str] = "THP-1 cells with non-targeting guides, 1,923 cells x 299 genes"
    files: ClassVar[Mapping[str, Remote]] = _FILES
    organism: ClassVar[str] = "human"
    licence: ClassVar[str] = _LICENCE
    citation: ClassVar[str] = _CITATION
    cell_type: ClassVar[str] = ""
    extra: ClassVar[str] = "r"

    cells: Literal["control", "all"] = "control"
    min_guide_share: float = 0.8

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read raw counts (C, G), with `perturbation`, `guide` and `replicate` of each cell.

        Raises
        ------
        ValueError
            If the file is not this R list.
        """
        adata = read_eccite(paths["screen"], self.min_guide_share)
        if self.cells == "all":
            return adata
        return adata[(adata.obs["perturbation"] == CONTROL).to_numpy()].copy()


@dataclass(frozen=True, kw_only=True)
class PapalexiScreen(DerivedTruth):
    """Which genes change when one of 25 genes is knocked out in stimulated THP-1 cells.

    Derived here from the cells, each knock-out against the non-targeting cells of the same replicate
    (`ScreenRule` says how). By default 24 regulators x 160 targets, 430 edges, most of them of the
    interferon-gamma pathway (IFNGR1, IFNGR2, JAK2, STAT1, IRF1), SMAD4 and BRD4. An edge is an effect,
    direct or not. SPI1 has too few cells (33). Fourteen regulators have no edge: their knock-out shows in
    none of these genes.

    Only nine of the perturbed genes are among the 299 measured; the others stay as regulators that
    could not be checked (counted in the losses; preset `checked` drops them), and data without them,
    such as those of the screen itself, cannot score them. A knocked-out gene is still transcribed: the
    nine keep 17 to 75 % of their mean, hence the lenient `remaining`. Interferon genes are a large share of
    so few genes, so that a total would turn their fall into a rise of all others by 13 to 18 %;
    `depth=median-ratio` undoes that.

    Parameters
    ----------
    alpha, correction, min_cells, min_detected, remaining, unmeasured, min_effect, depth
        As in `ScreenRule`.
    batch
        Compare within a "replicate" (of three), or not ("none").
    min_guide_share
        Cells in which no guide has this share of the guide counts, 4,537 of 20,729, are left out: they may
        hold two. With them (0) there are 454 edges, 397 of them among the 430.
    """

    name: ClassVar[str] = "papalexi-eccite"
    description: ClassVar[str] = "effects of 24 knock-outs in THP-1 cells on 160 genes, tested here"
    files: ClassVar[Mapping[str, Remote]] = _FILES
    data: ClassVar[str] = "papalexi-eccite"
    organism: ClassVar[str] = "human"
    licence: ClassVar[str] = _LICENCE
    citation: ClassVar[str] = _CITATION
    extra: ClassVar[str] = "r"
    release: ClassVar[str] = "sceptredata ec722d5, lowmoi_example_data"

    remaining: float = 0.8
    depth: Literal["total", "median-ratio"] = "median-ratio"
    batch: Literal["replicate", "none"] = "replicate"
    min_guide_share: float = 0.8

    def cells(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read all cells; raises ValueError where the file is another."""
        return read_eccite(paths["screen"], self.min_guide_share)


def read_eccite(path: Path, min_guide_share: float = 0.8) -> "AnnData":
    """Read counts (C, G), CSR float32; `perturbation`, `guide` and `replicate` of each cell.

    A cell whose strongest guide has less than `min_guide_share` of its guide counts has neither.

    Raises
    ------
    ValueError
        If the file is no R data, or lacks a part.
    """
    from anndata import AnnData

    parts = _read_list(path)
    try:
        (x_GC, genes), (guide_UC, guides) = parts["response_matrix"], parts["grna_matrix"]
        targets = parts["grna_target_data_frame"]
        target_of = dict(zip(map(str, targets["grna_id"]), map(str, targets["grna_target"]), strict=True))
        replicates = [str(one) for one in parts["extra_covariates"]["bio_rep"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path.name} lacks a part of the screen ({error!r}); expected a list of response_matrix, "
            "grna_matrix, grna_target_data_frame and extra_covariates. Fetch it again"
        ) from error
    unknown = [guide for guide in guides if guide not in target_of]
    if unknown or not x_GC.shape[1] == guide_UC.shape[1] == len(replicates):
        found = (
            f"a guide without a target, {unknown[0]!r}" if unknown else "parts of different numbers of cells"
        )
        raise ValueError(f"{path.name} holds {found}; fetch it again")
    guide_C = _strongest(sparse.csr_array(guide_UC.T), guides, min_guide_share)
    adata = AnnData(X=sparse.csr_array(x_GC.T, dtype=np.float32))
    adata.var_names = genes
    adata.obs_names = [f"cell{number}" for number in range(1, adata.n_obs + 1)]
    adata.obs["perturbation"] = [target_of.get(guide, "") for guide in guide_C]
    adata.obs["guide"] = guide_C
    adata.obs["replicate"] = replicates
    return adata


def _strongest(guide_CU: sparse.csr_array, guides: Sequence[str], share: float) -> list[str]:
    """Return the guide that has its share of each cell's guide counts; empty where none has, or two tie."""
    counts_CU = guide_CU.toarray()
    highest_C = counts_CU.max(axis=1)
    alone_C = (counts_CU == highest_C[:, None]).sum(axis=1) == 1
    clear_C = (highest_C > 0) & alone_C & (highest_C >= share * counts_CU.sum(axis=1))
    chosen_C = counts_CU.argmax(axis=1)
    return [guides[one] if clear else "" for one, clear in zip(chosen_C, clear_C, strict=True)]


def _read_list(path: Path) -> Mapping[str, Any]:
    """Return the parts of the R list, its sparse matrices as (matrix, row names)."""
    import rdata
    from rdata.conversion import DEFAULT_CLASS_MAP

    def triplets(_: object, slots: Mapping[str, Any]) -> tuple[sparse.csr_array, list[str]]:
        rows, columns = (int(one) for one in slots["Dim"])
        places = (slots["i"], slots["j"])
        matrix = sparse.csr_array((slots["x"], places), shape=(rows, columns), dtype=np.float32)
        return matrix, [str(name) for name in slots["Dimnames"][0]]

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # classes that are not needed
            content = rdata.read_rda(path, constructor_dict={**DEFAULT_CLASS_MAP, "dgTMatrix": triplets})
        (parts,) = content.values()
        return dict(parts)
    except Exception as error:  # a broken file ends the parser in many ways
        line = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(f"{path.name} cannot be read as R data ({line}). Fetch it again") from error


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer the truth."""
    return [PapalexiScreen]


@hookimpl
def bengrn_datasets() -> "Sequence[type[Dataset]]":
    """Offer the control cells."""
    return [PapalexiCells]
