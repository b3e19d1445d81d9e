"""One run, in a straight line: load, infer, score, record."""

import os
import sys
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bengrn.digests import digest_json, digest_matrix, digest_names
from bengrn.environment import describe_environment
from bengrn.errors import BengrnError, MetricError, NetworkError, StoreError
from bengrn.execute.failure import about_task, failure_record, now, resources_of
from bengrn.execute.ingredients import inference_key
from bengrn.execute.job import Job
from bengrn.execute.meter import Meter
from bengrn.record import Record, Status
from bengrn.registry import Registry
from bengrn.resolve import Chosen, choose
from bengrn.silence import captured_stdout
from bengrn.store import Store
from bengrn.tasks.enrichment import add_enrichment
from bengrn.tasks.frozen import FrozenTask
from bengrn.tasks.network import score_network
from bengrn.tasks.universe import describe_universe
from bengrn.values import Network

__all__ = ["run_job"]


class _NoNetworkError(BengrnError):
    """A method that did not deliver a network: carries the status for the record."""

    def __init__(self, status: Status, reason: str, log: str = "") -> None:
        super().__init__(reason)
        self.status: Status = status
        self.log = log


def run_job(job: Job, store: Store, registry: Registry) -> Record:
    """Run one job and return its record; the method's failures become records, ours are raised."""
    keys: dict[str, str] = {}
    task: FrozenTask | None = None
    with Meter() as meter:
        try:
            with meter.phase("load"):
                task, method = _load(job, store, registry)
            reads_truth = hasattr(method.instance, "from_truth")
            keys["inference"] = inference_key(
                job.ingredients["method"], job.seed, task.digests, reads_truth=reads_truth
            )
            network, notes, stored = _network_of(job, store, task, method, keys["inference"], meter)
            with meter.phase("score"):
                extra = [one.declaration for one in registry.of_kind("metric") if one.package != "bengrn"]
                scores, warnings = score_network(network, task.truth, job.scoring, extra)
            enrichment: dict[str, Any] = {}
            if job.scoring.enrichment:
                with meter.phase("enrich"):
                    cell_type = job.cards["data"].get("cell_type")
                    scores, enrichment = add_enrichment(
                        scores, network, organism=task.truth.organism, cell_type=cell_type
                    )
        except _NoNetworkError as refused:
            return failure_record(
                job, refused.status, str(refused), refused.log, meter=meter, task=task, keys=keys
            )
        except (MetricError, NetworkError) as error:  # nothing of the network can be scored
            return failure_record(job, "invalid_output", str(error), meter=meter, task=task, keys=keys)
        timings = {**meter.phases, **stored}
    return Record(
        key=job.key,
        status="ok",
        method=job.cards["method"],
        truth=job.cards["truth"],
        data=job.cards["data"],
        seed=job.seed,
        task=about_task(task),
        universe=describe_universe(task.truth),
        scores=scores,
        enrichment=enrichment,
        keys={**keys, **_score_keys(job, task, network)},
        ingredients=job.ingredients,
        timings=timings,
        resources=resources_of(meter),
        environment=describe_environment(),
        warnings=(*notes, *warnings),
        created=now(),
    )


def _load(job: Job, store: Store, registry: Registry) -> tuple[FrozenTask, Chosen]:
    """Return the task and the method, exactly those that the job's key names."""
    task = FrozenTask.load(store.task_folder(job.task))
    try:
        method = choose(registry, "method", job.method, job.settings)
        changed = method.identity() != job.ingredients["method"]
    except BengrnError as error:
        raise _NoNetworkError("error", str(error)) from error
    if changed:
        raise _NoNetworkError("error", "the method's code changed after the run was planned; run it again")
    if task.digest != job.task:
        raise StoreError(f"The task in {store.task_folder(job.task)} is damaged. Delete that folder.")
    return task, method


def _score_keys(job: Job, task: FrozenTask, network: Network) -> dict[str, str]:
    """Return the content addresses of the network and of its scores."""
    digest = digest_matrix(network.scores)
    made_from = {
        "version": "score/1",
        "network": digest,
        "names": digest_names([*network.regulators, "|", *network.targets]),
        "task": task.digest,
        "scoring": job.ingredients["scoring"],
    }
    return {"network": digest, "score": digest_json(made_from)}


def _network_of(
    job: Job, store: Store, task: FrozenTask, method: Chosen, key: str, meter: Meter
) -> tuple[Network, list[str], dict[str, Any]]:
    """Return the network of a job, from the store or inferred; what to note; how long it took."""
    kept = store.read_network(key)
    if kept is not None and not os.environ.get("BENGRN_FORCE"):
        network, about = kept
        return network, about["notes"], {"infer": {**about["timing"], "stored": 1.0}}
    with meter.phase("infer"), captured_stdout() as printed:
        network = _infer(task, method, job.seed)
    notes = []
    if printed:
        first = printed[0].strip().partition("\n")[0][:60]
        notes.append(f"the method printed {len(printed[0])} characters, {first!r} first")
        sys.stderr.write(printed[0])  # the log keeps it
    store.write_network(key, network, {"notes": notes, "timing": meter.phases["infer"]})
    return network, notes, {}


def _infer(task: FrozenTask, method: Chosen, seed: int) -> Network:
    """Call the method and check what it returns."""
    adata, regulators = task.adata.copy(), task.truth.regulators
    try:
        if hasattr(method.instance, "from_truth"):
            network = method.instance.from_truth(adata, task.truth, regulators=regulators, seed=seed)
        else:
            network = method.instance.infer(adata, regulators=regulators, seed=seed)
    except NetworkError as error:
        raise _NoNetworkError("invalid_output", str(error), traceback.format_exc()) from error
    except MemoryError as error:
        raise _NoNetworkError(
            "out_of_memory", "the method ran out of memory", traceback.format_exc()
        ) from error
    except ImportError as error:
        extra = getattr(method.instance, "extra", "")
        advice = f" Install it: pip install 'bengrn[{extra}]'." if extra else ""
        raise _NoNetworkError("error", f"{error}.{advice}", traceback.format_exc()) from error
    except (Exception, SystemExit) as error:
        line = " ".join(str(error).split())
        where = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"{type(error).__name__}: {line} ({Path(where.filename).name}, line {where.lineno})"
        raise _NoNetworkError("error", reason, traceback.format_exc()) from error
    if not isinstance(network, Network):
        raise _NoNetworkError(
            "invalid_output", f"the method returned {type(network).__name__}; expected a Network"
        )
    _check_names(network.regulators, regulators, "rows", "were not asked for as regulators. Transposed?")
    _check_names(network.targets, adata.var_names, "columns", "the data do not have.")
    return network


def _check_names(names: Sequence[str], known: Iterable[str], where: str, why: str) -> None:
    """Refuse a network that names what it was not given."""
    strangers = set(names) - set(known)
    if strangers:
        raise _NoNetworkError(
            "invalid_output",
            f"the network's {where} hold {len(strangers)} genes, {min(strangers)!r} first, that {why} "
            "A row is a regulator, a column one of adata.var_names",
        )
