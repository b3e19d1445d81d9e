"""Transcription factors as a universe: a truth on rows that are factors, everything else left as it is."""

import dataclasses

from bengrn import genes as gene_names
from bengrn.errors import DataError, TruthError
from bengrn.values import Truth

__all__ = ["restrict_to_factors"]

_LOSS = "regulators that are no transcription factor"
_LOST_EDGES = "edges of regulators that are no transcription factor"


def restrict_to_factors(truth: Truth) -> Truth:
    """Return a truth on those of its regulators that are transcription factors of its organism.

    A universe, not a mask: pairs of other regulators are no candidates at all, so that the share of true
    edges, K and every chance value are those of the rows that are left. Knowing which genes are factors
    then earns nothing, while masking a network and scoring it on all genes is worth a factor of a hundred.

    Parameters
    ----------
    truth
        Names may be current or previous symbols, or Ensembl ids.

    Returns
    -------
    Truth
        Regulators in their order, targets untouched; `losses` says what was left out.

    Raises
    ------
    TruthError
        If there is no list of factors for the organism, or none of the regulators is a factor.
    """
    try:
        factors = gene_names.transcription_factors(truth.organism)
    except DataError as error:
        raise TruthError(
            f"No list of transcription factors is known for the organism {truth.organism!r}; expected human "
            "or mouse. Score on all regulators of the truth."
        ) from error
    current = (gene_names.current_symbol(name, organism=truth.organism) for name in truth.regulators)
    kept = [name for name, symbol in zip(truth.regulators, current, strict=True) if symbol in factors]
    if not kept:
        raise TruthError(
            f"None of the {len(truth.regulators)} regulators of the truth ({truth.regulators[0]!r} first) is "
            f"among the {len(factors):,} transcription factors of {truth.organism}. Score on all regulators."
        )
    restricted = truth.restrict(kept, truth.targets)
    lost = {
        _LOSS: len(truth.regulators) - len(kept),
        _LOST_EDGES: int(truth.edges.nnz - restricted.edges.nnz),
    }
    return dataclasses.replace(restricted, losses={**truth.losses, **lost})
