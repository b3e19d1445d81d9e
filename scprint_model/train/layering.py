"""Configurations in layers: named or own files one over the other, then single settings."""

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from scprint_model.errors import ConfigError

__all__ = ["layered", "merge", "names", "summary"]


def names() -> tuple[str, ...]:
    """Return the configurations that come with the package."""
    folder = resources.files("scprint_model") / "configs"
    return tuple(
        sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))
    )


def summary(name: str) -> str:
    """Return the first line of a shipped configuration's comment."""
    return _shipped(name).splitlines()[0].lstrip("# ")


def _shipped(name: str) -> str:
    return (resources.files("scprint_model") / "configs" / f"{name}.yaml").read_text(encoding="utf-8")


def layered(configs: Sequence[str], settings: Sequence[str] = ()) -> dict[str, Any]:
    """Return the plain values of configurations, a later one over an earlier one.

    Parameters
    ----------
    configs
        Names of shipped configurations, or paths of YAML or JSON files.
    settings
        ``section.key=value`` each, over all files.

    Raises
    ------
    ConfigError
        If a file does not exist or cannot be read, or a setting has no ``=``.
    """
    values: dict[str, Any] = {}
    for config in configs:
        values = merge(values, _read(config))
    for setting in settings:
        values = merge(values, _nested(setting))
    return values


def merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return both tables as one; where both have a value, that of ``over`` holds."""
    merged = dict(under)
    for key, value in over.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(old, value) if both else value  # type: ignore[arg-type] # both are mappings
    return merged


def _read(config: str) -> dict[str, Any]:
    """Return the values of one file."""
    path = Path(config)
    if path.suffix in {".yaml", ".yml", ".json"}:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as broken:
            raise ConfigError(f"The configuration {config} cannot be read: {broken}.") from broken
    elif config.lower() in names():
        text = _shipped(config.lower())
    else:
        raise ConfigError(
            f"There is no configuration {config!r}; there are {', '.join(names())}, or FILE.yaml."
        )
    values = _parse(text, config, is_json=path.suffix == ".json")
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(f"The configuration {config} holds {type(values).__name__}; it must be a table.")
    return values


def _parse(text: str, config: str, *, is_json: bool) -> Any:
    if is_json:
        try:
            return json.loads(text)
        except json.JSONDecodeError as broken:
            raise ConfigError(f"The configuration {config} is not JSON: {broken}.") from broken
    try:
        import yaml  # type: ignore[import-untyped] # it has no stubs
    except ModuleNotFoundError:
        raise ConfigError(f"{config} is YAML, and pyyaml is not installed; write it as JSON.") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as broken:
        reason = " ".join(str(broken).split())
        raise ConfigError(f"The configuration {config} is not YAML: {reason}.") from broken


def _nested(setting: str) -> dict[str, Any]:
    """Return ``a.b=1`` as ``{"a": {"b": 1}}``."""
    path, equals, text = setting.partition("=")
    if not equals or not path.strip():
        raise ConfigError(f"{setting!r} is no setting; write KEY=VALUE, such as train.steps=200.")
    value: Any = {"none": None, "true": True, "false": False}.get(text.strip().lower(), text)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            value = text  # plain text needs no quotes
    for key in reversed(path.strip().split(".")):
        value = {key: value}
    return dict(value)
