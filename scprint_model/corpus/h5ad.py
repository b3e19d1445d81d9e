"""Read cells from h5ad files, block by block: raw counts, gene names and labels."""

import gzip
import shutil
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scprint_model.corpus.settings import ORGANISM, Source
from scprint_model.errors import CorpusError, VocabularyError
from scprint_model.vocabulary import Alignment, Vocabulary

_RAW_LAYERS = ("counts", "raw_counts")
_NAME_COLUMNS = ("ensembl_id", "gene_ids", "gene_id", "feature_id", "ensembl_gene_id")
_SYMBOL_COLUMNS = ("feature_name", "symbol", "gene_symbols", "gene_name", "gene_symbol", "hgnc_symbol")
_CHECKED = 1000  # cells looked at to find out where the raw counts are
_TOO_LARGE = 2**32


@dataclass(frozen=True, eq=False)
class CellFile:
    """One open h5ad file.

    Attributes
    ----------
    source
        What was asked for.
    obs, var
        Tables of its cells, and of the genes of the matrix that holds its counts.
    place
        Where its counts are: X, raw, or a layer.
    shape
        Cells and genes.
    organism
        Taxon of all its cells.
    unseen
        Genes that it lists but did not measure (``uns["unseen_genes"]``).
    """

    source: Source
    obs: Any
    var: Any
    place: str
    shape: tuple[int, int]
    organism: str
    unseen: frozenset[str]
    _node: Any

    def blocks(self, size: int) -> Iterator[tuple[int, sparse.csr_array]]:
        """Yield the first cell and the raw counts of each block of cells, over all genes, without zeros.

        Raises
        ------
        CorpusError
            If they are not raw counts.
        """
        for start, block in _blocks(self._node, self.shape, size):
            fault = _fault(block.data)
            if fault:
                where = f"{self.source.path.name}: {self.place} holds {fault}"
                raise CorpusError(f"{where}, not raw counts. Name where they are: X, raw, or a layer.")
            yield start, block

    def align(self, vocabulary: Vocabulary) -> Alignment:
        """Align the columns with a vocabulary, by the gene names that fit best.

        Raises
        ------
        VocabularyError
            If none fits.
        """
        candidates = self._names()
        found: list[Alignment] = []
        errors: list[VocabularyError] = []
        for names in candidates:
            try:
                found.append(vocabulary.rows(names, self.organism))
            except VocabularyError as error:
                errors.append(error)
        if not found:
            raise VocabularyError(f"{self.source.path.name}: {errors[-1]}")  # of a column meant for ids
        return max(found, key=lambda alignment: len(alignment.columns))

    def _names(self) -> list[list[str]]:
        asked = self.source.genes
        if asked is not None and asked not in self.var.columns:
            have = ", ".join(map(str, self.var.columns))
            raise VocabularyError(f"{self.source.path.name} has no gene column {asked!r}; it has {have}.")
        columns = [asked] if asked else [one for one in _NAME_COLUMNS if one in self.var.columns]
        names = [[str(name) for name in self.var[column]] for column in columns]
        return names if asked else [[str(name) for name in self.var.index], *names]

    def symbols(self, vocabulary: Vocabulary, alignment: Alignment) -> list[str]:
        """Return a symbol for each column: the file's own, or the vocabulary's."""
        column = next((one for one in _SYMBOL_COLUMNS if one in self.var.columns), None)
        own = [str(name) for name in (self.var.index if column is None else self.var[column])]
        rows = alignment.row_of_column
        return [
            vocabulary.symbols[row] or name if row >= 0 else name for name, row in zip(own, rows, strict=True)
        ]


@contextmanager
def open_cells(source: Source, scratch: Path) -> Iterator[CellFile]:
    """Open a file; a packed one is unpacked into ``scratch`` first, once.

    Raises
    ------
    CorpusError
        If it is no h5ad file, has no raw counts, or cells of no or several organisms.
    """
    try:
        import h5py
        from anndata.io import read_elem
    except ImportError as error:
        raise CorpusError(f"h5ad files need anndata and h5py: {error}. A built corpus does not.") from error
    try:
        stored = h5py.File(_plain(source.path, scratch), "r")
    except (OSError, EOFError, zlib.error) as error:
        raise CorpusError(f"{source.path} is no h5ad file: {error}.") from error
    with stored:
        try:
            obs = read_elem(stored["obs"])
            place, node, table = _find_counts(stored, source)
            var = read_elem(table)
            uns = stored.get("uns", {})
            unseen = (
                frozenset(map(str, read_elem(uns["unseen_genes"]))) if "unseen_genes" in uns else frozenset()
            )
        except KeyError as error:
            raise CorpusError(f"{source.path.name} is no h5ad file: {error.args[0]}.") from error
        if not (hasattr(obs, "columns") and hasattr(var, "columns")):
            raise CorpusError(f"{source.path.name} is no h5ad file: its obs or var is no table.")
        organism = _organism(source, obs, uns)
        yield CellFile(source, obs, var, place, (len(obs), len(var)), organism, unseen, node)


