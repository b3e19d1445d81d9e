"""Embed proteins with ESM2, through transformers."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scprint_model.errors import CheckpointError, ConfigError

if TYPE_CHECKING:
    from torch import Tensor

DEFAULT = "facebook/esm2_t33_650M_UR50D"
LONGEST = 1022  # residues; the model was trained on no more


def embed_proteins(
    sequences: Sequence[str],
    *,
    model: str = DEFAULT,
    device: str = "cpu",
    residues: int = 4096,
    longest: int = LONGEST,
    progress: Callable[[int, int], None] | None = None,
) -> npt.NDArray[np.float32]:
    """Return the mean of the last layer over the residues of each protein.

    Parameters
    ----------
    sequences
        N sequences in one-letter code.
    model
        A folder, or a name on the hub, with an ESM2 model and its tokenizer.
    device
        Where to run it.
    residues
        Residues of one batch, with its padding; lower it where memory runs out.
    longest
        Longer proteins are cut to their first residues.
    progress
        Is told how many of how many proteins are done.

    Returns
    -------
    numpy.ndarray
        (N, k) float32, k = 1280 for the default.

    Raises
    ------
    CheckpointError
        If the model cannot be read.
    ConfigError
        If there is no sequence.
    """
    import torch

    if not sequences:
        raise ConfigError("There is no protein to embed.")
    tokenizer, network = _open(model)
    network = network.to(device).eval()
    embedding = np.empty((len(sequences), network.config.hidden_size), np.float32)
    done = 0
    for rows in _batches([min(len(one), longest) for one in sequences], residues):
        texts = [sequences[row][:longest] for row in rows]
        tokens = tokenizer(texts, return_tensors="pt", padding=True).to(device)
        with torch.inference_mode():
            hidden = network(**tokens).last_hidden_state.float()
        embedding[rows] = _mean(hidden, tokens["attention_mask"]).cpu().numpy()
        done += len(rows)
        if progress is not None:
            progress(done, len(sequences))
    return embedding


def _open(model: str) -> tuple[Any, Any]:
    """Read an ESM2 model and its tokenizer; weights in safetensors or plain tensors, never pickled code."""
    try:
        from transformers import AutoTokenizer, EsmModel
        from transformers.utils import logging
    except ImportError as error:
        raise CheckpointError(
            "Embedding proteins needs transformers: pip install 'bengrn[scprint]'."
        ) from error
    logging.disable_progress_bar()  # type: ignore[no-untyped-call] # ours is told of proteins
    try:
        tokenizer = AutoTokenizer.from_pretrained(model)
        network = EsmModel.from_pretrained(model, add_pooling_layer=False)
    except (OSError, ValueError) as error:
        first = str(error).strip().partition("\n")[0]
        raise CheckpointError(f"The protein model {model} cannot be read: {first}") from error
    return tokenizer, network


def _batches(lengths: Sequence[int], residues: int) -> Iterator[list[int]]:
    """Yield rows of like length, so that little is padding."""
    rows: list[int] = []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if rows and (len(rows) + 1) * (lengths[row] + 2) > residues:
            yield rows
            rows = []
        rows.append(row)
    yield rows


def _mean(hidden: "Tensor", attention: "Tensor") -> "Tensor":
    """Return the mean over residues, without the tokens that begin and end a sequence, and the padding."""
    import torch

    length = attention.sum(dim=1)
    place = torch.arange(hidden.shape[1], device=hidden.device)
    residue = (place >= 1) & (place < length[:, None] - 1)
    total = (hidden * residue[..., None]).sum(dim=1)
    return total / residue.sum(dim=1, keepdim=True)
