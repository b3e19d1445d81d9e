"""Five knock-downs in H1 embryonic stem cells (Virtual Cell Challenge 2025): truth and control cells.

The file is the cut of the challenge's training set that the package cell_eval2 shows its usage with:
600 cells, 1,000 genes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from scipy import sparse

from bengrn.plugin import Dataset, Remote, TruthSource, hookimpl
from bengrn_datasets.screens.derived import CONTROL, DerivedTruth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["VccH1Cells", "VccH1Screen", "read_vcc"]

_FILES = {
    "screen": Remote(
        "https://huggingface.co/datasets/arcinstitute/VCC_train",
        "eb36c766cbf76353f9981cb3a3aa32137622d1de53b29d861c483742bcd4dec7",
        4_991_092,
        "perturb_vcc_h1/H1-VCC-2025-training.h5ad",
        by_hand="unpack docs/data/H1-VCC-2025-training.h5ad from the source archive of cell_eval2 0.20.0",
    )
}
_LICENCE = "MIT (the package cell_eval2); the data are public, under the terms of their data-set card"
_CITATION = "Roohani et al. 2025, Cell (Virtual Cell Challenge)"


@dataclass(frozen=True, kw_only=True)
class VccH1Cells:
    """H1 embryonic stem cells, 1,000 genes, counts of 10x Flex.

    By default the 100 cells with a non-targeting guide: few, for a network. The 500 knock-down cells are
    left out unless asked for (`cells=all`): a network inferred from them would be shown the
    interventions that the truth is made of.

    Parameters
    ----------
    cells
        "control", or "all" 600.
    """

    name: ClassVar[str] = "vcc-h1"
    description: ClassVar[str] = "H1 stem cells with non-targeting guides, 100 cells x 1,000 genes"
    files: ClassVar[Mapping[str, Remote]] = _FILES
    organism: ClassVar[str] = "human"
    licence: ClassVar[str] = _LICENCE
    citation: ClassVar[str] = _CITATION
    cell_type: ClassVar[str] = ""

    cells: Literal["control", "all"] = "control"

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read raw counts (C, G), with `perturbation`, `guide`, `batch` and `pool` of each cell.

        Raises
        ------
        ValueError
            If the file is not such an h5ad.
        """
        adata = read_vcc(paths["screen"])
        if self.cells == "all":
            return adata
        return adata[(adata.obs["perturbation"] == CONTROL).to_numpy()].copy()


@dataclass(frozen=True, kw_only=True)
class VccH1Screen(DerivedTruth):
    """Which of 1,000 genes change when one of five genes is knocked down in H1 stem cells.

    Derived here from the cells, each knock-down (100 cells) against 100 non-targeting cells of the same
    pool (`ScreenRule` says how): 51 edges, 47 of them of MED12; SRC and STAT1 have none. An edge is an
    effect, direct or not.

    Small: it shows how a screen becomes a truth, and ranks nothing. Only TMSB4X is itself among the
    1,000 genes (mean 4.0 counts, 126.5 in controls); for MED12, SRC, STAT1 and TET1 the knock-down cannot
    be checked (counted in the losses; preset `checked` drops them). Data of this screen hold one
    regulator, too few for a score; the default is other H1 cells, `mccalla-chen`, which hold more.

    Parameters
    ----------
    alpha, correction, min_cells, min_detected, remaining, unmeasured, min_effect
        As in `ScreenRule`.
    batch
        Compare within a "pool" (of three), within a "batch" (of 48, two cells of a kind in each; fewer
        edges), or not ("none").
    """

    name: ClassVar[str] = "vcc-h1"
    description: ClassVar[str] = "effects of 5 knock-downs in H1 stem cells on 1,000 genes, tested here"
    files: ClassVar[Mapping[str, Remote]] = _FILES
    data: ClassVar[str] = "mccalla-chen"  # H1 cells, too; the panel holds only one of the regulators
    organism: ClassVar[str] = "human"
    licence: ClassVar[str] = _LICENCE
    citation: ClassVar[str] = _CITATION
    release: ClassVar[str] = "cell_eval2 0.20.0, H1-VCC-2025-training"

    batch: Literal["pool", "batch", "none"] = "pool"

    def cells(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read all cells; raises ValueError where the file is another."""
        return read_vcc(paths["screen"])


def read_vcc(path: Path) -> "AnnData":
    """Read counts (C, G), CSR float32; `perturbation`, `guide`, `batch` and `pool` of each cell.

    Raises
    ------
    ValueError
        If the file is no h5ad, or lacks a column.
    """
    import h5py
    from anndata import AnnData
    from anndata.io import read_elem

    try:
        with h5py.File(path, "r") as stored:
            x_CG, obs, var = (read_elem(stored[part]) for part in ("X", "obs", "var"))
    except (OSError, KeyError) as error:
        line = str(error).partition("\n")[0]
        raise ValueError(f"{path.name} cannot be read as h5ad ({line}). Fetch it again") from error
    lacking = [one for one in ("target_gene", "guide_id", "batch") if one not in obs]
    if lacking:
        raise ValueError(f"{path.name} lacks obs[{lacking[0]!r}]; expected the training set's columns")
    adata = AnnData(X=sparse.csr_array(x_CG, dtype=np.float32))
    adata.var_names, adata.obs_names = var.index.astype(str), obs.index.astype(str)
    if "gene_id" in var:
        adata.var["ensembl"] = var["gene_id"].astype(str).to_numpy()
    adata.obs["perturbation"] = obs["target_gene"].astype(str).to_numpy()
    adata.obs["guide"] = obs["guide_id"].astype(str).to_numpy()
    batches = obs["batch"].astype(str)
    adata.obs["batch"] = batches.to_numpy()
    # "Flex_1_05" is the fifth probe barcode of the first pool
    adata.obs["pool"] = batches.str.rsplit("_", n=1).str[0].to_numpy()
    return adata


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer the truth."""
    return [VccH1Screen]


@hookimpl
def bengrn_datasets() -> "Sequence[type[Dataset]]":
    """Offer the control cells."""
    return [VccH1Cells]
