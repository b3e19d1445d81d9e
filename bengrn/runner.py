"""One run, in a straight line: load, infer, score, record."""

import os
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bengrn.checkpoint import partial_results
from bengrn.digests import digest_json, digest_matrix, digest_names
from bengrn.environment import describe_environment
from bengrn.errors import BengrnError, MetricError, NetworkError, StoreError, TruthError
from bengrn.execute.failure import about_task, failure_record, now, resources_of
from bengrn.execute.ingredients import inference_key
from bengrn.execute.job import Job
from bengrn.execute.meter import Meter
from bengrn.heads.overlap import refuse_training
from bengrn.heads.run import infer_as_published, infer_with_heads, selection_ingredients
from bengrn.heads.select import Rule
from bengrn.notes import taken_notes
from bengrn.record import Record, Status
from bengrn.registry import Registry
from bengrn.resolve import Chosen, choose
from bengrn.silence import captured_stdout
from bengrn.store import Store
from bengrn.tasks.enrichment import Scores, add_enrichment
from bengrn.tasks.frozen import FrozenTask
from bengrn.tasks.held_out import notes_on, scored_genes_alone, trained_on
from bengrn.tasks.leaky import LEAKY_REASON, compat_alone
from bengrn.tasks.network import score_network
from bengrn.tasks.universe import describe_universe
from bengrn.values import Network

if TYPE_CHECKING:
    from anndata import AnnData

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
                job.ingredients["method"],
                job.seed,
                task.digests,
                reads_truth=reads_truth and not job.heads,
                heads=_selection(job, task),
            )
            network, about, stored = _network_of(job, store, task, method, keys["inference"], meter)
            with meter.phase("score"):
                extra = [one.declaration for one in registry.of_kind("metric") if one.package != "bengrn"]
                scored = score_network(network, task.truth, job.scoring, extra)
            scores, enrichment = _enrich(job, task, network, scored.scores, meter)
            heads, draws = {**about.get("heads", {}), **job.cards.get("heads", {})}, scored.draws
            if heads.get("leaky"):
                (scores, enrichment), draws = compat_alone(scores, enrichment), {}
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
        universe=describe_universe(task.truth, task.report.get("universe", "all")),
        scores=scores,
        enrichment=enrichment,
        heads=heads,
        keys={**keys, **_score_keys(job, task, network), **store.write_draws(draws)},
        ingredients=job.ingredients,
        timings=timings,
        resources=resources_of(meter),
        environment=describe_environment(),
        warnings=(*about["notes"], *_notes(heads), *notes_on(task), *scored.warnings),
        created=now(),
    )


def _enrich(
    job: Job, task: FrozenTask, network: Network, scores: Scores, meter: Meter
) -> tuple[Scores, dict[str, Any]]:
    """Return the scores with those of gene sets, where they were asked for, and the tables behind those."""
    if not job.scoring.enrichment:
        return scores, {}
    with meter.phase("enrich"):
        return add_enrichment(
            scores,
            scored_genes_alone(network, task),
            organism=task.truth.organism,
            cell_type=job.cards["data"].get("cell_type"),
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


def _selection(job: Job, task: FrozenTask) -> dict[str, Any] | None:
    """Return what a key says of the selection of heads; refuse a task that would score training pairs."""
    if not job.heads:
        return None
    plan = trained_on(task, job.cards["heads"]["truth"])
    if job.heads == "strict":
        if plan is None:
            raise StoreError(
                f"The task of the job {job.key[:12]} has no truth to select heads by; run it again."
            )
        refuse_training(plan)
    rule = Rule() if job.heads == "strict" else job.heads
    return selection_ingredients(plan.train if plan else task.truth, rule, task.truth.regulators)


def _notes(heads: Mapping[str, Any]) -> list[str]:
    """Return what a reader must know of a network that is made of heads."""
    if not heads:
        return []
    made_of = f"made of {heads['selected']} of its {heads['heads']} heads, selected by {heads['truth']}"
    return [f"{made_of}; {LEAKY_REASON}" if heads["leaky"] else made_of]


def _network_of(
    job: Job, store: Store, task: FrozenTask, method: Chosen, key: str, meter: Meter
) -> tuple[Network, dict[str, Any], dict[str, Any]]:
    """Return the network of a job, from the store or inferred; its notes and heads; how long it took."""
    kept = store.read_network(key)
    if kept is not None and not os.environ.get("BENGRN_FORCE"):
        network, about = kept
        return network, about, {"infer": {**about["timing"], "stored": 1.0}}
    resumable = partial_results(store.partial_folder(key), anew=bool(os.environ.get("BENGRN_FORCE")))
    with meter.phase("infer"), captured_stdout() as printed, resumable:
        network, heads = _infer(task, method, job)
    notes = taken_notes()
    if printed:
        first = printed[0].strip().partition("\n")[0][:60]
        notes.append(f"the method printed {len(printed[0])} characters, {first!r} first")
        sys.stderr.write(printed[0])  # the log keeps it
    about = {"notes": notes, "heads": heads}
    store.write_network(key, network, {**about, "timing": meter.phases["infer"]})
    return network, about, {}


def _call(task: FrozenTask, method: Any, job: Job, adata: "AnnData") -> tuple[Any, dict[str, Any]]:
    """Return what a method makes of the data, and how its heads were selected, if they were."""
    if job.heads:
        name = job.cards["heads"]["truth"]
        plan = trained_on(task, name)
        if job.heads == "strict" and plan is not None:
            network, selection = infer_with_heads(method, adata, plan, seed=job.seed)
        else:
            train = plan.train if plan else task.truth
            network, selection = infer_as_published(
                method, adata, train, name=name, preset=job.heads, seed=job.seed, scored=task.truth
            )
        return network, selection.card()
    if hasattr(method, "from_truth"):
        return method.from_truth(adata, task.truth, regulators=task.regulators, seed=job.seed), {}
    return method.infer(adata, regulators=task.regulators, seed=job.seed), {}


def _infer(task: FrozenTask, method: Chosen, job: Job) -> tuple[Network, dict[str, Any]]:
    """Call the method and check what it returns."""
    adata = task.adata.copy()
    try:
        network, heads = _call(task, method.instance, job, adata)
    except StoreError:  # ours, not the method's: finished rows could not be kept
        raise
    except TruthError as error:  # no heads can be selected by this truth
        raise _NoNetworkError("error", str(error), traceback.format_exc()) from error
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
    asked = (*task.regulators, *(task.train.regulators if job.heads and task.train else ()))
    _check_names(network.regulators, asked, "rows", "were not asked for as regulators. Transposed?")
    _check_names(network.targets, adata.var_names, "columns", "the data do not have.")
    return network, heads


def _check_names(names: Sequence[str], known: Iterable[str], where: str, why: str) -> None:
    """Refuse a network that names what it was not given."""
    strangers = set(names) - set(known)
    if strangers:
        raise _NoNetworkError(
            "invalid_output",
            f"the network's {where} hold {len(strangers)} genes, {min(strangers)!r} first, that {why} "
            "A row is a regulator, a column one of adata.var_names",
        )
