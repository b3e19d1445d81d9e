"""The first pass over the heads: keep of each only its scores at the training pairs."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bengrn.errors import TruthError
from bengrn.heads.pairs import TrainingPairs, in_name_order
from bengrn.heads.stream import Heads, visit_heads
from bengrn.truths.align import Candidates, align
from bengrn.values import Network, Truth

__all__ = ["HeadValues", "read_values"]

# scores of a head held at a time while its mean and deviation are summed
_BLOCK = 1 << 18
# a head whose deviation is below this share of its mean differs by the rounding of float32 only
_CONSTANT = 1e-6


@dataclass(frozen=True, eq=False)
class HeadValues:
    """What is kept of H heads: 4 bytes per head and sampled pair, twice that while they are put together.

    Parameters
    ----------
    names
        Of the heads.
    values_HP
        Shape (H, P), float32: scores at the sampled pairs, standardised if asked for.
    scales
        Shape (H,): the standard deviation of each head over all training pairs, 0 for a constant head; 1
        where nothing was standardised.
    pairs
        The sample.
    truth
        The training truth on the genes that the heads score, genes in alphabetical order.
    """

    names: tuple[str, ...]
    values_HP: npt.NDArray[np.float32]
    scales: npt.NDArray[np.float64]
    pairs: TrainingPairs
    truth: Truth


@dataclass
class _Reader:
    """Keeps the values of each head that it is shown."""

    train: Truth
    draw: Callable[[Truth], TrainingPairs]
    standardize: bool
    truth: Truth | None = None
    candidates: Candidates | None = None
    pairs: TrainingPairs | None = None
    values: list[npt.NDArray[np.float32]] = field(default_factory=list)
    scales: list[float] = field(default_factory=list)

    def __call__(self, _: str, head: Network) -> None:
        """Keep a head's values at the training pairs."""
        if self.candidates is None or self.pairs is None:
            self.truth = in_name_order(_on_genes_of(self.train, head))
            self.pairs = self.draw(self.truth)
            self.candidates = dataclasses.replace(align(head, self.truth), scores=None)
        # a head's scores rank by magnitude, except in the published recipe
        signed = head.signed and self.standardize
        candidates = dataclasses.replace(self.candidates, scores=head.scores, signed=signed)
        values_P = candidates.scores_at(self.pairs.cells).astype(np.float64)
        mean, scale = _moments(candidates) if self.standardize else (0.0, 1.0)
        if scale <= _CONSTANT * abs(mean):
            self.values.append(np.zeros(len(values_P), dtype=np.float32))
            self.scales.append(0.0)
            return
        self.values.append(((values_P - mean) / scale).astype(np.float32))
        self.scales.append(scale)


def read_values(
    heads: Heads, train: Truth, draw: Callable[[Truth], TrainingPairs], *, standardize: bool
) -> HeadValues:
    """Stream over the heads and keep their scores at sampled training pairs.

    Parameters
    ----------
    heads
        Consumed once; one is alive at a time.
    train
        The training truth; genes that the heads do not score are left out.
    draw
        Makes the sample out of the truth on the heads' genes.
    standardize
        Whether each head is brought to mean 0 and deviation 1 over *all* training pairs, the false ones
        that are not in the sample included.

    Raises
    ------
    NetworkError
        If the heads cannot be used; see `visit_heads`.
    TruthError
        If no pair of the training truth, or no true one, is scored by the heads.
    """
    reader = _Reader(train, draw, standardize)
    names = visit_heads(heads, reader)
    assert reader.pairs is not None  # noqa: S101 - there are at least two heads
    assert reader.truth is not None  # noqa: S101
    return HeadValues(names, np.stack(reader.values), np.array(reader.scales), reader.pairs, reader.truth)


def _on_genes_of(train: Truth, head: Network) -> Truth:
    """Return the truth on the genes that the heads score."""
    known_R, known_T = set(head.regulators), set(head.targets)
    regulators = [name for name in train.regulators if name in known_R]
    targets = [name for name in train.targets if name in known_T]
    if not regulators or not targets:
        raise TruthError(
            f"The heads score {len(regulators)} of the {len(train.regulators)} training regulators and "
            f"{len(targets)} of the {len(train.targets)} training targets; expected some of both. Train on a "
            "truth of the same genes."
        )
    return train.restrict(regulators, targets)


def _moments(candidates: Candidates) -> tuple[float, float]:
    """Return mean and standard deviation of a head over all candidates; a missing score is 0."""
    total = squares = 0.0
    for _, block in candidates.blocks(_BLOCK):
        # self-pairs are -inf and missing scores -1: neither adds to the sums
        exact = np.maximum(block, 0, dtype=np.float64)
        total += float(exact.sum())
        squares += float(np.vdot(exact, exact))
    mean = total / candidates.n_pairs
    return mean, max(squares / candidates.n_pairs - mean**2, 0.0) ** 0.5
