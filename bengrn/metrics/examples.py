"""Known answers of the built-in metrics, worked out by hand: tested, and shown on their cards."""

from collections.abc import Mapping

from bengrn.metrics.metric import Example

__all__ = ["EXAMPLES"]

_FIVE = ((3.0, 2.0, 0.0, 0.0, 0.0),), ((1, 0, 0, 1, 0),)
_ALL_TRUE = ((2.0, 1.0),), ((1, 1),)
_TWO_RANKED = ((3.0, 2.0, 1.0), (9.0, 9.0, 9.0)), ((1, 0, 0), (0, 1, 0))
_OUT_DEGREE = ((2.0, 2.0, 2.0), (1.0, 1.0, 1.0)), ((1, 1, 0), (1, 0, 0))
_TOO_FEW = Example(*_FIVE, None, "refused: fewer candidates than the budget")

EXAMPLES: Mapping[str, tuple[Example, ...]] = {
    "ap": (
        Example(((3.0, 2.0, 1.0),), ((1, 0, 1),), 5 / 6, "precision 1 at the first edge, 2/3 at the second"),
        Example(((5.0, 5.0, 5.0, 5.0),), ((1, 0, 0, 0),), 1 / 4, "all tie: the share of true edges"),
    ),
    "ap_ratio": (
        Example(((3.0, 2.0, 1.0),), ((1, 0, 1),), 5 / 4, "5/6 over 2/3"),
        Example(((5.0, 5.0, 5.0, 5.0),), ((1, 0, 0, 0),), 1.0, "all tie: no better than chance"),
    ),
    "auroc": (
        Example(((3.0, 2.0, 1.0),), ((0, 1, 0),), 1 / 2, "one false pair above the true one, one below"),
        Example(((3.0, 2.0, 2.0),), ((1, 1, 0),), 3 / 4, "of two couples one is in order, one ties"),
        Example(*_ALL_TRUE, None, "refused: no false pair"),
    ),
    "epr": (
        Example(((4.0, 3.0, 2.0, 1.0),), ((1, 1, 0, 0),), 2.0, "precision 1 in the first 2, 1/2 by chance"),
        Example(((4.0, 3.0, 2.0, 1.0),), ((1, 0, 1, 0),), 1.0, "precision 1/2 among the first 2"),
        Example(((2.0, 1.0, 1.0, 0.0),), ((0, 1, 0, 1),), 1 / 2, "a tie at the cut: half an edge expected"),
    ),
    "precision": (
        Example(*_FIVE, 1 / 2, "one of two non-zero pairs is true"),
        Example(((0.0, 0.0),), ((1, 0),), None, "refused: nothing is predicted"),
    ),
    "recall": (Example(*_FIVE, 1 / 2, "one of two true edges is non-zero"),),
    **{f"{what}_at_{budget}": (_TOO_FEW,) for what in ("precision", "recall")
       for budget in ("1000", "10000", "100000")},
    "odds_ratio_topk": (Example(*_FIVE, 5 / 3, "TP 1, FP 1, FN 1, TN 2: 1.5 x 2.5 / 1.5 / 1.5"),),
    "random_precision": (Example(*_FIVE, 2 / 5, "2 of 5"),),
    "expected_tp": (Example(*_FIVE, 4 / 5, "2 draws of 2/5"),),
    "n_candidates": (Example(*_FIVE, 5.0, "no self-pairs here"),),
    "n_positive": (Example(*_FIVE, 2.0, "2 of 5"),),
    "n_predicted": (Example(*_FIVE, 2.0, "2 scores are not 0"),),
    "coverage": (Example(*_FIVE, 1.0, "the network has all genes; a score of 0 counts as had"),),
    "auroc_per_regulator": (
        Example(*_TWO_RANKED, 3 / 4, "1 for the first regulator, 1/2 for the second"),
        Example(*_OUT_DEGREE, 1 / 2, "out-degrees alone"),
        Example(*_ALL_TRUE, None, "refused: no regulator has a true and a false target"),
    ),
    "ap_per_regulator": (
        Example(*_TWO_RANKED, 29 / 36, "1 for the first, (1 + 1/2 + 1/3) / 3 for the second: ties at random"),
    ),
    "ap_ratio_per_regulator": (
        Example(*_TWO_RANKED, 29 / 22, "29/36 over 11/18, the chance value of one in three"),
        Example(*_OUT_DEGREE, 1.0, "out-degrees alone"),
    ),
}  # fmt: skip
