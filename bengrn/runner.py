"""One run, in a straight line: load, infer, score, record."""

import os
import sys
import traceback
from typing import Any

from bengrn.digests import digest_json
from bengrn.environment import describe_environment
from bengrn.errors import BengrnError, MetricError, NetworkError
from bengrn.execute.failure import about_task, failure_record, now, resources_of
from bengrn.execute.job import Job
from bengrn.execute.meter import Meter
from bengrn.record import Record, Status
from bengrn.registry import Registry
from bengrn.resolve import Chosen, choose
from bengrn.silence import captured_stdout
from bengrn.store import Store
from bengrn.tasks.frozen import FrozenTask
from bengrn.tasks.network import score_network
from bengrn.values import Network

__all__ = ["inference_key", "run_job"]


class _NoNetworkError(BengrnError):
    """A method that did not deliver a network: carries the status for the record."""

    def __init__(self, status: Status, reason: str, log: str = "") -> None:
        super().__init__(reason)
        self.status: Status = status
        self.log = log


def run_job(job: Job, store: Store, registry: Registry) -> Record:
    """Run one job and return its record; the method's failures become records, ours are raised."""
    with Meter() as meter:
        with meter.phase("load"):
            task = FrozenTask.load(store.task_folder(job.task))
            method = choose(registry, "method", job.method, job.settings)
        keys = {"inference": inference_key(job, task)}
        try:
            network, notes, inference = _network_of(job, store, task, method, keys["inference"], meter)
            with meter.phase("score"):
                extra = [one.declaration for one in registry.of_kind("metric") if one.package != "bengrn"]
                scores, warnings = score_network(network, task.truth, job.scoring, extra)
        except _NoNetworkError as refused:
            return failure_record(
                job, refused.status, str(refused), refused.log, meter=meter, task=task, keys=keys
            )
        except MetricError as error:
            return failure_record(job, "invalid_output", str(error), meter=meter, task=task, keys=keys)
        keys["score"] = digest_json(
            {
                "version": "score/1",
                "inference": keys["inference"],
                "scoring": job.ingredients["scoring"],
                "truth": task.digests["truth"],
                "task": task.digest,
            }
        )
        timings = {**meter.phases, **inference}
    return Record(
        key=job.key,
        status="ok",
        method=job.cards["method"],
        truth=job.cards["truth"],
        data=job.cards["data"],
        seed=job.seed,
        task=about_task(task),
        scores=scores,
        keys=keys,
        ingredients=job.ingredients,
        timings=timings,
        resources=resources_of(meter),
        environment=describe_environment(),
        warnings=(*notes, *warnings),
        created=now(),
    )


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
        raise _NoNetworkError("error", f"{type(error).__name__}: {line}", traceback.format_exc()) from error
    if not isinstance(network, Network):
        raise _NoNetworkError(
            "invalid_output", f"the method returned {type(network).__name__}; expected a Network"
        )
    strangers = set(network.regulators) | set(network.targets)
    strangers -= set(adata.var_names)
    if strangers:
        raise _NoNetworkError(
            "invalid_output",
            f"the network names {len(strangers)} genes that the data do not have, "
            f"{min(strangers)!r} first; expected names from adata.var_names",
        )
    return network


def inference_key(job: Job, task: FrozenTask) -> str:
    """Return the content address of a network: what it was made from, and nothing else."""
    digests = task.digests
    made_from = ["counts", "depth", "cells", "genes", "regulators"]
    if "from_truth" in job.cards["method"].get("capabilities", ()):
        made_from.append("truth")
    return digest_json(
        {
            "version": "infer/1",
            "method": job.ingredients["method"],
            "seed": job.seed,
            "numeric": job.ingredients["numeric"],
            "made_from": {name: digests[name] for name in made_from},
        }
    )
