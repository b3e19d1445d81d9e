"""What a classifier returns: a label for every cell, or none where it has no answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bengrn.errors import LabelsError
from bengrn.names import unique_names

__all__ = ["CellLabels"]


@dataclass(frozen=True, eq=False)
class CellLabels:
    """The types of cells as a method believes them to be.

    Parameters
    ----------
    labels
        One per cell: a Cell Ontology id such as ``CL:0000236``, or None where there is no answer.
    cells
        C unique names: those of the data, in their order.
    reachable
        All labels that the method could have given, where that is known: a model that was trained elsewhere
        has labels of its own. None: not known, such as those of the training cells.

    Raises
    ------
    LabelsError
        If there is not one label for each cell, one is no text, or not among those that can be reached, or a
        cell or reachable label is named twice.
    """

    labels: tuple[str | None, ...]
    cells: tuple[str, ...]
    reachable: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Validate, and keep plain tuples."""
        object.__setattr__(self, "cells", unique_names(self.cells, "cells of the labels", LabelsError))
        object.__setattr__(self, "labels", _plain(self.labels))
        if len(self.labels) != len(self.cells):
            raise LabelsError(
                f"Got {len(self.labels)} labels for {len(self.cells)} cells; expected one each, None where "
                "there is no answer."
            )
        if self.reachable is None:
            return
        reachable = unique_names(self.reachable, "reachable labels", LabelsError)
        object.__setattr__(self, "reachable", reachable)
        outside = sorted({one for one in self.labels if one is not None} - set(reachable))
        if outside:
            raise LabelsError(
                f"{len(outside)} labels are not among the {len(reachable)} reachable ones, {outside[0]!r} "
                "first; expected each label there, or reachable=None."
            )


def _plain(labels: Sequence[Any]) -> tuple[str | None, ...]:
    """Return the labels as plain strings and None; refuse NaN, codes and empty text."""
    found = tuple(labels)
    odd = [one for one in found if one is not None and (not isinstance(one, str) or not one.strip())]
    if odd:
        raise LabelsError(
            f"{len(odd)} labels are no text, {odd[0]!r} first; expected Cell Ontology ids such as "
            "'CL:0000236', or None where there is no answer."
        )
    return tuple(None if one is None else str(one) for one in found)
