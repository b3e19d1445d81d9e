"""How a method says how far it is, and how many processes it may use."""

import os
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

__all__ = ["CHANNEL", "CPUS", "track", "workers"]

Item = TypeVar("Item")

CHANNEL = "BENGRN_PROGRESS_FD"
CPUS = "BENGRN_CPUS"
_SECONDS_BETWEEN_REPORTS = 0.1


def track(items: Iterable[Item], label: str, total: int, *, already: int = 0) -> Iterator[Item]:
    """Yield the items and report progress to the runner; silent outside a run.

    Parameters
    ----------
    items
        What to go through; need not have a length.
    label
        What one item is, in the plural: "targets".
    total
        How many items there will be, those that are done already included.
    already
        How many were done before, by a run that was killed.
    """
    descriptor = int(os.environ.get(CHANNEL, "-1"))
    line = f"{int(total)} {' '.join(label.split())}\n"
    reported = 0.0
    for done, item in enumerate(items, start=already + 1):
        yield item
        now = time.monotonic()
        if descriptor >= 0 and (done == total or now - reported > _SECONDS_BETWEEN_REPORTS):
            reported = now
            os.write(descriptor, f"{done} {line}".encode())


def workers() -> int:
    """Return how many processes or threads a method may use: `--cpus`, else the usable cores."""
    return int(os.environ.get(CPUS, "0")) or len(os.sched_getaffinity(0))
