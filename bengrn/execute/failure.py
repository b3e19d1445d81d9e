"""The record of a job that gave no network, and what it shares with every other record."""

import datetime
import os
from typing import Any

from bengrn.environment import describe_environment
from bengrn.execute.job import Job
from bengrn.execute.meter import Meter
from bengrn.record import Record, Status
from bengrn.tasks.frozen import FrozenTask

__all__ = ["about_task", "failure_record", "now", "resources_of"]

_LOG_LINES = 30


def failure_record(
    job: Job,
    status: Status,
    reason: str,
    log: str = "",
    *,
    meter: Meter | None = None,
    task: FrozenTask | None = None,
    keys: dict[str, str] | None = None,
    resources: dict[str, Any] | None = None,
) -> Record:
    """Return the record of a job that gave no network."""
    return Record(
        key=job.key,
        status=status,
        reason=reason,
        method=job.cards["method"],
        truth=job.cards["truth"],
        data=job.cards["data"],
        seed=job.seed,
        task=about_task(task) if task else {"digest": job.task},
        heads=job.cards.get("heads", {}),
        keys=keys or {},
        ingredients=job.ingredients,
        timings=meter.phases if meter else {},
        resources=resources or (resources_of(meter) if meter else {}),
        environment=describe_environment(),
        log_tail="\n".join(log.splitlines()[-_LOG_LINES:]),
        created=now(),
    )


def about_task(task: FrozenTask) -> dict[str, Any]:
    """Return what a record says of its task."""
    return {"digest": task.digest, "digests": task.digests, "report": dict(task.report)}


def resources_of(meter: Meter) -> dict[str, Any]:
    """Return what the process took."""
    return {
        "peak_memory_bytes": meter.peak_memory_bytes,
        "peak_memory_how": "resident memory of the process tree, sampled every 0.05 s",
        "cpus": int(os.environ.get("BENGRN_CPUS", "0")) or len(os.sched_getaffinity(0)),
    }


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
