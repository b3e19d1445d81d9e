"""Test gene sets in every view of a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from bengrn.enrichment.prerank import prerank
from bengrn.enrichment.table import Prerank
from bengrn.enrichment.views import VIEWS, view_of
from bengrn.errors import MetricError
from bengrn.values import Network

__all__ = ["SetRow", "in_views", "rows_of"]

# of the scPRINT paper
_MIN_SIZE, _MAX_SIZE, _MOST_EDGES = 3, 4000, 100_000_000


@dataclass(frozen=True)
class SetRow:
    """One gene set in one view of a network.

    Parameters
    ----------
    view, gene_set
        Which.
    size
        Genes of the set in the view.
    es, nes, p, q, auroc
        As in `bengrn.enrichment.table.Prerank`: p is `p_high_P` in strict mode, `p_P` in compat mode.
    kind
        Of marker sets, "accepted", "akin" or "unrelated" to the cell type; else empty.
    """

    view: str
    gene_set: str
    size: int
    es: float
    nes: float
    p: float
    q: float
    auroc: float
    kind: str = ""


def in_views(
    network: Network, sets: Mapping[str, Sequence[str]], *, compat: bool, permutations: int, seed: int
) -> tuple[dict[str, Prerank], dict[str, str]]:
    """Test sets of 3 to 4,000 genes in every view.

    Parameters
    ----------
    network, sets
        Named alike.
    compat
        Views as in the paper, random scores kept; see `view_of`.
    permutations, seed
        As in `prerank`.

    Returns
    -------
    tables
        View to what was found.
    skipped
        View to why nothing can be found there.
    """
    tables: dict[str, Prerank] = {}
    skipped: dict[str, str] = {}
    for name in VIEWS:
        if compat and name == "central" and _n_edges(network) > _MOST_EDGES:
            skipped[name] = f"the network has more than {_MOST_EDGES:,} edges"
            continue
        try:
            view = view_of(network, name, compat=compat)
            tables[name] = prerank(
                view.score_G[None, :],
                view.genes,
                [name],
                sets,
                permutations=permutations,
                seed=seed,
                min_size=_MIN_SIZE,
                max_size=_MAX_SIZE,
                keep_null=compat,
            )
        except MetricError as error:
            skipped[name] = str(error)
    return tables, skipped


def rows_of(view: str, table: Prerank, p_P: Any, q_P: Any, kinds: Mapping[str, str]) -> list[SetRow]:
    """Return the rows of one view, with the p and q that are asked for; `kinds` is set to kind."""
    columns = (table.size_P, table.es_P, table.nes_P, p_P, q_P, table.auroc_P)
    return [
        SetRow(
            view,
            name,
            int(size),
            float(es),
            float(nes),
            float(p),
            float(q),
            float(auroc),
            kinds.get(name, ""),
        )
        for name, size, es, nes, p, q, auroc in zip(table.sets, *columns, strict=True)
    ]


def _n_edges(network: Network) -> int:
    """Count the scores that are not 0."""
    scores: Any = network.scores
    return int(np.count_nonzero(scores.data if sparse.issparse(scores) else scores))
