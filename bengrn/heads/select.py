"""Strict selection of heads: standardised, non-negative ridge, lambda by cross-validation over genes."""

from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from bengrn.errors import NetworkError, SettingError, TruthError
from bengrn.heads.pairs import draw_pairs
from bengrn.heads.ridge import ClassSums, class_sums, nonnegative_ridge
from bengrn.heads.selection import HeadSelection
from bengrn.heads.stream import Heads
from bengrn.heads.values import HeadValues, read_values
from bengrn.truths.summary import degrees
from bengrn.values import Truth

__all__ = ["Rule", "select_heads"]

Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Average = Literal["weighted", "equal"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How heads are selected; the same for every method.

    Parameters
    ----------
    penalties
        Values of lambda to choose from, against a mean square of about 1 per head. One alone is taken as
        it is, without cross-validation.
    folds
        Groups of genes in the inner cross-validation.
    most_pairs
        At most so many training pairs are kept: 4 bytes each per head.
    average
        "weighted": the network is the mean of the selected heads by their coefficients, so that the few
        heads that know something are not drowned by the many whose coefficient is hardly above 0.
        "equal": the unweighted mean, as published.
    """

    penalties: tuple[float, ...] = (0.01, 0.1, 1.0, 10.0, 100.0)
    folds: int = 3
    most_pairs: int = 100_000
    average: Average = "weighted"

    def __post_init__(self) -> None:
        """Refuse a rule that selects nothing."""
        if not self.penalties or not all(0 < one < np.inf for one in self.penalties):
            raise SettingError(f"The penalties are {self.penalties}; expected finite numbers above 0.")
        if self.folds < 2:
            raise SettingError(f"The folds are {self.folds}; expected at least 2.")
        if self.most_pairs < 4:
            raise SettingError(f"The most pairs are {self.most_pairs}; expected at least 4.")
        if self.average not in get_args(Average):
            raise SettingError(f"The average is {self.average!r}; expected 'weighted' or 'equal'.")


def select_heads(
    heads: Heads, train: Truth, *, name: str, seed: int = 0, rule: Rule | None = None
) -> HeadSelection:
    """Select heads by a training truth, in one pass over them.

    Each head is brought to mean 0 and deviation 1 over all training pairs. Non-negative coefficients
    without intercept are fitted to -1 (false) and +1 (true); both classes weigh one half in total, whatever
    their sizes. Lambda is the one with the best AUROC of the *resulting network* (the mean of the heads with
    a coefficient above 0, averaged as the rule says) over folds that share neither regulator nor target;
    the larger one where two are equal.

    Parameters
    ----------
    heads
        Names and networks; consumed once. Signed scores count by magnitude.
    train
        The truth to learn from, which must not be scored afterwards: see `bengrn.heads.overlap`.
    name
        What the training truth is called in the record.
    seed
        Decides the sample of false pairs and the folds. Neither depends on the order of genes or heads.
    rule
        Default: `Rule()`.

    Raises
    ------
    NetworkError
        If the heads cannot be used, or none of them scores true pairs above false ones.
    TruthError
        If the training truth is too small.
    """
    rule = rule or Rule()
    draw = partial(draw_pairs, most=rule.most_pairs, seed=seed)
    found = read_values(heads, train, draw, standardize=True)
    order = np.argsort(np.array(found.names))  # the order of the stream must not matter, not even by rounding
    values_HP = found.values_HP[order]
    fold_R, fold_T = _deal_genes(found.truth, rule.folds, seed)
    group_P = fold_R[found.pairs.rows] * rule.folds + fold_T[found.pairs.columns]
    sums = class_sums(values_HP, found.pairs.true_P, group_P, rule.folds**2)
    cv_scores = _cross_validate(values_HP, found.pairs.true_P, group_P, sums, rule)
    # of equal scores the largest penalty
    penalty = max(cv_scores, key=lambda one: (one[1], one[0]))[0] if cv_scores else rule.penalties[0]
    fitted = _fit(sums, np.ones(rule.folds**2, dtype=bool), penalty)
    coefficients = np.zeros(len(order))
    coefficients[order] = fitted
    coefficients[found.scales == 0] = 0  # rounding can leave a constant head hardly above 0
    return _selection(found, coefficients, penalty, cv_scores, name=name, rule=rule, seed=seed)


def _selection(
    found: HeadValues,
    coefficients: npt.NDArray[np.float64],
    penalty: float,
    cv_scores: tuple[tuple[float, float], ...],
    *,
    name: str,
    rule: Rule,
    seed: int,
) -> HeadSelection:
    """Return the selection; refuse one of no head."""
    if not (coefficients > 0).any():
        constant = int((found.scales == 0).sum())
        raise NetworkError(
            f"None of the {len(found.names)} heads ({constant} of them constant) scores the "
            f"{found.pairs.n_true} true training pairs of {name} above the false ones; expected at least "
            "one. Train on another truth, or run the method without head selection."
        )
    return HeadSelection(
        names=found.names,
        coefficients=tuple(float(one) for one in coefficients),
        scales=tuple(float(one) for one in found.scales),
        average=rule.average,
        penalty=penalty,
        cv_scores=cv_scores,
        truth=name,
        regulators=found.truth.regulators,
        targets=found.truth.targets,
        n_pairs=found.pairs.n_true + found.pairs.n_false,
        n_true=found.pairs.n_true,
        n_sampled=len(found.pairs.true_P),
        recipe="strict",
        leaky=False,
        seed=seed,
    )


def _fit(sums: ClassSums, groups: Booleans, penalty: float) -> npt.NDArray[np.float64]:
    """Return the coefficients of these groups of pairs, both classes weighing one half."""
    weight_K = 0.5 / np.maximum(sums.count_GK[groups].sum(axis=0), 1)
    return nonnegative_ridge(*sums.normal_equations(groups, weight_K), penalty)


def _deal_genes(truth: Truth, folds: int, seed: int) -> tuple[Integers, Integers]:
    """Return the fold of every regulator and of every target; a gene is in one fold in both roles."""
    generator = np.random.default_rng([seed, folds])
    out_R = degrees(truth).out_R
    # regulators of similar out-degree are dealt out together, so that every fold has its share of edges
    order = sorted(range(len(out_R)), key=lambda one: (-out_R[one], truth.regulators[one]))
    regulators = [truth.regulators[one] for one in order]
    rest = sorted(set(truth.targets).difference(regulators))
    fold_of: dict[str, int] = {}
    for names in (regulators, rest):
        for first in range(0, len(names), folds):
            few = names[first : first + folds]
            fold_of.update(zip(few, generator.permutation(folds)[: len(few)], strict=True))
    fold_R, fold_T = (
        np.array([fold_of[name] for name in names], dtype=np.int64)
        for names in (truth.regulators, truth.targets)
    )
    return fold_R, fold_T


def _cross_validate(
    values_HP: npt.NDArray[np.float32], true_P: Booleans, group_P: Integers, sums: ClassSums, rule: Rule
) -> tuple[tuple[float, float], ...]:
    """Return lambda and the AUROC of the networks that it selects, over folds with no gene in common."""
    if len(rule.penalties) == 1:
        return ()
    scores: dict[float, list[float]] = {penalty: [] for penalty in rule.penalties}
    sizes = []
    fold_of_row, fold_of_column = np.divmod(np.arange(rule.folds**2), rule.folds)
    for fold in range(rule.folds):
        training = (fold_of_row != fold) & (fold_of_column != fold)
        own = fold * rule.folds + fold
        if not sums.count_GK[training].sum(axis=0).all() or not sums.count_GK[own].all():
            continue
        members = np.flatnonzero(group_P == own)
        sizes.append(int(sums.count_GK[own, 1]))
        for penalty in rule.penalties:
            fitted = _fit(sums, training, penalty)
            weights = fitted if rule.average == "weighted" else (fitted > 0).astype(np.float64)
            scores[penalty].append(_auroc(weights @ values_HP[:, members], true_P[members]))
    if not sizes:
        raise TruthError(
            f"The training truth has {int(true_P.sum())} true pairs, too few for {rule.folds} folds that "
            "share neither regulator nor target. Train on a larger truth, or give one penalty alone."
        )
    # a fold counts by its true pairs, which its error depends on
    return tuple((penalty, float(np.average(scores[penalty], weights=sizes))) for penalty in rule.penalties)


def _auroc(score_P: npt.NDArray[np.floating], true_P: Booleans) -> float:
    """Return the probability that a true pair outranks a false one, ties counting half."""
    n_true = int(true_P.sum())
    ranks = float(rankdata(score_P)[true_P].sum())
    return (ranks - n_true * (n_true + 1) / 2) / (n_true * (len(true_P) - n_true))
