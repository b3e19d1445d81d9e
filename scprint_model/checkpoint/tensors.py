"""The safetensors format, read and written with torch alone, so that a bare GPU machine can save a model.

Format: eight bytes with the length of a JSON header, the header (name -> dtype, shape, data_offsets), the
data. https://huggingface.co/docs/safetensors; files of the library and ours can be exchanged.
"""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scprint_model.errors import CheckpointError

__all__ = ["read_tensors", "write_tensors"]

_DTYPES = {
    "F64": torch.float64,
    "I64": torch.int64,
    "F32": torch.float32,
    "I32": torch.int32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_LONGEST_HEADER = 100_000_000  # the library's own limit: a broken length must not fill the memory


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write named tensors.

    Parameters
    ----------
    path
        The file; replaced where there is one.
    tensors
        Of any device; written in the order of their item sizes, so that each is aligned.
    """
    # the widest first: every offset is then a multiple of its item size
    names = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name in names:
        size = tensors[name].numel() * tensors[name].element_size()
        header[name] = {
            "dtype": _NAMES[tensors[name].dtype],
            "shape": list(tensors[name].shape),
            "data_offsets": [place, place + size],
        }
        place += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as handle:
        handle.write(struct.pack("<Q", len(text)) + text)
        for name in names:
            flat = tensors[name].detach().cpu().contiguous().reshape(-1)
            handle.write(flat.view(torch.uint8).numpy().data if flat.numel() else b"")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read all tensors of a file; they are mapped, so that only what is used is read.

    Raises
    ------
    CheckpointError
        If the file is missing, truncated or no safetensors file.
    """
    size = _size(path)
    with path.open("rb") as handle:
        start = handle.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= min(_LONGEST_HEADER, size - 8):
            raise CheckpointError(f"{path} is no safetensors file, or is cut short ({size} bytes).")
        header = _header(path, handle.read(length))
    data_size = size - 8 - length
    if not header:
        return {}
    data = torch.from_numpy(np.memmap(path, np.uint8, mode="c", offset=8 + length)) if data_size else None
    return {name: _tensor(path, name, entry, data) for name, entry in header.items()}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}.") from None


def _header(path: Path, text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except ValueError:
        raise CheckpointError(f"{path} is no safetensors file: its header is no JSON.") from None
    if not isinstance(header, dict):
        raise CheckpointError(f"{path} is no safetensors file: its header names no tensors.")
    header.pop("__metadata__", None)
    return header


def _tensor(path: Path, name: str, entry: Any, data: Tensor | None) -> Tensor:
    """Return one tensor of the mapped data, or refuse an entry that does not fit it."""
    try:
        dtype, shape = _DTYPES[entry["dtype"]], [int(one) for one in entry["shape"]]
        first, last = (int(one) for one in entry["data_offsets"])
    except (KeyError, TypeError, ValueError):
        raise CheckpointError(f"{path}: the entry of {name} cannot be read.") from None
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    held = 0 if data is None else data.numel()
    if not 0 <= first <= last <= held or last - first != size or min(shape, default=0) < 0:
        raise CheckpointError(f"{path} is cut short or broken: {name} lies outside its {held} bytes of data.")
    if data is None or not size:
        return torch.empty(shape, dtype=dtype)
    flat = data[first:last]
    if flat.data_ptr() % dtype.itemsize or flat.storage_offset() % dtype.itemsize:
        flat = flat.clone()  # another program's order: not aligned
    return flat.view(dtype).reshape(shape)
