"""The frozen network task: cells, genes, regulators, targets and truth, the same for every method."""

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from bengrn.digests import digest_json, digest_matrix, digest_names
from bengrn.errors import DataError, StoreError
from bengrn.preprocess import choose_cells, choose_genes, expressed_genes, take_counts
from bengrn.request import Selection
from bengrn.tasks.naming import Names, name_data, name_truth
from bengrn.truths.stored import read_truth_folder, truth_matrices, write_truth_folder
from bengrn.values import Truth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["FROZEN_VERSION", "FrozenTask", "count_pairs", "freeze", "truth_digest"]

# raised whenever the same data and selection could give another task
FROZEN_VERSION = "3"
_MIN_REGULATORS = 2
_TRAIN = "train"


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
    names
        Every gene of the data before selection -> its name in the task; None where that is lost or
        ambiguous.
    report
        How the task was made: counts of what was mapped, kept and lost.
    train
        The truth that heads are selected by, where that is not `truth` itself; `bengrn.tasks.held_out`.
    asked
        Regulators that methods are asked for, where they are more than those that are scored.
    """

    adata: "AnnData"
    truth: Truth
    names: Names
    report: Mapping[str, Any]
    train: Truth | None = None
    asked: tuple[str, ...] = ()

    @property
    def regulators(self) -> tuple[str, ...]:
        """What every method is asked for."""
        return self.asked or self.truth.regulators

    def reporting(self, **facts: Any) -> "FrozenTask":
        """Return the task with more said of how it was made; it is another task then."""
        return dataclasses.replace(self, report={**self.report, **facts})

    @property
    def digests(self) -> dict[str, str]:
        """Content hashes of everything that could change a score."""
        more = {}
        if self.train is not None:
            more = {
                "scored_regulators": digest_names(self.truth.regulators),
                "train_regulators": digest_names(self.train.regulators),
                "train_targets": digest_names(self.train.targets),
                "train_truth": truth_digest(self.train),
            }
        return {
            "counts": digest_matrix(self.adata.X),
            "values": str(self.adata.uns["values"]),
            "depth": digest_matrix(np.asarray(self.adata.obs["total_counts"], dtype=np.float64)),
            "cells": digest_names(self.adata.obs_names),
            "genes": digest_names(self.adata.var_names),
            "regulators": digest_names(self.regulators),
            "targets": digest_names(self.truth.targets),
            "truth": truth_digest(self.truth),
            **more,
        }

    @property
    def digest(self) -> str:
        """One hash of all the digests and the report: what is saved under it serves no other data."""
        return digest_json({**self.digests, "report": dict(self.report)})

    def save(self, folder: Path) -> None:
        """Write the task into a new folder, all or nothing.

        Raises
        ------
        StoreError
            If the folder cannot be written or the disk is full.
        """
        if folder.exists():
            return
        work = None
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(prefix=".task-", dir=folder.parent))
            self._write(work)
            work.rename(folder)
        except OSError as error:
            if not folder.exists():  # another process may have written the same task first
                reason = error.strerror or str(error)
                raise StoreError(
                    f"{folder.parent} cannot be written ({reason}); make room or choose another folder with "
                    "--out."
                ) from error
        finally:
            if work is not None:
                shutil.rmtree(work, ignore_errors=True)

    def _write(self, folder: Path) -> None:
        """Write the files of the task."""
        sparse.save_npz(folder / "counts.npz", self.adata.X, compressed=False)
        write_truth_folder(self.truth, folder)
        about = {
            "cells": list(self.adata.obs_names),
            "genes": list(self.adata.var_names),
            "total_counts": self.adata.obs["total_counts"].tolist(),
            "values": str(self.adata.uns["values"]),
            "names": dict(self.names),
            "report": dict(self.report),
        }
        if self.train is not None:
            (folder / _TRAIN).mkdir()
            write_truth_folder(self.train, folder / _TRAIN)
            about["asked"] = list(self.asked)
        (folder / "task.json").write_text(json.dumps(about))

    @classmethod
    def load(cls, folder: Path) -> "FrozenTask":
        """Read a task that `save` wrote."""
        import pandas as pd
        from anndata import AnnData

        about = json.loads((folder / "task.json").read_text())
        counts = sparse.csr_array(sparse.load_npz(folder / "counts.npz"))
        obs = pd.DataFrame({"total_counts": about["total_counts"]}, index=about["cells"], dtype=np.float64)
        adata = AnnData(counts, obs=obs, var=pd.DataFrame(index=about["genes"]))
        adata.uns["values"] = about["values"]
        train = read_truth_folder(folder / _TRAIN) if (folder / _TRAIN).exists() else None
        asked = tuple(about.get("asked", ()))
        return cls(adata, read_truth_folder(folder), about["names"], about["report"], train, asked)


def truth_digest(truth: Truth) -> str:
    """Return one content hash of a truth's edges, signs and effects."""
    return digest_json({what: digest_matrix(one) for what, one in truth_matrices(truth).items()})


