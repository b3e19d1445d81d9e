"""What two records were made of, and where that differs."""

from collections.abc import Iterable, Mapping
from typing import Any

from bengrn.record import Record

__all__ = ["about_heads", "differences", "flatten", "nearest"]


_HEADS_SHOWN = 8


def flatten(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one, names joined by dots."""
    flat: dict[str, Any] = {}
    for name, inner in sorted(value.items()):
        if isinstance(inner, Mapping):
            flat |= flatten(inner, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = inner
    return flat


def about_heads(heads: Mapping[str, Any]) -> list[str]:
    """Return lines on what heads a network is made of and what they were selected by; none without heads."""
    if "selected" not in heads:
        return []
    training, coefficients = heads["training"], heads["coefficients"]
    largest = sorted(coefficients.items(), key=lambda one: -one[1])[:_HEADS_SHOWN]
    shares = ", ".join(f"{name} {value:.3g}" for name, value in largest)
    more = f" and {len(coefficients) - _HEADS_SHOWN} more" if len(coefficients) > _HEADS_SHOWN else ""
    leaky = "LEAKY, also by pairs that are scored" if heads["leaky"] else "by no gene that is scored"
    return [
        f"heads: {heads['selected']} of {heads['heads']} (as many as {heads['effective']:.1f} equal ones); "
        f"lambda {heads['penalty']:g}; recipe {heads['recipe']}",
        f"  selected by {heads['truth']}: {training['regulators']:,} regulators x {training['targets']:,} "
        f"targets, {training['true']:,} true of {training['pairs']:,} pairs; {leaky}",
        f"  coefficients: {shares}{more}",
    ]


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
