"""Run a command as a process of its own on this machine, under limits of time and memory."""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from bengrn.errors import SettingError
from bengrn.execute.meter import tree_memory
from bengrn.progress import CHANNEL, CPUS

__all__ = ["Ended", "Limits", "Progress", "run_limited"]

_SECONDS_BETWEEN_CHECKS = 0.05
_GRACE_SECONDS = 5.0
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Limits:
    """What a job may use.

    Parameters
    ----------
    seconds
        Wall time.
    memory_bytes
        Resident memory of the whole process tree.
    cpus
        Workers a method may start; BLAS always has one thread per worker.
    """

    seconds: float
    memory_bytes: int
    cpus: int

    def __post_init__(self) -> None:
        """Refuse limits under which nothing can run."""
        if not self.seconds > 0:
            raise SettingError(f"--time-limit is {self.seconds:g}; expected more than 0 seconds.")
        if self.cpus < 1:
            raise SettingError(f"--cpus is {self.cpus}; expected at least 1.")


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Parameters
    ----------
    code
        Its exit code; negative for a signal.
    stopped
        Which limit it was stopped at, or nothing.
    peak_memory_bytes
        The highest resident memory of its tree that was seen.
    limits
        It ran under these.
    """

    code: int
    stopped: Literal["", "timeout", "out_of_memory"]
    peak_memory_bytes: int
    limits: Limits

    @property
    def status(self) -> Literal["timeout", "out_of_memory", "error"]:
        """What a violent end is in a record."""
        if self.stopped:
            return self.stopped
        return "out_of_memory" if self.code == -signal.SIGKILL else "error"

    @property
    def reason(self) -> str:
        """One line on a violent end."""
        if self.stopped == "timeout":
            return f"stopped after the limit of {self.limits.seconds:g} s (--time-limit)"
        if self.stopped:
            return (
                f"stopped at {self.peak_memory_bytes / 2**30:.2f} GiB, over the limit of "
                f"{self.limits.memory_bytes / 2**30:.2f} GiB (--memory-limit)"
            )
        if self.code == -signal.SIGKILL:
            return "killed by the system, most likely for lack of memory"
        how = f"signal {signal.Signals(-self.code).name}" if self.code < 0 else f"exit code {self.code}"
        return f"the process ended with {how}"


def run_limited(
    command: Sequence[str],
    limits: Limits,
    *,
    log: Path,
    work: Path,
    progress: Progress,
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Run a command to its end, whatever that end is.

    Parameters
    ----------
    command
        What to run; told of its workers by `BENGRN_CPUS`, with one BLAS thread for each.
    log
        File that its output goes to.
    work
        Folder for its temporary files; they are gone afterwards.
    progress
        Told what the process writes with `bengrn.plugin.track`.
    environment
        Variables beside those of this process.

    Raises
    ------
    KeyboardInterrupt
        After the whole process group has been killed.
    """
    read_end, write_end = os.pipe()
    log.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".tmp-", dir=work))
    variables = {
        **os.environ,
        **dict.fromkeys(_ONE_THREAD, "1"),
        CPUS: str(limits.cpus),
        CHANNEL: str(write_end),
        "PYTHONHASHSEED": "0",
        "JOBLIB_TEMP_FOLDER": str(temporary),
        **(environment or {}),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=variables,
            pass_fds=[write_end],
            start_new_session=True,  # so that its whole group can be killed
        )
    os.close(write_end)
    try:
        stopped, peak = _watch(process, read_end, limits, progress)
    except BaseException:
        _kill_group(process, grace=0.0)
        raise
    finally:
        os.close(read_end)
        shutil.rmtree(temporary, ignore_errors=True)
    return Ended(process.returncode, stopped, peak, limits)


def _watch(
    process: subprocess.Popen[bytes], read_end: int, limits: Limits, progress: Progress
) -> tuple[Literal["", "timeout", "out_of_memory"], int]:
    """Wait for the end of a process; return why it was killed (or nothing) and its peak memory."""
    started, peak = time.monotonic(), 0
    tree = psutil.Process(process.pid)
    while process.poll() is None:
        if select.select([read_end], [], [], _SECONDS_BETWEEN_CHECKS)[0]:
            lines = os.read(read_end, 1 << 16).decode(errors="replace").splitlines()
            if not lines:  # the other end is closed: wait without a busy loop
                time.sleep(_SECONDS_BETWEEN_CHECKS)
            else:
                with contextlib.suppress(ValueError):  # a method may write nonsense into the pipe
                    done, total, label = lines[-1].split(" ", 2)
                    progress(int(done), int(total), label)
        with contextlib.suppress(psutil.Error):
            peak = max(peak, tree_memory(tree))
        if peak > limits.memory_bytes:
            _kill_group(process, grace=0.0)
            return "out_of_memory", peak
        if time.monotonic() - started > limits.seconds:
            _kill_group(process, grace=_GRACE_SECONDS)
            return "timeout", peak
    return "", peak


def _kill_group(process: subprocess.Popen[bytes], *, grace: float) -> None:
    """End a process and everything it started: first politely, then not."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        children = []
    if grace:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=grace)
    # trackers of shared resources clean up once all others are gone, so they go last
    trackers = [child for child in children if _is_tracker(child)]
    process.kill()
    for child in children:  # those that left the group, too
        with contextlib.suppress(psutil.Error):
            if child not in trackers:
                child.kill()
    process.wait()
    psutil.wait_procs(trackers, timeout=_GRACE_SECONDS)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _is_tracker(process: psutil.Process) -> bool:
    """Return whether a process only waits to clean up after the others."""
    try:
        return any("resource_tracker" in part for part in process.cmdline())
    except psutil.Error:
        return False