def count_pairs(truth: Truth) -> tuple[int, int]:
    """Return the candidate pairs of a truth, and how many of them are true; self-pairs are neither."""
    edges = sparse.coo_array(truth.edges)
    source, target = np.array(truth.regulators)[edges.row], np.array(truth.targets)[edges.col]
    n_self = len(set(truth.regulators).intersection(truth.targets))
    return len(truth.regulators) * len(truth.targets) - n_self, int((source != target).sum())


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
    truth, renamed = name_truth(truth, list(counts.var_names))
    named, names, naming = name_data(counts, truth)
    cells = choose_cells(
        named, cell_type=selection.cell_type, cells=selection.cells, min_cells=selection.min_cells
    )
    chosen, choice = _choose_among_tested(cells, list(names), truth, selection)
    task_truth = _restrict(truth, chosen)
    task = cells[:, chosen].copy()
    task.X = sparse.csr_array(task.X)
    task.X.sort_indices()
    task.obs = task.obs[["total_counts"]].astype(np.float64)
    report = {
        **naming,
        "truth_genes_renamed": renamed,
        **_not_measured(truth, named.var_names),
        **choice,
        "cells": task.n_obs,
        "genes": task.n_vars,
        "regulators": len(task_truth.regulators),
        "targets": len(task_truth.targets),
    }
    return FrozenTask(task, task_truth, names, report)


def _choose_among_tested(
    cells: "AnnData", data_names: Sequence[str], truth: Truth, selection: Selection
) -> tuple[list[str], dict[str, int]]:
    """Return the genes of the task, in alphabetical order, and how many there were to choose from."""
    tested = {*truth.regulators, *truth.targets}
    shared = [name for name in cells.var_names if name in tested]
    if not shared:
        raise DataError(
            f"None of the {len(data_names)} genes of the data (such as {data_names[0]!r}) is in the truth "
            f"(such as {truth.targets[0]!r}); expected the same organism and names."
        )
    is_expressed = dict(zip(cells.var_names, expressed_genes(cells), strict=True))
    pool = sorted(name for name in shared if is_expressed[name])
    regulators = set(truth.regulators).intersection(pool)
    forced = regulators if len(regulators) <= (selection.genes or len(pool)) / 2 else set[str]()
    rest = [name for name in pool if name not in forced]
    room = None if selection.genes is None else selection.genes - len(forced)
    chosen = choose_genes(cells, rest, genes=room, selection=selection.gene_selection)
    choice = {
        "genes_shared_with_truth": len(shared),
        "genes_expressed": len(pool),
        "regulators_forced": len(forced),
    }
    return sorted([*forced, *chosen]), choice


def _restrict(truth: Truth, chosen: Sequence[str]) -> Truth:
    """Return the truth on the chosen genes; refuse one that nothing can be scored on."""
    all_regulators, all_targets = set(truth.regulators), set(truth.targets)
    regulators = [name for name in chosen if name in all_regulators]
    targets = [name for name in chosen if name in all_targets]
    if len(regulators) < _MIN_REGULATORS or not targets:
        raise DataError(
            f"The chosen genes hold {len(regulators)} regulators and {len(targets)} targets of the "
            f"truth; expected at least {_MIN_REGULATORS} regulators. Raise --genes, or use another truth."
        )
    restricted = truth.restrict(regulators, targets)
    n_pairs, n_true = count_pairs(restricted)
    if not n_true:
        raise DataError(
            f"The truth has 0 true edges among the {n_pairs:,} candidate pairs of the chosen genes "
            "(self-pairs do not count); expected at least 1. Use another truth, or raise --genes."
        )
    return restricted


def _not_measured(truth: Truth, measured: Sequence[str]) -> dict[str, int]:
    """Return how much of the truth asks for genes that the data do not have."""
    known = set(measured)
    absent_R = np.array([name not in known for name in truth.regulators])
    absent_T = np.array([name not in known for name in truth.targets])
    edges = sparse.coo_array(truth.edges)
    return {
        "truth_regulators_not_measured": int(absent_R.sum()),
        "truth_targets_not_measured": int(absent_T.sum()),
        "truth_edges_not_measured": int((absent_R[edges.row] | absent_T[edges.col]).sum()),
    }
