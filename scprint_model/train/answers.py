"""What models say of cells that they have not seen: losses, labels, and thinned counts made whole again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import torch

from scprint_model.batch import Batch
from scprint_model.corpus.collate import Collator
from scprint_model.corpus.read import Corpus
from scprint_model.labels import LabelSpace
from scprint_model.model import ScPrint
from scprint_model.noise import thin
from scprint_model.objective_settings import Objective
from scprint_model.train.step import Precision, TrainingStep, Window, evaluate_batch, seeded

__all__ = ["Answers", "Look", "batches_of", "untrained_twin"]

_LOSSES, _NOISE, _TWIN, _CELLS = 11, 12, 13, 14  # the first numbers of random keys

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a model is looked at.

    Attributes
    ----------
    collator
        Which genes of each cell.
    batch
        Cells at a time.
    rate, times
        Noise of the denoising test, and how many times deeper than the thinned counts the model is told to
        predict. At 0.7 the noise keeps 0.4 of the counts; the paper's benchmark asks for 10 times.
    seed
        Of noise, contexts and the twin.
    precision
        As in training.
    """

    collator: Collator = field(default_factory=Collator)
    batch: int = 32
    rate: float = 0.7
    times: float = 2.5
    seed: int = 0
    precision: str = "auto"


def untrained_twin(model: ScPrint, seed: int) -> ScPrint:
    """Return a model that learned nothing, of the same configuration, places and frozen gene table."""
    with torch.random.fork_rng([]):
        seeded(torch.device("cpu"), _TWIN, seed)
        twin = ScPrint(model.config)
    given = [name for name, _ in model.named_buffers()]
    given += ["gene_tokens.table.weight"] if model.config.freeze_genes else []
    state = model.state_dict()
    twin.load_state_dict({name: state[name] for name in given}, strict=False)
    return twin.eval()


class Answers:
    """What one model says of all cells.

    Attributes
    ----------
    window
        Sums of its losses.
    leaves, codes
        Its best leaf of each class and the true code, (B, classes) for each batch.
    entries
        True, thinned and predicted counts, (3, entries) for each batch, where the true count is not 0.
    """

    def __init__(
        self,
        model: ScPrint,
        labels: Sequence[LabelSpace],
        objective: Objective,
        look: Look,
        device: torch.device,
    ) -> None:
        """Start with no answer."""
        under = {space.name: torch.from_numpy(space.hierarchy()) for space in labels}
        self.step = TrainingStep(model.eval(), objective, under)
        self.look = look
        self.precision = Precision.choose(look.precision, device)
        self.window = Window()
        self.leaves: list[Ints] = []
        self.codes: list[Ints] = []
        self.entries: list[npt.NDArray[np.float32]] = []

    def take(self, batch: Batch, number: int) -> None:
        """Look at one batch."""
        key = (self.look.seed, number)
        self.window.add(evaluate_batch(self.step, batch, self.precision, _LOSSES, *key), weight=len(batch))
        generator = seeded(self.precision.device, _NOISE, *key)
        noisy = thin(batch.counts, self.look.rate, generator=generator)
        kept = noisy.sum(dim=1)
        depth = batch.depth * kept / batch.counts.sum(dim=1).clamp_min(1)
        times = self.look.times
        model = self.step.model
        with torch.no_grad(), self.precision.autocast():
            logits = model(batch).class_logits
            mean = model(batch, counts=noisy, depth=depth * times, scale=kept * times).expression.mean
        leaves = [values.argmax(dim=1) for values in logits.values()]
        none = torch.empty((len(batch), 0), dtype=torch.int64)
        self.leaves.append((torch.stack(leaves, dim=1).cpu() if leaves else none).numpy())
        self.codes.append(batch.classes.cpu().numpy())
        true = batch.counts > 0
        entries = torch.stack([values[true].float() for values in (batch.counts, noisy, mean)])
        self.entries.append(entries.cpu().numpy())


def batches_of(corpus: Corpus, rows: Ints, look: Look, labels: Sequence[LabelSpace]) -> Iterator[Batch]:
    """Give the cells, their labels in the codes of the model; a class that the corpus lacks is unknown."""
    tables = _translate(corpus.labels, labels)
    for number, first in enumerate(range(0, len(rows), look.batch)):
        generator = np.random.default_rng([_CELLS, look.seed, number])
        batch = corpus.batch(rows[first : first + look.batch], collator=look.collator, generator=generator)
        classes = torch.full((len(batch), len(labels)), -1)
        for column, table in enumerate(tables):
            if table is not None:
                classes[:, column] = torch.from_numpy(table[1])[batch.classes[:, table[0]]]
        yield replace(batch, classes=classes)


def _translate(
    seen: Sequence[LabelSpace], known: Sequence[LabelSpace]
) -> list[tuple[int, npt.NDArray[np.int64]] | None]:
    """Return, for each class of the model, the corpus's column and the code of each of its codes."""
    columns = {space.name: number for number, space in enumerate(seen)}
    tables: list[tuple[int, npt.NDArray[np.int64]] | None] = []
    for space in known:
        column = columns.get(space.name)
        if column is None:
            tables.append(None)
            continue
        # unknown is code -1, which takes the last entry
        tables.append((column, np.array([*space.encode_many(seen[column].terms), -1], np.int64)))
    return tables
