"""Score a network that was computed elsewhere: the same scores and record, no timing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bengrn import genes as gene_names
from bengrn.digests import digest_json, digest_names, file_digest
from bengrn.edge_table import read_network
from bengrn.environment import describe_environment
from bengrn.errors import DataError, NetworkError
from bengrn.execute.failure import about_task, now
from bengrn.execute.ingredients import scoring_ingredients, universe_ingredients
from bengrn.execute.plan import provenance, selection_for
from bengrn.record import Record
from bengrn.registry import Declared, Registry
from bengrn.request import Request
from bengrn.resolve import Chosen, ChosenRequest, choose_all
from bengrn.sources import check_organisms, load_data, load_truth
from bengrn.stats.drawn import Drawn
from bengrn.store import Store
from bengrn.tasks.enrichment import add_enrichment
from bengrn.tasks.frozen import count_pairs, freeze, truth_digest
from bengrn.tasks.naming import name_network, name_truth
from bengrn.tasks.network import score_network
from bengrn.tasks.universe import describe_universe, in_universe
from bengrn.values import Network, Truth

__all__ = ["score_outside"]

_VERSION = "outside/2"
_OWN_GENES = "scored on its own genes: not comparable with other networks; give --data"


@dataclass(frozen=True, kw_only=True)
class _Universe:
    """A network beside the candidates that it is scored on, under one set of names.

    Parameters
    ----------
    network, truth
        Named alike; the truth is restricted to the candidates.
    provenance
        Where the truth comes from.
    task, data
        What the record says of the task and the data.
    data_identity
        What the data are, in a key.
    notes
        Warnings so far.
    """

    network: Network
    truth: Truth
    provenance: dict[str, object]
    task: dict[str, Any]
    data: dict[str, Any] = field(default_factory=lambda: {"name": "own genes", "cell_type": None})
    data_identity: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def score_outside(
    path: Path,
    request: Request,
    registry: Registry,
    store: Store,
    sets: Sequence[str],
    *,
    force: bool = False,
) -> list[Record]:
    """Return one record per truth for a network file; nothing is written unless all can be scored.

    Parameters
    ----------
    force
        Score anew what the store could answer.

    Raises
    ------
    NetworkError
        If the file, its genes or its weights cannot be used, or it looks transposed.
    """
    network = read_network(path)
    asked = choose_all(registry, request, sets)
    metrics, digest = registry.metrics(), f"{path.name} {file_digest(path)}"
    keys, served = list[str](), dict[str, Record]()
    new: dict[str, tuple[Record, Mapping[str, Drawn]]] = {}
    for position, truth in enumerate(asked.truths):
        universe = _universe(path, network, asked, position)
        ingredients = _ingredients(digest, asked, truth, universe, metrics)
        keys.append(key := digest_json(ingredients))
        found = None if force else store.find(key)
        if found:
            served[key] = found
        elif key not in new:
            new[key] = _score(path.name, truth, universe, asked, metrics, ingredients)
    if new:
        store.check_writable()
    for key, (record, draws) in new.items():
        served[key] = replace(record, keys=store.write_draws(draws))
        store.write(served[key])
    return [served[key] for key in keys]


def _universe(path: Path, network: Network, asked: ChosenRequest, position: int) -> _Universe:
    """Return the frozen task of the data with the network named as it; without data, the own genes."""
    rule = asked.request.universe
    truth = in_universe(load_truth(asked.truths[position], progress=True), rule)
    source = provenance(truth)
    _check_species(network, truth, path)
    if not asked.data:
        _check_direction(network, truth, path)
        own = _own_universe(network, truth)
        return _Universe(
            network=network, truth=own, provenance=source, task=_own_task(own, rule), notes=(_OWN_GENES,)
        )
    data = asked.data[position]
    check_organisms(asked.truths[position], truth, data)
    selection = selection_for(asked, data)
    task = freeze(load_data(data, progress=True), truth, selection)
    task = task if rule == "all" else task.reporting(universe=rule)
    network, notes = name_network(network, task.names, truth.organism, path.name)
    _check_direction(network, name_truth(truth, list(task.names))[0], path)
    return _Universe(
        network=network,
        truth=task.truth,
        provenance=source,
        task=about_task(task),
        data={**data.card(), "cell_type": selection.cell_type},
        data_identity=data.identity(),
        notes=tuple(notes),
    )


def _own_task(universe: Truth, rule: str) -> dict[str, Any]:
    """Return what a record says of a task that is nothing but a truth: networks of others never match it."""
    digests = {
        "regulators": digest_names(universe.regulators),
        "targets": digest_names(universe.targets),
        "truth": truth_digest(universe),
    }
    report: dict[str, Any] = {"regulators": len(universe.regulators), "targets": len(universe.targets)}
    report |= {} if rule == "all" else {"universe": rule}
    return {"digest": digest_json(digests), "digests": digests, "report": report}


def _ingredients(
    digest: str, asked: ChosenRequest, truth: Chosen, universe: _Universe, metrics: Sequence[Declared]
) -> dict[str, Any]:
    """Return all that scores depend on: the network file (its ending says how it is read), truth, task."""
    return {
        "version": _VERSION,
        "network": digest,
        "truth": truth.identity(),
        "data": universe.data_identity,
        "task": universe.task["digest"],
        "scoring": scoring_ingredients(asked.request.scoring, metrics),
        **(
            {}
            if asked.request.universe == "all"
            else {"universe": universe_ingredients(asked.request.universe)}
        ),
    }


def _score(
    name: str,
    truth: Chosen,
    universe: _Universe,
    asked: ChosenRequest,
    metrics: Sequence[Declared],
    ingredients: dict[str, Any],
) -> tuple[Record, Mapping[str, Drawn]]:
    """Return the record of a network on one truth, and its draws."""
    extra = [one.declaration for one in metrics if one.package != "bengrn"]
    scored = score_network(universe.network, universe.truth, asked.request.scoring, extra)
    scores = scored.scores
    enrichment: dict[str, Any] = {}
    if asked.request.scoring.enrichment:
        scores, enrichment = add_enrichment(
            scores,
            universe.network,
            organism=universe.truth.organism,
            cell_type=universe.data["cell_type"],
        )
    record = Record(
        key=digest_json(ingredients),
        status="ok",
        method={"name": name, "origin": "outside", "settings": {}},
        truth={**truth.card(), **universe.provenance},
        data=universe.data,
        seed=0,
        task=universe.task,
        universe=describe_universe(universe.truth, asked.request.universe),
        scores=scores,
        enrichment=enrichment,
        ingredients=ingredients,
        environment=describe_environment(),
        warnings=(*universe.notes, *scored.warnings),
        created=now(),
    )
    return record, scored.draws


def _check_direction(network: Network, truth: Truth, path: Path) -> None:
    """Refuse a network whose columns, not rows, are the truth's regulators."""
    regulators = set(truth.regulators)
    rows = len(regulators.intersection(network.regulators))
    columns = len(regulators.intersection(network.targets))
    if rows < 2 <= columns:
        raise NetworkError(
            f"{path.name}: {rows} of its sources and {columns} of its targets are regulators of the truth. "
            "Transposed? The source (row) must be the regulator."
        )


