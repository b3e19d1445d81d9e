"""A model together with everything that says what its numbers mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scprint_model.checkpoint.report import LoadReport
from scprint_model.errors import LabelError
from scprint_model.labels import LabelSpace
from scprint_model.model import ScPrint
from scprint_model.vocabulary import Vocabulary

__all__ = ["Pretrained"]


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A model, its genes, its labels, and what is known of it.

    Attributes
    ----------
    model
        In evaluation mode, on the device that it was asked for on.
    vocabulary
        The genes of its table, in order.
    labels
        One label space per class, in the order of the class tokens.
    card
        Whatever its maker wrote down: data, steps, scores; JSON values.
    report
        What loading found.
    """

    model: ScPrint
    vocabulary: Vocabulary
    labels: tuple[LabelSpace, ...]
    card: Mapping[str, Any] = field(default_factory=dict)
    report: LoadReport = field(default_factory=lambda: LoadReport(source="memory", kind="ours"))

    def label_space(self, name: str) -> LabelSpace:
        """Return the labels of a class, by its name with or without ``_ontology_term_id``.

        Raises
        ------
        LabelError
            If the model does not predict this class.
        """
        for space in self.labels:
            if name in {space.name, space.name.removesuffix("_ontology_term_id")}:
                return space
        known = ", ".join(space.name for space in self.labels) or "none"
        raise LabelError(f"The model predicts no class {name!r}; it has {known}.")

    def class_token(self, name: str) -> int:
        """Return where the token of a class stands among the cell tokens."""
        space = self.label_space(name)
        return self.model.config.first_class + self.labels.index(space)
