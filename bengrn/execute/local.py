"""Run one job as a process of its own on this machine, and see to its record."""

import sys
from pathlib import Path

from bengrn.errors import StoreError
from bengrn.execute.failure import failure_record
from bengrn.execute.job import Job
from bengrn.execute.process import Ended, Limits, Progress, run_limited
from bengrn.record import Record
from bengrn.store import Store

__all__ = ["Limits", "supervise"]


def supervise(job: Job, store: Store, limits: Limits, *, progress: Progress, force: bool = False) -> Record:
    """Run a job to its end and return its record, whatever that end is.

    Raises
    ------
    StoreError
        If the job could not write its record.
    KeyboardInterrupt
        After the whole process group has been killed; nothing is recorded.
    """
    log = store.log_file(job.key)
    store.complaint_file(job.key).unlink(missing_ok=True)
    before = set(store.files_of(job.key))
    command = [sys.executable, "-P", "-m", "bengrn", "exec", job.key, "--out", str(store.root)]
    environment = {"BENGRN_FORCE": "1"} if force else {}
    ended = run_limited(command, limits, log=log, work=store.work, progress=progress, environment=environment)
    return _outcome(job, store, ended, before, log)


def _outcome(job: Job, store: Store, ended: Ended, before: set[Path], log: Path) -> Record:
    """Return the record that the job wrote, or write the one of its violent end."""
    written = [path for path in store.files_of(job.key) if path not in before]
    if written and not ended.stopped:
        return store.read(written[-1])
    done = store.find(job.key)
    if done and not ended.stopped and ended.code == 0:  # another run was quicker
        return done
    if store.complaint_file(job.key).exists():
        complaint = store.complaint_file(job.key).read_text()
        raise StoreError(complaint or f"{store.root} cannot be written. Make room, or use another --out.")
    resources = {"peak_memory_bytes": ended.peak_memory_bytes, "cpus": ended.limits.cpus}
    text = log.read_text(errors="replace")
    record = failure_record(job, ended.status, ended.reason, text, resources=resources)
    store.write(record)
    return record
