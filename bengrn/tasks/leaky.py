"""What is left of the scores of a network that was fitted on the very pairs it is scored on: compat alone."""

from collections.abc import Mapping
from typing import Any

__all__ = ["LEAKY_REASON", "compat_alone"]

LEAKY_REASON = (
    "the heads were selected as published, by pairs that are scored: it leaks, and compat scores alone are "
    "shown; for a fair score give --heads split"
)
# facts of the candidates and of what is predicted at all, which no selection makes better
_FACTS = (
    "n_candidates",
    "n_positive",
    "n_predicted",
    "coverage",
    "random_precision",
    "expected_tp",
)


def compat_alone(
    scores: Mapping[str, Mapping[str, Mapping[str, Any]]], tables: Mapping[str, Any]
) -> tuple[dict[str, dict[str, dict[str, Any]]], dict[str, Any]]:
    """Return scores whose strict values are None, each with the reason, and tables without the strict ones.

    Parameters
    ----------
    scores
        mode -> metric -> cell. The counts of candidates stay: they are the question, not the answer.
    tables
        Of gene sets: score -> mode -> rows.
    """
    strict = {
        name: dict(cell)
        if name in _FACTS
        else {"value": None, "version": cell["version"], "reason": LEAKY_REASON}
        for name, cell in scores["strict"].items()
    }
    others = {
        mode: {name: dict(cell) for name, cell in cells.items()}
        for mode, cells in scores.items()
        if mode != "strict"
    }
    kept = {
        name: {mode: rows for mode, rows in modes.items() if mode != "strict"}
        for name, modes in tables.items()
    }
    return {"strict": strict, **others}, {name: modes for name, modes in kept.items() if modes}
