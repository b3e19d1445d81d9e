"""What a result hangs on beside this package's code: weights, and the library that runs them."""

import hashlib
from pathlib import Path

__all__ = ["identity", "seen"]

_CODE = (
    "model",
    "config",
    "sizes",
    "batch",
    "tokens",
    "blocks",
    "attention",
    "heads",
    "labels",
    "vocabulary",
    "checkpoint/*",
    "networks/*",
    "predict/*",
)


def identity(checkpoint: str | None) -> str:
    """Return a few characters that change with the weights of a checkpoint, and with the library's code.

    Parameters
    ----------
    checkpoint
        As the setting; None: there is none, the weights are random.
    """
    from scprint_model.checkpoint.places import fingerprint

    weights = "" if checkpoint is None else fingerprint(checkpoint)
    return ".".join(one for one in (weights[:8], _code()) if one)


def seen(checkpoint: str) -> tuple[str, ...]:
    """Return the data sets that a checkpoint says it was trained on."""
    from scprint_model.checkpoint.places import trained_on

    return trained_on(checkpoint)


def _code() -> str:
    import scprint_model

    root = Path(str(scprint_model.__file__)).parent
    state = hashlib.sha256()
    for path in sorted({path for pattern in _CODE for path in root.glob(f"{pattern}.py")}):
        state.update(path.name.encode() + path.read_bytes())
    return state.hexdigest()[:8]
