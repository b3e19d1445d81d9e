"""From what was asked for to what a plug-in declared, with its settings filled in."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from bengrn import counts, genes, settings
from bengrn.digests import code_digest, file_digest
from bengrn.errors import FetchError, SettingError, UnknownNameError
from bengrn.registry import Declared, Registry
from bengrn.request import HeadsAsked, Named, Request, parse_named, read_sets
from bengrn.screens import truth as screen
from bengrn.truths import pairs

__all__ = ["Chosen", "ChosenRequest", "called", "choose", "choose_all", "find"]

# what a plug-in gets from the contract is code that its results depend on
_CONTRACT: Mapping[str, tuple[ModuleType, ...]] = {
    "method": (counts,),
    "truth": (genes, pairs, screen),
    "data set": (genes,),
}
_OTHER_TASKS: Mapping[str, str] = {"denoise": "denoises", "embed": "embeds", "classify": "classifies"}


@dataclass(frozen=True, eq=False)
class Chosen:
    """A method, truth or data set with its settings; or a file in the place of one.

    Parameters
    ----------
    asked
        As it was asked for.
    declared
        What a plug-in declared; None for a table or an h5ad.
    instance
        With all settings; None for a table or an h5ad.
    changed
        Settings that were given, beyond a preset.
    """

    asked: Named
    declared: Declared | None
    instance: Any
    changed: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its short name; of a file, the file's name."""
        return self.declared.name if self.declared else self.asked.file.name  # type: ignore[union-attr]

    @property
    def label(self) -> str:
        """Its short name, and its preset if it has one."""
        return f"{self.name}:{self.asked.preset}" if self.declared and self.asked.preset else self.name

    def can(self, what: str) -> bool:
        """Whether a method has this capability."""
        return self.declared is not None and what in self.declared.capabilities

    def identity(self) -> dict[str, Any]:
        """Return what goes into a key: name, version, code and settings, or a file's digest."""
        if self.declared is None:
            return {"name": self.name, "sha256": file_digest(self.asked.file)}  # type: ignore[arg-type]
        with_data = self.declared.kind != "method"
        return {
            "name": self.declared.qualified,
            "version": getattr(self.instance, "version", "1"),
            "code": code_digest(self.declared.module, with_data=with_data),
            "contract": [code_digest(one, with_data=one is genes) for one in _CONTRACT[self.declared.kind]],
            "settings": {
                one.name: _content(getattr(self.instance, one.name)) for one in fields(self.instance)
            },
        }

    def card(self) -> dict[str, Any]:
        """Return what a record says of it."""
        if self.declared is None:
            return {"name": self.name, "package": "", "settings": {}, "preset": "", "changed": {}}
        return {
            "name": self.declared.name,
            "package": self.declared.package,
            "package_version": self.declared.package_version,
            "version": getattr(self.instance, "version", "1"),
            "settings": settings.values(self.instance),
            "preset": self.asked.preset,
            "changed": dict(self.changed),
            "source": getattr(self.instance, "source", ""),
            "origin": "control"
            if "from_truth" in self.declared.capabilities
            else getattr(self.instance, "origin", "published"),
            "seen": list(getattr(self.instance, "seen", ())),
            "capabilities": list(self.declared.capabilities),
            **({"uses_labels": True} if getattr(self.instance, "uses_labels", False) else {}),
        }


