"""The outcome of a selection: which heads, with what weights, and what they were learnt from."""

from dataclasses import dataclass
from typing import Any

from bengrn.digests import digest_names

__all__ = ["SELECTION_VERSION", "HeadSelection"]

# raised whenever the same heads and truth could give another selection or network
SELECTION_VERSION = "1"


@dataclass(frozen=True, kw_only=True)
class HeadSelection:
    """Which of H heads make the network.

    Parameters
    ----------
    names
        H names, in the order that the method gives them.
    coefficients
        H numbers of at least 0 from the regression; above 0 for a selected head.
    scales
        H numbers: what a head's scores are divided by before they are averaged: its standard deviation
        over the training pairs, or 1 as published. 0 for a head without variation, which is never selected.
    average
        "weighted": heads count by their coefficients; "equal": every selected head counts the same.
    penalty
        The ridge's lambda that was used.
    cv_scores
        Pairs of lambda and AUROC in the inner cross-validation; empty where lambda was given.
    truth
        Name of the training truth.
    regulators, targets
        The genes trained on: every pair of them counts as a training pair.
    n_pairs, n_true
        Training candidates, and the true ones among them.
    n_sampled
        Pairs that the regression saw.
    recipe
        "strict", or the name of the published recipe.
    leaky
        Whether the network is to be scored on all pairs, training pairs included, as it was published.
    seed
        Of the sample of false pairs and of the folds.
    """

    names: tuple[str, ...]
    coefficients: tuple[float, ...]
    scales: tuple[float, ...]
    average: str
    penalty: float
    cv_scores: tuple[tuple[float, float], ...]
    truth: str
    regulators: tuple[str, ...]
    targets: tuple[str, ...]
    n_pairs: int
    n_true: int
    n_sampled: int
    recipe: str
    leaky: bool
    seed: int

    @property
    def selected(self) -> tuple[str, ...]:
        """The heads with a coefficient above 0, the largest first; equal ones by name."""
        found = [(-one, name) for name, one in zip(self.names, self.coefficients, strict=True) if one > 0]
        return tuple(name for _, name in sorted(found))

    def weights(self) -> dict[str, float]:
        """Return what the scores of each selected head are multiplied with in the mean."""
        chosen = {
            name: (one if self.average == "weighted" else 1.0, scale)
            for name, one, scale in zip(self.names, self.coefficients, self.scales, strict=True)
            if one > 0
        }
        total = sum(one for one, _ in chosen.values())
        return {name: one / total / scale for name, (one, scale) in chosen.items()}

    @property
    def effective(self) -> float:
        """How many heads the mean is really made of: 1 over the sum of the squared shares."""
        if self.average == "equal":
            return float(len(self.selected))
        return sum(self.coefficients) ** 2 / sum(one**2 for one in self.coefficients)

    def card(self, *, most: int = 1000) -> dict[str, Any]:
        """Return what a record says of the selection, as plain JSON values.

        Parameters
        ----------
        most
            At most so many selected heads are listed.
        """
        coefficients = dict(zip(self.names, self.coefficients, strict=True))
        return {
            "version": SELECTION_VERSION,
            "recipe": self.recipe,
            "leaky": self.leaky,
            "truth": self.truth,
            "heads": len(self.names),
            "selected": len(self.selected),
            "effective": self.effective,
            "average": self.average,
            "coefficients": {name: coefficients[name] for name in self.selected[:most]},
            "penalty": self.penalty,
            "cv_auroc": [list(one) for one in self.cv_scores],
            "training": {
                "regulators": len(self.regulators),
                "targets": len(self.targets),
                "pairs": self.n_pairs,
                "true": self.n_true,
                "sampled": self.n_sampled,
                "regulators_digest": digest_names(sorted(self.regulators)),
                "targets_digest": digest_names(sorted(self.targets)),
            },
            "seed": self.seed,
        }
