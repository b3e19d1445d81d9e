"""Network metrics: pure functions of a ranking, each named, versioned, bounded and with known answers."""

import dataclasses
import math

from bengrn.metrics import overlap, per_regulator, ranking
from bengrn.metrics.examples import EXAMPLES
from bengrn.metrics.metric import Metric, RegulatorMetric

__all__ = ["ALL_METRICS", "METRICS", "REGULATOR_METRICS"]

_EPR = "Pratapa 2020, https://doi.org/10.1038/s41592-019-0690-6; ties in expectation"
_OWN = "definition of this project"
_SHARE = "n_positive / n_pairs"


def _budget_metrics() -> tuple[Metric, ...]:
    """Return precision and recall at every fixed budget."""
    metrics = []
    for budget in overlap.BUDGETS:
        metrics += [
            Metric(f"precision_at_{budget}", "1", overlap.precision_at(budget),
                   f"share of true edges among the first {budget:,} pairs, ties in expectation",
                   1, _SHARE, (0.0, 1.0), _OWN),
            Metric(f"recall_at_{budget}", "1", overlap.recall_at(budget),
                   f"share of the true edges that the first {budget:,} pairs hold, ties in expectation",
                   1, f"{budget} / n_pairs", (0.0, 1.0), _OWN),
        ]  # fmt: skip
    return tuple(metrics)


_POOLED: tuple[Metric, ...] = (
    Metric("ap", "1", ranking.average_precision,
           "average precision: mean precision over the true edges, met from the top",
           1, _SHARE, (0.0, 1.0), "scikit-learn's average_precision_score; ties share a threshold"),
    Metric("ap_ratio", "1", ranking.ap_ratio,
           "average precision over that of a random ranking", 1, "1", (0.0, math.inf), _OWN),
    Metric("auroc", "1", ranking.auroc,
           "probability that a true edge outranks a false one, ties counting half",
           1, "0.5", (0.0, 1.0), "Hanley 1982, https://doi.org/10.1148/radiology.143.1.7063747"),
    Metric("epr", "1", ranking.epr,
           "precision among the first K pairs over that of chance; K true edges",
           1, "1", (0.0, math.inf), _EPR),
    Metric("precision", "1", overlap.precision,
           "share of true edges among the predicted (non-zero) pairs", 1, _SHARE, (0.0, 1.0), _OWN),
    Metric("recall", "1", overlap.recall,
           "share of the true edges that are predicted (non-zero)",
           1, "n_predicted / n_pairs", (0.0, 1.0), _OWN),
    *_budget_metrics(),
    Metric("odds_ratio_topk", "1", overlap.odds_ratio_topk,
           "odds ratio of 'among the first K' and 'true', 0.5 added to every cell",
           1, "about 1", (0.0, math.inf), "Haldane 1956, https://doi.org/10.1111/j.1469-1809.1955.tb01285.x"),
    Metric("random_precision", "1", overlap.random_precision,
           "share of the candidates that are true edges", 0, _SHARE, (0.0, 1.0), _OWN),
    Metric("expected_tp", "1", overlap.expected_tp,
           "true edges that chance puts among the first K pairs; below 20, EPR is mostly luck",
           0, "itself", (0.0, math.inf), _OWN),
    Metric("n_candidates", "1", overlap.n_candidates,
           "candidate pairs, without self-pairs", 0, "itself", (0.0, math.inf), _OWN),
    Metric("n_positive", "1", overlap.n_positive,
           "true edges among the candidates", 0, "itself", (0.0, math.inf), _OWN),
    Metric("n_predicted", "1", overlap.n_predicted,
           "candidates with a non-zero score", 0, "none", (0.0, math.inf), _OWN),
    Metric("coverage", "1", overlap.coverage,
           "share of the candidates whose genes the network knows", 1, "none", (0.0, 1.0), _OWN),
)  # fmt: skip

_PER_REGULATOR: tuple[RegulatorMetric, ...] = (
    RegulatorMetric("auroc_per_regulator", "1", per_regulator.auroc_per_regulator,
                    "AUROC among a regulator's own targets, mean over regulators (macro AUROC)",
                    1, "0.5", (0.0, 1.0), "macro average; ties count half"),
    RegulatorMetric("ap_per_regulator", "1", per_regulator.ap_per_regulator,
                    "average precision among a regulator's own targets, mean over regulators (MAP)",
                    1, "ap_per_regulator / ap_ratio_per_regulator", (0.0, 1.0),
                    "mean average precision of information retrieval; ties in expectation"),
    RegulatorMetric("ap_ratio_per_regulator", "1", per_regulator.ap_ratio_per_regulator,
                    "mean average precision over regulators, over that of random orders",
                    1, "1", (0.0, math.inf),
                    "chance: Bestgen 2015, Exact expected average precision of the random baseline"),
)  # fmt: skip

METRICS = tuple(dataclasses.replace(one, examples=EXAMPLES[one.name]) for one in _POOLED)
REGULATOR_METRICS = tuple(dataclasses.replace(one, examples=EXAMPLES[one.name]) for one in _PER_REGULATOR)
ALL_METRICS: tuple[Metric | RegulatorMetric, ...] = (*METRICS, *REGULATOR_METRICS)
