"""Time and memory of a process and all its children."""

import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import psutil

__all__ = ["Meter", "tree_memory"]

_SECONDS_BETWEEN_SAMPLES = 0.05


def tree_memory(process: psutil.Process) -> int:
    """Return the resident bytes of a process and its children; pages they share count for each."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_info().rss
        except psutil.Error:  # it ended meanwhile
            continue
    return total


def _tree_cpu() -> float:
    """Return the CPU seconds of this process and its children, ended ones included."""
    me = psutil.Process()
    times = me.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in me.children(recursive=True):
        try:
            used = child.cpu_times()
        except psutil.Error:
            continue
        total += used.user + used.system
    return float(total)


class Meter:
    """Wall and CPU seconds per phase, and the peak memory of the tree, sampled while it runs."""

    def __init__(self) -> None:
        self.phases: dict[str, dict[str, float]] = {}
        self._peak = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "Meter":
        """Start sampling."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop sampling."""
        self._stop.set()
        self._thread.join()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a phase."""
        wall, cpu = time.perf_counter(), _tree_cpu()
        try:
            yield
        finally:
            self.phases[name] = {
                "wall_s": round(time.perf_counter() - wall, 4),
                "cpu_s": round(max(_tree_cpu() - cpu, 0.0), 4),
            }

    @property
    def peak_memory_bytes(self) -> int:
        """The highest resident memory of the tree so far."""
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return max(self._peak, own)

    @property
    def sampled_memory_bytes(self) -> int:
        """The highest resident memory of the tree while this measured; shorter peaks than a sample escape."""
        return self._peak

    def _sample(self) -> None:
        me = psutil.Process()
        while not self._stop.wait(_SECONDS_BETWEEN_SAMPLES):
            self._peak = max(self._peak, tree_memory(me))
