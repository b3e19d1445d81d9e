"""From a request to jobs, and to the frozen tasks that they share."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from bengrn import settings
from bengrn.digests import digest_json
from bengrn.execute.ingredients import request_ingredients, scoring_ingredients
from bengrn.execute.job import Job
from bengrn.registry import Registry
from bengrn.request import Named, Selection
from bengrn.resolve import Chosen, ChosenRequest
from bengrn.sources import check_organisms, load_data, load_truth
from bengrn.tasks.frozen import FrozenTask, freeze
from bengrn.values import Truth

__all__ = ["freeze_tasks", "make_jobs", "provenance", "selection_for"]


def selection_for(asked: ChosenRequest, data: Chosen) -> Selection:
    """Return the selection of cells, with the data set's own cell type where none was named."""
    selection = asked.request.selection
    if asked.request.cell_type_given or data.declared is None:
        return selection
    return dataclasses.replace(selection, cell_type=data.instance.cell_type or None)


def make_jobs(asked: ChosenRequest, registry: Registry) -> Iterator[Job]:
    """Yield one job per truth, method and seed; nothing heavy is loaded."""
    request = asked.request
    for truth, data in zip(asked.truths, asked.data, strict=True):
        selection = selection_for(asked, data)
        data_card = {**data.card(), "cell_type": selection.cell_type}
        for method in asked.methods:
            scoring = scoring_ingredients(request.scoring, registry.metrics(method.asked.file))
            for seed in request.seeds:
                ingredients = request_ingredients(method, truth, data, selection, seed, scoring)
                yield Job(
                    key=digest_json(ingredients),
                    ingredients=ingredients,
                    method=_elsewhere(method),
                    settings=settings.values(method.instance),
                    cards={"method": method.card(), "truth": truth.card(), "data": data_card},
                    seed=seed,
                    scoring=request.scoring,
                )


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
        source = asked.data[position]
        truth = load_truth(asked.truths[position], progress=True)
        check_organisms(asked.truths[position], truth, source)
        same = next((one for one in data if one.asked == source.asked), source)
        if same not in data:
            data[same] = load_data(source, progress=True)
        selection = selection_for(asked, source)
        tasks[position] = (freeze(data[same], truth, selection), truth)
    return tasks


def provenance(truth: Truth) -> dict[str, object]:
    """Return what a record says of where a truth comes from."""
    names = ("organism", "id_kind", "directed", "version", "licence", "citation", "losses")
    card = {name: getattr(truth, name) for name in names}
    return {**card, "losses": dict(card["losses"])}
