"""scPRINT, the transformer of single cells: model, losses, loader, trainer, checkpoints and prediction.

Importing the package is cheap: what it offers is imported when it is first asked for.
"""

from importlib import import_module
from typing import Any

_PLACES = {
    "Batch": "batch",
    "ModelConfig": "config",
    "Objective": "objective_settings",
    "ScPrint": "model",
    "ScprintError": "errors",
    "compute_losses": "objective",
    "count_parameters": "sizes",
    "size": "sizes",
}
__all__ = [*_PLACES]  # noqa: PLE0604 - the names are strings, gathered


def __getattr__(name: str) -> Any:
    """Import a public name from its module."""
    if name not in _PLACES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
