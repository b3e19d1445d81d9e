"""The frozen network task: cells, genes, regulators, targets and truth, the same for every method."""

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from bengrn import genes as gene_names
from bengrn.digests import digest_json, digest_matrix, digest_names
from bengrn.errors import DataError
from bengrn.preprocess import choose_cells, choose_genes, expressed_genes, take_counts
from bengrn.request import Selection
from bengrn.values import Truth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["FROZEN_VERSION", "FrozenTask", "freeze"]

# raised whenever the same data and selection could give another task
FROZEN_VERSION = "1"
_MIN_REGULATORS = 2


@dataclass(frozen=True, eq=False)
class FrozenTask:
    """What every method of a run is given, and what its network is scored on.

    Parameters
    ----------
    adata
        Raw counts, C cells x G genes, CSR float32; genes in alphabetical order, named as the truth
        names them; each cell's depth over all its genes in `obs["total_counts"]`.
    truth
        Restricted to the regulators and targets among the genes.
    all_genes
        Every gene of the data before selection, in the truth's naming.
    report
        How the task was made: counts of what was mapped, kept and lost.
    """

    adata: "AnnData"
    truth: Truth
    all_genes: tuple[str, ...]
    report: Mapping[str, Any]

    @property
    def digests(self) -> dict[str, str]:
        """Content hashes of everything that could change a score."""
        return {
            "counts": digest_matrix(self.adata.X),
            "depth": digest_matrix(np.asarray(self.adata.obs["total_counts"], dtype=np.float64)),
            "cells": digest_names(self.adata.obs_names),
            "genes": digest_names(self.adata.var_names),
            "regulators": digest_names(self.truth.regulators),
            "targets": digest_names(self.truth.targets),
            "truth": digest_matrix(self.truth.edges),
        }

    @property
    def digest(self) -> str:
        """One hash of all the digests."""
        return digest_json(self.digests)

    def save(self, folder: Path) -> None:
        """Write the task into a new folder, all or nothing."""
        if folder.exists():
            return
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".task-", dir=folder.parent))
        try:
            self.adata.write_h5ad(work / "data.h5ad")
            for what in ("edges", "sign", "effect"):
                matrix = getattr(self.truth, what)
                if matrix is not None:
                    sparse.save_npz(work / f"{what}.npz", matrix)
            plain = {
                field.name: getattr(self.truth, field.name)
                for field in dataclasses.fields(self.truth)
                if field.name not in ("edges", "sign", "effect")
            }
            about = {"truth": plain, "all_genes": self.all_genes, "report": dict(self.report)}
            (work / "task.json").write_text(json.dumps(about))
            work.rename(folder)
        except OSError:
            if not folder.exists():  # another process may have written the same task first
                raise
        finally:
            shutil.rmtree(work, ignore_errors=True)

    @classmethod
    def load(cls, folder: Path) -> "FrozenTask":
        """Read a task that `save` wrote."""
        import anndata

        about = json.loads((folder / "task.json").read_text())
        matrices = {
            what: sparse.csr_array(sparse.load_npz(folder / f"{what}.npz"))
            for what in ("edges", "sign", "effect")
            if (folder / f"{what}.npz").exists()
        }
        adata = anndata.read_h5ad(folder / "data.h5ad")
        adata.X = sparse.csr_array(adata.X)
        return cls(adata, Truth(**about["truth"], **matrices), tuple(about["all_genes"]), about["report"])


def freeze(adata: "AnnData", truth: Truth, selection: Selection) -> FrozenTask:
    """Build the frozen task from data, a truth and a selection of cells and genes.

    Genes are chosen among those that the truth tested and the cells express. Where the truth's
    regulators fill at most half of the genes asked for, all of them are in, so that a truth with few
    regulators keeps them.

    Raises
    ------
    DataError
        If the counts, the cells or the overlap with the truth do not suffice.
    """
    counts = take_counts(adata, selection.layer)
    named, naming = _name_as_truth(counts, truth)
    all_genes = tuple(named.var_names)
    cells = choose_cells(
        named, cell_type=selection.cell_type, cells=selection.cells, min_cells=selection.min_cells
    )
    tested = set(truth.regulators) | set(truth.targets)
    shared = [name for name in all_genes if name in tested]
    if not shared:
        raise DataError(
            f"None of the {len(all_genes)} genes of the data (such as {all_genes[0]!r}) is in the truth "
            f"(such as {truth.targets[0]!r}); expected the same organism and names."
        )
    is_expressed = dict(zip(all_genes, expressed_genes(cells), strict=True))
    pool = sorted(name for name in shared if is_expressed[name])
    regulators = [name for name in pool if name in set(truth.regulators)]
    forced = regulators if len(regulators) <= (selection.genes or len(pool)) / 2 else []
    rest = [name for name in pool if name not in set(forced)]
    room = None if selection.genes is None else selection.genes - len(forced)
    chosen = sorted(forced + choose_genes(cells, rest, genes=room, selection=selection.gene_selection))
    kept_regulators = [name for name in chosen if name in set(truth.regulators)]
    kept_targets = [name for name in chosen if name in set(truth.targets)]
    if len(kept_regulators) < _MIN_REGULATORS or not kept_targets:
        raise DataError(
            f"The chosen genes hold {len(kept_regulators)} regulators and {len(kept_targets)} targets of the "
            f"truth; expected at least {_MIN_REGULATORS} regulators. Raise --genes, or use another truth."
        )
    task = cells[:, chosen].copy()
    task.X = sparse.csr_array(task.X)
    task.X.sort_indices()
    task.obs = task.obs[["total_counts"]]
    task.obs["total_counts"] = task.obs["total_counts"].astype(np.float64)
    report = {
        **naming,
        "genes_shared_with_truth": len(shared),
        "genes_expressed": len(pool),
        "regulators_forced": len(forced),
        "cells": task.n_obs,
        "genes": task.n_vars,
        "regulators": len(kept_regulators),
        "targets": len(kept_targets),
    }
    return FrozenTask(task, truth.restrict(kept_regulators, kept_targets), all_genes, report)


def _name_as_truth(adata: "AnnData", truth: Truth) -> tuple["AnnData", dict[str, Any]]:
    """Return the data under the truth's gene names, without genes whose name is lost or ambiguous."""
    names = list(adata.var_names)
    tested = set(truth.regulators) | set(truth.targets)
    if truth.organism == "simulated":
        return adata, {"gene_ids": "simulated", "genes_mapped": len(names)}
    mapped = gene_names.to_symbols(names, organism=truth.organism)
    # a name that the truth itself uses stays, even where it is no longer the current symbol
    new = [old if old in tested else symbol for old, symbol in zip(names, mapped.symbols, strict=True)]
    owners: dict[str, int] = {}
    for position, name in enumerate(new):
        if name is not None and (name not in owners or names[position] == name):
            owners[name] = position
    keep = [position for position, name in enumerate(new) if name is not None and owners[name] == position]
    renamed = adata[:, keep].copy()
    renamed.var_names = [str(new[position]) for position in keep]
    naming = {
        "gene_ids": mapped.kind,
        "genes_mapped": mapped.n_mapped,
        "genes_ambiguous": mapped.n_ambiguous,
        "genes_lost": mapped.n_lost,
    }
    return renamed, naming
