"""Whether the targets that ChIP finds of a factor stand high among those that a network gives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bengrn.enrichment.gene_sets import chip_targets
from bengrn.enrichment.prerank import prerank
from bengrn.enrichment.target_rows import HIGHEST_Q, TargetRow, TFTargetEnrichment, summary
from bengrn.enrichment.targets_compat import incoming_target_enrichment
from bengrn.enrichment.views import check_scores
from bengrn.errors import MetricError
from bengrn.genes import transcription_factors
from bengrn.screens.rank_sum import benjamini_hochberg
from bengrn.values import Network

__all__ = ["TARGET_VERSION", "tf_target_enrichment"]

TARGET_VERSION = "1"

# random sets that may reach a pair of the null before its p-value is known well enough
_STOP_AFTER = 20


def tf_target_enrichment(
    network: Network,
    *,
    mode: Literal["strict", "compat"] = "strict",
    organism: str = "human",
    permutations: int | None = None,
    min_targets: int = 5,
    null_draws: int = 10,
    seed: int = 0,
) -> TFTargetEnrichment:
    """Ask of every factor of the ENCODE TF ChIP library whether its targets stand high in the network.

    Parameters
    ----------
    network
        Genes are named by current symbols.
    mode
        "strict": the outgoing edges of a factor (its row), by magnitude, without itself; entries of all cells
        merged; p against one side, q after Benjamini and Hochberg over the factors; enriched if q < 0.05.
        "compat": the incoming edges (the column), every entry by itself, enriched if p < 0.05 (GSEA's FDR of
        a single set) and NES > 1; entries without overlap count as failures, names are not mapped.
    organism
        "human" or "mouse" (strict).
    permutations
        Per factor: 2,000 in strict mode, so that one of 100 factors can be found; 1,000 in compat mode.
    min_targets
        Strict: factors with fewer targets in the network are not tested.
    null_draws
        Strict: how often factors are given each other's targets.
    seed
        The only source of randomness.

    Raises
    ------
    MetricError
        If the network ranks nothing, has a single regulator, or none of its regulators can be tested.
    """
    check_scores(network)
    if mode == "compat":
        return incoming_target_enrichment(network, permutations or 1000, seed)
    library, known = chip_targets(organism), set(network.targets)
    regulators = set(network.regulators)
    sizes = {name: len(known & set(genes)) for name, genes in library.targets.items() if name in regulators}
    chosen = [name for name, size in sizes.items() if min_targets <= size < len(known - {name})]
    if not chosen:
        raise MetricError(
            f"None of {len(regulators)} regulators can be tested: {len(sizes)} of them are among the "
            f"{len(library.targets)} factors of the ChIP library, and none of these has {min_targets} of its "
            "targets in the network, beside other genes. Use symbols, and more regulators and targets."
        )
    tests = _Tests(network, library.targets, chosen, permutations or 2000, min_targets, seed)
    factors = transcription_factors(organism)
    rows = []
    for name, values in tests.of([(name, name) for name in chosen]).items():
        rows.append(TargetRow(name, library.entries[name], name in factors, *values))
    return summary(
        mode,
        rows,
        null=tests.null(null_draws),
        too_few={name: size for name, size in sizes.items() if name not in set(chosen)},
        absent=tuple(name for name in library.targets if name not in regulators),
        unmapped=dict(library.unmapped),
    )


@dataclass(frozen=True)
class _Tests:
    """How the outgoing edges of factors are tested against targets."""

    network: Network
    targets: Mapping[str, Sequence[str]]
    chosen: Sequence[str]
    permutations: int
    min_targets: int
    seed: int

    def of(self, pairs: Sequence[tuple[str, str]], *, stop_after: int = 0) -> dict[str, Any]:
        """Test a factor's edges against a factor's targets, pair by pair; return values per first factor."""
        table = prerank(
            self.network.scores,
            self.network.targets,
            self.network.regulators,
            {name: self.targets[name] for name in self.chosen},
            pairs=pairs,
            permutations=self.permutations,
            seed=self.seed,
            min_size=self.min_targets,
            without_own=True,
            magnitude=True,
            stop_after=stop_after,
            empty_ok=True,
        )
        place = {name: position for position, name in enumerate(table.rankings)}
        p = np.array([table.p_high_P[place[name]] if name in place else 1.0 for name, _ in pairs])
        found = {}
        for (name, _), q in zip(pairs, benjamini_hochberg(p).tolist(), strict=True):
            one = place.get(name)
            if one is None:
                found[name] = ("no ranking", 0, 0.0, 0.0, 1.0, q, 0.5, False)
                continue
            es, nes, p_high, auroc = (
                float(column[one]) for column in (table.es_P, table.nes_P, table.p_high_P, table.auroc_P)
            )
            found[name] = ("tested", int(table.size_P[one]), es, nes, p_high, q, auroc, q < HIGHEST_Q)
        return found

    def null(self, draws: int) -> tuple[float, ...]:
        """Return the score of every draw in which each factor has the targets of another, in per cent."""
        if len(self.chosen) < 2:
            return ()
        scores = []
        for seed in np.random.SeedSequence(self.seed).spawn(draws):
            ring = np.random.default_rng(seed).permutation(np.array(self.chosen)).tolist()
            pairs = list(zip(ring, ring[1:] + ring[:1], strict=True))
            found = self.of(pairs, stop_after=_STOP_AFTER)
            scores.append(100 * float(np.mean([values[-1] for values in found.values()])))
        return tuple(scores)
