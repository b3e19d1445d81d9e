"""How fast a training is, and how near to what the device can do."""

import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import torch

from scprint_model.config import ModelConfig
from scprint_model.objective_settings import Objective

__all__ = ["Meter", "flops_per_token", "named_peak", "passes_of", "peak_flops", "peak_memory"]

# dense bf16/fp16 peak in TFLOP/s by a part of the GPU's name, the more particular name first;
# from the vendors' data sheets, without sparsity
_PEAKS: Mapping[str, float] = {
    "B300": 2250, "B200": 2250, "GB200": 2500,
    "H200": 989, "H100 PCIe": 756, "H100 NVL": 835, "H100": 989, "H20": 148, "GH200": 989,
    "A100": 312, "A800": 312, "A40": 149.7, "A30": 165, "A10G": 70, "A10": 125,
    "L40S": 362, "L40": 181, "L4": 121, "T4": 65, "V100": 125,
    "RTX 6000 Ada": 364, "RTX A6000": 154.8, "RTX 4090": 165, "RTX 3090": 71,
    "MI325X": 1307, "MI300X": 1307, "MI250": 362,
}  # fmt: skip


def flops_per_token(config: ModelConfig, tokens: int) -> float:
    """Return the operations of one token in one forward pass, in a sequence of so many tokens.

    24 d² L for the products of the blocks, 4 S d L for attention, 6 d² for the expression head. The cell
    tokens are counted like genes, classifiers are not counted.
    """
    d, layers = config.d_model, config.layers
    return 24.0 * d * d * layers + 4.0 * tokens * d * layers + 6.0 * d * d


def passes_of(objective: Objective) -> int:
    """Return how often a training step goes through the transformer."""
    return objective.full + len(objective.mask) + len(objective.denoise) + objective.generate


def peak_flops(device: torch.device, dtype: torch.dtype) -> float | None:
    """Return the most operations a second: of a known GPU by its name, of a CPU as measured."""
    if device.type != "cuda":
        return _measured(dtype)
    return named_peak(torch.cuda.get_device_name(device), dtype)


def named_peak(name: str, dtype: torch.dtype) -> float | None:
    """Return the data sheet's figure of a GPU, None for an unknown one; fp32 runs as TF32, at half of it."""
    words = f" {name.replace('-', ' ')} "
    for part, tera in _PEAKS.items():
        if f" {part} " in words:
            return tera * 1e12 * (0.5 if dtype == torch.float32 else 1.0)
    return None


@cache
def _measured(dtype: torch.dtype, size: int = 512, seconds: float = 0.1) -> float:
    """Return the rate of a square product, the best of a few: what this CPU reaches with these threads."""
    a = torch.ones(size, size, dtype=dtype)
    best, until = float("inf"), time.perf_counter() + seconds
    while best == float("inf") or time.perf_counter() < until:
        start = time.perf_counter()
        torch.mm(a, a)
        best = min(best, time.perf_counter() - start)
    return 2.0 * size**3 / best


def peak_memory(device: torch.device) -> int:
    """Return the most bytes so far: of the GPU's tensors, or of this process on a CPU."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@dataclass
class Meter:
    """Counts cells, tokens and operations since it was last read.

    Attributes
    ----------
    config, passes
        The model, and its forward passes per training step.
    peak
        Operations a second of all devices together; None where unknown.
    """

    config: ModelConfig
    passes: int
    peak: float | None
    cells: int = 0
    tokens: int = 0
    flops: float = 0.0
    start: float = field(default_factory=time.perf_counter)

    def add(self, cells: int, context: int) -> None:
        """Count a batch; a token is one position of one cell, however many passes see it."""
        tokens = context + self.config.cell_tokens
        self.cells += cells
        self.tokens += cells * tokens
        # a backward pass costs two forward ones
        self.flops += 3.0 * self.passes * cells * tokens * flops_per_token(self.config, tokens)

    def read(self) -> dict[str, float]:
        """Return the rates since the last reading, and start anew."""
        seconds = max(time.perf_counter() - self.start, 1e-9)
        rates = {"cells/s": self.cells / seconds, "tokens/s": self.tokens / seconds}
        if self.peak is not None:
            rates["mfu"] = self.flops / seconds / self.peak
        self.restart()
        return rates

    def restart(self) -> None:
        """Forget what was counted, as after a validation."""
        self.cells, self.tokens, self.flops, self.start = 0, 0, 0.0, time.perf_counter()
