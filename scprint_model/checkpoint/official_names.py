"""The genes and labels that an official file carries in its settings."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scprint_model.config import ModelConfig
from scprint_model.errors import CheckpointError
from scprint_model.labels import LabelSpace
from scprint_model.vocabulary import Vocabulary

__all__ = ["labels_of", "vocabulary_of"]

_ORGANISMS = {"ENSG": "NCBITaxon:9606", "ENSMUSG": "NCBITaxon:10090"}


def vocabulary_of(settings: Mapping[str, Any], rows: int, path: str) -> Vocabulary:
    """Return the gene table's genes: a list in V1, by organism in V2.

    Raises
    ------
    CheckpointError
        If the file names another number of genes than its table has rows, or none.
    """
    given = settings.get("genes") or ()
    if isinstance(given, Mapping):
        pairs = [(str(gene), str(organism)) for organism, genes in given.items() for gene in _listed(genes)]
    else:
        known = [str(one) for one in settings.get("organisms") or ()]
        pairs = [(str(gene), _organism(str(gene), known)) for gene in given]
    if len(pairs) != rows:
        raise CheckpointError(f"{path} names {len(pairs)} genes, but its gene table has {rows} rows.")
    position = settings.get("gene_pos_enc")
    try:
        places = np.asarray(position, np.int32) if position is not None and len(position) == rows else None
        genes, organisms = zip(*pairs, strict=True)
        return Vocabulary(genes, ("",) * rows, organisms, places)
    except (TypeError, ValueError) as error:  # a VocabularyError is one, too
        raise CheckpointError(f"{path}: its genes cannot be used: {error}") from error


def _listed(genes: Any) -> Sequence[Any]:
    return genes if isinstance(genes, list | tuple) else ()


def _organism(gene: str, known: list[str]) -> str:
    for prefix, organism in _ORGANISMS.items():
        if gene.startswith(prefix) and gene[len(prefix) : len(prefix) + 1].isdigit():
            return organism
    return known[0] if len(known) == 1 else "unknown"


def labels_of(settings: Mapping[str, Any], config: ModelConfig) -> tuple[tuple[LabelSpace, ...], list[str]]:
    """Return a label space per class, and notes on those whose labels the file does not tell."""
    decoders, hierarchy = settings.get("label_decoders") or {}, settings.get("labels_hierarchy") or {}
    spaces, notes = [], []
    for name, leaves in config.classes:
        try:
            spaces.append(_space(name, leaves, decoders.get(name) or {}, hierarchy.get(name) or {}))
        except (AttributeError, KeyError, TypeError, ValueError):  # a LabelError is a ValueError
            spaces.append(LabelSpace(name, tuple(f"{name} {code}" for code in range(leaves))))
            notes.append(f"The file does not tell the labels of {name}: they are numbered.")
    return tuple(spaces), notes


def _space(
    name: str, leaves: int, decoder: Mapping[Any, str], hierarchy: Mapping[Any, list[int]]
) -> LabelSpace:
    terms = {int(code): str(term) for code, term in decoder.items()}
    groups = []
    for code in sorted(hierarchy, key=int):
        members = tuple(sorted({int(leaf) for leaf in hierarchy[code]}))
        if members:
            groups.append((terms[int(code)], members))
    return LabelSpace(name, tuple(terms[code] for code in range(leaves)), tuple(groups))
