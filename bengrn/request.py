"""What was asked, frozen and hashable: text of the command line in, plain values out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bengrn.errors import SettingError, UnknownNameError
from bengrn.heads.published import RECIPES, recipe
from bengrn.settings import suggest
from bengrn.stats.gate import DRAWN, MIN_SEEDS
from bengrn.tasks.universe import UNIVERSES

__all__ = [
    "HeadsAsked",
    "Named",
    "Request",
    "Scoring",
    "Selection",
    "parse_heads",
    "parse_named",
    "read_sets",
]

_FILE = re.compile(r"^(?P<file>.+\.(py|tsv|csv|txt|parquet|h5ad)(\.gz)?)(:(?P<rest>[^/\\]+))?$")


@dataclass(frozen=True)
class Named:
    """A method, truth or data set as it was asked for.

    Parameters
    ----------
    reference
        `name`, `package/name`, or the path of a file.
    preset
        Named settings of the declaration, or nothing.
    settings
        Pairs of setting and text, in the order given.
    """

    reference: str
    preset: str = ""
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def file(self) -> Path | None:
        """The file that was named, if it was one."""
        return Path(self.reference) if _FILE.match(self.reference) else None


@dataclass(frozen=True)
class Selection:
    """Which cells and genes make the task; the same for every method of a run.

    Parameters
    ----------
    cell_type
        A value of `obs["cell_type"]`; None for all cells.
    cells
        At most so many cells, drawn at random with a fixed seed; None for all.
    genes
        At most so many genes; None for all that are expressed and tested.
    gene_selection
        "variable" or "expressed".
    layer
        Where the counts are: "X", "raw" or a layer.
    min_cells
        Refuse fewer cells than this.
    """

    cell_type: str | None = None
    cells: int | None = 1024
    genes: int | None = 1000
    gene_selection: str = "variable"
    layer: str = "X"
    min_cells: int = 64

    def __post_init__(self) -> None:
        """Refuse numbers that select nothing."""
        for name, least in (("cells", 2), ("genes", 3), ("min_cells", 2)):
            number = getattr(self, name)
            if number is not None and number < least:
                raise SettingError(f"--{name.replace('_', '-')} is {number}; expected at least {least}.")


@dataclass(frozen=True)
class Scoring:
    """How uncertainty is measured: part of every score's key."""

    null_draws: int = 20
    bootstrap_draws: int = 1000
    level: float = 0.95
    enrichment: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers that measure nothing."""
        for option, number in (("--nulls", self.null_draws), ("--draws", self.bootstrap_draws)):
            if number < 0:
                raise SettingError(f"{option} is {number}; expected 0 or more.")


@dataclass(frozen=True)
class HeadsAsked:
    """By what the heads of a method are selected; the same for every method that offers some.

    Parameters
    ----------
    mode
        "split": by one part of the scored truth's genes, scored on the other; "other": by another truth
        without the genes that are scored; "published": as it was published, scored on all pairs.
    other
        The truth to select by; None for the scored one. A published recipe may have either.
    recipe
        Name of the published recipe; empty in the other modes.
    share
        Share of the scored truth's genes that is not scored, but in a published recipe.
    """

    mode: str
    other: Named | None = None
    recipe: str = ""
    share: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what selects nothing, or leaves nothing to score."""
        if self.mode == "published":
            recipe(self.recipe)
        elif self.recipe or self.mode != ("other" if self.other else "split"):
            raise SettingError(f"Heads cannot be selected by {self}; expected one way of selection.")
        if not 0 < self.share < 1:
            raise SettingError(f"--heads-share is {self.share:g}; expected a number between 0 and 1.")


