"""Reading a frozen dataclass out of plain values: unknown keys and wrong types are one line each."""

import difflib
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from scprint_model.errors import ConfigError

__all__ = ["check_keys", "coerce", "read"]

Value = TypeVar("Value")
_NAMES: Mapping[type, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    type(None): "null",
}


def read(cls: type[Value], values: Any, *, where: str, without: frozenset[str] = frozenset()) -> Value:
    """Return the dataclass that plain values describe.

    Parameters
    ----------
    values
        A mapping of field names to plain values, as JSON or YAML hold them.
    where
        What to call the values in messages, such as ``train``.
    without
        Fields that may not be given.

    Raises
    ------
    ConfigError
        If a key is unknown, a value has another type than its field, or the dataclass refuses it.
    """
    return cls(**coerce(cls, values, where=where, without=without))


def coerce(
    cls: type, values: Any, *, where: str, without: frozenset[str] = frozenset(), partial: bool = False
) -> dict[str, Any]:
    """Return values with the types that the fields of a dataclass ask for.

    ``partial`` lets fields without a default be absent.
    """
    if values is None:  # an empty section of a YAML file
        values = {}
    if not isinstance(values, Mapping):
        raise ConfigError(f"{where} is {values!r}; it must be a table of settings.")
    known = [field for field in fields(cls) if field.name not in without]
    check_keys(values, [field.name for field in known], where=where)
    hints = get_type_hints(cls)
    for field in known:
        required = field.default is MISSING and field.default_factory is MISSING
        if required and not partial and field.name not in values:
            raise ConfigError(
                f"{_path(where, field.name)} is not given; it must be {_say(hints[field.name])}."
            )
    return {key: _value(hints[key], value, _path(where, key)) for key, value in values.items()}


def check_keys(values: Mapping[str, Any], known: list[str], *, where: str) -> None:
    """Refuse the first key that is not known, with the nearest one that is."""
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {_path(where, near[0])}?" if near else f"known are {', '.join(known)}."
            raise ConfigError(f"There is no setting {_path(where, key)}; {hint}")


def _path(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)


def _value(hint: Any, value: Any, where: str) -> Any:
    """Return one value as its type, or raise."""
    found = _fit(hint, value)
    if found is _MISFIT:
        raise ConfigError(f"{where} is {value!r}; it must be {_say(hint)}.")
    return found


_MISFIT = object()


def _fit(hint: Any, value: Any) -> Any:
    origin = get_origin(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):
        # the narrow types first, so that 3 stays a whole number where both are allowed
        fits = (_fit(one, value) for one in sorted(get_args(hint), key=lambda one: one is float))
        return next((one for one in fits if one is not _MISFIT), _MISFIT)
    if origin is Literal:
        return value if any(value == one and type(value) is type(one) for one in get_args(hint)) else _MISFIT
    if origin is tuple:
        return _fit_tuple(get_args(hint), value)
    if origin is not None and issubclass(origin, Mapping):
        return dict(value) if isinstance(value, Mapping) else _MISFIT
    return _fit_plain(hint, value)


def _fit_tuple(inner: tuple[Any, ...], value: Any) -> Any:
    if isinstance(value, str):  # --set data.test_datasets=a,b
        value = [one.strip() for one in value.split(",") if one.strip()]
    elif isinstance(value, int | float) and not isinstance(value, bool):  # --set objective.denoise=0.6
        value = [value]
    if not isinstance(value, list | tuple):
        return _MISFIT
    wanted = [inner[0]] * len(value) if inner[-1] is Ellipsis else list(inner)
    if len(wanted) != len(value):
        return _MISFIT
    items = [_fit(hint, one) for hint, one in zip(wanted, value, strict=True)]
    return _MISFIT if any(one is _MISFIT for one in items) else tuple(items)


def _fit_plain(hint: Any, value: Any) -> Any:
    if isinstance(value, str) and hint in (int, float):  # YAML 1.1 reads 1e-4 as text
        try:
            value = hint(value)
        except ValueError:
            return _MISFIT
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else _MISFIT
    if hint is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) and hint is not bool:
        return _MISFIT
    return value if isinstance(hint, type) and isinstance(value, hint) else _MISFIT


def _say(hint: Any) -> str:
    """Return a type in words."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(_say(one) for one in get_args(hint))
    if origin is Literal:
        return "one of " + ", ".join(repr(one) for one in get_args(hint))
    if origin is tuple:
        inner = get_args(hint)
        return "a list" if inner[-1] is not Ellipsis else f"a list, each {_say(inner[0])}"
    return _NAMES.get(hint, getattr(hint, "__name__", str(hint)))
