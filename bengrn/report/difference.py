"""What two records were made of, and where that differs."""

from collections.abc import Iterable, Mapping
from typing import Any

from bengrn.record import Record

__all__ = ["differences", "flatten", "nearest"]


def flatten(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one, names joined by dots."""
    flat: dict[str, Any] = {}
    for name, inner in sorted(value.items()):
        if isinstance(inner, Mapping):
            flat |= flatten(inner, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = inner
    return flat


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return name -> (first, second) where they differ; None stands for absent."""
    one, two = flatten(first), flatten(second)
    return {
        name: (one.get(name), two.get(name))
        for name in sorted(one.keys() | two.keys())
        if one.get(name) != two.get(name)
    }


def nearest(record: Record, others: Iterable[Record]) -> Record | None:
    """Return the record with the fewest differences, itself and its other attempts left out."""
    rest = [one for one in others if one.key != record.key]
    return min(rest, key=lambda one: len(differences(record.ingredients, one.ingredients)), default=None)
