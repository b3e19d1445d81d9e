"""Score a network that was computed elsewhere: the same scores and record, no timing."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bengrn.digests import digest_json, digest_matrix, digest_names, file_digest
from bengrn.edge_table import read_network
from bengrn.environment import describe_environment
from bengrn.errors import NetworkError
from bengrn.execute.failure import now
from bengrn.execute.plan import load_data, load_truth, provenance, selection_for
from bengrn.metrics import METRICS
from bengrn.record import Record
from bengrn.registry import Registry
from bengrn.request import Request
from bengrn.resolve import ChosenRequest, choose_all
from bengrn.store import Store
from bengrn.tasks.frozen import freeze
from bengrn.tasks.network import SCORE_VERSION, score_network
from bengrn.values import Network, Truth

__all__ = ["score_outside"]


def score_outside(
    path: Path, request: Request, registry: Registry, store: Store, sets: Sequence[str]
) -> list[Record]:
    """Return one record per truth for a network file; nothing is written unless all can be scored.

    Raises
    ------
    NetworkError
        If the file, its genes or its weights cannot be used, or it looks transposed.
    """
    network = read_network(path)
    asked = choose_all(registry, request, sets)
    records = [_score(path, network, asked, position) for position in range(len(asked.truths))]
    store.check_writable()
    for record in records:
        store.write(record)
    return records


def _score(path: Path, network: Network, asked: ChosenRequest, position: int) -> Record:
    """Return the record of a network on one truth."""
    chosen = asked.truths[position]
    truth = load_truth(chosen, progress=True)
    _check_direction(network, truth, path)
    notes: list[str] = []
    if asked.data:
        data = asked.data[position]
        selection = selection_for(asked, data)
        task = freeze(load_data(data, progress=True), truth, selection)
        _check_genes(network, task.all_genes, path)
        universe, report = task.truth, dict(task.report)
        about: dict[str, Any] = {"digest": task.digest, "digests": task.digests}
        data_card = {**data.card(), "cell_type": selection.cell_type}
    else:
        universe = _own_universe(network, truth)
        report = {"regulators": len(universe.regulators), "targets": len(universe.targets)}
        about = {"digests": {"truth": digest_matrix(universe.edges)}}
        data_card = {"name": "own genes", "cell_type": None}
        notes.append("scored on its own genes: not comparable with other networks; give --data")
    scores, warnings = score_network(network, universe, asked.request.scoring)
    ingredients = {
        "version": "outside/1",
        "network": file_digest(path),
        "truth": chosen.identity(),
        "regulators": digest_names(universe.regulators),
        "targets": digest_names(universe.targets),
        "scoring": {
            **dataclasses.asdict(asked.request.scoring),
            "version": SCORE_VERSION,
            "metrics": {one.name: one.version for one in METRICS},
        },
    }
    return Record(
        key=digest_json(ingredients),
        status="ok",
        method={"name": path.name, "origin": "outside", "settings": {}},
        truth={**chosen.card(), **provenance(truth)},
        data=data_card,
        seed=0,
        task={**about, "report": report},
        scores=scores,
        ingredients=ingredients,
        environment=describe_environment(),
        warnings=(*notes, *warnings),
        created=now(),
    )


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


def _check_genes(network: Network, known: Sequence[str], path: Path) -> None:
    """Refuse genes that the data do not have: a misnamed gene would count as not predicted."""
    strangers = (set(network.regulators) | set(network.targets)) - set(known)
    if strangers:
        raise NetworkError(
            f"{path.name} names {len(strangers)} genes that the data do not have, {min(strangers)!r} first; "
            "expected the data's names (current symbols). Rename or drop them."
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
    return truth.restrict(regulators, targets)