@dataclass(frozen=True)
class Request:
    """A cross product of methods, truths and seeds on one data set."""

    methods: tuple[Named, ...]
    truths: tuple[Named, ...]
    data: Named | None = None
    selection: Selection = field(default_factory=Selection)
    cell_type_given: bool = False
    seeds: tuple[int, ...] = (0,)
    scoring: Scoring = field(default_factory=Scoring)
    universe: str = "all"
    heads: HeadsAsked | None = None
    controls: bool = False

    def __post_init__(self) -> None:
        """Refuse a universe that does not exist, and seeds that random generators do not take."""
        if self.universe not in UNIVERSES:
            hint = suggest(self.universe, UNIVERSES)
            raise UnknownNameError(f"There is no universe {self.universe!r}.{hint}")
        for seed in self.seeds:
            if not 0 <= seed < 2**32:
                raise SettingError(f"--seed is {seed}; expected 0 to {2**32 - 1}.")

    def seeds_of(self, method: str) -> tuple[int, ...]:
        """Return the seeds of a method; with `controls`, at least three of a control drawn at random."""
        if not self.controls or method not in DRAWN:
            return self.seeds
        more = [seed for seed in range(MIN_SEEDS) if seed not in self.seeds]
        return (*self.seeds, *more[: max(0, MIN_SEEDS - len(self.seeds))])


def parse_named(text: str) -> Named:
    """Read `NAME`, `NAME:PRESET` or `FILE[:NAME-or-PRESET]`."""
    match = _FILE.match(text)
    if match:
        return Named(match["file"], match["rest"] or "")
    reference, _, preset = text.partition(":")
    return Named(reference.strip(), preset.strip())


def parse_heads(heads: str | None, other: str | None, share: float | None) -> HeadsAsked | None:
    """Read `--heads split` or `--heads published:RECIPE`, `--heads-from TRUTH` and `--heads-share`.

    Returns
    -------
    HeadsAsked or None
        None where nothing was given.

    Raises
    ------
    UnknownNameError, SettingError
        If the words select nothing, or contradict each other.
    """
    if heads is None and other is None:
        if share is not None:
            raise SettingError("--heads-share selects nothing; give --heads split or --heads-from TRUTH too.")
        return None
    named = parse_named(other) if other else None
    mode, _, preset = (heads or "other").partition(":")
    if mode == "published":
        if not preset:
            raise SettingError(
                f"--heads published needs a recipe: published:NAME.{suggest('', RECIPES)} They leak; for a "
                "fair score use --heads split."
            )
        if share is not None:
            raise SettingError(
                "--heads-share is no part of a published recipe; all pairs are scored. Drop it."
            )
        return HeadsAsked(mode, named, preset)
    if heads is not None and heads != "split":
        hint = suggest(mode, ("split", "published:RECIPE"))
        raise UnknownNameError(f"There is no selection of heads {heads!r}.{hint}")
    if heads and named:
        raise SettingError(
            f"--heads split selects heads by the scored truth, --heads-from {other} by another; expected one "
            "of the two."
        )
    return HeadsAsked(mode, named, share=0.5 if share is None else share)


def read_sets(
    sets: Sequence[str], things: Sequence[tuple[frozenset[str], frozenset[str]]]
) -> list[dict[str, str]]:
    """Sort `--set KEY=VALUE` and `--set NAME.KEY=VALUE` by the things they belong to.

    Parameters
    ----------
    sets
        As given on the command line.
    things
        For each method, truth and data set that was asked for: what it can be called, and its settings.

    Returns
    -------
    list
        For each thing: setting -> text.

    Raises
    ------
    SettingError
        If one is not of the form KEY=VALUE.
    UnknownNameError
        If nothing that was asked for has the setting.
    """
    found: list[dict[str, str]] = [{} for _ in things]
    for text in sets:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise SettingError(f"--set {text!r} is not of the form KEY=VALUE or NAME.KEY=VALUE.")
        owner, _, setting = key.rpartition(".")
        mine = [
            given
            for given, (names, settings) in zip(found, things, strict=True)
            if (owner in names if owner else setting in settings)
        ]
        if not mine:
            which = f"named {owner!r}" if owner else f"that has a setting {setting!r}"
            have = "; ".join(
                sorted(
                    {
                        f"{min(names, key=len)}: {', '.join(sorted(own)) or 'no settings'}"
                        for names, own in things
                    }
                )
            )
            raise UnknownNameError(f"--set {text}: nothing {which} was asked for. There are: {have}.")
        for given in mine:
            given[setting] = value
    return found
