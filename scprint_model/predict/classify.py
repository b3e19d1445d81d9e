"""From a class's logits to a label: the best leaf, or the narrowest group that the model is sure of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scprint_model.errors import ConfigError
from scprint_model.labels import LabelSpace

__all__ = ["ClassPrediction", "Classifier", "accuracy"]


@dataclass(frozen=True, eq=False)
class ClassPrediction:
    """Labels of one class for C cells.

    Attributes
    ----------
    space
        The class's labels.
    codes
        (C,) int32: leaves, or groups where the model was not sure of one leaf.
    certainty
        (C,) float32: the model's probability of that label.
    """

    space: LabelSpace
    codes: npt.NDArray[np.int32]
    certainty: npt.NDArray[np.float32]

    @property
    def terms(self) -> list[str]:
        """The label of each cell."""
        return [self.space.decode(int(code)) for code in self.codes]

    @property
    def titles(self) -> list[str]:
        """The label of each cell as people call it."""
        return [self.space.title(int(code)) for code in self.codes]


class Classifier:
    """Turns logits into labels, batch by batch.

    A leaf's probability is the logistic function of its logit, that of a group the same of the logsumexp of
    its leaves' logits: what both are trained as.

    Parameters
    ----------
    space
        Labels; leaves are in the order of the logits.
    cells
        C.
    sure
        The least probability of the label that is given. Where the best leaf has less, the smallest group
        above it that reaches this is given instead; where none does, the leaf stands. 0: always the leaf.
    """

    def __init__(self, space: LabelSpace, cells: int, sure: float = 0.0) -> None:
        if not 0 <= sure < 1:
            raise ConfigError(f"sure is {sure:g}; expected a probability from 0 to below 1.")
        self.space = space
        self._sure = sure
        self._codes = np.zeros(cells, np.int32)
        self._certainty = np.zeros(cells, np.float32)
        by_size = sorted(range(len(space.groups)), key=lambda one: len(space.groups[one][1]))
        self._groups = [(len(space.leaves) + one, np.array(space.groups[one][1])) for one in by_size]

    def take(self, cells: npt.NDArray[np.int64], logits_BN: npt.NDArray[np.float32]) -> None:
        """Label a batch of cells."""
        best = logits_BN.argmax(axis=1)
        chance = _logistic(logits_BN[np.arange(len(best)), best])
        codes = best.copy()
        open_B = chance < self._sure
        for code, leaves in self._groups:
            if not open_B.any():
                break
            of_group_B = _logistic(np.logaddexp.reduce(logits_BN[:, leaves], axis=1))
            taken_B = open_B & np.isin(best, leaves) & (of_group_B >= self._sure)
            codes[taken_B], chance[taken_B] = code, of_group_B[taken_B]
            open_B &= ~taken_B
        self._codes[cells], self._certainty[cells] = codes, chance

    def prediction(self) -> ClassPrediction:
        """Return the labels of all cells."""
        return ClassPrediction(self.space, self._codes, self._certainty)


def accuracy(predicted: ClassPrediction, truth: Sequence[str]) -> tuple[float, int]:
    """Return which share of labels is right, and of how many cells.

    A label is right if it is the true one, or a leaf under it. Cells whose truth is unknown, or outside the
    label space, are left out.

    Parameters
    ----------
    predicted
        Labels of C cells.
    truth
        C terms.
    """
    space = predicted.space
    true_C = space.encode_many(truth)
    known_C = true_C >= 0
    if not known_C.any():
        return float("nan"), 0
    under = {int(code): {int(code), *space.leaves_of(int(code))} for code in np.unique(true_C[known_C])}
    pairs = zip(true_C[known_C], predicted.codes[known_C], strict=True)
    right = sum(int(found) in under[int(true)] for true, found in pairs)
    return right / int(known_C.sum()), int(known_C.sum())


def _logistic(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    found: npt.NDArray[np.float32] = np.reciprocal(1 + np.exp(-np.clip(x, -80, 80)))
    return found
