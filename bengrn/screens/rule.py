"""What counts as a result of a perturbation screen, and what is said of one."""

from dataclasses import dataclass
from typing import Literal

from bengrn.errors import SettingError
from bengrn.screens.null import Calibration
from bengrn.screens.power import TypicalGene

__all__ = ["PerturbationOutcome", "ScreenReport", "ScreenRule"]


@dataclass(frozen=True, kw_only=True)
class ScreenRule:
    """When a perturbed gene counts as tested, and a measured gene as its target.

    Parameters
    ----------
    alpha
        Largest adjusted p-value of an edge, exclusive; also the largest p-value of the on-target check.
    correction
        Benjamini and Hochberg over the genes of each perturbation ("perturbation"), as in the published
        matrices: a row without effects then holds no edge but by chance 1 of 20 times. Over all tests of
        the screen ("screen"), rows with many effects lend the others a laxer cut.
    min_cells, min_controls
        A perturbation with fewer cells is not tested; a screen with fewer controls is refused.
    min_detected
        Targets are genes seen in at least this share of the tested cells, perturbed or not. Together with
        50 cells, 0.1 means 5 cells in which a rank can be more than a tie; with 0.5 the normal
        approximation called 4 times too many p < 0.001 on real controls, with 5 it held.
    direction
        "loss" (knock-down, knock-out) or "gain" (activation): which way the perturbed gene goes. A target
        that follows its regulator is activated (+1), one that goes the other way repressed (-1).
    remaining
        The on-target check: a lost gene must keep at most this share of its mean in controls, a gained
        one reach at least 1 / `remaining` of it; and that at a one-sided p < `alpha`.
    unmeasured
        Perturbed genes that cannot be checked, because they are not measured or seen in too few cells, are
        kept as regulators ("keep") and counted in the losses, or left out ("drop").
    min_effect
        Least absolute log2 fold change of an edge.
    pseudocount
        Added to both means of a fold change, in counts of a control cell of median depth.
    depth
        A cell is divided by its total ("total"), or the median gene of each perturbation is brought to
        that of controls as well ("median-ratio"): for panels of few genes, where a total follows what
        was perturbed.
    power
        What `detectable` of the report is stated for.

    Raises
    ------
    SettingError
        If a number is out of its range.
    """

    alpha: float = 0.05
    correction: Literal["perturbation", "screen"] = "perturbation"
    min_cells: int = 50
    min_controls: int = 100
    min_detected: float = 0.1
    direction: Literal["loss", "gain"] = "loss"
    remaining: float = 0.5
    unmeasured: Literal["keep", "drop"] = "keep"
    min_effect: float = 0.0
    pseudocount: float = 0.01
    depth: Literal["total", "median-ratio"] = "total"
    power: float = 0.8

    def __post_init__(self) -> None:
        """Refuse numbers without meaning."""
        shares = {"alpha": self.alpha, "remaining": self.remaining, "power": self.power}
        for name, value in shares.items():
            if not 0 < value < 1:
                raise SettingError(f"{name} is {value}; expected more than 0 and less than 1.")
        if not 0 <= self.min_detected <= 1:
            raise SettingError(f"min_detected is {self.min_detected}; expected 0 to 1, a share of cells.")
        if self.min_cells < 2 or self.min_controls < 2:
            raise SettingError("min_cells and min_controls must be at least 2.")
        if not self.min_effect >= 0 or not self.pseudocount > 0:
            raise SettingError("min_effect must be at least 0, pseudocount above 0.")


@dataclass(frozen=True)
class PerturbationOutcome:
    """What became of one perturbation.

    Parameters
    ----------
    name, cells
        The perturbed gene, and its cells.
    log2_fold, on_target_p
        Of the perturbed gene itself, one-sided; None where it cannot be checked.
    tested, significant
        Genes tested, without itself; those that are targets.
    detectable
        Smallest log2 fall of the typical gene that would be found with the rule's power; infinite where
        none would; None where nothing was tested.
    reason
        Why it is no regulator of the truth; empty where it is one.
    """

    name: str
    cells: int
    log2_fold: float | None = None
    on_target_p: float | None = None
    tested: int = 0
    significant: int = 0
    detectable: float | None = None
    reason: str = ""

    @property
    def passed(self) -> bool:
        """Whether it is a regulator of the truth."""
        return not self.reason


@dataclass(frozen=True)
class ScreenReport:
    """How a truth came out of a screen.

    Parameters
    ----------
    rule
        The rule.
    rows
        One per perturbation, by name.
    controls, genes, targets
        Control cells; genes measured; genes tested.
    typical
        The gene that power is stated for.
    calibration
        Controls against controls; None where it was not asked for.
    """

    rule: ScreenRule
    rows: tuple[PerturbationOutcome, ...]
    controls: int
    genes: int
    targets: int
    typical: TypicalGene
    calibration: Calibration | None = None
