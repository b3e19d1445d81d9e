"""Where models lie: paths, the one that comes along, and the cache of the hub. Imports no torch."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from scprint_model.errors import CheckpointError

__all__ = ["HUB", "default_folder", "find_model", "fingerprint", "trained_on"]

REPOSITORY = "jkobject/scPRINT"
# name -> file; `large` is the paper's, `large-current` the other run that the hub holds
HUB: Mapping[str, str] = {
    "small": "small.ckpt",
    "medium": "medium.ckpt",
    "large": "large.ckpt",
    "large-current": "o2uniqsx.ckpt",
    "medium-v1.5": "medium-v1.5.ckpt",
    "small-v1": "small-v1.ckpt",
    "large-v1": "large-v1.ckpt",
}


def default_folder() -> Path:
    """Return where the model that comes with the package lies; the folder need not exist."""
    return Path(__file__).parents[1] / "pretrained"


def find_model(name: str, *, download: bool = True) -> Path:
    """Return the path of a model.

    Parameters
    ----------
    name
        A folder of ours, a ``.ckpt`` file, the name of a model on the hub, or "" for the one that comes with
        the package.
    download
        Whether a hub's model that is not in its cache may be fetched.

    Raises
    ------
    CheckpointError
        If there is no such model, or it cannot be fetched.
    """
    if not name:
        folder = default_folder()
        if not (folder / "model.json").is_file():
            raise CheckpointError(
                "No model comes with this installation. Name one: checkpoint=FOLDER, FILE.ckpt, or "
                f"{', '.join(HUB)}."
            )
        return folder
    path = Path(name).expanduser()
    if path.name in {"model.safetensors", "model.json"}:
        path = path.parent
    if path.exists():
        return path
    if name in HUB:
        return _from_hub(name, download=download)
    raise CheckpointError(f"There is no file, folder or model {name!r}. Models of the hub: {', '.join(HUB)}.")


def fingerprint(name: str) -> str:
    """Return twelve characters that change with a model's weights; empty where there is no such model here.

    Of ours the digest that was written down with them; of a ``.ckpt`` that of its size and last 64 KiB: the
    table of a zip file, which has a checksum of every tensor. Nothing large is read, nothing fetched.
    """
    try:
        path = find_model(name, download=False)
        if path.is_dir():
            said = json.loads((path / "model.json").read_text())
            return str(said["weights"]["sha256"])[:12]
        with path.open("rb") as handle:
            size = handle.seek(0, 2)
            handle.seek(max(0, size - (1 << 16)))
            return hashlib.sha256(f"{size} ".encode() + handle.read()).hexdigest()[:12]
    except (ValueError, KeyError, TypeError, OSError):
        return ""


def trained_on(name: str) -> tuple[str, ...]:
    """Return the data sets that a checkpoint of ours says it was trained on; none where it says nothing."""
    try:
        said = json.loads((find_model(name, download=False) / "model.json").read_text())
        corpus = said["card"]["corpus"]
        return tuple(one for one in corpus["data sets"] if one not in corpus["held out"])
    except (ValueError, KeyError, TypeError, OSError):
        return ()


def _from_hub(name: str, *, download: bool) -> Path:
    """Return the file of the hub's cache, fetched where it may be."""
    try:
        import huggingface_hub
    except ImportError:
        raise CheckpointError(
            f"{name} is a model of the hub, which needs huggingface_hub: install it, or give a file."
        ) from None
    offline = not download or bool(os.environ.get("HF_HUB_OFFLINE"))
    try:
        found = huggingface_hub.hf_hub_download(REPOSITORY, HUB[name], local_files_only=offline)
    except (OSError, ValueError) as error:
        how = "fetch it once where there is a network: scprint convert" if offline else "is there a network?"
        reason = f" {how} {name} FOLDER" if offline else f" {how} ({type(error).__name__})"
        raise CheckpointError(
            f"{name} ({HUB[name]} of {REPOSITORY}) is not on this machine;{reason}"
        ) from None
    return Path(found)
