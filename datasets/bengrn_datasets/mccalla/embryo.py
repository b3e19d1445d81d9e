"""Two human embryos before implantation with their stages, read from R data files."""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from scipy import sparse

from bengrn.plugin import Dataset, Remote, hookimpl
from bengrn_datasets.mccalla.expression_table import broken_as_error

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["LiuEmbryo", "YanEmbryo"]

_SCCAT = (
    "https://raw.githubusercontent.com/hdsu-bioquant/scCAT/"
    "7a3c4eb5051a7378563b609abc4b05db999a0b4a/data/HumanEmbryo/"
)
_SC3 = "https://raw.githubusercontent.com/hemberg-lab/SC3/5f5161b1aea7dacaad14eb2433b568bbfbd85b8a/data/"


@dataclass(frozen=True, kw_only=True)
class LiuEmbryo:
    """72 cells x 25,155 genes of the human embryo: 29 of the morula, 43 of the blastocyst (scCAT-seq).

    The raw counts behind `mccalla-liu`, which names genes by symbol: of its 23,153 genes, 23,144 are one of
    these with the same counts in every cell, and 9 are symbols of several Ensembl ids, summed.
    """

    name: ClassVar[str] = "liu-embryo"
    description: ClassVar[str] = "human morula and blastocyst, 72 cells x 25,155 genes, raw counts, 2 stages"
    files: ClassVar[Mapping[str, Remote]] = {
        "counts": Remote(
            f"{_SCCAT}rna/HumanEmbryo_RNAseqCounts.RDS",
            sha256="2f7624d3ecd9d3faba05b275e1f5cdec3eebf2b373a69e5be515efb88445f204",
            bytes=1_695_293,
            path="liu_embryo/HumanEmbryo_RNAseqCounts.RDS",
        ),
        "cells": Remote(
            f"{_SCCAT}annotation/HumanEmbryo_metadata.RDS",
            sha256="6ed746f1f780867eb3975e9f386050e648402452debcc524dac4504d35be51b3",
            bytes=603,
            path="liu_embryo/HumanEmbryo_metadata.RDS",
        ),
    }
    organism: ClassVar[str] = "human"
    licence: ClassVar[str] = "data public, without a licence; the files: GPL-3 (scCAT)"
    citation: ClassVar[str] = "Liu et al. 2019, Nat Commun 10:470"
    cell_type: ClassVar[str] = ""
    extra: ClassVar[str] = "r"

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read raw counts (C, G), CSR float32, genes by Ensembl id, with `obs["cell_type"]`.

        Raises
        ------
        ValueError
            If a file is broken, values are no counts, or a cell has no stage.
        """
        import rdata

        counts = _frame(_read(rdata.read_rds, paths["counts"]), paths["counts"])
        cells = _frame(_read(rdata.read_rds, paths["cells"]), paths["cells"])
        if not {"sample.rna", "celltype"} <= set(cells.columns):
            raise ValueError(f"{paths['cells'].name} lacks the column sample.rna or celltype")
        adata = _adata(counts, cells.set_index("sample.rna")["celltype"], paths["counts"])
        if not np.array_equal(adata.X.data, np.rint(adata.X.data)):
            raise ValueError(f"{paths['counts'].name} holds values that are not whole; expected counts")
        return adata


@dataclass(frozen=True, kw_only=True)
class YanEmbryo:
    """90 cells x 20,214 genes of the human embryo, from zygote to blastocyst, in six stages.

    Reads per kilobase and million (RPKM), no counts: methods get the values as they are. Zygotes include
    oocytes, under the labels of SC3.

    Parameters
    ----------
    scale
        "log" for log2(RPKM + 1), or "rpkm".
    """

    name: ClassVar[str] = "yan-embryo"
    description: ClassVar[str] = "human embryo before implantation, 90 cells x 20,214 genes, RPKM, 6 stages"
    files: ClassVar[Mapping[str, Remote]] = {
        "cells": Remote(
            f"{_SC3}yan.rda",
            sha256="04dbe1de78f59e157da8c438295d07b7c8694effe2e3adffa12c18fcd69c0a26",
            bytes=1_645_740,
            path="yan/yan.rda",
        )
    }
    organism: ClassVar[str] = "human"
    licence: ClassVar[str] = "data public (GSE36552), without a licence; the file: GPL-3 (SC3)"
    citation: ClassVar[str] = "Yan et al. 2013, Nat Struct Mol Biol 20:1131"
    cell_type: ClassVar[str] = ""
    extra: ClassVar[str] = "r"
    values: ClassVar[str] = "continuous"

    scale: Literal["log", "rpkm"] = "log"

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read expression (C, G), CSR float32, genes by symbol, with `obs["cell_type"]`.

        Raises
        ------
        ValueError
            If the file is broken or holds no such tables.
        """
        import rdata

        path = paths["cells"]
        stored = _read(rdata.read_rda, path)
        if not isinstance(stored, dict) or not {"yan", "ann"} <= set(stored):
            raise ValueError(f"{path.name} lacks the object yan or ann; expected the data set of SC3")
        stages = _frame(stored["ann"], path)
        if "cell_type1" not in stages.columns:
            raise ValueError(f"{path.name} lacks the column cell_type1 of ann")
        adata = _adata(_frame(stored["yan"], path), stages["cell_type1"], path)
        if self.scale == "log":
            adata.X.data = np.log2(adata.X.data + 1)
        return adata


def _read(reader: Callable[[Path], Any], path: Path) -> Any:
    """Read an R data file; one line if it is none."""
    with broken_as_error(path.name):
        try:
            return reader(path)
        except (NotImplementedError, KeyError, struct.error) as error:
            raise ValueError(
                f"{path.name} is no R data file that can be read ({error}): replace it"
            ) from error


def _frame(stored: Any, path: Path) -> Any:
    """Return an R matrix with names, or a data frame, as a data frame."""
    import pandas as pd

    frame = stored.to_pandas() if hasattr(stored, "to_pandas") else stored
    if not isinstance(frame, pd.DataFrame):
        what = type(stored).__name__
        raise ValueError(  # noqa: TRY004 - the file is wrong, not the caller
            f"{path.name} holds a {what}; expected a matrix with names, or a data frame"
        )
    # names come as numpy's own text
    frame.index, frame.columns = [str(one) for one in frame.index], [str(one) for one in frame.columns]
    return frame


def _adata(values_GC: Any, stage: Any, path: Path) -> "AnnData":
    """Return cells x genes with the stage of each cell."""
    import pandas as pd
    from anndata import AnnData

    missing = [name for name in values_GC.columns if name not in stage.index]
    if missing:
        raise ValueError(f"{path.name} has {len(missing)} cells without a stage, {missing[0]!r} first")
    x_CG = values_GC.to_numpy(np.float32).T
    if not np.isfinite(x_CG).all() or (x_CG < 0).any():
        raise ValueError(f"{path.name} holds values that are negative, missing or not finite")
    types = stage.astype(str)[list(values_GC.columns)].to_numpy()
    obs = pd.DataFrame({"cell_type": pd.Categorical(types)}, index=list(values_GC.columns))
    return AnnData(X=sparse.csr_array(x_CG), obs=obs, var=pd.DataFrame(index=list(values_GC.index)))


@hookimpl
def bengrn_datasets() -> "Sequence[type[Dataset]]":
    """Offer both."""
    return [LiuEmbryo, YanEmbryo]
