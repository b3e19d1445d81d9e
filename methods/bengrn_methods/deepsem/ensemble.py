"""Several runs at once, one thread each, and their mean."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch

from bengrn.plugin import track, workers
from bengrn_methods.deepsem.cells import Cells
from bengrn_methods.deepsem.training import Member

if TYPE_CHECKING:
    from bengrn_methods.deepsem.method import DeepSEM

__all__ = ["choose_device", "train_ensemble"]


class _StoppedError(Exception):
    """Another run has failed: this one need not go on."""


def choose_device(settings: "DeepSEM") -> str:
    """Return "cpu" or "cuda".

    Raises
    ------
    ValueError
        If a GPU is asked for, or mixed precision, and there is none.
    """
    device = settings.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("device is 'cuda', but torch finds no GPU; expected one. Set device=auto or cpu.")
    if device == "cpu" and settings.precision == "mixed":
        raise ValueError("precision is 'mixed', which needs a GPU; this runs on the CPU. Set precision=full.")
    return device


def train_ensemble(cells: Cells, settings: "DeepSEM", seed: int) -> npt.NDArray[np.float32]:
    """Return the mean of |A| over the runs, or of A where signs are kept; shape (R, G).

    On a CPU, as many runs go at once as there are workers, with one thread each: threads that share
    a matrix product change its rounding, runs beside each other change nothing.
    """
    device = choose_device(settings)
    seeds = np.random.SeedSequence(seed).generate_state(settings.ensemble)
    at_once = 1 if device == "cuda" else min(workers(), settings.ensemble)
    stop = threading.Event()
    done = SimpleQueue[BaseException | None]()

    def after_epoch() -> None:
        if stop.is_set():
            raise _StoppedError
        done.put(None)

    def run(own_seed: int) -> npt.NDArray[np.float32]:
        try:
            found_RG = Member(cells, settings, own_seed, device).train(after_epoch)
        except BaseException as error:
            done.put(error)
            raise
        return found_RG if settings.signed else np.abs(found_RG)

    with _threads(1), ThreadPoolExecutor(at_once, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        runs = [pool.submit(run, int(one)) for one in seeds]
        try:
            total = settings.epochs * settings.ensemble
            for _ in track(_finished(done, total), "epochs", total):
                pass
        finally:
            stop.set()
        return _mean(runs)


def _finished(done: "SimpleQueue[BaseException | None]", total: int) -> Iterator[None]:
    """Yield once for each epoch of any run; raise what a run raised."""
    for _ in range(total):
        error = done.get()
        if error is not None:
            raise error
        yield


def _mean(runs: "list[Future[npt.NDArray[np.float32]]]") -> npt.NDArray[np.float32]:
    """Return the mean of the results, added up in the order of their seeds."""
    total_RG = np.zeros_like(runs[0].result())
    for run in runs:
        total_RG += run.result()
    return total_RG / np.float32(len(runs))


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Let torch use this many threads, and give it back what it had."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
