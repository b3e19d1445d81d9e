"""What bengrn asks its plug-ins. A misspelt hook is an error, not silence."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from bengrn.plugin import Dataset, Method, Metric, TruthSource

hookspec = pluggy.HookspecMarker("bengrn")


@hookspec
def bengrn_methods() -> "Sequence[type[Method]]":
    """Declare methods.

    Asked once, when the registry is built. Import nothing heavy, read no file.
    A name declared twice is an error, naming both plug-ins, as soon as the short name is used;
    `package/name` always works.
    """
    return ()


@hookspec
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Declare ground truths; the rules of `bengrn_methods` hold."""
    return ()


@hookspec
def bengrn_datasets() -> "Sequence[type[Dataset]]":
    """Declare data sets; the rules of `bengrn_methods` hold."""
    return ()


@hookspec
def bengrn_metrics() -> "Sequence[Metric]":
    """Declare network metrics; the rules of `bengrn_methods` hold."""
    return ()


@hookspec
def bengrn_finished(record: Mapping[str, Any]) -> None:
    """Be told of each record, after it has been written. Return nothing; do not modify it."""
