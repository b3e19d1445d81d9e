"""The parts of one run while it goes: built once, saved as a whole, taken up as a whole."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler

from scprint_model.model import ScPrint
from scprint_model.train.cells import CellSource
from scprint_model.train.config import TrainConfig
from scprint_model.train.distributed import World
from scprint_model.train.log import Log
from scprint_model.train.schedule import Schedule
from scprint_model.train.state import read_state, restore, snapshot, write_state
from scprint_model.train.step import Precision, TrainingStep, Window
from scprint_model.train.throughput import Meter

__all__ = ["Progress", "Run", "stopping"]


@dataclass
class Progress:
    """How far a run is.

    Attributes
    ----------
    step
        Finished steps.
    best, best_step, stale
        The lowest validation loss, its step, and validations since.
    seconds
        Spent in all sittings.
    """

    step: int = 0
    best: float = float("inf")
    best_step: int = 0
    stale: int = 0
    seconds: float = 0.0


@dataclass
class Run:
    """Everything that changes while a model is trained.

    Attributes
    ----------
    module
        The training step of this process; ``step`` is the same as all processes share it.
    taken_up
        Whether it goes on from a state.
    """

    config: TrainConfig
    out: Path
    place: World
    cells: CellSource
    module: TrainingStep
    step: nn.Module
    optimiser: torch.optim.AdamW
    schedule: Schedule
    precision: Precision
    scaler: GradScaler
    meter: Meter
    progress: Progress = field(default_factory=Progress)
    window: Window = field(default_factory=Window)
    log: Log | None = None
    taken_up: bool = False
    started: float = field(default_factory=time.perf_counter)

    @property
    def model(self) -> ScPrint:
        """The model itself."""
        return self.module.model

    @property
    def state_file(self) -> Path:
        """Where the state is."""
        return self.out / "state" / "state.pt"

    @property
    def sitting(self) -> float:
        """Seconds since this run was started or taken up."""
        return time.perf_counter() - self.started

    @property
    def seconds(self) -> float:
        """Time spent in all sittings."""
        return self.progress.seconds + self.sitting

    def save(self) -> None:
        """Write the state; every process must call this, the first one writes."""
        state = snapshot(self.model, self.optimiser)
        state |= {
            "progress": {**vars(self.progress), "seconds": self.seconds},
            "schedule": self.schedule.state_dict(),
            "scaler": self.scaler.state_dict(),
            "window": self.window.whole(self.place).state_dict(),
            "seed": self.config.seed,
        }
        if self.place.leads:
            write_state(self.state_file, state)
        self.place.wait()

    def resume(self) -> None:
        """Go on from the state on disk."""
        state = read_state(self.state_file)
        restore(self.model, self.optimiser, state)
        self.taken_up = True
        self.progress = Progress(**state["progress"])
        self.schedule.load_state_dict(state["schedule"])
        self.scaler.load_state_dict(state["scaler"])
        if self.place.leads:  # these are the sums of all processes
            self.window.load_state_dict(state["window"], self.place.device)


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """Return an event that is set when the program is asked to end: the run then stops at a full step."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def hear(number: int, _frame: FrameType | None) -> None:
        if asked.is_set() and number == signal.SIGINT:  # a second Ctrl-C does not wait
            raise KeyboardInterrupt
        asked.set()

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
