"""Which marker sets stand for a cell type: a table instead of a person who reads names."""

import difflib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from bengrn.enrichment.gene_sets import hand_written, marker_sets
from bengrn.errors import MetricError

__all__ = ["CellType", "cell_type", "cell_types"]


@dataclass(frozen=True)
class CellType:
    """A type of the Cell Ontology, and what the marker sets are to it.

    Parameters
    ----------
    name, id
        As the Cell Ontology (release 2025-04-10) has them: "macrophage", "CL:0000235".
    accepted
        Ids of the sets that stand for the type.
    akin
        Ids of sets of its neighbours and ancestors: to find them is neither right nor wrong.
    """

    name: str
    id: str
    accepted: frozenset[str]
    akin: frozenset[str]


@lru_cache(maxsize=1)
def cell_types() -> tuple[CellType, ...]:
    """Return every cell type that marker sets are known for."""
    sets = marker_sets()
    types = []
    for name, identity, accepted, akin in hand_written("cell_type_markers"):
        stand_for, near = ({one for one in sets if _matches(one, text)} for text in (accepted, akin))
        types.append(CellType(name, identity, frozenset(stand_for), frozenset(near - stand_for)))
    return tuple(types)


def cell_type(name: str) -> CellType:
    """Return the cell type of a name or an id of the Cell Ontology; case does not matter.

    Raises
    ------
    MetricError
        If the table does not hold it.
    """
    known = {key.lower(): one for one in cell_types() for key in (one.name, one.id)}
    found = known.get(name.strip().lower())
    if found is None:
        close = difflib.get_close_matches(name.lower(), [one.name.lower() for one in cell_types()], 3)
        hint = f" Did you mean {' or '.join(repr(known[one].name) for one in close)}?" if close else ""
        raise MetricError(
            f"No marker set is known for the cell type {name!r}; expected one of {len(cell_types())} types, "
            f"by name or id of the Cell Ontology, such as 'T cell' or 'CL:0000084'.{hint}"
        )
    return found


def _matches(identity: str, patterns: str) -> bool:
    """Say whether the id of a set is one of the patterns, which "|" parts."""
    return any(fnmatchcase(identity, pattern) for pattern in patterns.split("|"))
