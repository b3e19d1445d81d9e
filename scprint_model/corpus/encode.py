"""From the tables of a file to labels, and from blocks of counts to pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scprint_model.corpus.draw import mix
from scprint_model.corpus.format import Flag
from scprint_model.corpus.h5ad import CellFile
from scprint_model.corpus.settings import ORGANISM
from scprint_model.errors import LabelError
from scprint_model.ontology import Ontology

Ints = npt.NDArray[np.int64]
TISSUE = "tissue_ontology_term_id"
# what stands for "not known" in public files, in lower case
_NOT_KNOWN = {
    "",
    "unknown",
    "na",
    "n/a",
    "nan",
    "none",
    "not available",
    "not applicable",
    "multiethnic",
    "<na>",
}
_SUFFIXES = {" (cell culture)": Flag.CULTURE, " (organoid)": Flag.ORGANOID}


@dataclass(frozen=True, eq=False)
class Terms:
    """The labels of C cells in one class.

    Attributes
    ----------
    term
        (C,) terms; empty where a cell's is not known.
    outside
        Labels that are not in the ontology, with their number of cells; those cells' are not known.
    flags
        (C,) bits that a label's suffix tells.
    """

    term: npt.NDArray[np.str_]
    outside: Mapping[str, int]
    flags: npt.NDArray[np.uint8]


def terms_of(file: CellFile, name: str, ontology: Ontology | None) -> Terms:
    """Read the labels of one class from a file: from a column, or the same for all of its cells.

    Unknown ones in their many spellings, several ethnicities at once, and cell types given as tissues become
    "not known"; a suffix such as "(organoid)" becomes a flag; terms no longer used are replaced.
    """
    column = file.source.columns.get(name, name)
    cells = file.shape[0]
    if name == ORGANISM:
        values = np.full(cells, file.organism)
    elif column in file.obs.columns:
        values = np.array([str(value) for value in file.obs[column]])
    elif name in file.source.columns:
        have = ", ".join(map(str, file.obs.columns[:8]))
        raise LabelError(f"{file.source.path.name} has no column {column!r} for {name}; it has {have}.")
    else:
        values = np.full(cells, file.source.labels.get(name, ""))
    kinds, kind_of_cell = np.unique(values, return_inverse=True)
    clean = [_clean(str(kind), name, ontology) for kind in kinds]
    outside = [bool(term) and ontology is not None and term not in ontology for term, _ in clean]
    cells_of = np.bincount(kind_of_cell, minlength=len(kinds))
    reported = {str(kinds[one]): int(cells_of[one]) for one in np.flatnonzero(outside)}
    known = np.array([term for term, _ in clean], dtype=np.str_)
    known[np.array(outside)] = ""
    flags = np.array([flag for _, flag in clean], np.uint8)
    return Terms(known[kind_of_cell], reported, flags[kind_of_cell])


def _clean(label: str, name: str, ontology: Ontology | None) -> tuple[str, int]:
    """Return the term of a label, empty where it is not known, and the flag of its suffix."""
    term, flag = label.strip(), 0
    for suffix, meaning in _SUFFIXES.items():
        if term.endswith(suffix):
            term, flag = term.removesuffix(suffix), int(meaning)
    several = any(mark in term for mark in (",", "||"))  # of several terms at once
    if term.lower() in _NOT_KNOWN or several or (name == TISSUE and term.startswith("CL:")):
        return "", flag
    return (term if ontology is None else ontology.current(term)), flag


def check_labels(files: Mapping[str, Sequence[Terms]], names: Sequence[str]) -> None:
    """Refuse labels outside their ontology.

    Parameters
    ----------
    files
        The labels of each file, by class.
    names
        The classes.

    Raises
    ------
    LabelError
        If there are any: names them, their file and their number of cells.
    """
    found = [
        f"{label!r} of {name} ({cells} cells of {file})"
        for file, classes in files.items()
        for name, terms in zip(names, classes, strict=True)
        for label, cells in terms.outside.items()
    ]
    if found:
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        advice = "Mend them, or count them as unknown (outside=unknown)."
        raise LabelError(f"Labels outside their ontology: {'; '.join(found[:5])}{more}. {advice}")


def pairs_of(x_CG: sparse.csr_array, row_of_column: Ints) -> tuple[npt.NDArray[np.uint32], Ints]:
    """Return the (gene row, count) of every non-zero, by cell and gene, and how many each cell has.

    Parameters
    ----------
    x_CG
        Raw counts without stored zeros.
    row_of_column
        (G,) row of each gene in the vocabulary, or -1.
    """
    row = np.asarray(row_of_column)[x_CG.indices]
    known = row >= 0
    cell = np.repeat(np.arange(x_CG.shape[0]), np.diff(x_CG.indptr))[known]
    taken = sparse.csr_array(
        (x_CG.data[known], row[known], np.r_[0, np.cumsum(np.bincount(cell, minlength=x_CG.shape[0]))]),
        shape=(x_CG.shape[0], max(1, int(row.max(initial=0)) + 1)),
    )
    taken.sort_indices()
    pairs = np.stack([taken.indices, taken.data], axis=1).astype(np.uint32)
    return pairs, np.diff(taken.indptr).astype(np.int64)


def twins_of(pairs: npt.NDArray[np.uint32], number: Ints) -> npt.NDArray[np.uint64]:
    """Return a hash of each cell's pairs, by which the same cell is found in another data set."""
    mixed = mix((pairs[:, 0].astype(np.uint64) << np.uint64(32)) | pairs[:, 1])
    ends = np.r_[np.uint64(0), np.cumsum(mixed, dtype=np.uint64)]  # wraps around, which differences undo
    stop = np.cumsum(number)
    hashed: npt.NDArray[np.uint64] = ends[stop] - ends[stop - number]
    return hashed
