"""AdamW over the weights that learn, and one update of them."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler

from scprint_model.train.config import LoopSettings

__all__ = ["make_optimiser", "set_rate", "update"]


def make_optimiser(model: nn.Module, settings: LoopSettings) -> torch.optim.AdamW:
    """Return AdamW over all weights with a gradient; the decay is on every one, as in the paper."""
    learning = [weight for weight in model.parameters() if weight.requires_grad]
    return torch.optim.AdamW(
        learning,
        lr=settings.lr,
        betas=settings.betas,
        eps=settings.eps,
        weight_decay=settings.weight_decay,
        fused=True,  # one kernel, on a CPU too
    )


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of the next update."""
    for group in optimiser.param_groups:
        group["lr"] = rate


def gradient_norm(weights: Iterable[Tensor], clip: float | None) -> Tensor:
    """Clip the gradient to a largest norm and return the norm it had; nan and inf are kept, not raised."""
    norm = torch.nn.utils.clip_grad_norm_(weights, float("inf") if clip is None else clip)
    whole = getattr(norm, "full_tensor", None)  # the weights may be sharded
    return norm if whole is None else whole()


def update(optimiser: torch.optim.Optimizer, scaler: GradScaler) -> None:
    """Update the weights once; fp16 skips it where its scale overflowed."""
    scaler.step(optimiser)
    scaler.update()
    optimiser.zero_grad(set_to_none=True)
