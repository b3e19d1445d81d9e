"""The enrichment scores of an inferred network, as a record holds them."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from bengrn.enrichment.scores import (
    CELL_TYPE_VERSION,
    TARGET_VERSION,
    TF_VERSION,
    CellTypeEnrichment,
    TFEnrichment,
    TFTargetEnrichment,
    cell_type_enrichment,
    tf_enrichment,
    tf_target_enrichment,
)
from bengrn.errors import DataError, MetricError
from bengrn.values import Network

__all__ = ["ENRICHMENT_VERSION", "add_enrichment", "enrichment_scores"]

ENRICHMENT_VERSION = f"tf/{TF_VERSION} tf_target/{TARGET_VERSION} cell_type/{CELL_TYPE_VERSION}"
_SEED = 0  # of the permutations: the same network always gets the same scores
_SHOWN_Q = 0.1

Scores = dict[str, dict[str, dict[str, Any]]]


def add_enrichment(
    scores: Scores, network: Network, *, organism: str, cell_type: str | None
) -> tuple[Scores, dict[str, Any]]:
    """Return the scores with those of `enrichment_scores` beside them, and the tables behind those."""
    found, tables = enrichment_scores(network, organism=organism, cell_type=cell_type)
    return {mode: {**scores.get(mode, {}), **found[mode]} for mode in found}, tables


def enrichment_scores(
    network: Network, *, organism: str, cell_type: str | None
) -> tuple[Scores, dict[str, Any]]:
    """Return the enrichment scores of a network, and the tables behind them.

    Parameters
    ----------
    network
        As it was inferred: genes are symbols.
    organism
        "human" or "mouse"; gene sets of others are not known, and no score is defined.
    cell_type
        The Cell Ontology name of the cells; None where there are several.

    Returns
    -------
    scores
        mode -> score -> value (None where undefined, with a reason), version, and what it is made of.
    tables
        score -> mode -> its rows: per transcription factor, or per gene set.
    """
    scores: Scores = {"strict": {}, "compat": {}}
    tables: dict[str, Any] = {}
    runs: list[tuple[str, str, str, Callable[[], Any]]] = [
        ("strict", "tf_enrichment", TF_VERSION,
         lambda: tf_enrichment(network, mode="strict", organism=organism, seed=_SEED)),
        ("strict", "tf_target_enrichment", TARGET_VERSION,
         lambda: tf_target_enrichment(network, mode="strict", organism=organism, seed=_SEED)),
        ("strict", "cell_type_enrichment", CELL_TYPE_VERSION,
         lambda: _of_cell_type(network, cell_type, organism)),
        ("compat", "tf_enrichment", TF_VERSION,
         lambda: tf_enrichment(network, mode="compat", organism=organism, seed=_SEED)),
        ("compat", "tf_target_enrichment", TARGET_VERSION,
         lambda: tf_target_enrichment(network, mode="compat", organism=organism, seed=_SEED)),
    ]  # fmt: skip
    for mode, name, version, measure in runs:
        try:
            found = measure()
        except (MetricError, DataError) as error:  # a species without gene sets is no reason to lose the rest
            scores[mode][name] = {"value": None, "version": version, "reason": str(error)}
            continue
        scores[mode][name] = {**_cell(found), "version": version}
        tables.setdefault(name, {})[mode] = _rows(found)
    return scores, tables


def _of_cell_type(network: Network, cell_type: str | None, organism: str) -> CellTypeEnrichment:
    """Return the enrichment of the cells' own markers; refuse cells of several types."""
    if cell_type is None:
        raise MetricError("the cells are of several types or of none that is named; give --cell-type")
    return cell_type_enrichment(network, cell_type, organism=organism, seed=_SEED)


def _cell(found: TFEnrichment | TFTargetEnrichment | CellTypeEnrichment) -> dict[str, Any]:
    """Return the value of a score, and what a table shows beside it."""
    if isinstance(found, TFTargetEnrichment):
        beside = ("n_enriched", "n_tested", "mean_nes", "mean_auroc", "null_percent")
        return {"value": found.percent, **_plain({name: getattr(found, name) for name in beside})}
    if isinstance(found, TFEnrichment):
        return {
            "value": float(found.enriched),
            **_plain({"nes": found.nes, "q": found.q, "view": found.view}),
        }
    best = {"set": found.best.gene_set, "nes": found.best.nes, "q": found.best.q, "rank": found.rank}
    return {"value": float(found.found), **_plain({**best, "n_sets": found.n_sets, "n_false": found.n_false})}


def _rows(found: TFEnrichment | TFTargetEnrichment | CellTypeEnrichment) -> list[dict[str, Any]]:
    """Return the rows worth keeping: every factor; of gene sets the accepted and the significant ones."""
    rows = [_plain(dataclasses.asdict(row)) for row in found.rows]
    if isinstance(found, TFTargetEnrichment):
        return rows
    return [
        row for row in rows if row.get("kind") == "accepted" or (row["q"] is not None and row["q"] < _SHOWN_Q)
    ]


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts that JSON can hold: no infinity, no NaN."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in facts.items()
    }