def _plain(path: Path, scratch: Path) -> Path:
    if path.suffix != ".gz":
        return path
    unpacked = scratch / f"{abs(hash(str(path)))}.h5ad"
    if not unpacked.exists():
        with gzip.open(path) as packed, unpacked.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
    return unpacked


def _organism(source: Source, obs: Any, uns: Any) -> str:
    """Return the organism that a file tells of its cells, or that its source was given."""
    from anndata.io import read_elem

    column = source.columns.get(ORGANISM, ORGANISM)
    if column in obs.columns:
        seen = sorted({str(value) for value in obs[column]})
    else:
        seen = [str(read_elem(uns[ORGANISM]))] if ORGANISM in uns else []
    if not seen and source.organism is not None:
        return source.organism
    if len(seen) != 1:
        what = (
            f"cells of several organisms ({', '.join(seen[:3])}): split the file"
            if seen
            else f"no column {column}: name its organism"
        )
        raise CorpusError(f"{source.path.name} has {what}.")
    return seen[0]


def _find_counts(stored: Any, source: Source) -> tuple[str, Any, Any]:
    """Return where the counts are, their node, and that of their genes' table."""
    layers = list(stored["layers"]) if "layers" in stored else []
    places = {"X": (stored.get("X"), stored["var"])}
    places.update({name: (stored["layers"][name], stored["var"]) for name in layers})
    if "raw" in stored and "X" in stored["raw"]:
        places["raw"] = (stored["raw"]["X"], stored["raw"]["var"])
    places = {name: nodes for name, nodes in places.items() if nodes[0] is not None}
    if source.counts != "auto":
        if source.counts not in places:
            raise CorpusError(f"{source.path.name} has no {source.counts!r}; it has {', '.join(places)}.")
        return source.counts, *places[source.counts]
    faults = []
    for name in ("raw", *_RAW_LAYERS, "X"):
        if name not in places:
            continue
        node = places[name][0]
        _, block = next(_blocks(node, _shape(node), _CHECKED), (0, sparse.csr_array((0, 0))))
        fault = _fault(block.data)
        if not fault:
            return name, *places[name]
        faults.append(f"{name} holds {fault}")
    raise CorpusError(f"{source.path.name} has no raw counts: {', '.join(faults) or 'it has no matrix'}.")


def _fault(counts: npt.NDArray[Any]) -> str:
    """Say what is wrong with counts; empty if nothing is."""
    if not np.isfinite(counts).all():
        return "values that are not finite"
    if (counts < 0).any():
        return "negative values"
    if counts.dtype.kind == "f" and (counts != np.floor(counts)).any():
        return "values that are not whole numbers (normalised?)"
    return f"counts of {counts.max():.3g} or more" if len(counts) and counts.max() >= _TOO_LARGE else ""


def _shape(node: Any) -> tuple[int, int]:
    shape: Sequence[int] = (
        node.shape if hasattr(node, "shape") else node.attrs.get("shape", node.attrs.get("h5sparse_shape"))
    )
    return int(shape[0]), int(shape[1])


def _blocks(node: Any, shape: tuple[int, int], size: int) -> Iterator[tuple[int, sparse.csr_array]]:
    """Yield blocks of rows of a stored matrix: sparse by rows or by columns, or dense."""
    kind = str(node.attrs.get("encoding-type", node.attrs.get("h5sparse_format", "array")))
    if kind.startswith("csc"):  # stored by columns: it has to be turned as a whole
        parts = (node["data"][:], node["indices"][:], node["indptr"][:])
        whole = sparse.csr_array(sparse.csc_array(parts, shape=shape))
    indptr = node["indptr"][:].astype(np.int64) if kind.startswith("csr") else None
    for start in range(0, shape[0], size):
        stop = min(start + size, shape[0])
        if indptr is not None:
            inside = slice(indptr[start], indptr[stop])
            parts = (node["data"][inside], node["indices"][inside], indptr[start : stop + 1] - indptr[start])
            block = sparse.csr_array(parts, shape=(stop - start, shape[1]))
        else:
            block = whole[start:stop] if kind.startswith("csc") else sparse.csr_array(node[start:stop])
        block.sum_duplicates()
        block.eliminate_zeros()
        yield start, block
