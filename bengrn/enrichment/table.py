"""What prerank GSEA finds: a table of pairs of a ranking and a gene set, and its corrections."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from bengrn.errors import MetricError
from bengrn.screens.rank_sum import benjamini_hochberg

__all__ = ["Prerank"]

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Family = Literal["all", "ranking", "set"]


@dataclass(frozen=True, eq=False)
class Prerank:
    """P tested pairs of a ranking and a gene set, ranking by ranking; and those that could not be tested.

    Parameters
    ----------
    rankings, sets
        P names each.
    size_P
        Genes of the set that are in the ranking.
    es_P
        Enrichment score, in [-1, 1]; over 0, the set stands high. 0 if none of its genes has a weight.
    nes_P
        The score over the mean of the random scores of its sign: gseapy's NES.
    p_P
        Share of the random scores of its sign that are as far from 0: gseapy's nominal p; may be 0.
    p_high_P
        Of the hypothesis that the set stands no higher than random ones, against one side: never 0.
    auroc_P
        Probability that a gene of the set has a higher score than another gene, ties counting half.
    null_PB
        The random scores, if they were asked to be kept; NaN where a random set has no weight.
    skipped
        (ranking, set, reason) of the pairs that could not be tested.
    """

    rankings: tuple[str, ...]
    sets: tuple[str, ...]
    size_P: Positions
    es_P: Floats
    nes_P: Floats
    p_P: Floats
    p_high_P: Floats
    auroc_P: Floats
    null_PB: Floats | None
    skipped: tuple[tuple[str, str, str], ...]

    def q(self, within: Family = "ranking", *, high: bool = True) -> Floats:
        """Adjust the p-values after Benjamini and Hochberg, shape (P,).

        Parameters
        ----------
        within
            What is one family of tests: "all" pairs, the sets of each "ranking", the rankings of each "set".
        high
            Adjust `p_high_P`; otherwise `p_P`.
        """
        p_P = self.p_high_P if high else self.p_P
        names = {"all": ("",) * len(p_P), "ranking": self.rankings, "set": self.sets}[within]
        q_P = np.empty(len(p_P))
        for name in dict.fromkeys(names):
            here = np.array([one == name for one in names])
            q_P[here] = benjamini_hochberg(p_P[here])
        return q_P

    def gsea_q(self) -> Floats:
        """Return GSEA's own "FDR q-val" of each pair, shape (P,): the sets of a ranking are one family.

        The share of all random NES of its sign that are as extreme, over the same share of the NES found;
        at most 1. With one set in the ranking it is the nominal p-value, corrected for nothing.

        Raises
        ------
        MetricError
            If the random scores were not kept.

        Notes
        -----
        Subramanian et al. 2005, https://doi.org/10.1073/pnas.0506580102, as gseapy had it until 2026: all
        sets of a ranking together, whatever library they come from, and not made monotonic.
        """
        if self.null_PB is None:
            raise MetricError("GSEA's FDR needs the random scores: call prerank(..., keep_null=True).")
        q_P = np.empty(len(self.nes_P))
        for name in dict.fromkeys(self.rankings):
            here = np.flatnonzero([one == name for one in self.rankings])
            q_P[here] = _pooled_q(self.nes_P[here], _normalized(self.null_PB[here], self.es_P[here]))
        return q_P


def _normalized(null_SB: Floats, es_S: Floats) -> Floats:
    """Return random scores over the mean of their sign; NaN stays."""
    normalized = np.empty_like(null_SB)
    for row, null_B, es in zip(normalized, null_SB, es_S, strict=True):
        high = null_B >= 0
        means = [null_B[side].mean() if side.any() else es for side in (high, null_B < 0)]
        row[:] = null_B / np.where(high, abs(means[0]), abs(means[1]))
    return normalized


def _pooled_q(nes_S: Floats, null_SB: Floats) -> Floats:
    """Return GSEA's FDR of the sets of one ranking from all their random NES."""
    pool = np.sort(null_SB[np.isfinite(null_SB)])
    found = np.sort(nes_S)
    q_S = np.empty(len(nes_S))
    for one, nes in enumerate(nes_S):
        shares = []
        for values in (pool, found):
            below = int(np.searchsorted(values, 0, "left"))
            if nes < 0:
                extreme, of = int(np.searchsorted(values, nes, "right")), below
            else:
                extreme, of = len(values) - int(np.searchsorted(values, nes, "left")), len(values) - below
            shares.append(extreme / of if of else 0.0)
        q_S[one] = min(1.0, shares[0] / shares[1])
    return q_S
