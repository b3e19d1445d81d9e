"""Gene names of the data as a model's vocabulary has them: by id, by symbol, by an older symbol."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bengrn.plugin import gene_table

if TYPE_CHECKING:
    from scprint_model.vocabulary import Vocabulary

__all__ = ["names_for"]

_TABLES = {"NCBITaxon:9606": "human", "NCBITaxon:10090": "mouse"}


def names_for(vocabulary: "Vocabulary", names: Sequence[str]) -> tuple[str, list[str]]:
    """Return the organism that most names are of, and each name as the vocabulary has it.

    Checkpoints of the authors know Ensembl ids alone, and symbols change: a name that the vocabulary lacks is
    looked up in the table of its organism. One that is not found there either stays as it is.
    """
    found = {one: _as_known(vocabulary, one, names) for one in vocabulary.organisms}
    known = {
        one: sum(vocabulary.row(name, one) >= 0 for name in translated) for one, translated in found.items()
    }
    organism = max(known, key=lambda one: known[one])
    return organism, found[organism]


def _as_known(vocabulary: "Vocabulary", organism: str, names: Sequence[str]) -> list[str]:
    if organism not in _TABLES:
        return list(names)
    table = gene_table(_TABLES[organism])
    translated = []
    for name in names:
        choices = [name]
        if vocabulary.row(name, organism) < 0:
            symbol, _ = table.find(name)
            choices += [symbol, *table.genes[symbol].ensembl] if symbol else []
        known = [one for one in choices if vocabulary.row(one, organism) >= 0]
        translated.append(known[0] if known else name)
    return translated
