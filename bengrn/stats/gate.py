"""The control gate: whether the scores of a metric on a truth may be read at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

__all__ = ["NULL_ORDER", "POSITIVE", "Gate", "control_gate", "is_ordered"]

POSITIVE = "truth"
# what each null knows contains what the one before it knows, as far as scores go
NULL_ORDER: tuple[tuple[str, ...], ...] = (
    ("random",),
    ("expression",),
    ("degrees", "oracle-degrees"),
)
# without a place in the order: they may or may not know edges, the positive control must beat them all
_OTHER_NULLS = ("degree-swap", "pearson", "spearman")
# a gap counts where it is so many times the spread over seeds
_SEED_SPREADS = 5.0

Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Gate:
    """Whether a metric tells what it should of the controls on a truth.

    Parameters
    ----------
    passed
        None where the controls that decide were not run.
    reason
        One line per fault, or what is missing; empty where passed.
    """

    passed: bool | None
    reason: str = ""


def is_ordered(metric: str) -> bool:
    """Whether degrees are meant to help under a metric: not under lifts, nor per regulator."""
    return not metric.endswith(("_lift", "_per_regulator"))


def control_gate(
    controls: Mapping[str, Sequence[Cell]], *, chance: float | None = None, ordered: bool = True
) -> Gate:
    """Judge one metric on one truth by what its controls score.

    Parameters
    ----------
    controls
        Name of a control -> its cells, one per seed, as in a record: "value", and where there is an
        interval "low" and "high". Higher must be better. Names: `truth`, the nulls of `NULL_ORDER`, and
        `degree-swap`, `pearson`, `spearman`; others are not looked at.
    chance
        What a random ranking scores, where that is a number.
    ordered
        Whether nulls must stand in order (`is_ordered`).

    Returns
    -------
    Gate
        Not passed where any of these fails; not judged without `truth` and `random`.

        1. `truth` scores above the upper end of every null's interval (its value where it has none).
        2. In `NULL_ORDER` no null's whole interval lies above the whole interval of a later one.
        3. `random` misses `chance` by at most twice the reach of its interval: 95 % intervals alone would
           close the gate once in twenty.
        4. `truth` is above the best null by at least five times the spread of that null over seeds, where
           there are at least three.

    Examples
    --------
    >>> control_gate({"truth": [{"value": 1.0}], "random": [{"value": 0.1, "low": 0.05, "high": 0.2}]})
    Gate(passed=True, reason='')
    """
    spans = {name: _span(cells) for name, cells in controls.items()}
    found = {name: span for name, span in spans.items() if span is not None}
    missing = [name for name in (POSITIVE, "random") if name not in found]
    if missing:
        return Gate(None, f"not judged: no value of the control {' or '.join(missing)}")
    known = [name for step in NULL_ORDER for name in step]
    nulls = {name: found[name] for name in (*known, *_OTHER_NULLS) if name in found}
    faults = [*_not_below(found[POSITIVE], nulls, controls), *_off_chance(found["random"], chance)]
    if ordered:
        faults += _out_of_order(nulls)
    return Gate(not faults, "; ".join(faults))


@dataclass(frozen=True)
class _Span:
    """The mean over seeds of a control's values and of the ends of its intervals."""

    value: float
    low: float
    high: float


def _span(cells: Sequence[Cell]) -> _Span | None:
    """Return the span of a control, None where it has no value."""
    valued = [cell for cell in cells if cell.get("value") is not None]
    if not valued:
        return None

    def end(name: str) -> float:
        return fmean(cell["value"] if cell.get(name) is None else cell[name] for cell in valued)

    return _Span(end("value"), end("low"), end("high"))


def _not_below(truth: _Span, nulls: Mapping[str, _Span], controls: Mapping[str, Sequence[Cell]]) -> list[str]:
    """Return which nulls the positive control does not clearly beat."""
    faults = [
        f"truth ({truth.value:.3g}) is not above {name} (up to {null.high:.3g})"
        for name, null in nulls.items()
        if truth.value <= null.high
    ]
    if faults:
        return faults
    best = max(nulls, key=lambda name: nulls[name].value)
    seeds = [cell["value"] for cell in controls[best] if cell.get("value") is not None]
    gap, spread = truth.value - nulls[best].value, stdev(seeds) if len(seeds) > 2 else 0.0
    if gap < _SEED_SPREADS * spread:
        faults.append(f"truth is above {best} by {gap:.3g}, less than 5 spreads over seeds ({spread:.3g})")
    return faults


def _out_of_order(nulls: Mapping[str, _Span]) -> list[str]:
    """Return which nulls lie clearly above one that knows more."""
    faults = []
    for position, step in enumerate(NULL_ORDER):
        later = [name for after in NULL_ORDER[position + 1 :] for name in after]
        faults += [
            f"{less} (from {nulls[less].low:.3g}) is above {more} (up to {nulls[more].high:.3g})"
            for less in step
            for more in later
            if less in nulls and more in nulls and nulls[less].low > nulls[more].high
        ]
    return faults


def _off_chance(random: _Span, chance: float | None) -> list[str]:
    """Return whether the random control misses chance by more than luck."""
    if chance is None or random.low == random.high:
        return []
    reach = 2 * max(random.value - random.low, random.high - random.value)
    if abs(random.value - chance) <= reach:
        return []
    return [f"random scores {random.value:.3g}; expected {chance:g} within {reach:.2g}"]
