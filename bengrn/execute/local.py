"""Run one job as a process of its own on this machine, under limits of time and memory."""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from bengrn.errors import SettingError, StoreError
from bengrn.execute.failure import failure_record
from bengrn.execute.job import Job
from bengrn.execute.meter import tree_memory
from bengrn.progress import CHANNEL, CPUS
from bengrn.record import Record
from bengrn.store import Store

__all__ = ["Limits", "supervise"]

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


def supervise(job: Job, store: Store, limits: Limits, *, progress: Progress, force: bool = False) -> Record:
    """Run a job to its end and return its record, whatever that end is.

    Raises
    ------
    StoreError
        If the job could not write its record.
    KeyboardInterrupt
        After the whole process group has been killed; nothing is recorded.
    """
    read_end, write_end = os.pipe()
    log = store.log_file(job.key)
    log.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".tmp-", dir=store.work))
    store.complaint_file(job.key).unlink(missing_ok=True)
    before = set(store.files_of(job.key))
    environment = {
        **os.environ,
        **dict.fromkeys(_ONE_THREAD, "1"),
        CPUS: str(limits.cpus),
        CHANNEL: str(write_end),
        "PYTHONHASHSEED": "0",
        "JOBLIB_TEMP_FOLDER": str(temporary),
        **({"BENGRN_FORCE": "1"} if force else {}),
    }
    command = [sys.executable, "-P", "-m", "bengrn", "exec", job.key, "--out", str(store.root)]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            pass_fds=[write_end],
            start_new_session=True,  # so that its whole group can be killed
        )
    os.close(write_end)
    try:
        killed = _watch(process, read_end, limits, progress)
    except BaseException:
        _kill_group(process, grace=0.0)
        raise
    finally:
        os.close(read_end)
        shutil.rmtree(temporary, ignore_errors=True)
    return _outcome(job, store, limits, process, killed, before, log)


def _watch(
    process: subprocess.Popen[bytes], read_end: int, limits: Limits, progress: Progress
) -> tuple[str, int]:
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


def _outcome(
    job: Job,
    store: Store,
    limits: Limits,
    process: subprocess.Popen[bytes],
    killed: tuple[str, int],
    before: set[Path],
    log: Path,
) -> Record:
    """Return the record that the job wrote, or write the one of its violent end."""
    why, peak = killed
    written = [path for path in store.files_of(job.key) if path not in before]
    if written and not why:
        return store.read(written[-1])
    done = store.find(job.key)
    if done and not why and process.returncode == 0:  # another run was quicker
        return done
    if store.complaint_file(job.key).exists():
        complaint = store.complaint_file(job.key).read_text()
        raise StoreError(complaint or f"{store.root} cannot be written. Make room, or use another --out.")
    text = log.read_text(errors="replace")
    resources = {"peak_memory_bytes": peak, "cpus": limits.cpus}
    if why == "timeout":
        reason = f"stopped after the limit of {limits.seconds:g} s (--time-limit)"
        record = failure_record(job, "timeout", reason, text, resources=resources)
    elif why == "out_of_memory":
        reason = (
            f"stopped at {peak / 2**30:.2f} GiB, over the limit of "
            f"{limits.memory_bytes / 2**30:.2f} GiB (--memory-limit)"
        )
        record = failure_record(job, "out_of_memory", reason, text, resources=resources)
    elif process.returncode == -signal.SIGKILL:
        reason = "killed by the system, most likely for lack of memory"
        record = failure_record(job, "out_of_memory", reason, text, resources=resources)
    else:
        code = process.returncode
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        record = failure_record(job, "error", f"the process ended with {how}", text, resources=resources)
    store.write(record)
    return record
