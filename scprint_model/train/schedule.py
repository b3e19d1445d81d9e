"""The learning rate of every step: warm-up, then constant, plateau or cosine."""

import math
from dataclasses import dataclass
from typing import Any

from scprint_model.train.config import LoopSettings

__all__ = ["Schedule"]

# relative improvement below which a validation is no better, as torch's own plateau has it
_THRESHOLD = 1e-4


@dataclass
class Schedule:
    """The rate as a function of the step, and of the validations so far.

    The rate of a step is set *before* the step, so the first one is taken at lr / warmup: the original sets
    it afterwards and takes its first steps at the full rate.
    """

    settings: LoopSettings
    factor: float = 1.0
    best: float = math.inf
    bad: int = 0

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        s = self.settings
        warm = min(1.0, (step + 1) / s.warmup) if s.warmup else 1.0
        if s.schedule != "cosine":
            return s.lr * warm * self.factor
        done = min(1.0, max(0.0, (step - s.warmup) / max(1, s.steps - 1 - s.warmup)))
        return warm * (s.lr_end + (s.lr - s.lr_end) * 0.5 * (1 + math.cos(math.pi * done)))

    def observe(self, loss: float) -> None:
        """Hear a validation's loss; once per validation (the original hears each one twice)."""
        if math.isinf(self.best) or loss < self.best - _THRESHOLD * abs(self.best):
            self.best, self.bad = loss, 0
            return
        self.bad += 1
        if self.settings.schedule == "plateau" and self.bad > self.settings.plateau_patience:
            self.factor *= self.settings.plateau_factor
            self.bad = 0

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run needs."""
        return {"factor": self.factor, "best": self.best, "bad": self.bad}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`state_dict` returned."""
        self.factor, self.best, self.bad = state["factor"], state["best"], state["bad"]
