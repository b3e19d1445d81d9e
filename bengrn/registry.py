"""Plug-ins in one place: found, loaded one by one, and asked what they declare.

A plug-in that fails is listed with its reason and never takes the program down.
"""

import dataclasses
import hashlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pluggy

from bengrn import hookspecs
from bengrn.errors import PluginError, UnknownNameError
from bengrn.fetch import cache_folder
from bengrn.metrics import ALL_METRICS
from bengrn.settings import suggest
from bengrn.silence import captured_stdout

__all__ = ["CAPABILITIES", "Broken", "Declared", "Registry", "build_registry"]

GROUP = "bengrn"
_FILE_MODULE = "bengrn_file_"
CAPABILITIES = ("infer", "from_truth", "heads", "denoise", "embed", "classify")
_HOOKS = {
    "bengrn_methods": "method",
    "bengrn_truths": "truth",
    "bengrn_datasets": "data set",
    "bengrn_metrics": "metric",
}
_REQUIRED = {
    "method": ("name", "source"),
    "truth": ("name", "description", "files", "data", "load"),
    "data set": ("name", "description", "files", "organism", "licence", "citation", "load"),
    "metric": ("name", "version", "compute"),
}


@dataclass(frozen=True)
class Declared:
    """Something a plug-in declared: a method, truth or data-set class, or a metric."""

    kind: str
    name: str
    package: str
    package_version: str
    declaration: Any
    module: ModuleType

    @property
    def qualified(self) -> str:
        """The name that is never ambiguous."""
        return f"{self.package}/{self.name}"

    @property
    def is_file(self) -> bool:
        """Whether it came from a file that was named, not from an installed package."""
        return self.module.__name__.startswith(_FILE_MODULE)

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What a method can do, as the names of its functions."""
        return tuple(name for name in CAPABILITIES if hasattr(self.declaration, name))


@dataclass(frozen=True)
class Broken:
    """A plug-in that could not be used, and why."""

    plugin: str
    package: str
    reason: str
    details: str = ""


@dataclass
class Registry:
    """All that the installed plug-ins and the given files declare."""

    declared: list[Declared] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    manager: pluggy.PluginManager = field(default_factory=lambda: pluggy.PluginManager(GROUP))

    def of_kind(self, kind: str) -> list[Declared]:
        """Return the declarations of a kind, by name."""
        return sorted((one for one in self.declared if one.kind == kind), key=lambda one: one.name)

    def metrics(self, file: Path | None = None) -> list[Declared]:
        """Return the metrics that score a method: all installed ones, and those of its own file."""
        own = str(file.resolve()) if file else ""
        return [one for one in self.of_kind("metric") if not one.is_file or one.module.__file__ == own]

    def find(self, kind: str, name: str) -> Declared:
        """Return the declaration with this name, `name` or `package/name`.

        Raises
        ------
        UnknownNameError
            If there is none (with the nearest name), or the short name is ambiguous.
        """
        candidates = self.of_kind(kind)
        found = [one for one in candidates if name in (one.name, one.qualified)]
        if len(found) == 1:
            return found[0]
        if found:
            names = " or ".join(one.qualified for one in found)
            raise UnknownNameError(f"{len(found)} packages declare a {kind} {name!r}: use {names}.")
        failed = f" {len(self.broken)} plug-ins failed to load: see `bengrn doctor`." if self.broken else ""
        known = [one.name for one in candidates]
        raise UnknownNameError(f"There is no {kind} {name!r}.{suggest(name, known)}{failed}")


def build_registry(files: Iterable[Path] = ()) -> Registry:
    """Load every installed plug-in and every given file, each guarded on its own.

    What a plug-in prints while it is imported is thrown away: the output is the program's.

    Raises
    ------
    PluginError
        If a given file cannot be used: the user named it, so it is not passed over.
    """
    # numba would write what it compiles beside the installed code
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder() / "numba"))
    registry = Registry()
    registry.manager.add_hookspecs(hookspecs)
    for metric in ALL_METRICS:
        registry.declared.append(Declared("metric", metric.name, "bengrn", "", metric, sys.modules[__name__]))
    for entry_point in sorted(metadata.entry_points(group=GROUP), key=lambda one: one.name):
        package = entry_point.dist.name if entry_point.dist else entry_point.name
        version = entry_point.dist.version if entry_point.dist else ""
        try:
            with captured_stdout():
                _add(registry, entry_point.load(), entry_point.name, package, version)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's code may raise anything
            registry.broken.append(Broken(entry_point.name, package, _reason(error), traceback.format_exc()))
    for path in dict.fromkeys(Path(file).resolve() for file in files):
        try:
            with captured_stdout():
                _add(registry, _load_file(path), str(path), path.name, "")
        except (Exception, SystemExit) as error:
            raise PluginError(f"{path.name} is not a usable plug-in: {_reason(error)}") from error
    return registry


def _reason(error: BaseException) -> str:
    """Return an exception as one line."""
    text = " ".join(str(error).split())
    return text if isinstance(error, PluginError) else f"{type(error).__name__}: {text}"


def _load_file(path: Path) -> ModuleType:
    """Import one file as a module, without putting its folder on the path."""
    if not path.is_file():
        raise PluginError("there is no such file. Give the path of a Python file.")
    # two files may have the same name
    name = f"{_FILE_MODULE}{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError("expected a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up by name
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _add(registry: Registry, module: ModuleType, plugin: str, package: str, version: str) -> None:
    """Register a module and keep what it declares; on failure, as if it had never been there."""
    registry.manager.register(module, name=plugin)
    try:
        found = list(_ask(registry.manager, module, package, version))
    except BaseException:
        registry.manager.unregister(module)
        raise
    registry.declared.extend(found)


def _ask(manager: pluggy.PluginManager, module: ModuleType, package: str, version: str) -> Iterator[Declared]:
    """Yield what the hooks of one module declare."""
    callers = manager.get_hookcallers(module)
    if not callers:
        raise PluginError("it has no function marked @hookimpl. See `bengrn new method`.")
    for caller in callers:
        if not caller.has_spec():
            known = ", ".join((*_HOOKS, "bengrn_finished"))
            raise PluginError(f"it implements {caller.name}, which is no hook. Hooks: {known}.")
        if caller.name not in _HOOKS:
            continue
        kind = _HOOKS[caller.name]
        mine = [one for one in caller.get_hookimpls() if one.plugin is module]
        for declaration in (each for one in mine for each in cast("Any", one.function())):
            _check(kind, declaration)
            yield Declared(kind, declaration.name, package, version, declaration, module)


def _check(kind: str, declaration: Any) -> None:
    """Refuse a declaration that cannot work, saying what it lacks."""
    label = getattr(declaration, "name", None) or getattr(declaration, "__name__", repr(declaration))
    lacking = [name for name in _REQUIRED[kind] if not hasattr(declaration, name)]
    if lacking:
        raise PluginError(f"{kind} {label!r} lacks {', '.join(lacking)}.")
    if not isinstance(declaration.name, str) or not declaration.name or "/" in declaration.name:
        raise PluginError(f"{kind} {label!r} must have a name that is text without '/'.")
    if kind == "metric":
        if declaration.name in {one.name for one in ALL_METRICS}:
            raise PluginError(f"metric {label!r} has the name of a built-in one; choose another.")
        return
    frozen = dataclasses.is_dataclass(declaration) and isinstance(declaration, type)
    if not frozen or not declaration.__dataclass_params__.frozen:
        raise PluginError(f"{kind} {label!r} must be a class marked @dataclass(frozen=True).")
    if kind == "method" and not any(hasattr(declaration, name) for name in CAPABILITIES):
        raise PluginError(f"method {label!r} offers none of {', '.join(CAPABILITIES)}.")
