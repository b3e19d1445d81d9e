"""Open a model by path or name."""

from pathlib import Path

import torch

from scprint_model.checkpoint.official import load_official
from scprint_model.checkpoint.ours import load
from scprint_model.checkpoint.places import find_model
from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.config import AttentionBackend
from scprint_model.errors import CheckpointError

__all__ = ["open_model"]


def open_model(
    name: Path | str = "",
    *,
    device: torch.device | str = "cpu",
    attention: AttentionBackend = "auto",
    download: bool = True,
) -> Pretrained:
    """Open a model by path or name, see :func:`~scprint_model.checkpoint.places.find_model`.

    Raises
    ------
    CheckpointError
        If it cannot be found or read, or GPU memory does not hold it.
    """
    path = find_model(str(name), download=download)
    read = load if path.is_dir() else load_official
    try:
        return read(path, device=device, attention=attention)
    except torch.OutOfMemoryError as error:
        raise CheckpointError(
            f"GPU memory does not hold the model {path}: take a smaller one, or device=cpu."
        ) from error
