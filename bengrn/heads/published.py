"""The published selection of heads, leaks included, named as what it is: never a headline.

Heads are fitted on a share of the very pairs that the network is scored on afterwards, self-pairs included
and nothing standardised; and the other pairs have the same hubs. Heads of pure noise score above chance so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from bengrn.errors import NetworkError, SettingError
from bengrn.heads.pairs import draw_pairs
from bengrn.heads.ridge import class_sums, nonnegative_ridge
from bengrn.heads.selection import HeadSelection
from bengrn.heads.stream import Heads
from bengrn.heads.values import read_values
from bengrn.settings import suggest
from bengrn.values import Truth

__all__ = ["RECIPES", "Recipe", "recipe", "select_as_published"]

# far more than the strict rule keeps: most published fits used all pairs of their share
_MOST_PAIRS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Settings of one published fit.

    Parameters
    ----------
    penalty
        alpha of the ridge classifier, against sums (not means) over pairs.
    share
        Of all cells, self-pairs included, that is fitted on.
    positive_weight
        Weight of a true pair; a false one weighs 1. None: all cells over true ones. Without an intercept this
        decides which heads have a chance: alone, one is selected only if its mean score on true pairs is
        over that on false pairs by more than false pairs / (true pairs x weight).
    shuffled
        Whether the share is taken at random, or from the first row on.
    """

    penalty: float
    share: float
    positive_weight: float | None
    shuffled: bool = True


RECIPES: Mapping[str, Recipe] = {
    "omnipath": Recipe(penalty=1.0, share=0.6, positive_weight=200),
    "mccalla-omnipath-heads": Recipe(penalty=1.0, share=0.9, positive_weight=100),
    "mccalla-han-heads": Recipe(penalty=0.5, share=0.5, positive_weight=None),
    "gwps-omnipath-heads": Recipe(penalty=0.1, share=0.9, positive_weight=200),
    "gwps": Recipe(penalty=0.8, share=0.5, positive_weight=30, shuffled=False),
}


def recipe(name: str) -> Recipe:
    """Return a published recipe.

    Raises
    ------
    SettingError
        If there is none of this name.
    """
    if name not in RECIPES:
        raise SettingError(
            f"There is no published recipe {name!r} of head selection.{suggest(name, RECIPES)}"
        )
    return RECIPES[name]


def select_as_published(
    heads: Heads, truth: Truth, *, name: str, preset: str, seed: int = 0, most_pairs: int = _MOST_PAIRS
) -> HeadSelection:
    """Select heads as it was published: leaky, to be scored on all pairs of the same truth.

    A ridge classifier with coefficients of at least 0 and no intercept on scores as they are, fitted to
    -1 (false) and +1 (true) on a share of all cells.

    Parameters
    ----------
    heads
        Names and networks; consumed once. Signed scores keep their sign.
    truth
        Its regulators x targets, self-pairs included, are the cells, in alphabetical order of genes.
    name
        What the truth is called in the record.
    preset
        One of `RECIPES`.
    seed
        Of the share.
    most_pairs
        The one deviation: beyond so many cells false ones are sampled, and weigh more accordingly, so that
        memory stays bounded; the expected fit is the same.

    Returns
    -------
    HeadSelection
        With `leaky` True.

    Raises
    ------
    NetworkError, TruthError
        As `bengrn.heads.select.select_heads`.
    """
    how = recipe(preset)
    draw = partial(
        draw_pairs, most=most_pairs, seed=seed, share=how.share, shuffled=how.shuffled, with_self=True
    )
    found = read_values(heads, truth, draw, standardize=False)
    pairs = found.pairs
    sums = class_sums(found.values_HP, pairs.true_P, np.zeros(len(pairs.true_P), dtype=np.int64), 1)
    cells, edges = pairs.cells.shape[0] * pairs.cells.shape[1], int(found.truth.edges.nnz)
    positive = cells / edges if how.positive_weight is None else how.positive_weight
    weight_K = np.array([1.0, positive]) * (pairs.n_false, pairs.n_true) / sums.count_GK[0]
    normal = sums.normal_equations(np.ones(1, dtype=bool), weight_K)
    coefficients = nonnegative_ridge(*normal, how.penalty)
    if not (coefficients > 0).any():
        raise NetworkError(
            f"The published recipe {preset!r} selects none of the {len(found.names)} heads on {name}: true "
            f"pairs, weighed {positive:.3g} to 1, are no match for the false ones. Use another "
            "recipe or truth."
        )
    return HeadSelection(
        names=found.names,
        coefficients=tuple(float(one) for one in coefficients),
        scales=tuple(float(one) for one in found.scales),
        average="equal",
        penalty=how.penalty,
        cv_scores=(),
        truth=name,
        regulators=found.truth.regulators,
        targets=found.truth.targets,
        n_pairs=pairs.n_true + pairs.n_false,
        n_true=pairs.n_true,
        n_sampled=len(pairs.true_P),
        recipe=preset,
        leaky=True,
        seed=seed,
    )
