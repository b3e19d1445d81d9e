"""The embedded data: human pancreas, nine cell types, four studies, raw counts."""

import io
import lzma
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy import sparse

from bengrn.plugin import Dataset, Remote, hookimpl

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Pancreas"]


@dataclass(frozen=True, kw_only=True)
class Pancreas:
    """1,335 cells x 5,931 genes of the human pancreas, shipped with the package.

    At most 60 cells of each type and study; the 5,000 most variable genes and every expressed
    transcription factor (the rule: `tools/build_pancreas.py`). `obs["total_counts"]` counts all 33,053
    genes of the source, so that the cut does not change how methods normalise. Genes are named by Ensembl
    id, their symbols are in `var["symbol"]`; cell types by Cell Ontology name and id.
    """

    name: ClassVar[str] = "pancreas"
    description: ClassVar[str] = "human pancreas, 1,335 cells x 5,931 genes, 9 types, 4 studies; shipped"
    files: ClassVar[Mapping[str, Remote]] = {}
    organism: ClassVar[str] = "human"
    licence: ClassVar[str] = "CC BY 4.0 (CZ CELLxGENE Discover)"
    citation: ClassVar[str] = (
        "Xu et al. 2023, Cell 186:5876 (doi:10.1016/j.cell.2023.11.026), from Muraro et al. 2016, "
        "Tosti et al. 2021, Fasolino et al. 2022 and Tritschler et al. 2022"
    )
    # 172 cells; of the types with more, PP cells (220) are a rare type drawn almost whole, from few donors
    cell_type: ClassVar[str] = "pancreatic A cell"

    def load(self, paths: Mapping[str, Path]) -> "AnnData":  # noqa: ARG002 - nothing to fetch
        """Read raw counts (C, G), CSR float32, with `obs["cell_type"]` and `obs["total_counts"]`."""
        import h5py
        from anndata import AnnData
        from anndata.io import read_elem

        shipped = resources.files("bengrn_datasets").joinpath("data", "pancreas.h5ad.xz")
        content = io.BytesIO(lzma.decompress(shipped.read_bytes()))
        with h5py.File(content, "r") as stored:  # in memory: no temporary file
            counts = sparse.csr_array(read_elem(stored["X"]), dtype=np.float32)
            return AnnData(X=counts, obs=read_elem(stored["obs"]), var=read_elem(stored["var"]))


@hookimpl
def bengrn_datasets() -> "Sequence[type[Dataset]]":
    """Offer the embedded data."""
    return [Pancreas]
