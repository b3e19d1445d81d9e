"""The control gate: whether the scores of a metric on a truth may be read at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

__all__ = ["CONTROLS", "DRAWN", "MIN_SEEDS", "NULLS", "POSITIVE", "Gate", "control_gate", "is_ordered"]

POSITIVE = "truth"
_CHANCE = "random"
# knows every degree of the very truth: what knows less of degrees, and no edge, is not above it
_KNOWS_DEGREES = "oracle-degrees"
_KNOW_LESS = (_CHANCE, "expression", "degrees")
NULLS = (*_KNOW_LESS, _KNOWS_DEGREES, "degree-swap")
# what `bengrn run --controls` adds; pearson is no null (it may know edges) but what every method must beat
CONTROLS = (POSITIVE, _CHANCE, "expression", _KNOWS_DEGREES, "degree-swap", "pearson")
# those that another seed changes
DRAWN = (_CHANCE, "degree-swap")

# a gap counts where it is so many times the spread over seeds
_SEED_SPREADS = 5.0
MIN_SEEDS = 3
# the least share of the way from chance to truth that a null must leave to methods
_HEADROOM = 0.02
_SAME = 1e-6

Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Gate:
    """Whether a metric tells what it should of the controls on a truth.

    Parameters
    ----------
    passed
        None where the controls that decide were not run, or have no value.
    reason
        One line per fault, or what is missing; empty where passed.
    """

    passed: bool | None
    reason: str = ""


def is_ordered(metric: str) -> bool:
    """Whether degrees are meant to help under a metric: not under lifts, nor per regulator."""
    return not metric.endswith(("_lift", "_per_regulator"))


def control_gate(
    controls: Mapping[str, Sequence[Cell]],
    *,
    chance: float | None = None,
    best: float | None = None,
    ordered: bool = True,
) -> Gate:
    """Judge one metric on one truth by what its controls score.

    Parameters
    ----------
    controls
        Name of a control -> its cells, one per seed, as in a record: "value", and where there is an
        interval "low" and "high". Higher must be better. Names: `truth`, and the nulls `random`,
        `expression`, `degrees`, `oracle-degrees` and `degree-swap`; others are not looked at.
    chance
        What a random ranking scores, where that is a number.
    best
        What a perfect network scores, where that is known.
    ordered
        Whether degrees help (`is_ordered`).

    Returns
    -------
    Gate
        Not passed where any of these fails; not judged without `truth` and `random`.

        1. `truth` scores `best`.
        2. It is above every null: by 2 % of what it is above chance, and by five times the null's spread
           over seeds, where there are three or more.
        3. `random` misses `chance` by at most twice the reach of its interval: 95 % intervals alone would
           close the gate once in twenty.
        4. If `ordered`: the whole interval of no null lies above that of `oracle-degrees`.
        5. If not: the whole interval of `truth` lies above `chance`.

    Notes
    -----
    Intervals say what other regulators would give. Whether *this* truth can be read is another question, so
    the second rule looks at values and at luck (seeds), not at the ends of the nulls' intervals. The fifth
    one is about lifts: they are read by their intervals, and where that of the answer itself holds 1, no
    method's can mean much.

    `expression` may lie below `random`: in some perturbation lists weakly expressed genes have more edges.

    Examples
    --------
    >>> control_gate({"truth": [{"value": 1.0}], "random": [{"value": 0.1, "low": 0.05, "high": 0.2}]})
    Gate(passed=True, reason='')
    """
    spans = {name: _span(cells) for name, cells in controls.items()}
    found = {name: span for name, span in spans.items() if span is not None}
    missing = [name for name in (POSITIVE, _CHANCE) if name not in found]
    if missing:
        return Gate(None, f"not judged: no value of the control {' or '.join(missing)}")
    truth, random = found[POSITIVE], found[_CHANCE]
    nulls = {name: found[name] for name in NULLS if name in found}
    zero = random.value if chance is None else chance
    faults = [
        *_not_best(truth, best),
        *_not_below(truth, nulls, zero),
        *_off_chance(random, chance),
        *(_out_of_order(nulls) if ordered else _holds_chance(truth, chance)),
    ]
    return Gate(not faults, "; ".join(faults))


@dataclass(frozen=True)
class _Span:
    """A control over its seeds: mean value, means of its interval's ends (the value where it has none)."""

    value: float
    low: float
    high: float
    over_seeds: float | None  # standard deviation; None of fewer than three

    @property
    def has_interval(self) -> bool:
        """Whether the ends are more than the value."""
        return self.high > self.low


def _span(cells: Sequence[Cell]) -> _Span | None:
    """Return the span of a control, None where it has no value."""
    valued = [cell for cell in cells if cell.get("value") is not None]
    if not valued:
        return None

    def end(name: str) -> float:
        return fmean(cell["value"] if cell.get(name) is None else cell[name] for cell in valued)

    values = [cell["value"] for cell in valued]
    return _Span(end("value"), end("low"), end("high"), stdev(values) if len(values) >= MIN_SEEDS else None)


def _not_best(truth: _Span, best: float | None) -> list[str]:
    """Return whether the positive control is not perfect."""
    if best is None or abs(truth.value - best) <= _SAME * abs(best):
        return []
    return [f"truth scores {truth.value:.3g}, a perfect network {best:.3g}"]


def _not_below(truth: _Span, nulls: Mapping[str, _Span], chance: float) -> list[str]:
    """Return which nulls the positive control does not clearly beat."""
    faults = []
    for name, null in nulls.items():
        gap, spread = truth.value - null.value, null.over_seeds or 0.0
        if gap <= 0:
            faults.append(f"truth ({truth.value:.3g}) is not above {name} ({null.value:.3g})")
        elif gap < _HEADROOM * (truth.value - chance):
            share = gap / (truth.value - chance)
            faults.append(f"{name} ({null.value:.3g}) leaves {share:.1%} of the way to truth, less than 2 %")
        elif gap < _SEED_SPREADS * spread:
            faults.append(
                f"truth is above {name} by {gap:.3g}, less than 5 spreads over seeds ({spread:.3g})"
            )
    return faults


def _off_chance(random: _Span, chance: float | None) -> list[str]:
    """Return whether the random control misses chance by more than luck."""
    if chance is None or not random.has_interval:
        return []
    reach = 2 * max(random.value - random.low, random.high - random.value)
    if abs(random.value - chance) <= reach:
        return []
    return [f"random scores {random.value:.3g}, not {chance:.3g} within {reach:.2g}"]


def _out_of_order(nulls: Mapping[str, _Span]) -> list[str]:
    """Return which nulls lie clearly above the one that knows more than they do."""
    most = nulls.get(_KNOWS_DEGREES)
    if most is None:
        return []
    return [
        f"{name} (from {nulls[name].low:.3g}) is above {_KNOWS_DEGREES} (up to {most.high:.3g})"
        for name in _KNOW_LESS
        if name in nulls and nulls[name].has_interval and nulls[name].low > most.high
    ]


def _holds_chance(truth: _Span, chance: float | None) -> list[str]:
    """Return whether even the answer is not clearly above chance."""
    if chance is None or not truth.has_interval or truth.low > chance:
        return []
    return [f"the interval of truth itself (from {truth.low:.3g}) holds chance ({chance:.3g})"]
