"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from bengrn.errors import DataError, SettingError

__all__ = [
    "CellType",
    "Cells",
    "Controls",
    "Cpus",
    "Data",
    "Draws",
    "Enrichment",
    "Force",
    "GeneSelection",
    "Genes",
    "Heads",
    "HeadsFrom",
    "HeadsShare",
    "Json",
    "Layer",
    "MemoryLimit",
    "Methods",
    "MinCells",
    "Nulls",
    "Out",
    "Seeds",
    "Sets",
    "TimeLimit",
    "Truths",
    "Universe",
    "names_in",
    "number_or_all",
    "read_memory",
    "with_controls",
]  # fmt: skip

Methods = Annotated[
    list[str],
    typer.Option("--method", "-m", help="NAME, NAME:PRESET or FILE.py; repeatable."),
]
Truths = Annotated[
    list[str],
    typer.Option("--truth", "-t", help="NAME, NAME:PRESET or an edge table (tsv, csv, parquet); repeatable."),
]
Data = Annotated[
    str | None,
    typer.Option("--data", "-d", help="Data set name or FILE.h5ad with raw counts. Default: the truth's."),
]
CellType = Annotated[
    str | None,
    typer.Option("--cell-type", help="A value of obs['cell_type'], or 'all'. Default: the data set's."),
]
Cells = Annotated[str, typer.Option("--cells", help="At most so many cells, or 'all'.")]
Genes = Annotated[str, typer.Option("--genes", help="At most so many genes, or 'all'.")]
GeneSelection = Annotated[
    str, typer.Option("--gene-selection", help="Which genes come first: variable or expressed.")
]
Layer = Annotated[str, typer.Option("--layer", help="Where the raw counts are: X, raw, or a layer.")]
MinCells = Annotated[int, typer.Option("--min-cells", help="Refuse fewer cells than this.")]
Seeds = Annotated[list[int], typer.Option("--seed", help="Seed of the method; repeatable.")]
Sets = Annotated[
    list[str],
    typer.Option("--set", help="KEY=VALUE for all that have the setting, NAME.KEY=VALUE for one."),
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder of records and pages.")]
Json = Annotated[bool, typer.Option("--json", help="Print the records as JSON lines.")]
Force = Annotated[bool, typer.Option("--force", help="Run anew what is already in the store.")]
TimeLimit = Annotated[float, typer.Option("--time-limit", help="Seconds per job.")]
MemoryLimit = Annotated[
    str | None,
    typer.Option("--memory-limit", help="Per job, such as 8G. Default: 90 % of what is free."),
]
Cpus = Annotated[int | None, typer.Option("--cpus", help="Workers per job. Default: all usable cores.")]
Nulls = Annotated[int, typer.Option("--nulls", help="Draws of the degree-preserving null.")]
Enrichment = Annotated[
    bool,
    typer.Option(
        "--enrichment", help="Also test for gene sets: transcription factors, their targets, markers."
    ),
]
Universe = Annotated[
    str,
    typer.Option("--universe", help="Rows that are candidates: all, or tf for transcription factors alone."),
]
Heads = Annotated[
    str | None,
    typer.Option(
        "--heads",
        help="Select heads: 'split', by one part of the truth's genes, scoring the other; or "
        "'published:RECIPE', which leaks.",
    ),
]
HeadsFrom = Annotated[
    str | None,
    typer.Option(
        "--heads-from", help="Select heads by another truth, NAME[:PRESET] or a table, less the scored genes."
    ),
]
HeadsShare = Annotated[
    float | None,
    typer.Option("--heads-share", help="Share of the truth's genes that is not scored. Default: 0.5."),
]
Controls = Annotated[
    bool,
    typer.Option(
        "--controls",
        help="Also run all controls, those drawn at random with 3 seeds: they say which columns can be read.",
    ),
]
Draws = Annotated[int, typer.Option("--draws", help="Bootstrap draws over regulators.")]

_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def number_or_all(text: str, option: str) -> int | None:
    """Return a number, or None for 'all'.

    Raises
    ------
    SettingError
        If the text is neither.
    """
    if text == "all":
        return None
    if not (text.isascii() and text.isdecimal()):
        raise SettingError(f"{option} is {text!r}; expected a number of at least 1, or 'all'.")
    return int(text)


def read_memory(text: str | None) -> int:
    """Return bytes: of text such as 8G, or 90 % of what is free now.

    Raises
    ------
    SettingError
        If the text is not a size.
    """
    if text is None:
        import psutil

        return int(0.9 * psutil.virtual_memory().available)
    number, unit = text.rstrip("Bb"), 1
    if number and number[-1].upper() in _UNITS:
        number, unit = number[:-1], _UNITS[number[-1].upper()]
    try:
        size = float(number) * unit
    except ValueError as error:
        raise SettingError(f"--memory-limit is {text!r}; expected a size such as 8G or 500M.") from error
    if not 0 < size < float("inf"):
        raise SettingError(f"--memory-limit is {text!r}; expected a size such as 8G or 500M.")
    return int(size)


def with_controls(methods: list[str]) -> list[str]:
    """Return the methods, and the controls that are not among them."""
    from bengrn.stats.gate import CONTROLS

    return [*methods, *(f"bengrn/{name}" for name in CONTROLS if not {name, f"bengrn/{name}"} & {*methods})]


def names_in(file: Path) -> list[str]:
    """Return the first column of a text file, without empty lines and comments.

    Raises
    ------
    DataError
        If it cannot be read, or holds no names.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as broken:
        raise DataError(
            f"{file} cannot be read as text ({broken}); expected one gene name a line."
        ) from broken
    columns = [line.replace(",", "\t").split("\t")[0].strip().strip('"') for line in lines]
    found = [name for name in columns if name and not name.startswith("#")]
    if not found:
        raise DataError(f"{file} holds no names; expected one gene name a line.")
    return found
