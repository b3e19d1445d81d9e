"""The processes of one run: one alone, or several that torchrun started; copied or sharded models."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager as Context
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from scprint_model.errors import ConfigError
from scprint_model.train.config import LoopSettings

__all__ = ["World", "distribute", "world"]


@dataclass(frozen=True)
class World:
    """Which of how many processes this one is, and the device it computes on."""

    rank: int
    ranks: int
    local_ranks: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def total(self, values: Tensor) -> Tensor:
        """Return the sum of a small tensor over all processes."""
        if self.ranks > 1:
            dist.all_reduce(values)
        return values

    def everyone(self, *, good: bool) -> bool:
        """Return whether it is good in all processes."""
        if self.ranks == 1:
            return good
        return bool(self.total(torch.tensor(float(not good), device=self.device)).item() == 0)

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.ranks > 1:
            dist.barrier()


@contextmanager
def world(settings: LoopSettings) -> Iterator[World]:
    """Join the processes that torchrun started, or be alone; leave them at the end.

    Raises
    ------
    ConfigError
        If a GPU is asked for and there is none, or there are more processes than GPUs.
    """
    device = settings.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("train.device is cuda, but torch finds no GPU; set train.device=cpu or auto.")
    ranks, local = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("LOCAL_RANK", "0"))
    if device == "cuda" and local >= torch.cuda.device_count():
        raise ConfigError(
            f"Process {local} of this machine has no GPU: there are {torch.cuda.device_count()}."
        )
    place = torch.device(device, local) if device == "cuda" else torch.device(device)
    if device == "cuda":
        torch.cuda.set_device(place)
    joined = ranks > 1 and not dist.is_initialized()
    if joined:
        dist.init_process_group("nccl" if device == "cuda" else "gloo")
    local_ranks = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    try:
        with _threads(settings.threads, local_ranks), _matmul(settings.matmul, device):
            yield World(dist.get_rank() if ranks > 1 else 0, ranks, local_ranks, place)
    finally:
        if joined:
            dist.destroy_process_group()


@contextmanager
def _threads(wanted: int | None, local_ranks: int) -> Iterator[None]:
    """Share the usable cores among this machine's processes (torchrun leaves each with one thread)."""
    before = torch.get_num_threads()
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(max(1, usable // local_ranks) if wanted is None else wanted)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _matmul(precision: str, device: str) -> Iterator[None]:
    """Set the inner precision of fp32 products on a GPU; a CPU keeps full precision."""
    before = torch.get_float32_matmul_precision()
    if device == "cuda":
        torch.set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def distribute(
    step: nn.Module, blocks: nn.ModuleList, place: World, strategy: str, *, unused: bool
) -> nn.Module:
    """Return the step as all processes share it: copied (DDP) or sharded (FSDP 2); alone, as it is.

    ``step`` is the module whose one forward makes all passes of a training step, so that the hooks of
    torch see one forward and one backward. ``unused`` says that some weights may get no gradient.
    """
    if place.ranks == 1:
        return step
    if strategy == "ddp":
        devices = [place.device.index] if place.device.type == "cuda" else None
        return DistributedDataParallel(step, device_ids=devices, find_unused_parameters=unused)
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(place.device.type, (place.ranks,))
    for block in blocks:
        fully_shard(block, mesh=mesh)
    fully_shard(step, mesh=mesh)
    return step


def gradients_wait(step: nn.Module, *, last: bool) -> Context[None]:
    """Return a context in which gradients stay local, unless this is the last batch of the update."""
    if isinstance(step, DistributedDataParallel):
        return nullcontext() if last else step.no_sync()
    sync = getattr(step, "set_requires_gradient_sync", None)  # FSDP 2
    if sync is not None:
        sync(last)
    return nullcontext()
