"""`bengrn compare`: which of several methods is better, on which task, and how sure that is."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bengrn.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bengrn.record import Record
    from bengrn.report.entries import Entry
    from bengrn.report.ranks import Comparison
    from bengrn.store import Store

__all__ = ["compare"]

Asked = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[METHOD]...",
        help="As tables call it (NAME, NAME:PRESET, 'NAME setting=value'), or the start of a record's key. "
        "None: all but controls.",
    ),
]
Level = Annotated[
    float, typer.Option("--level", help="Of the intervals; a false claim in at most 1 - LEVEL of tasks.")
]
Margin = Annotated[
    float | None,
    typer.Option("--margin", help="The smallest difference that counts. Default: 0.05 of a ratio, or 0.01."),
]


def compare(
    method: Asked = None,
    truth: Annotated[str | None, typer.Option("--truth", "-t", help="Only on this truth.")] = None,
    data: Annotated[str | None, typer.Option("--data", "-d", help="Only on this data set.")] = None,
    metric: Annotated[str, typer.Option("--metric", help="Any with an interval.")] = "ap_lift",
    margin: Margin = None,
    level: Level = 0.95,
    out: options.Out = Path("reports"),
    json_: Annotated[bool, typer.Option("--json", help="Print a JSON line per task.")] = False,
) -> None:
    """Compare methods on the tasks that they share, by the same draws of regulators.

    Says for each two of them how far apart they are, whether that could be luck (Holm-adjusted for all
    pairs of the task) and whether it is worth a word (--margin); and which ranks each may have.
    """
    from bengrn.cli.comparison import show, show_json
    from bengrn.report.entries import check_asked
    from bengrn.report.ranks import compare_entries
    from bengrn.report.table import group
    from bengrn.store import Store

    asked = list(dict.fromkeys(method or ()))
    _check_numbers(margin, level)
    store = Store(out.resolve())
    records = _records(store, out, truth, data)
    check_asked(records, asked)
    tasks = [
        (title, [one for one in members if one.ok]) for title, members in group(r for r in records if r.ok)
    ]
    chosen = [(title, members, _entries(members, asked)) for title, members in tasks]
    shared = [one for one in chosen if len(one[2]) > 1]
    if not shared:
        _refuse_alone(asked, chosen)
    _check_metric(metric, [record for _, members, _ in shared for record in members])
    found = [
        (
            title,
            members,
            compare_entries(entries, store.read_draws, metric=metric, level=level, margin=margin),
        )
        for title, members, entries in shared
    ]
    if not any(one.pairs for _, _, one in found):
        _refuse_unpaired(metric, found[0][2])
    for title, members, one in found:
        (show_json if json_ else show)(title, members, one, level, margin)


def _check_numbers(margin: float | None, level: float) -> None:
    """Refuse numbers that mean nothing."""
    from bengrn.errors import SettingError

    if not 0.5 <= level < 1:
        raise SettingError(f"--level is {level:g}; expected at least 0.5 and below 1, such as 0.95.")
    if margin is not None and not 0 <= margin < math.inf:
        raise SettingError(f"--margin is {margin:g}; expected 0 or more, such as 0.05.")


def _records(store: "Store", out: Path, truth: str | None, data: str | None) -> "list[Record]":
    """Return the records of a truth and a data set."""
    from bengrn.errors import StoreError, UnknownNameError
    from bengrn.report.entries import is_called
    from bengrn.settings import suggest

    records = list(store.records())
    if not records:
        raise StoreError(f"There are no records in {out}. Make some: bengrn run, or give --out.")
    for option, text, kind in (("--truth", truth, "truth"), ("--data", data, "data")):
        if text is None:
            continue
        names = {str(getattr(one, kind)["name"]) for one in records}
        records = [one for one in records if is_called(getattr(one, kind), text)]
        if not records:
            raise UnknownNameError(f"No record is of {option} {text!r}.{suggest(text, names)}")
    return records


def _entries(members: "Sequence[Record]", asked: "Sequence[str]") -> "list[Entry]":
    """Return the methods of a task that are to be compared: those asked for, or all but controls."""
    from bengrn.report.entries import choose_entries, entries_of, newest

    if asked:
        return choose_entries(members, asked)
    return [one for one in entries_of(newest(members)) if not one.is_control]


def _refuse_alone(asked: "Sequence[str]", chosen: "Sequence[tuple[str, Any, list[Entry]]]") -> None:
    """Say why there is nothing to compare."""
    from bengrn.errors import StoreError

    places: dict[str, list[str]] = {}
    for title, _, entries in chosen:
        for entry in entries:
            places.setdefault(entry.name, []).append(title.partition(";")[0])
    if len(asked) == 1 or len(places) < 2:
        alone = f" ({next(iter(places))})" if places else ""
        raise StoreError(
            f"There is {'one' if places else 'no'} method{alone} to compare; expected at least two. "
            "Controls are compared where they are named: bengrn compare pearson random."
        )
    where = "; ".join(f"{name} was scored on {', '.join(titles)}" for name, titles in places.items())
    raise StoreError(
        f"No two of these methods share a task: {where}. Run them with one command: same truth, data, cells, "
        "genes."
    )


def _check_metric(metric: str, records: "Sequence[Record]") -> None:
    """Refuse a metric that no record has an interval of."""
    from bengrn.errors import UnknownNameError
    from bengrn.settings import suggest

    cells = [(name, cell) for one in records for name, cell in one.scores.get("strict", {}).items()]
    known = {name for name, _ in cells}
    with_interval = {name for name, cell in cells if cell.get("low") is not None}
    if metric not in known:
        raise UnknownNameError(f"No record has a metric {metric!r}.{suggest(metric, with_interval)}")
    if metric not in with_interval:
        why = next((cell["reason"] for name, cell in cells if name == metric and cell.get("reason")), None)
        have = f"Choose among {', '.join(sorted(with_interval))}." if with_interval else "No metric has one."
        raise UnknownNameError(
            f"{metric} has no interval and no draws to compare{f' ({why})' if why else ''}. {have}"
        )


def _refuse_unpaired(metric: str, found: "Comparison") -> None:
    """Say why no two methods can be compared."""
    from bengrn.errors import StoreError

    why = "; ".join(dict.fromkeys(one.rstrip(".") for one in found.left_out))
    raise StoreError(f"No two methods can be compared by {metric}: {why}.")
