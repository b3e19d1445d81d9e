"""Many jobs: answer what the store has, freeze the tasks of the rest, run them one after another."""

import dataclasses
import sys
from collections.abc import Callable, Sequence

from bengrn.execute.job import Job
from bengrn.execute.local import Limits, supervise
from bengrn.execute.plan import freeze_tasks, provenance
from bengrn.record import Record
from bengrn.registry import Registry
from bengrn.resolve import ChosenRequest
from bengrn.store import Store, write_text

__all__ = ["answer"]

Started = Callable[[Job, int, int], Callable[[int, int, str], None]]


def answer(
    jobs: Sequence[Job],
    asked: ChosenRequest,
    registry: Registry,
    store: Store,
    limits: Limits,
    *,
    started: Started,
    found: Callable[[int], None],
    force: bool = False,
) -> list[Record]:
    """Return one record per job, in order.

    All input is read and checked before anything is written: bad input leaves no trace.

    Parameters
    ----------
    jobs
        Of one request, in the order of `make_jobs`.
    started
        Called as each job starts, with its number and their count; returns what is told of progress.
    found
        Told how many jobs the store answers.
    force
        Run anew what the store could answer.

    Raises
    ------
    BengrnError
        If the data, a truth or the selection cannot be used, or the store cannot be written.
    """
    served = {} if force else {job.key: record for job in jobs if (record := store.find(job.key))}
    found(len(served))
    waiting = list({job.key: job for job in jobs if job.key not in served}.values())
    if waiting:
        per_truth = len(jobs) // len(asked.truths)
        position = {job.key: number // per_truth for number, job in enumerate(jobs)}
        tasks = freeze_tasks(asked, {position[job.key] for job in waiting})
        store.check_writable()
        digests = {}
        for number, (task, _) in tasks.items():
            digests[number] = task.digest
            task.save(store.task_folder(task.digest))
        for number, bare in enumerate(waiting, start=1):
            truth_card = {**bare.cards["truth"], **provenance(tasks[position[bare.key]][1])}
            job = dataclasses.replace(
                bare, task=digests[position[bare.key]], cards={**bare.cards, "truth": truth_card}
            )
            write_text(store.job_file(job.key), job.to_json())
            progress = started(job, number, len(waiting))
            record = supervise(job, store, limits, progress=progress, force=force)
            served[job.key] = record
            _tell(registry, record)
    return [served[job.key] for job in jobs]


def _tell(registry: Registry, record: Record) -> None:
    """Tell the plug-ins of a record; one that fails loses its turn, not the run."""
    for implementation in registry.manager.hook.bengrn_finished.get_hookimpls():
        try:
            implementation.function(record=dataclasses.asdict(record))
        except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
            sys.stderr.write(f"bengrn: bengrn_finished of {implementation.plugin_name} failed: {error}\n")