def _check_species(network: Network, truth: Truth, path: Path) -> None:
    """Refuse a network whose genes are mostly named as those of the other species than the truth's."""
    other = {"human": "mouse", "mouse": "human"}.get(truth.organism)
    if other is None:
        return
    names = list(dict.fromkeys([*network.regulators, *network.targets]))
    try:
        if gene_names.guess_organism(names) != other:
            return
        # names that neither species knows look human
        known = gene_names.to_symbols(names, organism=other)
    except DataError:
        return  # of both or of neither: what they share with the truth decides
    if known.n_lost <= len(names) / 2:
        raise NetworkError(
            f"{path.name} names genes of {other} ({names[0]!r} first), the truth is of {truth.organism}; "
            "expected one species. Choose another truth, or map the genes to their orthologues."
        )


def _own_universe(network: Network, truth: Truth) -> Truth:
    """Return the truth on the genes that the network names and the truth tested."""
    names = set(network.regulators) | set(network.targets)
    regulators = [name for name in truth.regulators if name in names]
    targets = [name for name in truth.targets if name in names]
    if len(regulators) < 2 or not targets:
        raise NetworkError(
            f"The network shares {len(regulators)} regulators and {len(targets)} targets with the truth (it "
            f"has {network.regulators[0]!r}, the truth {truth.regulators[0]!r}); expected at least 2 and 1. "
            "Same organism, same kind of names?"
        )
    own = truth.restrict(regulators, targets)
    n_pairs, n_true = count_pairs(own)
    if not n_true:
        raise NetworkError(
            f"The truth has 0 true edges among the {n_pairs:,} candidate pairs of the network's genes "
            "(self-pairs do not count); expected at least 1. Use another truth, or give --data."
        )
    return own
