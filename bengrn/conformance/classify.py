"""What the labels that a method returns must hold, and that they are better than the most frequent one."""

import re
from typing import Any

import numpy as np

from bengrn.cell_labels import CellLabels
from bengrn.conformance.calls import refuse_changes, refuse_print, refused_in_one_line
from bengrn.conformance.networks import SEED, CheckFailedError
from bengrn.errors import LabelsError
from bengrn.planted_groups import PlantedGroups, planted_groups

__all__ = [
    "check_cell_order",
    "check_classify",
    "check_classify_groups",
    "check_difficult_genes",
    "check_empty_input",
    "check_gene_order",
    "check_input_unmodified",
    "check_one_group",
    "check_seed",
    "check_silence",
]

# rounding may turn a cell that lies between two types, not more of them
_TOLERANCE = 0.01
_ONTOLOGY_ID = re.compile(r"CL:\d{7}")


def _classify(method: Any, data: PlantedGroups) -> CellLabels:
    """Call the method; refuse what are no labels of these cells."""
    return _classify_cells(method, data.train.copy(), data.cells(labels=False))


def _classify_cells(method: Any, train: Any, adata: Any) -> CellLabels:
    try:
        found = method.classify(train, adata, seed=SEED)
    except LabelsError as error:
        raise CheckFailedError(str(error)) from error
    if not isinstance(found, CellLabels):
        raise CheckFailedError(f"classify returned {type(found).__name__}; expected bengrn.plugin.CellLabels")
    if list(found.cells) != list(adata.obs_names):
        same = sorted(found.cells) == sorted(adata.obs_names)
        seen = "are in another order" if same else f"are others ({len(found.cells)} of {adata.n_obs})"
        raise CheckFailedError(f"the cells {seen}; expected all those of adata, in its order")
    return found


def check_classify(method: Any) -> None:
    """Give every cell an id of the Cell Ontology, or None, in the order of the cells."""
    found = _classify(method, planted_groups())
    odd = [
        one for one in (*found.labels, *(found.reachable or ())) if one and not _ONTOLOGY_ID.fullmatch(one)
    ]
    if odd:
        raise CheckFailedError(
            f"{odd[0]!r} is no id of the Cell Ontology; expected such as CL:0000236, or None"
        )


def check_classify_groups(method: Any) -> None:
    """More cells get their planted type than the most frequent type has."""
    data = planted_groups()
    type_C = data.types
    label_C = np.array([one or "" for one in _classify(method, data).labels])
    found = float((label_C == type_C).mean())
    most = max(float((type_C == one).mean()) for one in set(type_C))
    if not found > most:
        raise CheckFailedError(
            f"{found:.0%} of the cells get their planted type; expected over {most:.0%}, what the most "
            "frequent type gives"
        )


def _same(first: CellLabels, second: CellLabels, what: str, tolerance: float = _TOLERANCE) -> None:
    """Refuse labels of two calls that differ in more than a share of the cells."""
    label = dict(zip(second.cells, second.labels, strict=True))
    moved = sum(one != label[cell] for cell, one in zip(first.cells, first.labels, strict=True))
    if moved > tolerance * len(first.cells):
        raise CheckFailedError(
            f"{what}: {moved} of {len(first.cells)} cells get another label; expected none"
        )


def check_gene_order(method: Any) -> None:
    """Permuting genes changes nothing."""
    data = planted_groups()
    _same(_classify(method, data), _classify(method, data.permuted(genes=True)), "permuting genes")


def check_cell_order(method: Any) -> None:
    """Permuting the cells, those to learn from too, permutes the labels and changes nothing else."""
    data = planted_groups()
    _same(_classify(method, data), _classify(method, data.permuted(genes=False)), "permuting cells")


def check_seed(method: Any) -> None:
    """Give the same labels for the same seed."""
    data = planted_groups()
    _same(_classify(method, data), _classify(method, data), "the same seed twice", tolerance=0.0)


def check_input_unmodified(method: Any) -> None:
    """Leave the data as they were, also those to learn from."""
    data = planted_groups()
    train, adata = data.train, data.cells(labels=False)
    refuse_changes(lambda: _classify_cells(method, train, adata), "classify", train=train, adata=adata)


def check_silence(method: Any) -> None:
    """Nothing is printed, neither by Python nor below it."""
    data = planted_groups()
    refuse_print(lambda: _classify(method, data), "classify")


def check_difficult_genes(method: Any) -> None:
    """Label cells also with a gene of zeros, a gene without variance, and a cell without counts."""
    _classify(method, planted_groups().with_difficulties())


def check_one_group(method: Any) -> None:
    """One label and one batch to learn from: labels, or a ValueError or BengrnError with one line."""
    data = planted_groups().of_one_group()
    refused_in_one_line(lambda: _classify(method, data), "training cells of a single type")


def check_empty_input(method: Any) -> None:
    """No cells: a ValueError or a BengrnError with one line. None to learn from: likewise, or labels."""
    data = planted_groups()
    nothing = data.without_cells().cells(labels=False)
    if not refused_in_one_line(lambda: method.classify(data.train, nothing, seed=SEED), "no cells"):
        raise CheckFailedError("no cells gave labels; expected a ValueError with a clear line")
    untaught, adata = data.train[:0].copy(), data.cells(labels=False)
    refused_in_one_line(lambda: _classify_cells(method, untaught, adata), "no training cells")
