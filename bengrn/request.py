"""What was asked, frozen and hashable: text of the command line in, plain values out."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bengrn.errors import SettingError, UnknownNameError

__all__ = ["Named", "Request", "Scoring", "Selection", "parse_named", "read_sets"]

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
    min_cells: int = 100

    def __post_init__(self) -> None:
        """Refuse numbers that select nothing."""
        for name, least in (("cells", 2), ("genes", 3), ("min_cells", 2)):
            number = getattr(self, name)
            if number is not None and number < least:
                raise SettingError(f"--{name.replace('_', '-')} is {number}; expected at least {least}.")


@dataclass(frozen=True)
class Scoring:
    """How uncertainty is measured: part of every score's key."""

    null_draws: int = 5
    bootstrap_draws: int = 1000
    level: float = 0.95


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


def parse_named(text: str) -> Named:
    """Read `NAME`, `NAME:PRESET` or `FILE[:NAME-or-PRESET]`."""
    match = _FILE.match(text)
    if match:
        return Named(match["file"], match["rest"] or "")
    reference, _, preset = text.partition(":")
    return Named(reference.strip(), preset.strip())


def read_sets(
    sets: Sequence[str], asked: Iterable[Named], accepts: dict[str, set[str]]
) -> dict[str, dict[str, str]]:
    """Sort `--set KEY=VALUE` and `--set NAME.KEY=VALUE` by the thing they belong to.

    Parameters
    ----------
    sets
        As given on the command line.
    asked
        The methods, truths and data sets of the request.
    accepts
        The settings that each reference has.

    Returns
    -------
    dict
        reference -> setting -> text.

    Raises
    ------
    SettingError
        If one is not of the form KEY=VALUE.
    UnknownNameError
        If nothing that was asked for has the setting.
    """
    references = [named.reference for named in asked]
    found: dict[str, dict[str, str]] = {reference: {} for reference in references}
    for text in sets:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise SettingError(f"--set {text!r} is not of the form KEY=VALUE or NAME.KEY=VALUE.")
        owner, dot, setting = key.rpartition(".")
        owners = [one for one in references if (one == owner if dot else setting in accepts[one])]
        if not owners:
            which = f"named {owner!r}" if dot else f"that has a setting {setting!r}"
            have = "; ".join(
                f"{one}: {', '.join(sorted(accepts[one])) or 'no settings'}"
                for one in dict.fromkeys(references)
            )
            raise UnknownNameError(f"--set {text}: nothing {which} was asked for. There are: {have}.")
        for one in owners:
            found[one][setting] = value
    return found
