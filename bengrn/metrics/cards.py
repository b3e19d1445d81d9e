"""Cards of the lifts and of the published numbers: what they are, and known answers worked out by hand."""

import math

from bengrn.metrics.compat import COMPAT_VERSION
from bengrn.metrics.metric import Example, ScoreCard

__all__ = ["COMPAT_CARDS", "LIFT_CARDS", "LIFT_VERSION"]

LIFT_VERSION = "2"

_LIFT = (
    "The score on the truth, divided by its mean on truths in which the ends of edges were swapped: every "
    "regulator keeps its number of targets, every target its number of regulators, and no self-pair arises. "
    "What degrees alone explain cancels. Read it beside the score, not instead: a method that rightly finds "
    "hubs is diluted by its own success."
)
_LIFT_CHANCE = "1, also for whoever knows nothing but degrees (of a truth that is uniform given these)"
_LIFT_SOURCE = "definition of this project; swaps as in Fosdick 2018, https://doi.org/10.1137/16M1087175"
_ORIGINAL = "the scPRINT paper's library up to 1.3; https://doi.org/10.1038/s41467-025-58699-1"

_CROSSED = ((1, 0), (0, 1))
_OUT_DEGREES = Example(
    ((2.0, 2.0, 2.0), (1.0, 1.0, 1.0)),
    ((1, 1, 0), (0, 0, 1)),
    1.0,
    "out-degrees alone: the same on every truth",
)
_NO_OTHER = Example(
    ((3.0, 2.0, 1.0),), ((1, 0, 1),), None, "refused: one regulator, no other truth to compare"
)


def _lift(name: str, summary: str, *examples: Example) -> ScoreCard:
    return ScoreCard(
        name, "strict", LIFT_VERSION, summary, _LIFT, 1, _LIFT_CHANCE, (0.0, math.inf), _LIFT_SOURCE, examples
    )


LIFT_CARDS = (
    _lift(
        "ap_lift",
        "average precision over its mean on truths with the same degrees, edges swapped",
        Example(
            ((4.0, 3.0), (2.0, 1.0)), _CROSSED, 9 / 8, "3/4 over the mean of 3/4 and 7/12, the two truths"
        ),
        Example(((1.0, 0.0), (0.0, 1.0)), _CROSSED, 4 / 3, "the truth itself: 1 over the mean of 1 and 1/2"),
        _OUT_DEGREES,
        _NO_OTHER,
    ),
    _lift(
        "epr_lift",
        "early precision ratio over its mean on truths with the same degrees, edges swapped",
        Example(((4.0, 3.0), (2.0, 1.0)), _CROSSED, 1.0, "one of the first two is true on either truth"),
        Example(((1.0, 0.0), (0.0, 1.0)), _CROSSED, 2.0, "the truth itself: 2 over the mean of 2 and 0"),
        _OUT_DEGREES,
        _NO_OTHER,
    ),
)

_FIVE = ((3.0, 2.0, 0.0, 0.0, 0.0),), ((1, 0, 0, 1, 0),)
_PERFECT = ((1.0, 0.0, 0.0, 0.0),), ((1, 0, 0, 0),)
_TIED = ((5.0, 5.0, 5.0, 5.0),), ((1, 0, 0, 0),)
_AREA = (
    "The area under straight lines through (recall, precision) at the non-zero cells and at 128 quantiles of "
    "all cells. The last is the maximum, above which nothing lies: the curve ends in (0, 0). Where no "
    "threshold has a recall of 1, two points at random precision are put in front. Self-pairs are ranked, "
    "negative scores last."
)


def _compat(
    name: str, summary: str, definition: str, chance: str, bounds: tuple[float, float], *examples: Example
) -> ScoreCard:
    direction = 0 if name == "random_precision" else 1
    return ScoreCard(
        name, "compat", COMPAT_VERSION, summary, definition, direction, chance, bounds, _ORIGINAL, examples
    )


COMPAT_CARDS = (
    _compat(
        "epr_published",
        "odds ratio of 'among the first K' and 'true': what was printed under the name EPR",
        "TP TN / (FP FN) of the K highest cells, K the true cells; the total is that of all pairs without "
        "self-pairs, although self-pairs are ranked. Ties in expectation (the original: memory order).",
        "about 1",
        (0.0, math.inf),
        Example(*_FIVE, 2.0, "TP 1, FP 1, FN 1, TN 2"),
        Example(((-9.0, 3.0, 2.0, 1.0),), ((1, 0, 0, 0),), 0.0, "a strong repression ranks last"),
        Example(*_PERFECT, None, "undefined: nothing is missed, it divides by 0"),
    ),
    _compat(
        "auprc_quantile",
        "area through 128 quantiles of all cells: what was printed under the name AUPRC",
        _AREA,
        "between half of random_precision (all tie) and random_precision",
        (0.0, 1.0),
        Example(*_PERFECT, 1 / 2, "the truth itself: a straight line from (1, 1) to (0, 0)"),
        Example(*_TIED, 1 / 8, "all tie: half of the share of true edges"),
        Example(
            ((0.0, 0.0, 0.0, 0.0),), ((1, 0, 0, 0),), 1 / 4, "nothing is predicted: the share of true edges"
        ),
    ),
    _compat(
        "auprc_minus_random",
        "auprc_quantile less random_precision: what some tables print under the name AUPRC",
        "A difference, no area: the only reason why a printed AUPRC can be negative.",
        "between minus half of random_precision and 0",
        (-1.0, 1.0),
        Example(*_PERFECT, 1 / 4, "1/2 less 1/4"),
        Example(*_TIED, -1 / 8, "1/8 less 1/4"),
    ),
    _compat(
        "random_precision",
        "true cells, self-pairs included, over pairs without self-pairs: what was printed as RAND",
        "K / (regulators x targets - self-pairs), although a true self-pair is counted in K.",
        "itself",
        (0.0, math.inf),
        Example(*_FIVE, 2 / 5, "2 of 5"),
    ),
)
