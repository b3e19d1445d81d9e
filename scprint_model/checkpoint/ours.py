"""Our own checkpoints: a folder with weights as safetensors and everything else as JSON."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.checkpoint.report import LoadReport
from scprint_model.checkpoint.tensors import read_tensors, write_tensors
from scprint_model.config import AttentionBackend, ModelConfig
from scprint_model.errors import CheckpointError
from scprint_model.labels import LabelSpace
from scprint_model.model import ScPrint
from scprint_model.vocabulary import Vocabulary

__all__ = ["FORMAT", "load", "save"]

FORMAT = "scprint_model/1"
_WEIGHTS, _REST = "model.safetensors", "model.json"
# what a frozen table may be stored in; all else keeps its type
_TABLE = "gene_tokens.table.weight"
_TABLE_TYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def save(
    folder: Path | str,
    model: ScPrint,
    *,
    vocabulary: Vocabulary,
    labels: Sequence[LabelSpace],
    card: Mapping[str, Any] | None = None,
    table: Literal["float32", "float16", "bfloat16"] = "float32",
) -> Path:
    """Write a checkpoint, all or nothing: what stood there before is replaced at the end.

    Parameters
    ----------
    folder
        Will hold ``model.safetensors`` and ``model.json``.
    model, vocabulary, labels
        What :func:`load` gives back.
    card
        JSON values: data, steps, scores.
    table
        The type that the gene table is stored in; the model computes in float32 again.

    Raises
    ------
    CheckpointError
        If genes or labels are not the model's, or the folder cannot be written.
    """
    folder = Path(folder)
    _check(model.config, vocabulary, labels)
    state = {name: value.detach() for name, value in model.state_dict().items()}
    state[_TABLE] = state[_TABLE].to(_TABLE_TYPES[table])
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            write_tensors(work / _WEIGHTS, state)
            rest = {
                "format": FORMAT,
                "config": {**model.config.to_dict(), "attention": "auto"},
                "weights": {"sha256": _sha256(work / _WEIGHTS), "bytes": (work / _WEIGHTS).stat().st_size},
                "card": dict(card or {}),
                "labels": [space.to_dict() for space in labels],
                "vocabulary": vocabulary.to_dict(),
            }
            (work / _REST).write_text(json.dumps(rest, separators=(",", ":")))
            _put(work, folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise CheckpointError(f"{folder} cannot be written: {error.strerror}.") from error
    return folder


def _put(work: Path, folder: Path) -> None:
    """Move the finished folder to its place; one of ours that stood there goes last."""
    work.chmod(0o755)
    old = None
    if folder.exists():
        if not folder.is_dir() or (any(folder.iterdir()) and not (folder / _REST).is_file()):
            raise CheckpointError(f"{folder} exists and is no checkpoint of ours. Choose another place.")
        old = folder.with_name(f".{folder.name}-{work.name[-8:]}-old")
        folder.rename(old)
    work.rename(folder)
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)


def load(
    folder: Path | str, *, device: torch.device | str = "cpu", attention: AttentionBackend = "auto"
) -> Pretrained:
    """Load a checkpoint that :func:`save` wrote.

    Raises
    ------
    CheckpointError
        If a file is missing, cut short or changed, or a tensor is missing, too many or of a wrong shape.
    """
    folder = Path(folder)
    rest = _rest(folder)
    try:
        config = ModelConfig.from_dict({**rest["config"], "attention": attention})
        vocabulary = Vocabulary.from_dict(rest["vocabulary"])
        labels = tuple(LabelSpace.from_dict(one) for one in rest["labels"])
        size, digest = int(rest["weights"]["bytes"]), str(rest["weights"]["sha256"])
        card = dict(rest.get("card") or {})
    except (KeyError, TypeError, ValueError) as error:  # ours are ValueErrors, too
        raise CheckpointError(f"{folder / _REST} is broken: {error}") from error
    _check(config, vocabulary, labels)
    path = folder / _WEIGHTS
    if path.is_file() and path.stat().st_size != size:
        raise CheckpointError(
            f"{path} has {path.stat().st_size} bytes; {_REST} says {size}: it is cut short."
        )
    if path.is_file() and _sha256(path) != digest:
        raise CheckpointError(f"{path} is not the file that {_REST} was written with: it was changed.")
    tensors = read_tensors(path)
    with torch.random.fork_rng(devices=[]):
        model = ScPrint(config)
    _fill(path, model, tensors)
    return Pretrained(
        model=model.to(device).eval(),
        vocabulary=vocabulary,
        labels=labels,
        card=card,
        report=LoadReport(
            source=str(folder),
            kind="ours",
            tensors=len(tensors),
            renamed=tuple((one, one) for one in tensors),
        ),
    )


def _rest(folder: Path) -> dict[str, Any]:
    try:
        rest = json.loads((folder / _REST).read_text())
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{folder} holds no checkpoint of ours: {_REST} cannot be read ({error})."
        ) from None
    found = rest.get("format") if isinstance(rest, dict) else None
    if found != FORMAT:
        raise CheckpointError(f"{folder / _REST} has the format {found!r}; this version reads {FORMAT!r}.")
    return dict(rest)


def _fill(path: Path, model: ScPrint, tensors: Mapping[str, Tensor]) -> None:
    places = model.state_dict()
    missing, strangers = sorted(set(places) - set(tensors)), sorted(set(tensors) - set(places))
    for names, what in ((missing, "lacks"), (strangers, "holds, without a place for it,")):
        if names:
            rest = f" and {len(names) - 1} more" if len(names) > 1 else ""
            raise CheckpointError(f"{path} {what} {names[0]}{rest}.")
    for name, place in places.items():
        if tensors[name].shape != place.shape:
            shapes = f"{tuple(tensors[name].shape)}; its configuration needs {tuple(place.shape)}"
            raise CheckpointError(f"{path}: {name} has shape {shapes}.")
        place.copy_(tensors[name])


def _check(config: ModelConfig, vocabulary: Vocabulary, labels: Sequence[LabelSpace]) -> None:
    """Refuse genes or labels of another model."""
    if len(vocabulary) != config.genes:
        raise CheckpointError(f"The model has {config.genes} genes, its vocabulary {len(vocabulary)}.")
    given = tuple((space.name, len(space.leaves)) for space in labels)
    if given != config.classes:
        raise CheckpointError(f"The model's classes are {config.classes}, its labels {given}.")


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
