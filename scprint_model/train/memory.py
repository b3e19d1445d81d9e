"""Memory that does not suffice, told in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from scprint_model.errors import TrainingError

__all__ = ["memory_told"]

_WORDS = ("out of memory", "can't allocate memory", "not enough memory")


@contextmanager
def memory_told(device: torch.device, advice: str) -> Iterator[None]:
    """Turn a lack of memory into one line: where it ran out, and what to lower.

    Raises
    ------
    TrainingError
        If memory ran out; other errors go through.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch's own are RuntimeErrors, on a CPU without a type
        if isinstance(error, RuntimeError) and not any(one in str(error).lower() for one in _WORDS):
            raise
        kind = "GPU memory" if device.type == "cuda" else "memory"
        raise TrainingError(f"Out of {kind} {advice}.") from error
