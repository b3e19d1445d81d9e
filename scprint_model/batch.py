"""One batch of cells, as the loader makes it and the model takes it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import torch
from torch import Tensor

from scprint_model.errors import ConfigError, CorpusError, LabelError


@dataclass(frozen=True, eq=False)
class Batch:
    """B cells with S genes each, C classes.

    Attributes
    ----------
    genes
        (B, S) int64: rows of the gene table.
    counts
        (B, S) float32: raw counts.
    depth
        (B,) float32: total count over all measured genes, not only those in the context.
    classes
        (B, C) int64: -1 unknown, 0 to n - 1 a leaf, n and above a group of leaves.
    dataset
        (B,) int64: the data set of each cell.
    cells
        (B,) int64: index of each cell in its corpus.
    mask
        (B, S) bool, true where a position holds no gene, and a count of 0; None where all hold one.
    metacell
        (B,) bool: whether the cell is a sum of several; None: none is.
    """

    genes: Tensor
    counts: Tensor
    depth: Tensor
    classes: Tensor
    dataset: Tensor
    cells: Tensor
    mask: Tensor | None = None
    metacell: Tensor | None = None

    def __len__(self) -> int:
        """Return the number of cells."""
        return self.genes.shape[0]

    def _tensors(self) -> dict[str, Tensor]:
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def to(self, device: torch.device | str, *, non_blocking: bool = False) -> Self:
        """Return the same batch on a device."""
        moved = {name: value.to(device, non_blocking=non_blocking) for name, value in self._tensors().items()}
        return replace(self, **moved)

    def pin_memory(self) -> Self:
        """Return the same batch in pinned memory (the data loader of torch calls this)."""
        return replace(self, **{name: value.pin_memory() for name, value in self._tensors().items()})

    def check_shapes(self, *, classes: int | None = None) -> None:
        """Refuse a batch that is empty or whose parts do not fit; looks at no value, so any device is fine.

        Raises
        ------
        CorpusError
            If the batch is empty or its shapes differ.
        ConfigError
            If ``classes`` is given and the labels are of another number of classes.
        """
        if self.genes.ndim != 2 or not self.genes.numel():
            raise CorpusError(f"The batch is empty: its genes have shape {tuple(self.genes.shape)}.")
        for name, value in self._tensors().items():
            wide = name in {"genes", "counts", "mask"}
            shape, expected = tuple(value.shape), tuple(self.genes.shape if wide else self.genes.shape[:1])
            if name != "classes" and shape != expected:
                raise CorpusError(f"The batch's {name} have shape {shape}; its genes ask for {expected}.")
        if classes is not None and self.classes.shape != (len(self), classes):
            shape = tuple(self.classes.shape)
            raise ConfigError(f"The labels have shape {shape}; the model has {classes} classes.")

    def check(self, *, genes: int, classes: int, labels: Sequence[int] | None = None) -> None:
        """Refuse a batch that does not fit a model; looks at values, so call it on the CPU.

        Parameters
        ----------
        genes, classes
            How many the model has.
        labels
            By class, how many labels there are, leaves and groups together; None: not looked at.

        Raises
        ------
        CorpusError
            If the batch is empty, its shapes differ, or counts, depths or gene rows are impossible.
        ConfigError
            If it has another number of classes than the model.
        LabelError
            If a label is outside its class.
        """
        self.check_shapes(classes=classes)
        if self.mask is not None and bool(self.mask.all(dim=1).any()):
            raise CorpusError("A cell of the batch has no gene: every position of it is padding.")
        if self.mask is not None and bool(self.counts[self.mask].any()):
            raise CorpusError("A position without a gene has a count; it must be 0.")
        if int(self.genes.min()) < 0 or int(self.genes.max()) >= genes:
            raise CorpusError(f"A gene row lies outside the model's table of {genes} genes.")
        for name, value in (("counts", self.counts), ("depths", self.depth)):
            if not bool(torch.isfinite(value).all()) or bool((value < 0).any()):
                raise CorpusError(
                    f"The {name} hold negative or non-finite values; the model needs raw counts."
                )
        for index, count in enumerate(labels or ()):
            low, high = (int(end) for end in self.classes[:, index].aminmax())
            if low < -1 or high >= count:
                raise LabelError(f"Class {index} has labels {low} to {high}; they can be -1 to {count - 1}.")
