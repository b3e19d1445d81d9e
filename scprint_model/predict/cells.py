"""Cells lined up with a model's genes, by name; counts are checked, and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scprint_model.errors import CorpusError, VocabularyError
from scprint_model.vocabulary import Vocabulary

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Cells", "line_up"]

_LOOKED_AT = 500  # cells whose counts are looked at before anything is computed
_ROUNDING = 1e-3  # what float32 may make of a count


@dataclass(frozen=True, eq=False)
class Cells:
    """C cells on the N genes that both they and the model have, in the order of the model's table.

    Attributes
    ----------
    matrix
        (C, all genes of the data): sparse, dense, or backed by a file; rows are read as they are needed.
    rows
        (N,) rows of the gene table, ascending.
    columns
        (N,) where those genes stand in the matrix.
    genes
        N names as the data have them.
    names
        C names.
    depth
        (C,) float32: total count over all measured genes.
    total
        How many genes the data have.
    organism
        Taxon.
    fractions
        Whether counts may have fractions.
    """

    matrix: Any
    rows: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    genes: tuple[str, ...]
    names: tuple[str, ...]
    depth: npt.NDArray[np.float32]
    total: int
    organism: str
    fractions: bool = False

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.names)

    def counts(self, cells: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return the counts of some cells, dense, shape (B, N), in the order of `rows`.

        Raises
        ------
        CorpusError
            If they are no raw counts.
        """
        block = _dense(self.matrix, cells)[:, self.columns]
        _check_counts(block, fractions=self.fractions)
        return np.ascontiguousarray(block, np.float32)

    def draw(self, seed: int) -> npt.NDArray[np.uint64]:
        """Return a random number per cell, (C,), of its name: neither order nor batches change it."""
        start = blake2b(str(seed).encode(), digest_size=8)
        drawn = np.empty(len(self), np.uint64)
        for place, name in enumerate(self.names):
            state = start.copy()
            state.update(name.encode())
            drawn[place] = int.from_bytes(state.digest(), "little")
        return drawn


def line_up(
    adata: "AnnData",
    vocabulary: Vocabulary,
    *,
    organism: str | None = None,
    layer: str | None = None,
    depth: str | None = None,
    gene_names: Sequence[str] | None = None,
    fractions: bool = False,
) -> Cells:
    """Line up an AnnData with a vocabulary.

    Parameters
    ----------
    adata
        C cells; in memory or backed. Only read.
    vocabulary
        The model's genes.
    organism
        Taxon, such as ``NCBITaxon:9606``. None: that of ``obs["organism_ontology_term_id"]``, else the one
        of the vocabulary that most names are of.
    layer
        Where raw counts are; None: ``X``; ``raw``: ``adata.raw``, if no layer has that name.
    depth
        Column of ``obs`` with each cell's total count, for data from which genes have been left out; None:
        the sum of its row.
    gene_names
        Other names for the genes than ``var_names``, such as Ensembl ids.
    fractions
        Take expected counts as well, which have fractions. Normalised values have them too: mind the input.

    Raises
    ------
    CorpusError
        If there are no cells, values are no raw counts, or the cells are of several organisms.
    VocabularyError
        If no gene is the model's, or the organism is another one.
    """
    if 0 in adata.shape:
        raise CorpusError(
            f"The data have {adata.n_obs} cells and {adata.n_vars} genes; expected some of both."
        )
    matrix = _matrix(adata, layer)
    names = [str(name) for name in (adata.var_names if gene_names is None else gene_names)]
    if len(names) != adata.n_vars:
        raise VocabularyError(f"Got {len(names)} gene names for {adata.n_vars} genes; expected one each.")
    organism = organism or _organism(adata, vocabulary, names)
    row_of_column = vocabulary.rows(names, organism).row_of_column
    columns = np.flatnonzero(row_of_column >= 0)
    columns = columns[np.argsort(row_of_column[columns], kind="stable")]
    looked_at = np.unique(np.linspace(0, adata.n_obs - 1, min(_LOOKED_AT, adata.n_obs)).astype(np.int64))
    hint = " adata.raw exists: try layer=raw." if layer is None and adata.raw is not None else ""
    _check_counts(_dense(matrix, looked_at), fractions=fractions, hint=hint)
    shown = [str(name) for name in adata.var_names]
    return Cells(
        matrix=matrix,
        rows=row_of_column[columns],
        columns=columns,
        genes=tuple(shown[column] for column in columns),
        names=tuple(str(name) for name in adata.obs_names),
        depth=_depth(adata, matrix, depth),
        total=adata.n_vars,
        organism=organism,
        fractions=fractions,
    )


