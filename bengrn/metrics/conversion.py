"""Between the numbers that papers print and the ones they stand for."""

import math

from bengrn.errors import MetricError

__all__ = ["epr_from_odds_ratio", "found_from_odds_ratio", "odds_ratio_from_epr"]


def epr_from_odds_ratio(odds_ratio: float, random_precision: float) -> float:
    """Return the early precision ratio of a ranking whose first K pairs have this odds ratio.

    Parameters
    ----------
    odds_ratio
        TP TN / (FP FN) of the K highest of N pairs, K the true ones; 0 or more.
    random_precision
        K / N, above 0 and below 0.5.

    Returns
    -------
    float
        (TP / K) / (K / N), in [0, N / K).

    Raises
    ------
    MetricError
        If either number is out of its range.

    Notes
    -----
    With p = TP / K and d = K / N the odds ratio is p (1 - 2 d + p d) / (d (1 - p)^2); this is its root in
    [0, 1), written so that an odds ratio near 1 loses no digits.

    Examples
    --------
    >>> epr_from_odds_ratio(5.0, 2 / 8)
    2.0
    """
    if not (math.isfinite(odds_ratio) and odds_ratio >= 0):
        raise MetricError(f"The odds ratio is {odds_ratio}; expected a finite number of at least 0.")
    _check_random(random_precision)
    excess = random_precision * (odds_ratio - 1)
    root = math.sqrt(1 + 4 * excess * (1 - random_precision))
    return 2 * odds_ratio / (1 + 2 * excess + root)


def odds_ratio_from_epr(epr: float, random_precision: float) -> float:
    """Return the odds ratio of the first K pairs, the inverse of `epr_from_odds_ratio`.

    Raises
    ------
    MetricError
        If the random precision is not above 0 and below 0.5, or the early precision, which is `epr` times it,
        is not in [0, 1).

    Examples
    --------
    >>> odds_ratio_from_epr(2.0, 2 / 8)
    5.0
    """
    _check_random(random_precision)
    precision = epr * random_precision
    if not 0 <= precision < 1:
        raise MetricError(
            f"An early precision ratio of {epr} over a random precision of {random_precision} is a precision "
            f"of {precision:.3g}; expected at least 0 and below 1."
        )
    missed = (1 - precision) ** 2
    return epr * (1 - 2 * random_precision + precision * random_precision) / missed


def found_from_odds_ratio(odds_ratio: float, positives: int, pairs: int) -> float:
    """Return the true edges among the first K pairs that an odds ratio says; whole, but for its rounding.

    Parameters
    ----------
    odds_ratio
        TP TN / (FP FN) of the first K pairs.
    positives, pairs
        K and N.

    Raises
    ------
    MetricError
        As `epr_from_odds_ratio`.

    Examples
    --------
    >>> found_from_odds_ratio(5.0, 2, 8)
    1.0
    """
    random_precision = positives / pairs
    return epr_from_odds_ratio(odds_ratio, random_precision) * random_precision * positives


def _check_random(random_precision: float) -> None:
    # from 0.5 on, one odds ratio can belong to two precisions
    if not 0 < random_precision < 0.5:
        raise MetricError(
            f"The random precision is {random_precision}; expected a number above 0 and below 0.5."
        )
