"""One training step: batches in, a gradient out, and a check that it is finite."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler

from scprint_model.batch import Batch
from scprint_model.errors import ConfigError
from scprint_model.model import ScPrint
from scprint_model.objective import Objective, compute_losses
from scprint_model.train.distributed import World, gradients_wait

__all__ = ["Precision", "TrainingStep", "Window", "accumulate", "evaluate_batch", "seeded"]

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class TrainingStep(nn.Module):
    """All passes of a training step as one forward, which is what DDP and FSDP hook into."""

    def __init__(self, model: ScPrint, objective: Objective, hierarchies: Mapping[str, Tensor]) -> None:
        """Keep the model and what its losses need; hierarchies are (groups, leaves) bool, by class."""
        super().__init__()
        self.model = model
        self.objective = objective
        self.hierarchies = dict(hierarchies)

    def forward(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted terms, detached, and ``total`` with its gradient."""
        losses = compute_losses(
            self.model, batch, self.objective, hierarchies=self.hierarchies, generator=generator
        )
        return {name: loss if name == "total" else loss.detach() for name, loss in losses.items()}


@dataclass(frozen=True)
class Precision:
    """The number type of the passes; weights and losses stay in fp32."""

    name: str
    device: torch.device

    @classmethod
    def choose(cls, wanted: str, device: torch.device) -> "Precision":
        """Return the precision asked for; ``auto`` is bf16, fp16 or fp32, by what the device does well.

        Raises
        ------
        ConfigError
            If the GPU has no bf16.
        """
        has_bf16 = device.type != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)
        if wanted == "auto":
            wanted = "fp32" if device.type == "cpu" else "bf16" if has_bf16 else "fp16"
        if wanted == "bf16" and not has_bf16:
            raise ConfigError("train.precision is bf16, which this GPU lacks; set fp16 or fp32.")
        return cls(wanted, device)

    @property
    def dtype(self) -> torch.dtype:
        """The type of the large products."""
        return _DTYPES[self.name]

    def autocast(self) -> torch.autocast:
        """Return the context of a forward pass."""
        return torch.autocast(self.device.type, dtype=self.dtype, enabled=self.name != "fp32")

    def scaler(self) -> GradScaler:
        """Return what keeps small fp16 gradients from vanishing; it does nothing in other types."""
        return GradScaler(self.device.type, enabled=self.name == "fp16")


def seeded(device: torch.device, *key: int) -> torch.Generator:
    """Seed torch's global random state (dropout) and return a generator (noise), both by a key.

    The random numbers of a batch hang on (seed, step, number of the batch) alone. So a resumed run draws
    what the killed one would have drawn, and two processes with one batch draw what one with two does.
    """
    first, second = (int(one) for one in np.random.SeedSequence(key).generate_state(2, np.uint64))
    torch.manual_seed(first)
    generator = torch.Generator(device)
    generator.manual_seed(second)
    return generator


def accumulate(
    step: nn.Module,
    batches: Sequence[Batch],
    place: World,
    precision: Precision,
    scaler: GradScaler,
    key: tuple[int, int],
) -> list[dict[str, Tensor]]:
    """Add the gradients of this process's batches, averaged over all batches of the update.

    Parameters
    ----------
    step
        As :func:`~scprint_model.train.distributed.distribute` returned it.
    key
        Seed of the run and number of the step.

    Returns
    -------
    list of dict
        The losses of each batch.
    """
    found = []
    for number, batch in enumerate(batches):
        generator = seeded(place.device, *key, number * place.ranks + place.rank)
        with gradients_wait(step, last=number == len(batches) - 1):
            with precision.autocast():
                losses = step(batch, generator)
            scaler.scale(losses["total"] / len(batches)).backward()
        found.append({name: loss.detach() for name, loss in losses.items()})
    return found


def evaluate_batch(step: nn.Module, batch: Batch, precision: Precision, *key: int) -> dict[str, Tensor]:
    """Return the losses of a batch without a gradient and without dropout; the key fixes the noise."""
    generator = seeded(precision.device, *key)
    was_training = step.training
    step.eval()
    try:
        with torch.no_grad(), precision.autocast():
            losses: dict[str, Tensor] = step(batch, generator)
    finally:
        step.train(was_training)
    return losses


@dataclass
class Window:
    """Sums of losses since the last row of the log, on the device, in float64."""

    sums: dict[str, Tensor] = field(default_factory=dict)
    weight: float = 0.0

    def add(self, losses: Mapping[str, Tensor], weight: float = 1.0) -> None:
        """Add the losses of one batch."""
        for name, loss in losses.items():
            value = loss.detach().double() * weight
            self.sums[name] = self.sums[name] + value if name in self.sums else value
        self.weight += weight

    def whole(self, place: World) -> "Window":
        """Return the sums over all processes; each of them must ask."""
        if not self.sums:
            return Window()
        weight = torch.tensor([self.weight], dtype=torch.float64, device=place.device)
        totals = place.total(torch.cat((torch.stack([*self.sums.values()]), weight)))
        return Window(dict(zip(self.sums, totals[:-1], strict=True)), float(totals[-1]))

    def means(self) -> dict[str, float]:
        """Return the mean of each loss."""
        return {name: float(value) / self.weight for name, value in self.sums.items()}

    def clear(self) -> None:
        """Forget everything."""
        self.sums, self.weight = {}, 0.0

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run needs to write the same row."""
        return {"sums": {name: value.cpu() for name, value in self.sums.items()}, "weight": self.weight}

    def load_state_dict(self, state: Mapping[str, Any], device: torch.device) -> None:
        """Take up what :meth:`state_dict` returned."""
        self.sums = {name: value.to(device) for name, value in state["sums"].items()}
        self.weight = state["weight"]
