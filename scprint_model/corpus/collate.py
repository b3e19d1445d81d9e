"""Which genes of a cell the model is shown."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

import numpy as np
import numpy.typing as npt

from scprint_model.errors import ConfigError, VocabularyError
from scprint_model.vocabulary import Vocabulary

How = Literal["random expressed", "most expressed", "all", "list"]
Unmeasured = Literal["skip", "zero"]


@dataclass(frozen=True, kw_only=True)
class Collator:
    """Choose genes of each cell; the defaults are those of the paper.

    Attributes
    ----------
    how
        ``random expressed``: expressed genes drawn uniformly without replacement, and, where there are
        fewer than ``context``, all of them and random genes with count 0; ``most expressed``: those of the
        highest counts (equal counts in random order), filled alike; ``all``: every gene of the cell's
        organism; ``list``: those of ``genes``. Chosen genes stand in the order of the vocabulary.
    context
        How many genes; a cell whose data set measured fewer is padded.
    genes
        For ``list``: Ensembl ids or symbols.
    extra_zeros
        Genes with count 0 to add, on top of ``context``.
    shortest, shorter_share
        V2: in this share of the batches the context is shorter, drawn uniformly from ``shortest`` on.
    unmeasured
        Genes that a cell's data set did not measure: ``skip`` never shows them, ``zero`` shows them with
        count 0, as the original did.

    Raises
    ------
    ConfigError
        If a value is out of its range.
    """

    how: How = "random expressed"
    context: int = 2200
    genes: tuple[str, ...] = ()
    extra_zeros: int = 0
    shortest: int | None = None
    shorter_share: float = 0.2
    unmeasured: Unmeasured = "skip"

    def __post_init__(self) -> None:
        """Refuse what chooses nothing."""
        object.__setattr__(self, "genes", tuple(self.genes))
        for name, allowed in (("how", get_args(How)), ("unmeasured", get_args(Unmeasured))):
            if getattr(self, name) not in allowed:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; it can be {', '.join(allowed)}.")
        if self.context < 1 or self.extra_zeros < 0:
            raise ConfigError(f"context {self.context} must be >= 1, extra_zeros {self.extra_zeros} >= 0.")
        if self.shortest is not None and not 1 <= self.shortest <= self.context:
            raise ConfigError(f"shortest is {self.shortest}; it must lie from 1 to context, {self.context}.")
        if not 0 <= self.shorter_share <= 1:
            raise ConfigError(f"shorter_share is {self.shorter_share}; it must lie from 0 to 1.")
        if (self.how == "list") != bool(self.genes):
            raise ConfigError(f"genes go with how='list' and only with it; how is {self.how!r}.")

    @property
    def draws(self) -> bool:
        """Whether genes are chosen cell by cell."""
        return self.how in {"random expressed", "most expressed"}

    def context_of(self, generator: np.random.Generator) -> int:
        """Return the context of one batch; draws from the generator only where contexts vary."""
        if self.shortest is None or generator.random() >= self.shorter_share:
            return self.context
        return int(generator.integers(self.shortest, self.context, endpoint=True))

    def listed(self, vocabulary: Vocabulary) -> npt.NDArray[np.int64]:
        """Return the rows of ``genes``, ascending.

        Raises
        ------
        VocabularyError
            If the vocabulary lacks one of them.
        """
        rows = {name: [vocabulary.row(name, one) for one in vocabulary.organisms] for name in self.genes}
        missing = [name for name, found in rows.items() if max(found) < 0]
        if missing:
            some = ", ".join(missing[:5])
            raise VocabularyError(f"{len(missing)} listed genes are not in the vocabulary: {some}.")
        return np.unique([row for found in rows.values() for row in found if row >= 0])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return {**asdict(self), "genes": list(self.genes)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote; an unknown key is an error."""
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise ConfigError(f"The collator has no setting {', '.join(unknown)}.")
        return cls(**values)
