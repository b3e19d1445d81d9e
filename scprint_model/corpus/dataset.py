"""Take the cells of one file into a corpus: filter, measure, write their pairs, judge the whole."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scprint_model.corpus.encode import Terms, pairs_of, twins_of
from scprint_model.corpus.format import OUTLIER, DatasetEntry
from scprint_model.corpus.h5ad import CellFile
from scprint_model.corpus.pairs import PairWriter
from scprint_model.corpus.quality import Quality
from scprint_model.corpus.settings import Settings
from scprint_model.vocabulary import Vocabulary

Ints = npt.NDArray[np.int64]
ASSAY = "assay_ontology_term_id"


@dataclass(frozen=True, eq=False)
class Kept:
    """The cells of one data set that are in the corpus; C of them.

    Attributes
    ----------
    entry
        What is said of the data set; if it was left out as a whole, the arrays are empty.
    row, number, depth, flags, twin
        (C,): row in the file, number of pairs, total count, bits, hash.
    terms
        By class, (C,) terms; empty where not known.
    measured
        (G,) which genes of the vocabulary the file has.
    """

    entry: DatasetEntry
    row: Ints
    number: Ints
    depth: npt.NDArray[np.float32]
    flags: npt.NDArray[np.uint8]
    twin: npt.NDArray[np.uint64]
    terms: Mapping[str, npt.NDArray[np.str_]]
    measured: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Block:
    row: Ints
    number: Ints
    twin: npt.NDArray[np.uint64]
    quality: Quality


def take(
    file: CellFile,
    labels: Mapping[str, Terms],
    vocabulary: Vocabulary,
    settings: Settings,
    writer: PairWriter,
) -> Kept:
    """Write the pairs of a file's cells, unless too few are left.

    Parameters
    ----------
    file, labels
        The open file, and the labels of all its cells by class.
    vocabulary, settings
        Genes, and which cells are kept.
    writer
        Takes the pairs; those of a data set that is left out are taken back.
    """
    aligned = file.align(vocabulary)
    row_of_column = aligned.row_of_column.copy()
    unseen = [str(name) in file.unseen for name in file.var.index]
    row_of_column[np.array(unseen, bool)] = -1
    measured = np.zeros(len(vocabulary), bool)
    measured[row_of_column[row_of_column >= 0]] = True
    entry = DatasetEntry(
        name=file.source.name,
        file=file.source.path.name,
        sha256="",
        organism=file.organism,
        counts=file.place,
        read=file.shape[0],
        cells=0,
        measured=int(measured.sum()),
        outside={label: n for terms in labels.values() for label, n in terms.outside.items()},
    )
    if entry.measured < settings.min_mapped:
        fewer = f"{entry.measured} of its {file.shape[1]} genes are in the vocabulary, fewer than"
        return _nothing(replace(entry, dropped=f"{fewer} {settings.min_mapped}"), len(vocabulary))
    before, left_out = writer.pairs, Counter[str]()
    blocks = _blocks(
        file, labels, settings, writer, left_out, row_of_column, file.symbols(vocabulary, aligned)
    )
    cells = sum(len(block.row) for block in blocks)
    entry = replace(entry, cells=cells, left_out=dict(sorted(left_out.items())))
    too_few = max(settings.min_cells, int(np.ceil(settings.min_share * file.shape[0])), 1)
    if cells < too_few:
        writer.forget(before)
        reasons = "".join(f"; {n} {why}" for why, n in entry.left_out.items())
        why = f"{cells} of its {file.shape[0]} cells are left, fewer than {too_few}{reasons}"
        return _nothing(replace(entry, cells=0, dropped=why), len(vocabulary))
    return _joined(entry, blocks, labels, settings, measured)


def _nothing(entry: DatasetEntry, genes: int) -> Kept:
    none = np.empty(0, np.int64)
    arrays = none, none, none.astype(np.float32), none.astype(np.uint8), none.astype(np.uint64)
    return Kept(entry, *arrays, {}, np.zeros(genes, bool))


def _blocks(
    file: CellFile,
    labels: Mapping[str, Terms],
    settings: Settings,
    writer: PairWriter,
    left_out: Counter[str],
    row_of_column: Ints,
    symbols: Sequence[str],
) -> list[_Block]:
    """Write the pairs of the cells that are kept; count the others by reason."""
    wanted = _wanted(file, labels, settings, left_out)
    done: list[_Block] = []
    for start, x_CG in file.blocks(settings.block):
        genes = np.diff(x_CG.indptr)
        pick = np.flatnonzero(wanted[start : start + len(genes)])
        rich = pick[genes[pick] > settings.min_genes]
        left_out["with too few genes"] += len(pick) - len(rich)
        chosen = sparse.csr_array(x_CG[rich])
        pairs, number = pairs_of(chosen, row_of_column)
        some = number > 0
        left_out["without a gene of the vocabulary"] += int((~some).sum())
        writer.append(pairs)
        quality = Quality.measure(chosen, symbols).kept(some)
        done.append(_Block(start + rich[some], number[some], twins_of(pairs, number)[some], quality))
    for reason in [reason for reason, cells in left_out.items() if not cells]:
        del left_out[reason]
    return done


def _wanted(
    file: CellFile, labels: Mapping[str, Terms], settings: Settings, left_out: Counter[str]
) -> npt.NDArray[np.bool_]:
    """Return which cells of a file stay, judged by their labels."""
    wanted = np.ones(file.shape[0], bool)
    if "is_primary_data" in file.obs.columns:
        primary = np.array([str(value) != "False" for value in file.obs["is_primary_data"]])
        left_out["not primary"] += int((~primary).sum())
        wanted &= primary
    if ASSAY in labels:
        dropped = np.isin(labels[ASSAY].term, settings.dropped_assays) & wanted
        left_out["of a dropped assay"] += int(dropped.sum())
        wanted &= ~dropped
    return wanted


def _joined(
    entry: DatasetEntry,
    blocks: Sequence[_Block],
    labels: Mapping[str, Terms],
    settings: Settings,
    measured: npt.NDArray[np.bool_],
) -> Kept:
    quality = Quality.joined([block.quality for block in blocks])
    row = np.concatenate([block.row for block in blocks])
    flags = quality.flags(settings)
    outliers = int(((flags & OUTLIER) > 0).sum())
    for terms in labels.values():
        flags |= terms.flags[row]
    return Kept(
        replace(entry, outliers=outliers),
        row,
        np.concatenate([block.number for block in blocks]),
        quality.counts.astype(np.float32),
        flags,
        np.concatenate([block.twin for block in blocks]),
        {name: terms.term[row] for name, terms in labels.items()},
        measured,
    )
