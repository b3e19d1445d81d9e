"""The labels of one class: leaves that a classifier predicts, and groups that stand for several of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from scprint_model.errors import LabelError

UNKNOWN = -1


@dataclass(frozen=True)
class LabelSpace:
    """What one class can be: n leaves, coded 0 to n - 1, and groups of leaves, coded from n on.

    Attributes
    ----------
    name
        The class, such as ``cell_type_ontology_term_id``.
    leaves
        Terms without a descendant among the terms; what the model predicts.
    groups
        Terms above leaves, each with the codes of the leaves under it, ascending.
    titles
        Names for people, of the leaves and then of the groups; empty: the terms themselves.

    Raises
    ------
    LabelError
        If a term stands twice, or a group is empty or holds leaves that do not exist.
    """

    name: str
    leaves: tuple[str, ...]
    groups: tuple[tuple[str, tuple[int, ...]], ...] = ()
    titles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be decoded again."""
        if len(set(self.terms)) < len(self.terms):
            twice = sorted({term for term in self.terms if self.terms.count(term) > 1})
            raise LabelError(f"Class {self.name} names {', '.join(twice)} twice.")
        for term, members in self.groups:
            inside = bool(members) and members[0] >= 0 and members[-1] < len(self.leaves)
            if not inside or list(members) != sorted(set(members)):
                raise LabelError(f"Group {term} of class {self.name} holds impossible leaves: {members}.")
        if self.titles and len(self.titles) != len(self.terms):
            raise LabelError(f"Class {self.name} has {len(self.terms)} terms, but {len(self.titles)} titles.")

    @property
    def terms(self) -> tuple[str, ...]:
        """All terms by code: leaves, then groups."""
        return (*self.leaves, *(term for term, _ in self.groups))

    @cached_property
    def _code_of_term(self) -> Mapping[str, int]:
        return {term: code for code, term in enumerate(self.terms)}

    def encode(self, term: str | None) -> int:
        """Return the code of a term; -1 where it is unknown or outside."""
        return UNKNOWN if term is None else self._code_of_term.get(term, UNKNOWN)

    def encode_many(self, terms: Iterable[str]) -> npt.NDArray[np.int64]:
        """Return the codes of many terms, shape (N,)."""
        return np.array([self.encode(term) for term in terms], np.int64)

    def decode(self, code: int) -> str:
        """Return the term of a code; ``unknown`` for -1."""
        return self._named(code, self.terms)

    def title(self, code: int) -> str:
        """Return the name for people of a code; ``unknown`` for -1."""
        return self._named(code, self.titles or self.terms)

    def _named(self, code: int, names: tuple[str, ...]) -> str:
        if not UNKNOWN <= code < len(names):
            raise LabelError(f"Class {self.name} has codes -1 to {len(names) - 1}, not {code}.")
        return "unknown" if code == UNKNOWN else names[code]

    def leaves_of(self, code: int) -> tuple[int, ...]:
        """Return the leaves that a code stands for: itself, those of its group, or none for -1."""
        self._named(code, self.terms)
        if code < len(self.leaves):
            return () if code == UNKNOWN else (code,)
        return self.groups[code - len(self.leaves)][1]

    def hierarchy(self) -> npt.NDArray[np.bool_]:
        """Return (groups, leaves): which leaves stand under each group."""
        under = np.zeros((len(self.groups), len(self.leaves)), bool)
        for row, (_, members) in enumerate(self.groups):
            under[row, list(members)] = True
        return under

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return {
            "name": self.name,
            "leaves": list(self.leaves),
            "groups": [[term, list(members)] for term, members in self.groups],
            "titles": list(self.titles),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote."""
        try:
            groups = tuple((str(term), tuple(members)) for term, members in values["groups"])
            titles = tuple(values.get("titles", ()))
            return cls(str(values["name"]), tuple(values["leaves"]), groups, titles)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, LabelError):
                raise
            raise LabelError(f"This is no label space: {error} is missing or misshapen.") from error
