"""Which pairs a score is about, in words and numbers: without them no two scores can be compared."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse

from bengrn.digests import digest_json, digest_matrix, digest_names
from bengrn.truths.factors import restrict_to_factors
from bengrn.values import Truth

__all__ = ["UNIVERSES", "UNIVERSE_VERSION", "describe_universe", "in_universe", "universe_digest"]

UNIVERSE_VERSION = "1"
# the words of --universe, and which pairs are candidates then
UNIVERSES: Mapping[str, str] = {
    "all": "every regulator x target of the truth among the task's genes; what was not tested is left out",
    "tf": "every regulator that is a transcription factor x target of the truth among the task's genes; what "
    "was not tested is left out",
}
_SELF_PAIRS = "no candidates: neither ranked nor in K nor in the share of true edges"
_TIES = (
    "equal scores share one threshold (AP, curve), count half (AUROC) or are met in random order, in "
    "expectation (early precision, per-regulator AP); a score of 0 is no prediction and ranks last"
)


def in_universe(truth: Truth, rule: str) -> Truth:
    """Return a truth on the rows of a universe, one of `UNIVERSES`; before it is frozen into a task.

    Raises
    ------
    TruthError
        As `bengrn.truths.factors.restrict_to_factors`.
    """
    return restrict_to_factors(truth) if rule == "tf" else truth


def describe_universe(truth: Truth, rule: str = "all") -> dict[str, Any]:
    """Return the facts of the candidates of a truth that is restricted to its task.

    Parameters
    ----------
    truth
        In the universe already.
    rule
        One of `UNIVERSES`.

    Returns
    -------
    dict
        `version`; `rule`; `candidates`, `self_pairs`, `ties`: the rules, as text; `regulators`,
        `regulators_with_edges`, `targets`, `pairs`, `self_pairs_left_out`, `positives`,
        `positives_on_self_pairs`: counts; `random_precision`: positives over pairs; `expected_tp`: true edges
        that chance puts among the first K; `digest`: equal for equal candidates and edges, in any
        order. Scores with different digests answer different questions.
    """
    edges = _without_self_pairs(truth)
    n_self = len(set(truth.regulators).intersection(truth.targets))
    pairs, positives = len(truth.regulators) * len(truth.targets) - n_self, int(edges.nnz)
    return {
        "version": UNIVERSE_VERSION,
        "rule": rule,
        "candidates": UNIVERSES[rule],
        "self_pairs": _SELF_PAIRS,
        "ties": _TIES,
        "regulators": len(truth.regulators),
        "regulators_with_edges": int((np.diff(edges.indptr) > 0).sum()),
        "targets": len(truth.targets),
        "pairs": pairs,
        "self_pairs_left_out": n_self,
        "positives": positives,
        "positives_on_self_pairs": int(sparse.csr_array(truth.edges).nnz) - positives,
        "random_precision": positives / pairs if pairs else None,
        "expected_tp": positives**2 / pairs if pairs else None,
        "digest": universe_digest(truth),
    }


def universe_digest(truth: Truth) -> str:
    """Return one hash of the candidates and the true edges among them, whatever their order."""
    row_R, column_T = np.argsort(np.array(truth.regulators)), np.argsort(np.array(truth.targets))
    edges = _without_self_pairs(truth)[row_R][:, column_T]
    edges.sort_indices()
    return digest_json(
        {
            "version": UNIVERSE_VERSION,
            "regulators": digest_names(truth.regulators[row] for row in row_R),
            "targets": digest_names(truth.targets[column] for column in column_T),
            "edges": digest_matrix(edges),
        }
    )


def _without_self_pairs(truth: Truth) -> sparse.csr_array:
    """Return the true edges between different genes."""
    edges = sparse.coo_array(truth.edges)
    names_R, names_T = np.array(truth.regulators, dtype=object), np.array(truth.targets, dtype=object)
    other = names_R[edges.row] != names_T[edges.col]
    places = (edges.row[other], edges.col[other])
    return sparse.csr_array((np.ones(int(other.sum()), dtype=bool), places), shape=edges.shape)