def find(registry: Registry, kind: str, asked: Named) -> Chosen:
    """Find a declaration; no setting is filled in yet, so that one that must be given may be missing.

    The instance of what is found is the declared class itself.

    Raises
    ------
    UnknownNameError
        If the name or preset does not exist.
    FetchError
        If a file that was named does not exist.
    """
    file = asked.file
    if file is not None and file.suffix != ".py" and (kind == "method" or asked.preset):
        expected = "NAME or FILE.py" if kind == "method" else "a table without ':...' behind it"
        raise UnknownNameError(f"{asked.reference} cannot be a {kind} like this; expected {expected}.")
    if file is not None and not file.is_file():
        raise FetchError(f"There is no file {asked.reference}. Give the path of a file, or a {kind}'s name.")
    if file is not None and file.suffix != ".py":
        return Chosen(asked, None, None, {})
    if file is not None:
        declared, preset = _of_file(registry, kind, asked)
    else:
        declared, preset = registry.find(kind, asked.reference), asked.preset
    presets = _presets(declared)
    if preset and preset not in presets:
        hint = settings.suggest(preset, presets, "It has")
        raise UnknownNameError(f"The {kind} {declared.name!r} has no preset {preset!r}.{hint}")
    return Chosen(Named(asked.reference, preset), declared, declared.declaration, {})


def choose(registry: Registry, kind: str, asked: Named, given: Mapping[str, object] | None = None) -> Chosen:
    """Find a declaration and fill in its settings: defaults, then the preset, then what was given.

    Raises
    ------
    UnknownNameError, FetchError
        As `find`.
    SettingError
        If a setting cannot be used.
    """
    found = find(registry, kind, asked)
    if found.declared is None:
        return found
    chosen = {**_presets(found.declared).get(found.asked.preset, {}), **(given or {})}
    instance = settings.make(found.declared.declaration, chosen, name=found.declared.name)
    now = settings.values(instance)
    changed = {key: now[key] for key in (given or {})}
    return replace(found, instance=instance, changed=changed)


def _presets(declared: Declared) -> Mapping[str, Mapping[str, object]]:
    presets: Mapping[str, Mapping[str, object]] = getattr(declared.declaration, "presets", {})
    return presets


def _of_file(registry: Registry, kind: str, asked: Named) -> tuple[Declared, str]:
    """Return the declaration of a plug-in file, and the preset if the suffix was one."""
    path = asked.file.resolve()  # type: ignore[union-attr]
    name = path.name
    offered = [one for one in registry.of_kind(kind) if Path(str(one.module.__file__)) == path]
    named = [one for one in offered if one.name == asked.preset]
    if named:
        return named[0], ""
    if len(offered) == 1:
        return offered[0], asked.preset
    if not offered:
        raise UnknownNameError(f"{name} declares no {kind}.")
    names = ", ".join(one.name for one in offered)
    raise UnknownNameError(f"{name} declares {len(offered)} {kind}s: {names}. Use {asked.reference}:NAME.")


@dataclass(frozen=True)
class ChosenRequest:
    """A request with everything found and filled in."""

    request: Request
    methods: tuple[Chosen, ...]
    truths: tuple[Chosen, ...]
    data: tuple[Chosen, ...]  # one per truth; none where a network is scored on its own genes
    heads_truth: Chosen | None = None  # that heads are selected by, where one was named


def choose_all(registry: Registry, request: Request, sets: Sequence[str]) -> ChosenRequest:
    """Resolve every name of a request; see `choose` for what is refused.

    A request without methods and data scores a network on its own genes and needs no data.
    """
    methods = [find(registry, "method", one) for one in request.methods]
    truths = [find(registry, "truth", one) for one in request.truths]
    data_asked = [
        request.data or _own_data(registry, truth) for truth in truths if request.methods or request.data
    ]
    data = [find(registry, "data set", one) for one in data_asked]
    heads_asked = [request.heads.other] if request.heads and request.heads.other else []
    by = [find(registry, "truth", one) for one in heads_asked]
    _check_networks(methods)
    _check_heads(methods, asked=request.heads is not None)
    _check_recipe(methods, request.heads)
    given = read_sets(sets, [called(one) for one in (*methods, *truths, *data, *by)])
    everything = [
        *(("method", one) for one in request.methods),
        *(("truth", one) for one in request.truths),
        *(("data set", one) for one in data_asked),
        *(("truth", one) for one in heads_asked),
    ]
    filled = [
        choose(registry, kind, one, extra) for (kind, one), extra in zip(everything, given, strict=True)
    ]
    rest = iter(filled)
    first, second, third = (tuple(itertools.islice(rest, len(part))) for part in (methods, truths, data))
    _check_pairs(second, third)
    return ChosenRequest(request, first, second, third, heads_truth=next(rest, None))


