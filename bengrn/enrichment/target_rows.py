"""The table of a network's factors and their ChIP targets, and its summary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["HIGHEST_Q", "TFTargetEnrichment", "TargetRow", "summary"]

HIGHEST_Q = 0.05


@dataclass(frozen=True)
class TargetRow:
    """The ChIP targets of one factor (strict) or of one "FACTOR CELL" entry (compat) in a network.

    Parameters
    ----------
    factor, entries
        Current symbol, or name in the library; and the library's entries that are tested together.
    is_tf
        Whether it binds DNA by itself (Lambert et al.); the library has cofactors and polymerases too.
    status
        "tested", or why it ranks nothing: equal scores only, no overlap (compat).
    size
        Targets that the network knows.
    es, nes, p, q, auroc
        As in `Prerank`: p is `p_high_P` in strict mode, `p_P` in compat mode. If not tested, 0, 0, 1, 1, 0.5.
    enriched
        The verdict.
    """

    factor: str
    entries: tuple[str, ...]
    is_tf: bool
    status: str
    size: int
    es: float
    nes: float
    p: float
    q: float
    auroc: float
    enriched: bool


@dataclass(frozen=True)
class TFTargetEnrichment:
    """For how many factors a network's edges agree with ChIP.

    Parameters
    ----------
    mode
        "strict" or "compat".
    percent
        100 x enriched rows / rows: the score.
    n_enriched, n_tested
        What it is made of; rows that rank nothing count as tested.
    mean_nes, mean_auroc
        Over the rows.
    null_percent
        Mean of `null_draws`; None where there is no null.
    null_draws
        The score when every factor is given the targets of another: what hub genes and much-bound genes give.
    rows
        The table.
    too_few
        Factors of the network with fewer targets in it than are tested, to their number.
    absent
        Factors of the library that are no regulators of the network; compat: entries that are no targets.
    unmapped
        Entries of the library without a symbol, to the reason.
    """

    mode: str
    percent: float
    n_enriched: int
    n_tested: int
    mean_nes: float
    mean_auroc: float
    null_percent: float | None
    null_draws: tuple[float, ...]
    rows: tuple[TargetRow, ...]
    too_few: Mapping[str, int]
    absent: tuple[str, ...]
    unmapped: Mapping[str, str]


def summary(
    mode: str,
    rows: Sequence[TargetRow],
    *,
    null: tuple[float, ...],
    too_few: Mapping[str, int],
    absent: tuple[str, ...],
    unmapped: Mapping[str, str],
) -> TFTargetEnrichment:
    """Count and average the rows."""
    n_enriched = sum(row.enriched for row in rows)
    return TFTargetEnrichment(
        mode=mode,
        percent=100 * n_enriched / len(rows),
        n_enriched=n_enriched,
        n_tested=len(rows),
        mean_nes=float(np.mean([row.nes for row in rows])),
        mean_auroc=float(np.mean([row.auroc for row in rows])),
        null_percent=float(np.mean(null)) if null else None,
        null_draws=null,
        rows=tuple(rows),
        too_few=too_few,
        absent=absent,
        unmapped=unmapped,
    )
