"""Metrics of the predicted set and of fixed budgets, and the numbers that give them their scale."""

from collections.abc import Callable

from bengrn.errors import MetricError
from bengrn.metrics.metric import Ranking
from bengrn.metrics.ranking import true_positives_at

__all__ = [
    "BUDGETS",
    "coverage",
    "expected_tp",
    "n_candidates",
    "n_positive",
    "n_predicted",
    "odds_ratio",
    "odds_ratio_topk",
    "precision",
    "precision_at",
    "random_precision",
    "recall",
    "recall_at",
]

BUDGETS = (1_000, 10_000, 100_000)


def precision(ranking: Ranking) -> float:
    """Share of the predicted (non-zero) pairs that are true edges, in [0, 1].

    Raises
    ------
    MetricError
        If no candidate is predicted.
    """
    if ranking.n_predicted == 0:
        raise MetricError("Precision is undefined: no candidate has a non-zero score.")
    return ranking.true_predicted / ranking.n_predicted


def recall(ranking: Ranking) -> float:
    """Share of the true edges that are predicted (non-zero), in [0, 1]; 1 where all scores are non-zero."""
    return ranking.true_predicted / ranking.n_positive


def precision_at(budget: int) -> Callable[[Ranking], float]:
    """Return the metric "share of true edges among the first `budget` pairs", ties in expectation.

    The metric raises MetricError where there are fewer candidates than the budget.
    """

    def compute(ranking: Ranking) -> float:
        return true_positives_at(ranking, budget) / budget

    return compute


def recall_at(budget: int) -> Callable[[Ranking], float]:
    """Return the metric "share of the true edges that the first `budget` pairs hold", ties in expectation.

    The metric raises MetricError where there are fewer candidates than the budget.
    """

    def compute(ranking: Ranking) -> float:
        return true_positives_at(ranking, budget) / ranking.n_positive

    return compute


def odds_ratio(tp: float, k: int, n_pairs: int, *, continuity: float = 0.0) -> float:
    """Return TP TN / (FP FN) when as many pairs are predicted as there are true edges.

    Parameters
    ----------
    tp
        True edges among the first `k` pairs.
    k
        True edges, and pairs predicted.
    n_pairs
        Candidates.
    continuity
        Added to each of the four cells.

    Raises
    ------
    MetricError
        If FP = FN = 0 without a continuity correction: the ratio is infinite or undefined.

    Examples
    --------
    >>> odds_ratio(1, 2, 8)
    5.0
    """
    missed = k - tp + continuity
    if missed == 0:
        raise MetricError(
            f"The odds ratio is undefined: all {k} predicted pairs are true, so it divides by 0."
        )
    return (tp + continuity) * (n_pairs - 2 * k + tp + continuity) / missed**2


def odds_ratio_topk(ranking: Ranking) -> float:
    """Odds ratio of "among the first K" and "true", K true edges, with 0.5 added to every cell.

    Over 0; about 1 is random. It grows faster than a precision ratio on dense truths.
    """
    k = ranking.n_positive
    return odds_ratio(true_positives_at(ranking, k), k, ranking.n_pairs, continuity=0.5)


def random_precision(ranking: Ranking) -> float:
    """Share of the candidates that are true edges: the precision of a random ranking."""
    return ranking.n_positive / ranking.n_pairs


def expected_tp(ranking: Ranking) -> float:
    """Count the true edges that chance puts among the first K pairs; below about 20, EPR is mostly luck."""
    return ranking.n_positive**2 / ranking.n_pairs


def n_candidates(ranking: Ranking) -> float:
    """Count the candidate pairs, without self-pairs."""
    return float(ranking.n_pairs)


def n_positive(ranking: Ranking) -> float:
    """Count the true edges among the candidates."""
    return float(ranking.n_positive)


def n_predicted(ranking: Ranking) -> float:
    """Count the candidates with a non-zero score."""
    return float(ranking.n_predicted)


def coverage(ranking: Ranking) -> float:
    """Share of the candidates whose regulator and target the network knows, in [0, 1]."""
    return ranking.n_covered / ranking.n_pairs
