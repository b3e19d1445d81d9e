"""TF-target enrichment as the scPRINT paper scored it, defects included."""

from typing import Any

from scipy import sparse

from bengrn.enrichment.gene_sets import chip_entries
from bengrn.enrichment.prerank import prerank
from bengrn.enrichment.target_rows import HIGHEST_Q, TargetRow, TFTargetEnrichment, summary
from bengrn.errors import MetricError
from bengrn.genes import transcription_factors
from bengrn.values import Network

__all__ = ["incoming_target_enrichment"]


def incoming_target_enrichment(network: Network, permutations: int, seed: int) -> TFTargetEnrichment:
    """Test the incoming edges of every entry's factor; see `tf_target_enrichment`."""
    entries = chip_entries()
    columns = set(network.targets)
    pairs = [(entry.split(" ")[0], entry) for entry in entries]
    pairs = [(name, entry) for name, entry in pairs if name in columns]
    if not pairs:
        raise MetricError(
            f"None of the network's {len(columns)} targets is a factor of the ChIP library; at least one is "
            "needed. Use symbols."
        )
    incoming: Any = network.scores.T
    table = prerank(
        incoming.tocsr() if sparse.issparse(incoming) else incoming,
        network.regulators,
        network.targets,
        entries,
        pairs=pairs,
        permutations=permutations,
        seed=seed,
        max_size=4000,
        empty_ok=True,
    )
    rows, factors = [], transcription_factors()
    reasons = {(name, entry): reason for name, entry, reason in table.skipped}
    place = {entry: position for position, entry in enumerate(table.sets)}
    for name, entry in pairs:
        one = place.get(entry)
        values: Any = (reasons.get((name, entry)), 0, 0.0, 0.0, 1.0, 1.0, 0.5, False)
        if one is not None:
            es, nes, p, auroc = (
                float(column[one]) for column in (table.es_P, table.nes_P, table.p_P, table.auroc_P)
            )
            values = ("tested", int(table.size_P[one]), es, nes, p, p, auroc, p < HIGHEST_Q and nes > 1)
        rows.append(TargetRow(name, (entry,), name in factors, *values))
    listed = {entry for _, entry in pairs}
    absent = tuple(entry for entry in entries if entry not in listed)
    return summary("compat", rows, null=(), too_few={}, absent=absent, unmapped={})
