"""The control cells of the Perturb-seq screens of Replogle et al. 2022."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from bengrn.plugin import Remote
from bengrn_datasets.gwps.h5ad_rows import (
    opened,
    read_column,
    read_names,
    row_blocks,
    rows_where,
    whole_counts,
)
from bengrn_datasets.gwps.remotes import CITATION, ESSENTIAL, GENOME_WIDE, files_by_settings

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["GwpsControls"]

_CONTROL = "non-targeting"


@dataclass(frozen=True, kw_only=True)
class GwpsControls:
    """K562 cells with a non-targeting guide, of the Perturb-seq screens of Replogle et al. 2022.

    10,691 cells x 8,563 genes of the screen of essential genes (day 6), which the scPRINT paper used; or
    75,328 cells x 8,248 genes of the genome-wide screen (day 8). Genes are named by Ensembl id, their
    symbols are in `var["symbol"]`; `obs["total_counts"]` is over all genes of the file. Only the rows of
    these cells are read.

    Parameters
    ----------
    screen
        "essential" (a file of 11 GB), or "genome-wide" (66 GB): the screen that the truth `gwps` is from.
    """

    name: ClassVar[str] = "gwps-controls"
    description: ClassVar[str] = "K562 control cells of Perturb-seq screens, 10,691 cells x 8,563 genes"
    files: ClassVar[Mapping[str, Remote]] = files_by_settings(
        **{"essential": ESSENTIAL, "genome-wide": GENOME_WIDE}
    )
    organism: ClassVar[str] = "human"
    licence: ClassVar[str] = "CC BY 4.0"
    citation: ClassVar[str] = CITATION
    cell_type: ClassVar[str] = "K562"
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {"genome-wide": {"screen": "genome-wide"}}

    screen: Literal["essential", "genome-wide"] = "essential"

    def needed_files(self) -> tuple[str, ...]:
        """Return the name of the file that this setting needs."""
        return (self.screen,)

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read raw counts (C, G), CSR float32, of the control cells.

        Raises
        ------
        ValueError
            If the file is no such h5ad, has no control cells, or holds no counts.
        """
        import pandas as pd
        from anndata import AnnData

        path = paths[self.screen]
        with opened(path) as stored:
            rows = rows_where(stored["obs"], "gene_id", _CONTROL)
            cells = read_names(stored["obs"])[rows]
            genes, symbols = read_names(stored["var"]), read_column(stored["var"], "gene_name")
            counts = whole_counts(row_blocks(stored["X"], rows))
        obs = pd.DataFrame(
            {"cell_type": pd.Categorical([self.cell_type] * len(rows))}, index=cells.astype(str)
        )
        obs["total_counts"] = np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel()
        var = pd.DataFrame({"symbol": symbols.astype(str)}, index=genes.astype(str))
        for what, frame in (("cell", obs), ("gene", var)):
            if not frame.index.is_unique:
                twice = frame.index[frame.index.duplicated()][0]
                raise ValueError(f"{path.name} names the {what} {twice!r} twice; expected unique names")
        return AnnData(X=counts, obs=obs, var=var)
