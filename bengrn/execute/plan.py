"""From a request to jobs, and to the frozen tasks that they share."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from bengrn import settings
from bengrn.digests import digest_json
from bengrn.execute.ingredients import (
    heads_ingredients,
    request_ingredients,
    scoring_ingredients,
    universe_ingredients,
)
from bengrn.execute.job import Job
from bengrn.heads.overlap import refuse_other_species
from bengrn.registry import Registry
from bengrn.request import HeadsAsked, Named, Selection
from bengrn.resolve import Chosen, ChosenRequest
from bengrn.sources import check_organisms, load_data, load_truth
from bengrn.tasks.frozen import FrozenTask, freeze
from bengrn.tasks.held_out import beside_training, hold_out
from bengrn.tasks.universe import in_universe
from bengrn.values import Truth

__all__ = ["freeze_tasks", "heads_for", "make_jobs", "provenance", "selection_for"]


def selection_for(asked: ChosenRequest, data: Chosen) -> Selection:
    """Return the selection of cells, with the data set's own cell type where none was named."""
    selection = asked.request.selection
    if asked.request.cell_type_given or data.declared is None:
        return selection
    return dataclasses.replace(selection, cell_type=data.instance.cell_type or None)


def heads_for(asked: ChosenRequest, truth: Chosen) -> tuple[HeadsAsked | None, Chosen | None]:
    """Return how heads are selected for a truth, and the other truth to select by, if there is one.

    Another truth that is the scored one after all is the scored one: its genes are split.
    """
    heads, other = asked.request.heads, asked.heads_truth
    if heads is None or other is None:
        return heads, None
    if other.identity() != truth.identity():
        return heads, other
    mode = "split" if heads.mode == "other" else heads.mode
    return dataclasses.replace(heads, mode=mode, other=None), None


def make_jobs(asked: ChosenRequest, registry: Registry) -> Iterator[Job]:
    """Yield one job per truth, method and seed; nothing heavy is loaded."""
    request = asked.request
    for truth, data in zip(asked.truths, asked.data, strict=True):
        selection = selection_for(asked, data)
        data_card = {**data.card(), "cell_type": selection.cell_type}
        heads, other = heads_for(asked, truth)
        for method in asked.methods:
            scoring = scoring_ingredients(request.scoring, registry.metrics(method.asked.file))
            mine = heads if method.can("heads") else None
            more = _more(request.universe, mine or _other_task(heads), other)
            cards = {"method": method.card(), "truth": truth.card(), "data": data_card}
            if mine:
                cards["heads"] = _heads_card(mine, other or truth)
            for seed in request.seeds_of(method.name):
                ingredients = request_ingredients(method, truth, data, selection, seed, scoring, more=more)
                yield Job(
                    key=digest_json(ingredients),
                    ingredients=ingredients,
                    method=_elsewhere(method),
                    settings=settings.values(method.instance),
                    cards=cards,
                    seed=seed,
                    scoring=request.scoring,
                    heads=cards["heads"]["recipe"] if mine else "",
                )


def _other_task(heads: HeadsAsked | None) -> HeadsAsked | None:
    """Return a selection of heads if it makes another task, also for methods without heads."""
    return None if heads is None or (heads.mode == "published" and not heads.other) else heads


def _more(universe: str, heads: HeadsAsked | None, other: Chosen | None) -> dict[str, Any]:
    """Return what a request's key holds only where it was asked for."""
    return {
        **({} if universe == "all" else {"universe": universe_ingredients(universe)}),
        **({} if heads is None else {"heads": heads_ingredients(heads, other)}),
    }


def _heads_card(heads: HeadsAsked, truth: Chosen) -> dict[str, Any]:
    """Return what a record says of a selection of heads, however it ends."""
    leaky = heads.mode == "published"
    return {"mode": heads.mode, "truth": truth.label, "recipe": heads.recipe or "strict", "leaky": leaky}


def _elsewhere(method: Chosen) -> Named:
    """Return how another process finds the method: no preset, because all settings are passed on."""
    if method.asked.file is None:
        return Named(method.declared.qualified)  # type: ignore[union-attr]
    return Named(str(method.asked.file.resolve()), method.name)


def freeze_tasks(asked: ChosenRequest, needed: set[int]) -> dict[int, tuple[FrozenTask, Truth]]:
    """Build the frozen task of each truth (by position) that is needed; every input is checked here."""
    tasks = {}
    data: dict[Chosen, Any] = {}
    for position in sorted(needed):
        source, universe = asked.data[position], asked.request.universe
        truth = in_universe(load_truth(asked.truths[position], progress=True), universe)
        other = _other_truth(asked, position, truth)
        check_organisms(asked.truths[position], truth, source)
        same = next((one for one in data if one.asked == source.asked), source)
        if same not in data:
            data[same] = load_data(source, progress=True)
        selection = selection_for(asked, source)
        task = freeze(data[same], truth, selection)
        task = task if universe == "all" else task.reporting(universe=universe)
        tasks[position] = (_with_training(task, asked, position, other), truth)
    return tasks


def _other_truth(asked: ChosenRequest, position: int, truth: Truth) -> Truth | None:
    """Load the other truth that heads are selected by, where there is one, and check its species."""
    _, chosen = heads_for(asked, asked.truths[position])
    if chosen is None:
        return None
    other = in_universe(load_truth(chosen, progress=True), asked.request.universe)
    refuse_other_species(truth, asked.truths[position].label, other, chosen.label)
    return other


def _with_training(task: FrozenTask, asked: ChosenRequest, position: int, other: Truth | None) -> FrozenTask:
    """Return the task with what heads are selected by, if any are."""
    name = asked.truths[position].label
    heads, chosen = heads_for(asked, asked.truths[position])
    other_name = chosen.label if chosen else ""
    if heads is not None and heads.mode != "published":
        return hold_out(task, name, other=other, other_name=other_name, share=heads.share)
    return task if other is None else beside_training(task, name, other, other_name)


def provenance(truth: Truth) -> dict[str, object]:
    """Return what a record says of where a truth comes from."""
    names = ("organism", "id_kind", "directed", "version", "licence", "citation", "losses")
    card = {name: getattr(truth, name) for name in names}
    return {**card, "losses": dict(card["losses"])}
