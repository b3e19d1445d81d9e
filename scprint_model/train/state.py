"""The exact state of a run on disk: written under another name and renamed, read without running any code.

Weights and moments are stored under the names of the model's weights, whole, whatever number of processes
held them: a run may be resumed on another number of processes.
"""

import os
import pickle
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from scprint_model.errors import TrainingError

__all__ = ["read_state", "restore", "snapshot", "whole_weights", "write_state"]

_FORMAT = "scprint_model training state 1"


def snapshot(model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Any]:
    """Return weights and moments by the names of the weights; every process must call this.

    The settings of the optimiser are not in it: a run goes on with those of its configuration.
    """
    moments = {
        name: {key: _whole(value) for key, value in optimiser.state[weight].items()}
        for name, weight in model.named_parameters()
        if weight in optimiser.state
    }
    return {"model": whole_weights(model), "moments": moments}


def whole_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return all weights by name, on the CPU; every process must call this."""
    return {name: _whole(weight) for name, weight in model.state_dict().items()}


def restore(model: nn.Module, optimiser: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Put weights and moments back, on every process.

    Raises
    ------
    TrainingError
        If they are of another model.
    """
    places, weights = model.state_dict(), dict(model.named_parameters())
    shapes = {name: place.shape for name, place in places.items()}
    if {name: value.shape for name, value in state["model"].items()} != shapes:
        raise TrainingError("The state is of another model: its weights have other names or shapes.")
    with torch.no_grad():
        for name, place in places.items():
            place.copy_(_shared(state["model"][name], place))
    for name, kept in state["moments"].items():
        weight = weights[name]
        # a moment lies as its weight does; the number of steps is one number
        optimiser.state[weight] = {
            key: _shared(value, weight) if value.ndim else value.to(weight.device)
            for key, value in kept.items()
        }


def _whole(value: Tensor) -> Tensor:
    """Return a tensor on the CPU, gathered where it is sharded."""
    gather = getattr(value, "full_tensor", None)
    whole: Tensor = value if gather is None else gather()
    return whole.detach().cpu()


def _shared(value: Tensor, place: Tensor) -> Tensor:
    """Return a tensor where another one is, sharded where that one is."""
    mesh = getattr(place, "device_mesh", None)
    if mesh is None:
        return value.to(place.device)
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(value.to(place.device), mesh, place.placements)  # type: ignore[attr-defined] # sharded


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Write a state so that a kill at any moment leaves the old one or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            torch.save({"format": _FORMAT, **state}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    for left in path.parent.glob(f".{path.name}.*"):  # of a run that was killed while it wrote
        left.unlink(missing_ok=True)


def read_state(path: Path) -> dict[str, Any]:
    """Return a state; only tensors and plain values are read, never code.

    Raises
    ------
    TrainingError
        If the file is missing, cut short, holds code, or is no state.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a guess at what is wrong; the error below says it
            state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise TrainingError(f"There is no state to resume from: {path} does not exist.") from None
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as broken:
        reason = str(broken).splitlines()[0]
        raise TrainingError(
            f"The state {path} cannot be read ({reason}); delete it to start anew."
        ) from broken
    if not isinstance(state, dict) or state.get("format") != _FORMAT:
        raise TrainingError(f"{path} is not a training state; delete it to start anew.")
    return state
