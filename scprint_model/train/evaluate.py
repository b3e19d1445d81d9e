"""How good a trained model is on cells it has not seen, beside an untrained twin and trivial answers.

Denoising is scored as the paper does: thin the counts, predict, and correlate over all entries whose true
count is not 0; the gain is over the thinned counts themselves. A label is right where it equals the truth or
is a leaf under it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.corpus.read import Corpus
from scprint_model.errors import TrainingError
from scprint_model.labels import LabelSpace
from scprint_model.objective_settings import Objective
from scprint_model.train.answers import Answers, Look, batches_of, untrained_twin
from scprint_model.train.memory import memory_told
from scprint_model.train.scores import accuracy, best_constant, macro_f1, spearman

__all__ = ["ClassScore", "Denoising", "Evaluation", "Look", "evaluate"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ClassScore:
    """One class: accuracy of the model, its untrained twin and the best constant label, on known cells."""

    name: str
    cells: int
    accuracy: float
    untrained: float
    majority: float
    macro_f1: float


@dataclass(frozen=True, kw_only=True)
class Denoising:
    """Spearman correlation with the true counts, over the entries that are not 0."""

    entries: int
    noisy: float
    model: float
    untrained: float

    @property
    def gain(self) -> float:
        """What the model adds to the noisy counts."""
        return self.model - self.noisy


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What was found on some cells of a corpus."""

    cells: int
    datasets: tuple[str, ...]
    losses: Mapping[str, float]
    untrained_losses: Mapping[str, float]
    classes: tuple[ClassScore, ...]
    denoising: Denoising

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return {**asdict(self), "denoising": {**asdict(self.denoising), "gain": self.denoising.gain}}


def evaluate(
    pretrained: Pretrained,
    corpus: Corpus,
    rows: Ints,
    *,
    objective: Objective,
    look: Look,
    device: torch.device,
    told: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Evaluate a model and its untrained twin on the same cells, contexts and noise.

    Parameters
    ----------
    pretrained, objective
        The model with its genes and labels, and the losses to report.
    corpus, rows
        The cells; they should not have been trained on.
    look, device
        How, and where.
    told
        Is told finished and all batches.

    Raises
    ------
    TrainingError
        If the corpus has other genes than the model, or no cell is given.
    """
    if corpus.vocabulary.digest != pretrained.vocabulary.digest:
        raise TrainingError(
            "The corpus has other genes than the model: build it with the model's vocabulary."
        )
    if not len(rows):
        raise TrainingError("There is no cell to evaluate on.")
    model = pretrained.model.to(device)
    learned = replace(objective, adversarial_dataset=0.0)  # the data sets of another corpus are others
    both = [
        Answers(one, pretrained.labels, learned, look, device)
        for one in (model, untrained_twin(model, look.seed).to(device))
    ]
    total = -(-len(rows) // look.batch)
    with memory_told(
        device, f"with {look.batch} cells x {look.collator.context} genes: lower --batch or --context"
    ):
        for number, batch in enumerate(batches_of(corpus, rows, look, pretrained.labels)):
            for one in both:
                one.take(batch.to(device), number)
            if told is not None:
                told(number + 1, total)
    trained, untrained = both
    return Evaluation(
        cells=len(rows),
        datasets=tuple(corpus.dataset_names[code] for code in np.unique(corpus.dataset[rows])),
        losses=trained.window.means(),
        untrained_losses=untrained.window.means(),
        classes=tuple(_class_scores(pretrained.labels, trained, untrained)),
        denoising=_denoising(trained, untrained),
    )


def _class_scores(labels: Sequence[LabelSpace], trained: Answers, untrained: Answers) -> Iterator[ClassScore]:
    """Score every class of which at least one cell's label is known."""
    truth, leaves, others = (np.concatenate(one) for one in (trained.codes, trained.leaves, untrained.leaves))
    for column, space in enumerate(labels):
        known = truth[:, column] >= 0
        if not known.any():
            continue
        true, found = truth[known, column], leaves[known, column]
        yield ClassScore(
            name=space.name,
            cells=int(known.sum()),
            accuracy=accuracy(found, true, space),
            untrained=accuracy(others[known, column], true, space),
            majority=best_constant(true, space),
            macro_f1=macro_f1(found, true, space),
        )


def _denoising(trained: Answers, untrained: Answers) -> Denoising:
    true, noisy, predicted = np.concatenate(trained.entries, axis=1)
    return Denoising(
        entries=len(true),
        noisy=spearman(noisy, true),
        model=spearman(predicted, true),
        untrained=spearman(np.concatenate(untrained.entries, axis=1)[2], true),
    )
