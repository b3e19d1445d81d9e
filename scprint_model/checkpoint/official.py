"""Read the authors' Lightning files: never run, never written to, nor is what they point to opened."""

import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from scprint_model.checkpoint.official_config import check_settings, config_of, crossing_blocks
from scprint_model.checkpoint.official_names import labels_of, vocabulary_of
from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.checkpoint.renames import expected_tensors, is_encoder, our_name, skipped_name
from scprint_model.checkpoint.report import LoadReport
from scprint_model.config import AttentionBackend, ModelConfig
from scprint_model.errors import CheckpointError
from scprint_model.model import ScPrint

__all__ = ["load_official"]


def load_official(
    path: Path | str, *, device: torch.device | str = "cpu", attention: AttentionBackend = "auto"
) -> Pretrained:
    """Load an official checkpoint of V1 or V2.

    Only tensors and plain values are unpickled (``weights_only``), from a file that is mapped and stays as it
    is. The model is built from the tensors' shapes first and the settings second.

    Parameters
    ----------
    path
        A ``.ckpt`` file.
    device, attention
        Where and with which back end the model will run.

    Raises
    ------
    CheckpointError
        If the file is missing, cut short, holds code, is of another model, lacks an encoder tensor, or has
        one of a wrong shape: one line each.
    """
    path = Path(path)
    tensors, settings = _read(path)
    config = config_of(tensors, settings, str(path))
    vocabulary = vocabulary_of(settings, config.genes, str(path))
    labels, notes = labels_of(settings, config)
    model, report = _fill(path, tensors, config)
    notes = [*_notes(tensors, settings, config), *notes, *report.notes]
    model.config = _with(config, attention)
    card = {"source": path.name, "step": settings.get("global_step"), "kind": "official"}
    return Pretrained(
        model=model.to(device).eval(),
        vocabulary=vocabulary,
        labels=labels,
        card={key: value for key, value in card.items() if value is not None},
        report=LoadReport(
            source=str(path),
            kind="official",
            tensors=len(tensors),
            renamed=report.renamed,
            missing=report.missing,
            unexpected=report.unexpected,
            skipped=report.skipped,
            notes=tuple(notes),
        ),
    )


def _with(config: ModelConfig, attention: AttentionBackend) -> ModelConfig:
    return ModelConfig.from_dict({**config.to_dict(), "attention": attention})


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the state and the settings of a Lightning file."""
    if not path.is_file():
        raise CheckpointError(f"There is no file {path}. Give the path of a .ckpt file, or a model's name.")
    with path.open("rb") as handle:
        zipped = handle.read(2) == b"PK"
    if zipped and not zipfile.is_zipfile(path):
        raise CheckpointError(f"{path} is cut short ({path.stat().st_size} bytes): fetch it again.")
    try:
        with warnings.catch_warnings():  # of pickles that it then refuses
            warnings.simplefilter("ignore")
            # weights_only: the unpickler of torch makes tensors and plain values and calls nothing else
            held = torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except pickle.UnpicklingError as error:
        raise CheckpointError(_refusal(path, str(error))) from None
    except (
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
        LookupError,
        AttributeError,
        TypeError,
        zipfile.BadZipFile,
    ) as error:
        reason = str(error).strip().partition("\n")[0] or "it is empty"
        raise CheckpointError(
            f"{path} is no checkpoint, or is cut short: {type(error).__name__}, {reason}"
        ) from None
    if not isinstance(held, Mapping) or not isinstance(held.get("state_dict"), Mapping):
        raise CheckpointError(f"{path} is no Lightning checkpoint: it has no state_dict.")
    settings = held.get("hyper_parameters")
    if not isinstance(settings, Mapping):
        raise CheckpointError(f"{path} has no hyper_parameters, which name its genes and classes.")
    check_settings(settings, str(path))
    state = {str(name): value for name, value in held["state_dict"].items() if isinstance(value, Tensor)}
    return state, {**settings, "global_step": held.get("global_step")}


def _refusal(path: Path, message: str) -> str:
    """Say in one line what the unpickler refused."""
    named = re.search(r"GLOBAL ([\w.]+)", message)
    if named:
        return (
            f"{path} holds code or an object ({named[1]}), not tensors and plain values alone: refused. "
            "Do not open it with anything that runs it."
        )
    return (
        f"{path} is no checkpoint, is cut short, or holds more than tensors and plain values: it is refused."
    )


def _fill(path: Path, tensors: Mapping[str, Tensor], config: ModelConfig) -> tuple[ScPrint, LoadReport]:
    """Build the model and copy every tensor that it has a place for."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # what an optional head without tensors starts from
        model = ScPrint(config)
    places = model.state_dict()
    crossing = crossing_blocks(tensors)
    renamed: list[tuple[str, str]] = []
    unexpected: list[str] = []
    skipped: list[str] = []
    for official, tensor in tensors.items():
        ours = our_name(official, crossing)
        if ours in places:
            places[ours].copy_(_fitting(path, official, tensor, places[ours]))
            renamed.append((official, ours))
        else:
            (skipped if skipped_name(official) else unexpected).append(official)
    found = {ours for _, ours in renamed}
    missing = [name for name in places if name not in found]
    needed = [name for name in missing if is_encoder(name) or name.startswith("expression_head.")]
    if needed:
        rest = f" and {len(needed) - 1} more" if len(needed) > 1 else ""
        raise CheckpointError(
            f"{path} lacks {needed[0]}{rest}, without which the model means nothing: it is refused."
        )
    return model, LoadReport(
        source=str(path),
        kind="official",
        renamed=tuple(renamed),
        missing=tuple(missing),
        unexpected=tuple(unexpected),
        skipped=tuple(skipped),
        notes=tuple(
            f"{name} is not in the file; what it predicts is meaningless." for name in _parts(missing)
        ),
    )


def _parts(missing: list[str]) -> list[str]:
    """Return the heads that are incomplete, once each."""
    return sorted(
        {".".join(name.split(".")[: 2 if name.startswith("class_heads.") else 1]) for name in missing}
    )


def _fitting(path: Path, name: str, tensor: Tensor, place: Tensor) -> Tensor:
    """Return a tensor in the shape of its place; positions come as (G, 1, d) or (G, d)."""
    if name == "pos_encoder.pe" and tensor.ndim == 3:
        tensor = tensor.squeeze(1)
    if tensor.shape != place.shape:
        raise CheckpointError(
            f"{path}: {name} has shape {tuple(tensor.shape)}; the model of its other tensors needs "
            f"{tuple(place.shape)}."
        )
    if not bool(torch.isfinite(tensor).all()):
        raise CheckpointError(f"{path}: {name} holds values that are NaN or infinite.")
    return tensor


def _notes(tensors: Mapping[str, Tensor], settings: Mapping[str, Any], config: ModelConfig) -> list[str]:
    """Return what is unusual about the file; none of it is fatal."""
    notes = []
    if not settings.get("normalization"):
        notes.append("The file does not say how expression is normalised; taken as sum.")
    expected = expected_tensors(config)
    if len(tensors) != expected:
        notes.append(
            f"It holds {len(tensors)} tensors; a V1 file of its layers and classes holds {expected}."
        )
    return notes
