"""Whether the markers of the cell type stand out in the network of its cells."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bengrn.enrichment.cell_types import cell_type as known_cell_type
from bengrn.enrichment.gene_sets import marker_sets
from bengrn.enrichment.sets_in_views import SetRow, in_views, rows_of
from bengrn.enrichment.views import check_scores
from bengrn.errors import MetricError
from bengrn.screens.rank_sum import benjamini_hochberg
from bengrn.values import Network

__all__ = ["CELL_TYPE_VERSION", "CellTypeEnrichment", "cell_type_enrichment"]

CELL_TYPE_VERSION = "1"


@dataclass(frozen=True)
class CellTypeEnrichment:
    """Whether the markers of the cell type stand high in its network.

    Parameters
    ----------
    cell_type, id
        As the Cell Ontology has them.
    found
        Whether an accepted set has q < 0.1 and NES > 1 in a view.
    best
        The accepted set of the lowest q, or, of equals, of the highest NES.
    rank, n_sets
        Sets tested in its view that have no lower NES, itself counted; and all sets tested there.
    n_found, n_akin, n_false
        Accepted, akin and unrelated sets with q < 0.1 and NES > 1 in a view.
    rows
        Every set in every view.
    skipped
        View to why it is undefined.
    """

    cell_type: str
    id: str
    found: bool
    best: SetRow
    rank: int
    n_sets: int
    n_found: int
    n_akin: int
    n_false: int
    rows: tuple[SetRow, ...]
    skipped: Mapping[str, str]


def cell_type_enrichment(
    network: Network,
    cell_type: str,
    *,
    organism: str = "human",
    permutations: int = 10_000,
    seed: int = 0,
) -> CellTypeEnrichment:
    """Ask whether the markers of a cell type stand high in the network of its cells; strict only.

    Every marker set is tested in every view against one side, and p adjusted after Benjamini and Hochberg
    over all these tests. The published calls were made by a person and cannot be made again.

    Parameters
    ----------
    network
        Genes are named by current symbols.
    cell_type
        Name or id of the Cell Ontology. `bengrn.enrichment.cell_types` says which sets stand for it.
    organism
        "human" or "mouse".
    permutations, seed
        As in `prerank`. About 700 tests are made, and p is at least 1 / (permutations + 1): with fewer than
        7,000 a single set cannot be found.

    Raises
    ------
    MetricError
        If the cell type is not in the table, none of its sets has 3 genes in the network, or the network
        ranks nothing, has a single regulator, or names that are no symbols.
    """
    known = known_cell_type(cell_type)
    check_scores(network)
    kinds = dict.fromkeys(marker_sets(organism), "unrelated")
    kinds |= dict.fromkeys(known.akin, "akin") | dict.fromkeys(known.accepted, "accepted")
    tables, skipped = in_views(
        network, marker_sets(organism), compat=False, permutations=permutations, seed=seed
    )
    if not tables:
        raise MetricError(f"Cell-type enrichment is undefined in every view: {'; '.join(skipped.values())}")
    q = benjamini_hochberg(np.concatenate([table.p_high_P for table in tables.values()]))
    rows: list[SetRow] = []
    for name, table in tables.items():
        q_P = q[len(rows) : len(rows) + len(table.sets)]
        rows += rows_of(name, table, table.p_high_P, q_P, kinds)
    accepted = [row for row in rows if row.kind == "accepted"]
    if not accepted:
        raise MetricError(
            f"None of the {len(known.accepted)} marker sets of {known.name!r} has 3 genes in the network; at "
            "least one is needed. Use symbols, and more genes."
        )
    best = min(accepted, key=lambda row: (row.q, -row.nes))
    rivals = [row.nes for row in rows if row.view == best.view]
    hits = {(row.gene_set, row.kind) for row in rows if row.q < 0.1 and row.nes > 1}
    count = {kind: sum(one == kind for _, one in hits) for kind in ("accepted", "akin", "unrelated")}
    return CellTypeEnrichment(
        cell_type=known.name,
        id=known.id,
        found=count["accepted"] > 0,
        best=best,
        rank=sum(nes >= best.nes for nes in rivals),
        n_sets=len(rivals),
        n_found=count["accepted"],
        n_akin=count["akin"],
        n_false=count["unrelated"],
        rows=tuple(rows),
        skipped=skipped,
    )
