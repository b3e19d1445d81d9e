"""What a reader of a network's scores should know: little power, ties, pairs it lacks, no interval."""

from collections.abc import Mapping
from typing import Any

__all__ = ["notes_on_scores"]

# with fewer true positives expected by chance, an early precision is mostly luck
_LOW_POWER = 20
# an early precision that the order of ties moves by more than this share of itself is said to be one
_TIED = 0.1


def notes_on_scores(strict: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what a reader should know of the strict scores of a network.

    Parameters
    ----------
    strict
        Metric -> its cell: value, interval, and of "epr" the range over the order of ties.
    """
    notes = []
    expected, k = strict["expected_tp"]["value"], strict["n_positive"]["value"]
    if expected < _LOW_POWER:
        notes.append(
            f"low power: {expected:.1f} true positives expected by chance among the first {k:,.0f} pairs; "
            f"below {_LOW_POWER} early precision is mostly luck"
        )
    if strict["random_precision"]["value"] == 1:
        notes.append("every candidate is a true edge: no ranking can be wrong")
    notes += _of_ties(strict)
    if strict["coverage"]["value"] < 1:
        notes.append(f"the network covers {strict['coverage']['value']:.1%} of the candidates")
    if strict["ap"].get("low") is None and strict["ap"].get("reason"):
        notes.append(strict["ap"]["reason"])
    return notes


def _of_ties(strict: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say that nothing is ranked, or that ties at the cut decide the early precision; else nothing."""
    if not strict["n_predicted"]["value"]:
        return [
            "no candidate has a score other than 0: nothing is predicted, and every score is that of chance"
        ]
    value, low, high = (strict["epr"][name] for name in ("value", "tie_low", "tie_high"))
    if high - low <= _TIED * max(value, 1.0):
        return []
    return [f"ties at the cut: by their order EPR is {low:.3g} to {high:.3g}; {value:.3g} is the mean"]
