"""Which records stand for a method on a task: its seeds, found by label or by key."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bengrn.errors import UnknownNameError
from bengrn.record import Record
from bengrn.report.rows import current
from bengrn.settings import suggest

__all__ = ["Entry", "check_asked", "choose_entries", "entries_of", "is_called", "newest"]

_KEY = re.compile(r"^(?P<start>[0-9a-f]{4,64})(-[0-9]+)?(\.json)?$")


@dataclass(frozen=True)
class Entry:
    """A method on a task.

    Parameters
    ----------
    name
        What it is called: its label, and a part of its key where several methods have that label.
    records
        Of different seeds.
    """

    name: str
    records: tuple[Record, ...]

    @property
    def is_control(self) -> bool:
        """Whether it is a control."""
        return self.records[0].method.get("origin") == "control"


def newest(records: Iterable[Record]) -> list[Record]:
    """Return the finished records that leaderboards show: of each question the newest."""
    return [one for one in current(records) if one.ok]


def entries_of(records: Sequence[Record]) -> list[Entry]:
    """Return the methods among the records of one task, in the order of the records.

    Seeds are one method where all else is the same, code and draws included, as in leaderboards.
    """
    methods: dict[str, list[Record]] = {}
    for record in records:
        methods.setdefault(_method(record), []).append(record)
    return [
        Entry(name, tuple(sorted(members, key=lambda one: one.seed)))
        for name, members in zip(_names(list(methods.values())), methods.values(), strict=True)
    ]


def choose_entries(records: Sequence[Record], asked: Sequence[str]) -> list[Entry]:
    """Return the methods that were asked for among the records of one task; those that it lacks are left out.

    Parameters
    ----------
    records
        Finished ones of one task, every attempt.
    asked
        Labels, or starts of record keys: these stand for one record each.
    """
    shown = newest(records)
    labels = {one.label for one in shown}
    chosen: dict[tuple[str, ...], list[Record]] = {}
    for text in asked:
        label = _label_among(text, labels)
        if label is not None:
            for entry in entries_of([one for one in shown if one.label == label]):
                chosen[tuple(one.key for one in entry.records)] = list(entry.records)
        else:
            for record in _of_key(text, records)[-1:]:
                chosen.setdefault((record.key,), [record])
    # a record beside all seeds of its method would be compared with itself
    members = [one for keys, one in chosen.items() if not any({*keys} < {*other} for other in chosen)]
    return [Entry(name, tuple(one)) for name, one in zip(_names(members), members, strict=True)]


def check_asked(records: Sequence[Record], asked: Sequence[str]) -> None:
    """Refuse what no finished record is called.

    Raises
    ------
    UnknownNameError
        If one names nothing, records without scores alone, or records of several keys.
    """
    labels = {one.label for one in records if one.ok}
    for text in asked:
        if _label_among(text, labels) is not None:
            continue
        keys = {one.key for one in _of_key(text, [one for one in records if one.ok])}
        if len(keys) > 1:
            raise UnknownNameError(
                f"{len(keys)} records have keys that start with {text!r}; give more of it."
            )
        if keys:
            continue
        failed = [one for one in records if not one.ok and (one.label == text or _of_key(text, [one]))]
        if failed:
            raise UnknownNameError(f"{text!r} has no scores: {failed[-1].status}, {failed[-1].reason}")
        raise UnknownNameError(f"No record is of a method {text!r}.{suggest(text, labels)}")


def is_called(card: Any, text: str) -> bool:
    """Return whether a record's truth or data is what a text names: NAME, NAME:PRESET or a file."""
    name, preset = str(card.get("name", "")), card.get("preset")
    return text in (name, f"{name}:{preset}") or Path(text).name == name


def _label_among(text: str, labels: Iterable[str]) -> str | None:
    """Return the label that is meant: this one, or the only one of a method that bears this name."""
    known = set(labels)
    if text in known:
        return text
    same = [one for one in known if re.split(r"[: ]", one)[0] == text]
    return same[0] if len(same) == 1 else None


def _of_key(text: str, records: Sequence[Record]) -> list[Record]:
    """Return the finished records whose key starts so; the name of a record's file will do."""
    match = _KEY.match(Path(text).name)
    return [one for one in records if one.key.startswith(match["start"])] if match else []


def _names(methods: Sequence[Sequence[Record]]) -> list[str]:
    """Return what methods are called, each differently."""
    labels = [records[-1].label for records in methods]
    return [
        f"{label} ({records[-1].key[:8]})" if labels.count(label) > 1 else label
        for label, records in zip(labels, methods, strict=True)
    ]


def _method(record: Record) -> str:
    """Return what is the same for all seeds of a method: its label, code, settings, draws."""
    made_from = {name: value for name, value in record.ingredients.items() if name != "seed"}
    same = [record.label, record.method.get("package"), made_from]
    return json.dumps(same, sort_keys=True, default=str)
