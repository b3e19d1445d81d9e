"""Where the model puts cells: the mean of some of their class tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from torch import Tensor

from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.errors import CheckpointError
from scprint_model.predict.cells import Cells
from scprint_model.predict.classify import Classifier, ClassPrediction
from scprint_model.predict.contexts import Context
from scprint_model.predict.normalisation import check_normalisation
from scprint_model.predict.stream import Precision, Progress, Shown, numpy_of, silent, stream

if TYPE_CHECKING:
    from scprint_model.model import Output

__all__ = ["Embedded", "embed", "token_places"]

# what the original averages; those that a model has
DEFAULT_TOKENS = ("cell_type", "disease", "self_reported_ethnicity", "sex")


@dataclass(frozen=True, eq=False)
class Embedded:
    """What one pass says of C cells.

    Attributes
    ----------
    embedding
        (C, d).
    labels
        A prediction per class that was asked for, each of C cells.
    tokens
        Which cell tokens the embedding is the mean of.
    attention
        The back end that ran.
    notes
        What a reader should know.
    """

    embedding: npt.NDArray[np.float32]
    labels: tuple[ClassPrediction, ...]
    tokens: tuple[str, ...]
    attention: str
    notes: tuple[str, ...] = ()


def embed(
    pretrained: Pretrained,
    cells: Cells,
    *,
    context: Context | None = None,
    tokens: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    sure: float = 0.0,
    batch: int = 64,
    precision: Precision = "auto",
    progress: Progress = silent,
) -> Embedded:
    """Embed and classify cells in one pass.

    Parameters
    ----------
    pretrained, cells
        The model, and cells lined up with its genes.
    context
        Which genes are shown; None: 2,000 random expressed ones, as published.
    tokens
        Classes whose tokens are averaged, also "base" and "depth", or "all". None: cell type, disease,
        ethnicity and sex, those that the model has; all classes where it has none of them.
    classes
        Which labels to predict; None: all, (): none.
    sure
        See :class:`~scprint_model.predict.classify.Classifier`.
    batch, precision, progress
        See :func:`~scprint_model.predict.stream.stream`.

    Raises
    ------
    LabelError
        If the model has no such class.
    ScprintError
        For everything that :func:`stream` refuses.
    """
    context = context or Context(size=2000)
    names, places = token_places(pretrained, tokens)
    spaces = pretrained.labels if classes is None else [pretrained.label_space(one) for one in classes]
    incomplete = {name.split(".")[1] for name in pretrained.report.missing if name.startswith("class_heads.")}
    for space in spaces:
        if space.name in incomplete:
            raise CheckpointError(f"The checkpoint has no classifier of {space.name}; leave that class out.")
    classifiers = [Classifier(space, len(cells), sure) for space in spaces]
    embedding_Cd = np.empty((len(cells), pretrained.model.config.d_model), np.float32)
    attention = ""

    def compute(shown: Shown) -> tuple["Output", Tensor]:
        output = pretrained.model(shown.batch)
        return output, output.cell_tokens[:, places].mean(dim=1)

    for shown, (output, mean_Bd) in stream(
        pretrained, cells, context, compute, size=batch, precision=precision, progress=progress
    ):
        embedding_Cd[shown.cells] = numpy_of(mean_Bd)
        for classifier in classifiers:
            classifier.take(shown.cells, numpy_of(output.class_logits[classifier.space.name]))
        attention = output.attention
    labels = tuple(classifier.prediction() for classifier in classifiers)
    return Embedded(embedding_Cd, labels, names, attention, check_normalisation(pretrained, cells, context))


def token_places(pretrained: Pretrained, tokens: Sequence[str] | None) -> tuple[tuple[str, ...], list[int]]:
    """Return the names and places of the cell tokens that an embedding is made of."""
    known = {space.name.removesuffix("_ontology_term_id") for space in pretrained.labels}
    if tokens is None:
        tokens = [name for name in DEFAULT_TOKENS if name in known] or ["all"]
    config = pretrained.model.config
    special = {
        "base": [0],
        "depth": [1] if config.depth_token else [],
        "all": list(range(config.cell_tokens)),
    }
    places: list[int] = []
    for name in tokens:
        places += special[name] if special.get(name) else [pretrained.class_token(name)]
    return tuple(tokens), places
