"""A frozen task of which some genes are kept for selecting heads, and the others are scored."""

import dataclasses
from typing import Any

from bengrn.errors import TruthError
from bengrn.heads.overlap import Training, plan_training, refuse_other_species
from bengrn.tasks.frozen import FrozenTask
from bengrn.tasks.naming import name_truth
from bengrn.truths.summary import degrees
from bengrn.values import Network, Truth

__all__ = ["beside_training", "hold_out", "notes_on", "scored_genes_alone", "trained_on"]

_MIN_REGULATORS = 2


def hold_out(
    task: FrozenTask, name: str, *, other: Truth | None = None, other_name: str = "", share: float = 0.5
) -> FrozenTask:
    """Return a task that scores some genes only, and has a truth on the others to select heads by.

    Which genes are scored follows from the task's truth and the share alone, so that every method, with
    heads or without, by whichever truth they are selected, meets the same pairs. Methods are asked for all
    regulators of the task, as without head selection.

    Parameters
    ----------
    task, name
        Its truth, and what that is called.
    other, other_name
        Another truth to select by; what it says of scored genes is left out.
    share
        Share of the genes that is not scored.

    Raises
    ------
    TruthError
        If a part has too few edges or regulators, or the truths are of different species.
    """
    known = None if other is None else _on_task(other, task)
    plan = plan_training(task.truth, name, other=known, other_name=other_name, share=share)
    if len(plan.test.regulators) < _MIN_REGULATORS:
        raise TruthError(
            f"{len(plan.test.regulators)} regulators of {name} are left to be scored; expected at least "
            f"{_MIN_REGULATORS}. Lower --heads-share, raise --genes, or use a truth with more regulators."
        )
    facts = {**_facts(plan.name, plan.train), "unused_edges": plan.unused_edges, "share": share}
    return dataclasses.replace(
        task.reporting(
            regulators=len(plan.test.regulators), targets=len(plan.test.targets), trained_on=facts
        ),
        truth=plan.test,
        train=plan.train,
        asked=task.truth.regulators,
    )


def beside_training(task: FrozenTask, name: str, other: Truth, other_name: str) -> FrozenTask:
    """Return a task that scores what it did, with another truth to select heads by: as published, leaky.

    Raises
    ------
    TruthError
        If the other truth has no edge between genes of the task, or is of another species.
    """
    refuse_other_species(task.truth, name, other, other_name)
    train = _on_task(other, task)
    if not degrees(train).out_R.sum():
        raise TruthError(
            f"{other_name} has no edge between the {task.adata.n_vars} genes of the task; expected some to "
            "select heads by. Use another truth, or more genes."
        )
    return dataclasses.replace(
        task.reporting(trained_on=_facts(other_name, train)), train=train, asked=task.truth.regulators
    )


def trained_on(task: FrozenTask, name: str) -> Training | None:
    """Return what heads are selected by and what is scored; None where nothing was held out for it."""
    if task.train is None:
        return None
    return Training(name, task.train, task.truth, task.report["trained_on"].get("unused_edges", 0))


def _on_task(other: Truth, task: FrozenTask) -> Truth:
    """Return a truth on the genes of a task, under its names."""
    # all genes of the data decide on names, as they did for the scored truth
    named, known = name_truth(other, list(task.names))[0], set(task.adata.var_names)
    return named.restrict(
        [name for name in named.regulators if name in known],
        [name for name in named.targets if name in known],
    )


def _facts(name: str, train: Truth) -> dict[str, Any]:
    """Return what the task's report says of a training truth."""
    return {
        "truth": name,
        "regulators": len(train.regulators),
        "targets": len(train.targets),
        "edges": int(degrees(train).out_R.sum()),
    }


def scored_genes_alone(network: Network, task: FrozenTask) -> Network:
    """Return a network without the genes that were held out of the scores, for tests of gene sets.

    The whole network where no gene was: heads that are selected by some genes' edges know their gene sets.
    """
    if "share" not in task.report.get("trained_on", {}):
        return network
    genes = {*task.truth.regulators, *task.truth.targets}
    rows = [place for place, name in enumerate(network.regulators) if name in genes]
    columns = [place for place, name in enumerate(network.targets) if name in genes]
    return dataclasses.replace(
        network,
        scores=network.scores[rows][:, columns],
        regulators=tuple(network.regulators[place] for place in rows),
        targets=tuple(network.targets[place] for place in columns),
    )


def notes_on(task: FrozenTask) -> list[str]:
    """Return what a reader of scores on such a task must know."""
    facts = task.report.get("trained_on", {})
    if "share" not in facts:
        return []
    return [
        f"scored on the genes that no head is selected by: {len(task.truth.regulators):,} regulators x "
        f"{len(task.truth.targets):,} targets; kept for selection by {facts['truth']}: "
        f"{facts['regulators']:,} x {facts['targets']:,} with {facts['edges']:,} edges; "
        f"{facts['unused_edges']:,} edges join the two and count for nothing"
    ]