def _check_networks(methods: Sequence[Chosen]) -> None:
    """Refuse a method that does something else and infers no network: a run scores networks."""
    for method in methods:
        if any(method.can(one) for one in ("infer", "from_truth", "heads")):
            continue
        can = [one for one in _OTHER_TASKS if method.can(one)]
        if can:
            raise SettingError(
                f"The method {method.name!r} {' and '.join(_OTHER_TASKS[one] for one in can)} and infers no "
                "network, and this version runs networks alone; expected a method that can infer, from_truth "
                f"or heads: see `bengrn methods`. `bengrn validate {method.name}` checks it, its "
                f"`{'` and `'.join(can)}` can be called from Python."
            )


def _check_heads(methods: Sequence[Chosen], *, asked: bool) -> None:
    """Refuse a method that offers heads alone where nobody said how to select among them."""
    for method in () if asked else methods:
        if method.can("heads") and not method.can("infer") and not method.can("from_truth"):
            raise SettingError(
                f"The method {method.name!r} offers heads, not one network; expected a way to select some. "
                "Give --heads split, --heads-from TRUTH or, for compat scores, --heads published:RECIPE."
            )


def _check_recipe(methods: Sequence[Chosen], heads: HeadsAsked | None) -> None:
    """Refuse a published recipe where no method has heads: it would change nothing, and say nothing."""
    if heads and heads.mode == "published" and not any(method.can("heads") for method in methods):
        raise SettingError(
            "--heads published selects among a method's heads, and none of these methods offers any; "
            "expected one that does: see `bengrn methods`. Without heads, leave the option out."
        )


def _own_data(registry: Registry, truth: Chosen) -> Named:
    """Return the data set that a truth is scored on when none is named.

    Cells that are simulated from a truth bear its name: a preset that both have is meant for both.
    """
    own = getattr(truth.instance, "data", "pancreas")
    if not own:
        raise UnknownNameError(f"The truth {truth.name!r} has no data set of its own; name one with --data.")
    named, preset = parse_named(own), truth.asked.preset
    if named.reference != truth.name or named.preset or not preset:
        return named
    presets = getattr(registry.find("data set", named.reference).declaration, "presets", {})
    return Named(named.reference, preset) if preset in presets else named


def _check_pairs(truths: Sequence[Chosen], data: Sequence[Chosen]) -> None:
    """Refuse a simulated truth and cells simulated from another one of the same name."""
    for truth, cells in zip(truths, data, strict=False):
        simulated = getattr(cells.instance, "organism", "") == "simulated"
        if truth.declared is None or cells.declared is None or not simulated or truth.name != cells.name:
            continue
        ours, theirs = settings.values(truth.instance), settings.values(cells.instance)
        different = [name for name in ours if name in theirs and ours[name] != theirs[name]]
        if different:
            name = different[0]
            raise SettingError(
                f"The truth {truth.name} has {name}={ours[name]}, its data {name}={theirs[name]}; expected "
                f"the same. Give --set {name}=VALUE for both, or the preset of --data to --truth too."
            )


def called(chosen: Chosen) -> tuple[frozenset[str], frozenset[str]]:
    """Return what a chosen thing may be called in `--set`, and the settings it has."""
    if chosen.declared is None:
        return frozenset({chosen.name}), frozenset()
    names = {chosen.asked.reference, chosen.declared.name, chosen.declared.qualified}
    return frozenset(names), frozenset(one.name for one in settings.describe(chosen.declared.declaration))


def _content(value: object) -> object:
    """Return what a setting's value is, for a key: of a file its content, not its path."""
    if not isinstance(value, Path):
        return value
    if not value.is_file():
        raise FetchError(f"There is no file {value}. Give the path of a file.")
    return f"sha256:{file_digest(value)}"
