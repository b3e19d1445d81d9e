"""What single regulators do to a score, told from its draws: how far the draws vary too little."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Influence", "influences"]

Doubles = npt.NDArray[np.float64]

# beyond this a single regulator is nearly all there is, and Student's t says so already
_MOST_WIDENING = 2.0


@dataclass(frozen=True)
class Influence:
    """By what an interval out of draws is to be corrected.

    Parameters
    ----------
    freedom
        Degrees of freedom of the standard deviation of the draws.
    widening
        By what that standard deviation is too small; at least 1.
    """

    freedom: float
    widening: float = 1.0


def influences(
    moved: Mapping[str, Doubles],
    weights: Iterable[npt.NDArray[np.floating]],
    share_R: npt.NDArray[np.number],
) -> dict[str, Influence]:
    """Tell from the draws what each regulator does to scores, and what follows for their intervals.

    Parameters
    ----------
    moved
        Name -> shape (D,): the score in each draw, on the scale of its interval; not finite where undefined.
    weights
        Pieces of shape (d, R), D rows in all: how often each regulator is in each draw.
    share_R
        Shape (R,), not negative: what each regulator has of the score, such as its edges.

    Notes
    -----
    The influence of a regulator is how the score goes with its number in a draw (the infinitesimal
    jackknife after bootstrap, Efron 1992). Two things follow, which matter where few regulators hold most of
    the edges:

    * A regulator with a large share draws the mean towards itself, so that its own deviation is seen too
      small by 1 - share. Its influence is divided by that, as in the HC3 estimator of a regression
      (MacKinnon & White 1985, https://doi.org/10.1016/0304-4076(85)90158-7).
    * A variance that a few influences make is known less well than one that many make. Its degrees of freedom
      are 2 / its squared relative error, which follows from the fourth powers of the influences.

    An influence out of D draws has an error of variance v / D, v the variance of the score, which is taken
    out of the squares and fourth powers.
    """
    part_R = share_R.astype(np.float64) / max(float(share_R.sum()), 1.0)
    even = {name: _centered(moved_D) for name, moved_D in moved.items()}
    influence_NR, start = np.zeros((len(even), len(part_R))), 0
    for weights_DR in weights:
        part_ND = np.array([one[start : start + len(weights_DR)] for one in even.values()])
        influence_NR += part_ND @ (weights_DR - 1.0)
        start += len(weights_DR)
    return {
        name: _influence(moved_D[np.isfinite(moved_D)], influence_R, part_R)
        for (name, moved_D), influence_R in zip(moved.items(), influence_NR, strict=True)
    }


def _centered(moved_D: Doubles) -> Doubles:
    """Return the draws less their mean, and 0 where undefined."""
    finite_D = np.isfinite(moved_D)
    mean = float(moved_D[finite_D].mean()) if finite_D.any() else 0.0
    return np.where(finite_D, moved_D - mean, 0.0)


def _influence(moved_D: Doubles, summed_R: Doubles, share_R: Doubles) -> Influence:
    """Return the corrections of one score: its defined draws, and the sums of score x number in the draw."""
    n_draws, n_regulators = len(moved_D), int((share_R > 0).sum())
    variance = float(moved_D.var()) if n_draws else 0.0
    if variance <= 0 or n_regulators < 2:
        return Influence(max(n_regulators - 1.0, 1.0))
    influence_R = (summed_R - summed_R.mean()) / n_draws
    noise = variance / n_draws
    square_R = influence_R**2 - noise
    total = max(float(square_R.sum()), 0.5 * variance)
    widened = max(float((square_R / np.maximum(1 - share_R, 1 / _MOST_WIDENING) ** 2).sum()), 0.0)
    fourth = float((influence_R**4).sum()) - 6 * noise * total - 3 * len(share_R) * noise**2
    spread = max(fourth - total**2 / n_regulators, 2 * total**2 / (n_regulators - 1))
    return Influence(
        freedom=max(2 * total**2 / spread, 1.0),
        widening=float(np.clip(np.sqrt(widened / total), 1.0, _MOST_WIDENING)),
    )