def _matrix(adata: "AnnData", layer: str | None) -> Any:
    if layer is None:
        if adata.X is None:
            raise CorpusError("The data have no X; expected raw counts there, or name a layer.")
        return adata.X
    if layer in adata.layers:
        return adata.layers[layer]
    if layer != "raw" or adata.raw is None:
        known = [*adata.layers, *(["raw"] if adata.raw is not None else [])]
        raise CorpusError(f"The data have no layer {layer!r}; they have {', '.join(known) or 'none'}.")
    if list(adata.raw.var_names) != list(adata.var_names):
        raise CorpusError(
            f"raw has {adata.raw.n_vars} genes, not the {adata.n_vars} of the data in their order; make it X."
        )
    return adata.raw.X


def _dense(matrix: Any, cells: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Return rows as a dense array; a file gives them in ascending order only."""
    order = np.argsort(cells, kind="stable")
    block = matrix[cells[order]]
    if sparse.issparse(block) or hasattr(block, "toarray"):
        block = block.toarray()
    found = np.empty_like(block)
    found[order] = block
    return np.asarray(found)


def _check_counts(block: npt.NDArray[Any], *, fractions: bool, hint: str = "") -> None:
    if not block.size:
        return
    low, high = float(block.min()), float(block.max())
    if not np.isfinite([low, high]).all() or low < 0:
        raise CorpusError(
            f"Counts go from {low:.3g} to {high:.3g}; expected raw counts, finite and at least 0."
        )
    if fractions or block.dtype.kind in "iub":
        return
    odd = np.abs(block - np.rint(block)) > _ROUNDING
    if odd.any():
        value = float(block[odd][0])
        raise CorpusError(
            f"The data hold {value:.4g}, which is no count: normalised values? Give raw counts, or name the "
            f"layer that has them.{hint}"
        )


def _organism(adata: "AnnData", vocabulary: Vocabulary, names: list[str]) -> str:
    """Return the organism that the data say they are of, or that their genes are of."""
    if "organism_ontology_term_id" in adata.obs:
        found = sorted({str(one) for one in adata.obs["organism_ontology_term_id"]})
        if len(found) > 1:
            raise CorpusError(
                f"The cells are of {len(found)} organisms ({', '.join(found)}); take one at a time."
            )
        return found[0]
    known = {one: sum(vocabulary.row(name, one) >= 0 for name in names) for one in vocabulary.organisms}
    # of none, the first: the vocabulary then says what it saw and what it expects
    return max(known, key=lambda one: known[one])


def _depth(adata: "AnnData", matrix: Any, column: str | None) -> npt.NDArray[np.float32]:
    if column is not None:
        if column not in adata.obs:
            raise CorpusError(f"The cells have no column {column!r} of total counts.")
        return _depth_column(adata.obs[column], column)
    total = np.empty(adata.n_obs, np.float32)
    for first in range(0, adata.n_obs, _LOOKED_AT):
        block = matrix[first : first + _LOOKED_AT]
        total[first : first + _LOOKED_AT] = np.asarray(block.sum(axis=1)).ravel()
    return total


def _depth_column(values: Any, column: str) -> npt.NDArray[np.float32]:
    try:
        depth = np.asarray(values, np.float32)
    except (TypeError, ValueError):
        raise CorpusError(f"The column {column!r} of total counts holds no numbers.") from None
    if not np.isfinite(depth).all() or (depth < 0).any():
        raise CorpusError(
            f"The column {column!r} of total counts holds missing, infinite or negative values."
        )
    return depth
