"""Settings of a declared dataclass: describe them, and make an instance out of text."""

import contextlib
import dataclasses
import difflib
import math
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bengrn.errors import SettingError, UnknownNameError

__all__ = ["Setting", "describe", "make", "suggest", "values"]


@dataclass(frozen=True)
class Setting:
    """One field of a declared dataclass."""

    name: str
    kind: str
    default: object


def describe(declared: type) -> list[Setting]:
    """Return the settings of a declared dataclass, in order."""
    hints = typing.get_type_hints(declared)
    return [
        Setting(field.name, _kind(hints[field.name]), field.default) for field in dataclasses.fields(declared)
    ]


def values(instance: Any) -> dict[str, Any]:
    """Return the settings of an instance, defaults included, ready for JSON; a path is its text."""
    found = {field.name: getattr(instance, field.name) for field in dataclasses.fields(instance)}
    return {name: str(value) if isinstance(value, Path) else value for name, value in found.items()}


def make(declared: type, given: Mapping[str, object], *, name: str) -> Any:
    """Make an instance with these settings; text is read as the field's type.

    Raises
    ------
    UnknownNameError
        If a setting does not exist.
    SettingError
        If a value does not fit its type, or the class refuses it.
    """
    hints = typing.get_type_hints(declared)
    known = [field.name for field in dataclasses.fields(declared)]
    read: dict[str, object] = {}
    for key, value in given.items():
        if key not in known:
            raise UnknownNameError(f"{name} has no setting {key!r}.{suggest(key, known, 'It has')}")
        read[key] = _read(value, hints[key], f"{name}.{key}") if isinstance(value, str) else value
    try:
        return declared(**read)
    except (ValueError, TypeError) as error:
        raise SettingError(f"{name}: {error}") from error


def suggest(name: str, known: Iterable[str], intro: str = "There are") -> str:
    """Return " Did you mean ...?" for a near miss, else the names there are."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f" Did you mean {near[0]!r}?"
    if not names:
        return f" {intro} none."
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f" {intro}: {', '.join(names[:12])}{more}."


def _kind(hint: Any) -> str:
    """Return a type hint as a user reads it."""
    origin = typing.get_origin(hint)
    if origin is Literal:
        return " | ".join(str(choice) for choice in typing.get_args(hint))
    if origin in (types.UnionType, typing.Union):
        return " | ".join(_kind(part) for part in typing.get_args(hint))
    return "none" if hint is type(None) else str(getattr(hint, "__name__", hint))


def _read(text: str, hint: Any, where: str) -> object:
    """Return text as a value of the type, or refuse it."""
    for possible in _alternatives(hint):
        if possible is str:
            return text
        if possible is type(None) and text.lower() in ("none", ""):
            return None
        if possible is bool and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if possible in (int, float):
            with contextlib.suppress(ValueError):
                number: float = possible(text)
                if math.isfinite(number):
                    return number
        if possible is Path and text:
            return Path(text)
        for choice in typing.get_args(possible) if typing.get_origin(possible) is Literal else ():
            if text == str(choice):
                return choice
    raise SettingError(f"{where} is {text!r}; expected {_kind(hint)}. Set it as {where}=VALUE.")


def _alternatives(hint: Any) -> tuple[Any, ...]:
    """Return the types of a union, text last because everything is text; else the type itself."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return tuple(sorted(typing.get_args(hint), key=lambda one: one in (str, Path)))
    return (hint,)
