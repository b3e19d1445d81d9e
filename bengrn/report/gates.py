"""The control gate of each column of a task: its records in, columns that cannot be read marked."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from bengrn.metrics import ALL_METRICS
from bengrn.record import Record
from bengrn.report.rows import current
from bengrn.report.table import Column, compat_columns, group, strict_columns
from bengrn.stats.gate import NULLS, POSITIVE, Gate, control_gate, is_ordered

__all__ = ["Gates", "Judged", "gate_notes", "gated", "judge", "judge_all"]

_METRICS = {one.name: one for one in ALL_METRICS}
# over a random ranking: a perfect network scores 1 over the share of true edges
_RATIOS = ("ap_ratio", "epr")
_COMPAT_CHANCE: Mapping[str, float] = {"epr_published": 1.0, "auprc_minus_random": 0.0}


@dataclass(frozen=True)
class Gates:
    """What the controls of one task say of its scores.

    Parameters
    ----------
    were_run
        Whether `truth` and `random` finished; without them nothing is judged.
    by_score
        (mode, metric) -> its gate.
    nulls
        Which nulls were run.
    """

    were_run: bool
    by_score: Mapping[tuple[str, str], Gate]
    nulls: tuple[str, ...] = ()

    def of(self, column: Column) -> Gate | None:
        """Return the gate of a column; None where it has none."""
        return None if column.score is None else self.by_score.get(column.score)


@dataclass(frozen=True)
class Judged:
    """A task whose records were judged.

    Parameters
    ----------
    title
        Truth, data and cells, as the title of its table has them.
    were_run
        Whether its controls were.
    faults, compat_faults
        One line per column whose gate failed: of the strict scores, and of those as published.
    """

    title: str
    were_run: bool
    faults: tuple[str, ...]
    compat_faults: tuple[str, ...]


def judge(records: Sequence[Record], columns: Iterable[Column]) -> Gates:
    """Judge the scores in these columns by the controls among the records.

    Parameters
    ----------
    records
        Of one task; every seed for itself.
    columns
        Those of scores are judged; descriptions (the share of true edges) and gene sets are not.
    """
    controls: dict[str, list[Record]] = {}
    for record in records:
        is_control = record.method.get("origin") == "control"
        if record.ok and is_control and record.method["name"] in (POSITIVE, *NULLS):
            controls.setdefault(record.method["name"], []).append(record)
    were_run = {POSITIVE, "random"} <= controls.keys()
    scores = {column.score for column in columns if column.score and _is_judged(*column.score)}
    judged = {one: _gate(controls, *one) for one in scores} if were_run else {}
    return Gates(were_run, judged, tuple(name for name in NULLS if name in controls))


def gated(columns: Iterable[Column], gates: Gates) -> list[Column]:
    """Return the columns; of one whose gate failed the title says so, and every value is in parentheses."""
    return [_marked(one) if _failed(gates.of(one)) else one for one in columns]


def gate_notes(columns: Sequence[Column], gates: Gates) -> list[str]:
    """Return what a reader of these columns must know of their gates: one line per failed column."""
    if not gates.were_run:
        return ["Not judged by controls: they were not run here (add --controls to the run)."]
    found = [(column.title, gate) for column in columns if (gate := gates.of(column)) is not None]
    notes = [
        f"{title}: gate failed, do not read it: {gate.reason}." for title, gate in found if _failed(gate)
    ]
    silent = [title for title, gate in found if gate.passed is None]
    if silent:
        notes.append(f"Not judged, since a control has no value there: {', '.join(silent)}.")
    if any(gate.passed for _, gate in found):
        which = "every column" if not notes else "the other columns"
        notes.append(f"Controls: {which} passed the gate (truth above {', '.join(gates.nulls)}).")
    return notes


def judge_all(records: Iterable[Record]) -> list[Judged]:
    """Judge every task of a folder of records, by its newest records."""
    judged = []
    for title, members in group(current(records)):
        strict, compat = strict_columns(), compat_columns()
        gates = judge(members, [*strict, *compat])
        what = title.partition(": ")[0]  # the truth, the data and the cells
        judged.append(Judged(what, gates.were_run, _faults(strict, gates), _faults(compat, gates)))
    return judged


def _faults(columns: Iterable[Column], gates: Gates) -> tuple[str, ...]:
    found = [(column.title, gates.of(column)) for column in columns]
    return tuple(f"{title}: {gate.reason}" for title, gate in found if gate is not None and _failed(gate))


def _failed(gate: Gate | None) -> bool:
    return gate is not None and gate.passed is False


def _is_judged(mode: str, metric: str) -> bool:
    """Whether higher is better under a score; gene sets are found or not, whatever the truth."""
    if mode == "compat":
        return metric in _COMPAT_CHANCE or metric == "auprc_quantile"
    return metric.endswith("_lift") or (metric in _METRICS and _METRICS[metric].direction == 1)


def _gate(controls: Mapping[str, Sequence[Record]], mode: str, metric: str) -> Gate:
    """Return the gate of one score."""
    cells = {name: _hardest(records, mode, metric) for name, records in controls.items()}
    chance, best = _scale(controls[POSITIVE][0], mode, metric)
    return control_gate(cells, chance=chance, best=best, ordered=is_ordered(metric))


def _hardest(records: Sequence[Record], mode: str, metric: str) -> list[Mapping[str, Any]]:
    """Return the cells of a control, one per seed; of several settings, those that score highest."""
    settings: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        cell = record.scores.get(mode, {}).get(metric, {})
        settings.setdefault(record.label, []).append(cell)

    def mean(cells: Sequence[Mapping[str, Any]]) -> float:
        values = [cell["value"] for cell in cells if cell.get("value") is not None]
        return fmean(values) if values else -math.inf

    return max(settings.values(), key=mean)


def _scale(record: Record, mode: str, metric: str) -> tuple[float | None, float | None]:
    """Return what chance and what a perfect network score on the task of a record, where that is known."""
    share = record.value("random_precision", mode)
    if mode == "compat":
        return _COMPAT_CHANCE.get(metric, share), None
    if metric.endswith("_lift"):
        return 1.0, None
    definition = _METRICS[metric]
    words = {"n_positive / n_pairs": share, "1": 1.0, "0.5": 0.5}
    top = definition.bounds[1]
    if metric in _RATIOS:
        return 1.0, 1 / share if share else None
    return words.get(definition.chance), top if math.isfinite(top) else None


def _marked(column: Column) -> Column:
    def hide(cell: Callable[[Record], str]) -> Callable[[Record], str]:
        return lambda record: text if (text := cell(record)) == "-" else f"({text})"

    return replace(column, title=f"{column.title} (gate failed)", cell=hide(column.cell))
