"""What truths that are derived here from a screen's cells have in common."""

import abc
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from bengrn.plugin import ScreenReport, ScreenRule, Truth, screen_truth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["CONTROL", "DerivedTruth"]

CONTROL = "non-targeting"


@dataclass(frozen=True, kw_only=True)
class DerivedTruth(abc.ABC):
    """A truth tested from cells; its settings are those of `ScreenRule`, and the batches."""

    organism: ClassVar[str]
    licence: ClassVar[str]
    citation: ClassVar[str]
    release: ClassVar[str]
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {"checked": {"unmeasured": "drop"}}

    alpha: float = 0.05
    correction: Literal["perturbation", "screen"] = "perturbation"
    min_cells: int = 50
    min_detected: float = 0.1
    remaining: float = 0.5
    unmeasured: Literal["keep", "drop"] = "keep"
    min_effect: float = 0.0
    batch: str = "none"

    def __post_init__(self) -> None:
        """Refuse numbers without meaning."""
        self.rule()

    @abc.abstractmethod
    def cells(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read all cells, with `obs["perturbation"]` and the columns of batches."""

    def rule(self) -> ScreenRule:
        """Return the settings as a rule."""
        names = {field.name for field in dataclasses.fields(ScreenRule)}
        return ScreenRule(
            **{
                field.name: getattr(self, field.name)
                for field in dataclasses.fields(self)
                if field.name in names
            }
        )

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Test the screen.

        Raises
        ------
        ValueError
            If the file is not what it is expected to be.
        """
        return self.screen(paths)[0]

    def screen(self, paths: Mapping[str, Path], *, null_groups: int = 0) -> tuple[Truth, ScreenReport]:
        """Return the truth, and the report that says what became of each perturbation."""
        return screen_truth(
            self.cells(paths),
            perturbation="perturbation",
            control=CONTROL,
            rule=self.rule(),
            batch=None if self.batch == "none" else self.batch,
            organism=self.organism,
            version=self.release,
            licence=self.licence,
            citation=self.citation,
            null_groups=null_groups,
        )
