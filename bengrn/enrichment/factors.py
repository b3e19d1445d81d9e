"""Whether transcription factors stand out among the genes of a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bengrn.enrichment.gene_sets import written_marker_sets
from bengrn.enrichment.sets_in_views import SetRow, in_views, rows_of
from bengrn.enrichment.views import ViewName, check_scores
from bengrn.errors import MetricError
from bengrn.genes import transcription_factors
from bengrn.values import Network

__all__ = ["TF_VERSION", "TFEnrichment", "tf_enrichment"]

TF_VERSION = "1"

_FACTORS = "transcription factors"


@dataclass(frozen=True)
class TFEnrichment:
    """Whether transcription factors stand high among the genes of a network.

    Parameters
    ----------
    mode, view
        "strict" with the view declared beforehand; "compat" with the view of the lowest q.
    enriched
        The verdict.
    nes, q
        Of the transcription factors, in that view.
    rows
        The transcription factors in every view.
    terms
        Compat: (view, marker set) with q < 0.1 and NES > 1, which the paper lists.
    skipped
        View to why it is undefined.
    """

    mode: str
    view: str
    enriched: bool
    nes: float
    q: float
    rows: tuple[SetRow, ...]
    terms: tuple[tuple[str, str], ...]
    skipped: Mapping[str, str]


def tf_enrichment(
    network: Network,
    *,
    mode: Literal["strict", "compat"] = "strict",
    view: ViewName = "targets",
    organism: str = "human",
    permutations: int = 1000,
    seed: int = 0,
) -> TFEnrichment:
    """Ask whether a network's transcription factors (TFs) regulate more than its other genes.

    Parameters
    ----------
    network
        Genes are named by current symbols; its rows hold TFs and other genes.
    mode
        "strict": NES > 0 and q < 0.05 in the declared `view`, a single test against one side, so that q is p.
        "compat": GSEA's FDR < 0.1, whatever the sign, in any view, among the marker sets as the paper had
        them; signed scores as they are, with self-pairs.
    view
        Strict: the view that decides, to be chosen before looking. See `bengrn.enrichment.views.view_of`.
    organism
        "human" or "mouse"; the paper's marker sets are human.
    permutations, seed
        As in `prerank`.

    Raises
    ------
    MetricError
        If the network ranks nothing, has a single regulator, or its names are no symbols; strict: if the
        declared view is undefined, as "targets" is where all regulators are TFs.
    """
    check_scores(network)
    compat = mode == "compat"
    sets: dict[str, Sequence[str]] = {_FACTORS: sorted(transcription_factors(organism))}
    if compat:
        sets |= written_marker_sets()
    tables, skipped = in_views(network, sets, compat=compat, permutations=permutations, seed=seed)
    if not tables:
        raise MetricError(f"TF enrichment is undefined in every view: {'; '.join(skipped.values())}")
    rows = []
    for name, table in tables.items():
        p_P = table.p_P if compat else table.p_high_P
        rows += rows_of(name, table, p_P, table.gsea_q() if compat else p_P, {})
    factors = tuple(row for row in rows if row.gene_set == _FACTORS)
    decides = [row for row in factors if compat or row.view == view]
    if not decides:
        why = skipped.get(view, "") or "3 to 4,000 TFs, and other genes beside them, are expected in it."
        raise MetricError(f"TF enrichment is undefined in the view {view!r}: {why}")
    best = min(decides, key=lambda row: row.q)
    enriched = best.q < 0.1 if compat else best.q < 0.05 and best.nes > 0
    terms = tuple((row.view, row.gene_set) for row in rows if row.q < 0.1 and row.nes > 1)
    terms = tuple(one for one in terms if one[1] != _FACTORS)
    return TFEnrichment(mode, best.view, enriched, best.nes, best.q, factors, terms, skipped)
