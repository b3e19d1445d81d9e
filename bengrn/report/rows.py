"""Records as the rows of a table: which record counts, and several seeds of one method as one row."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import fmean
from typing import Any

from bengrn.metrics import ALL_METRICS
from bengrn.record import Record
from bengrn.stats.seeds import join_seeds

__all__ = ["SeedMean", "current", "join_rows"]

_BOUNDS = {one.name: one.bounds for one in ALL_METRICS}


@dataclass(frozen=True, kw_only=True)
class SeedMean(Record):
    """One method on one task over several seeds; all else is that of the first.

    Parameters
    ----------
    seeds
        Two or more.
    """

    seeds: tuple[int, ...]


def current(records: Iterable[Record]) -> list[Record]:
    """Return one record per question: of each key the newest that finished, else the newest failure.

    Of several keys that ask the same with other code, metrics or draws, the newest counts.
    """
    chosen: dict[str, Record] = {}
    for record in records:
        if record.ok or record.key not in chosen or not chosen[record.key].ok:
            chosen[record.key] = record
    newest: dict[str, Record] = {}
    for record in sorted(chosen.values(), key=lambda one: one.created):
        newest[f"{_question(record)} {record.seed}"] = record
    kept = {record.key for record in newest.values()}
    return [record for record in chosen.values() if record.key in kept]


def join_rows(records: Sequence[Record]) -> list[Record]:
    """Return the finished records with seeds joined: rows in the order of their first seeds.

    Seeds are joined where all else is the same, down to code, draws and versions of metrics; a seed that
    was run with other code stays a row of its own.

    Parameters
    ----------
    records
        Of one task; a record that is there twice counts once.
    """
    rows: dict[str, dict[int, Record]] = {}
    for record in records:
        if record.ok:
            made_from = {name: value for name, value in record.ingredients.items() if name != "seed"}
            same = f"{_question(record)} {json.dumps(made_from, sort_keys=True, default=str)}"
            rows.setdefault(same, {})[record.seed] = record
    return [_join(list(seeds.values())) for seeds in rows.values()]


def _question(record: Record) -> str:
    """Return what a record answers but for its seed: truth, data, task, method with its settings."""
    method, truth, data = record.method, record.truth, record.data
    same = (truth["name"], truth.get("preset"), truth.get("changed"), data.get("name"), data.get("cell_type"),
            record.task.get("digest"), method.get("package"), record.label,
            record.ingredients.get("network"))  # fmt: skip
    return repr(same)


def _join(records: Sequence[Record]) -> Record:
    """Return the only record, or the mean of several."""
    if len(records) == 1:
        return records[0]
    first = records[0]
    about: dict[str, Any] = {one.name: getattr(first, one.name) for one in fields(Record)}
    scores = {
        mode: {name: _joined(name, mode, records) for name in cells} for mode, cells in first.scores.items()
    }
    timings = {phase: _mean_timing(phase, records) for phase in first.timings}
    seeds = tuple(record.seed for record in records)
    return SeedMean(
        **{**about, "scores": scores, "timings": timings, "warnings": _warnings(records)}, seeds=seeds
    )


def _joined(name: str, mode: str, records: Sequence[Record]) -> dict[str, Any]:
    """Return one score of several seeds; a seed that lacks it has no value."""
    cells = [record.scores.get(mode, {}).get(name, {"value": None}) for record in records]
    lifts = (0.0, math.inf) if name.endswith("_lift") else (-math.inf, math.inf)
    return join_seeds(cells, _BOUNDS.get(name, lifts))


def _mean_timing(phase: str, records: Sequence[Record]) -> dict[str, float]:
    """Return the mean of what a phase took; "stored" where it was for any seed."""
    timings: list[Mapping[str, float]] = [one.timings[phase] for one in records if phase in one.timings]
    names = {name for one in timings for name in one}
    return {name: fmean(one[name] for one in timings if name in one) for name in sorted(names)}


def _warnings(records: Sequence[Record]) -> tuple[str, ...]:
    """Return the warnings of all seeds, each once, with the seeds that have it where not all do."""
    found: dict[str, list[int]] = {}
    for record in records:
        for text in record.warnings:
            found.setdefault(text, []).append(record.seed)
    return tuple(
        text if len(seeds) == len(records) else f"{text} (seed {', '.join(map(str, seeds))})"
        for text, seeds in found.items()
    )
