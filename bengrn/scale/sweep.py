"""A grid of sizes, each run in a process of its own under limits, the smallest first."""

import itertools
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bengrn import settings
from bengrn.errors import SettingError, StoreError
from bengrn.execute.process import Limits, run_limited
from bengrn.resolve import Chosen
from bengrn.scale.counts import Sized, simulated_counts, task_of
from bengrn.scale.timed import TINY

__all__ = ["Sweep", "Timing", "check_sizes", "sweep"]

_TOO_MUCH = ("timeout", "out_of_memory")
Told = Callable[["Timing"], None]


@dataclass(frozen=True)
class Timing:
    """What one run of one size took.

    Parameters
    ----------
    cells, genes, repeat
        Which run.
    status, reason
        "ok", "error", "timeout", "out_of_memory" or "not run", and why; of an "ok", a remark.
    wall_s, cpu_s
        Of the inference alone; CPU seconds of all its processes.
    warm_up_s
        Of a tiny task in the same process before: compilation, imports, the start of workers.
    memory_bytes
        The most that the process tree had beyond what it had before.
    load
        Processes that wanted to run on the machine when this began (1 minute average).
    is_fixed_cost
        Whether this is the tiny task that tells the fixed cost.
    """

    cells: int
    genes: int
    repeat: int
    status: str
    reason: str = ""
    wall_s: float | None = None
    cpu_s: float | None = None
    warm_up_s: float | None = None
    memory_bytes: int | None = None
    load: float | None = None
    is_fixed_cost: bool = False


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What is timed, and how.

    Parameters
    ----------
    method
        With its settings.
    cells, genes
        Sizes, as of `check_sizes`; every pair of them is a point.
    limits
        Of each run.
    folder
        For temporary files; they are gone afterwards.
    repeats
        Runs of each size.
    regulators
        The first so many genes of every size; None for all.
    seed
        For the method.
    counts
        Gives counts of a size.
    """

    method: Chosen
    cells: tuple[int, ...]
    genes: tuple[int, ...]
    limits: Limits
    folder: Path
    repeats: int = 3
    regulators: int | None = None
    seed: int = 0
    counts: Sized = simulated_counts

    def __post_init__(self) -> None:
        """Refuse what measures nothing."""
        if self.repeats < 1:
            raise SettingError(f"--repeats is {self.repeats}; expected at least 1.")
        if self.regulators is not None and not 1 <= self.regulators <= min(self.genes):
            raise SettingError(
                f"--regulators is {self.regulators}; expected 1 to {min(self.genes)} (the fewest genes), or "
                "'all'."
            )


def check_sizes(numbers: Sequence[int], option: str, least: int) -> tuple[int, ...]:
    """Return sizes in ascending order.

    Raises
    ------
    SettingError
        If there is none, one is too small, or one is named twice.
    """
    if not numbers or min(numbers) < least or len(set(numbers)) < len(numbers):
        given = ",".join(map(str, numbers)) or "empty"
        raise SettingError(
            f"{option} is {given}; expected different numbers of at least {least}, such as 250,500,1000."
        )
    return tuple(sorted(numbers))


def sweep(plan: Sweep, *, told: Told = lambda _: None) -> list[Timing]:
    """Time a method on every pair of sizes, and first on a tiny task that tells the fixed cost.

    A size at least as large as one that ran out of time or memory, in cells and genes, is not run; nor is a
    size repeated that failed.

    Parameters
    ----------
    told
        Told of each run as it ends.

    Raises
    ------
    StoreError
        If the folder cannot be written.
    """
    done: list[Timing] = []
    grid = sorted(itertools.product(plan.cells, plan.genes), key=lambda one: (one[0] * one[1], one))
    for number, size in enumerate([TINY, *grid]):
        for timing in _repeat(plan, size, done, is_tiny=number == 0):
            done.append(replace(timing, is_fixed_cost=number == 0))
            told(done[-1])
    return done


def _repeat(plan: Sweep, size: tuple[int, int], done: Sequence[Timing], *, is_tiny: bool) -> Iterator[Timing]:
    """Yield the runs of one size, up to the first that fails."""
    blocking = next((one for one in done if one.status in _TOO_MUCH and _fits(one, size)), None)
    if blocking is not None:
        reason = f"{blocking.cells:,} x {blocking.genes:,} ended with {blocking.status}"
        yield Timing(*size, 0, "not run", reason)
        return
    try:
        plan.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".scale-", dir=plan.folder) as name:
            counts = simulated_counts if is_tiny else plan.counts
            regulators = None if plan.regulators is None else min(plan.regulators, size[1])
            task_of(counts(*size), regulators=regulators).save(Path(name) / "task")
            for repeat in range(plan.repeats):
                timing = _run(plan, size, repeat, Path(name))
                yield timing
                if timing.status != "ok":
                    return
    except OSError as error:
        raise StoreError(
            f"{plan.folder} cannot be written ({error.strerror or error}). Choose another folder with --out."
        ) from error


def _fits(one: Timing, size: tuple[int, int]) -> bool:
    """Return whether a run was of at most this size."""
    return one.cells <= size[0] and one.genes <= size[1]


def _run(plan: Sweep, size: tuple[int, int], repeat: int, work: Path) -> Timing:
    """Run one size once."""
    order, result, log = work / "order.json", work / "result.json", work / "log.txt"
    result.unlink(missing_ok=True)
    method, file = plan.method, plan.method.asked.file
    what = {
        "method": str(file.resolve()) if file else method.declared.qualified,  # type: ignore[union-attr]
        "preset": method.name if file else "",  # of a file, which of its methods; all settings are passed on
        "settings": settings.values(method.instance),
        "task": str(work / "task"),
        "seed": plan.seed,
        "tiny_regulators": None if plan.regulators is None else min(plan.regulators, TINY[1]),
        "result": str(result),
    }
    order.write_text(json.dumps(what))
    load = os.getloadavg()[0]
    command = [sys.executable, "-P", "-m", "bengrn.scale.timed", str(order)]
    ended = run_limited(command, plan.limits, log=log, work=work, progress=lambda *_: None)
    if result.exists() and not ended.stopped:
        return Timing(*size, repeat, load=round(load, 2), **json.loads(result.read_text()))
    said = log.read_text(errors="replace").strip().splitlines()
    reason = f"{ended.reason}: {said[-1]}" if said and ended.status == "error" else ended.reason
    return Timing(*size, repeat, ended.status, reason, load=round(load, 2))
