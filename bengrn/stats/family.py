"""Several methods at once: Holm's adjustment, a margin, verdicts, and the ranks that methods may have."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bengrn.stats.compare import Difference, paired_difference
from bengrn.stats.drawn import Drawn

__all__ = [
    "DIFFERENCE_MARGIN",
    "RATIO_MARGIN",
    "Pair",
    "Verdict",
    "compare_all",
    "holm",
    "holm_directed",
    "margin_span",
    "rank_intervals",
]

# the smallest difference that counts where no other is given: a twentieth of an AP, EPR or lift, and a
# hundredth of an AUROC
RATIO_MARGIN, DIFFERENCE_MARGIN = 0.05, 0.01

Verdict = Literal["better", "worse", "equivalent", "undecided"]


@dataclass(frozen=True)
class Pair:
    """Two methods of a family that was compared together.

    Parameters
    ----------
    first, second
        What they are called.
    difference
        Of the first to the second; its interval is not adjusted for the other pairs.
    p_holm
        The p-value, adjusted for both directions of all pairs of the family.
    verdict
        On the first.
    """

    first: str
    second: str
    difference: Difference
    p_holm: float | None
    verdict: Verdict


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values so that the chance of even one false rejection among them is at most the level.

    Holm 1979, A simple sequentially rejective multiple test procedure: the i-th smallest of m is multiplied
    by m - i + 1, and none is smaller than the one before it. Nothing is assumed of how tests depend.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    p = np.array(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(steps, 1.0)
    return [float(one) for one in adjusted]


def holm_directed(p_values: Sequence[float]) -> list[float]:
    """Adjust two-sided p-values of differences for claims of which one is larger.

    Each of m pairs is two one-sided tests, "A is better" and "B is better", with p / 2 and 1 - p / 2; Holm's
    procedure over all 2 m. Thus the chance of even one false claim, a wrong direction included, is
    at most the level. A single pair keeps its p-value; no value is below that of `holm`.

    Examples
    --------
    >>> holm_directed([0.01, 0.04])
    [0.02, 0.06]
    """
    p = np.array(p_values, dtype=np.float64)
    return holm([*(p / 2), *(1 - p / 2)])[: len(p)]


def compare_all(
    methods: Mapping[str, Sequence[Drawn]], *, level: float = 0.95, margin: float | None = None
) -> list[Pair]:
    """Compare every two methods of a family, adjusted for all pairs of it.

    Parameters
    ----------
    methods
        What it is called -> its score, once per seed; all on the same task with the same draws.
    level
        Of the intervals; 1 - level is the chance of even one false "better" or "worse".
    margin
        The smallest difference that counts: 0.05 says that a ratio between 1 / 1.05 and 1.05 is none.
        Default: `RATIO_MARGIN`, or `DIFFERENCE_MARGIN` where values are compared by their difference.

    Returns
    -------
    list
        In the order of the methods. The verdict is "equivalent" where the whole interval lies within the
        margin, whatever the p-value; "better" or "worse" where else the adjusted p-value is at most
        1 - level; or "undecided".
    """
    names = list(itertools.combinations(methods, 2))
    found = [paired_difference(methods[one], methods[other], level=level) for one, other in names]
    tested = [one for one in found if one.p is not None]
    adjusted = iter(holm_directed([one.p for one in tested if one.p is not None]))
    pairs = []
    for (first, second), difference in zip(names, found, strict=True):
        p_holm = None if difference.p is None else next(adjusted)
        verdict = _verdict(difference, p_holm, level, margin)
        pairs.append(Pair(first, second, difference, p_holm, verdict))
    return pairs


def _verdict(difference: Difference, p_holm: float | None, level: float, margin: float | None) -> Verdict:
    """Judge the first method of a pair."""
    if p_holm is None or difference.low is None or difference.high is None:
        return "undecided"
    near, far = margin_span(margin, as_ratio=difference.as_ratio)
    if near <= difference.low and difference.high <= far:
        return "equivalent"
    too_small = difference.value is not None and near <= difference.value <= far
    if p_holm > 1 - level or difference.sign == 0 or too_small:
        return "undecided"
    return "better" if difference.sign > 0 else "worse"


def margin_span(margin: float | None, *, as_ratio: bool) -> tuple[float, float]:
    """Return between which ratios or differences two methods are equivalent; `margin` as of `compare_all`."""
    if as_ratio:
        far = 1 + (RATIO_MARGIN if margin is None else margin)
        return 1 / far, far
    far = DIFFERENCE_MARGIN if margin is None else margin
    return -far, far


def rank_intervals(names: Sequence[str], pairs: Sequence[Pair]) -> dict[str, tuple[int, int]]:
    """Return the ranks that each method may have, the best first; together they hold at the level.

    From one more than the methods that are better, to all less those that are worse: what is undecided
    or equivalent may be either way. All ranks lie inside at once where no "better" or "worse" is false
    (Mogstad, Romano, Shaikh and Wilhelm 2024, https://doi.org/10.1093/restud/rdad006).

    Parameters
    ----------
    names
        Of the methods.
    pairs
        All pairs of them, from `compare_all`.
    """
    above, below = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for pair in pairs:
        if pair.verdict in ("better", "worse"):
            ahead, behind = (pair.first, pair.second)[:: 1 if pair.verdict == "better" else -1]
            above[behind] += 1
            below[ahead] += 1
    return {name: (1 + above[name], len(names) - below[name]) for name in names}
