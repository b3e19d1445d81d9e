"""Where the batches of a run come from: a corpus, its split, and the order in which cells are drawn."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from scprint_model.batch import Batch
from scprint_model.corpus.collate import Collator
from scprint_model.corpus.format import OUTLIER
from scprint_model.corpus.loader import batches
from scprint_model.corpus.read import Corpus
from scprint_model.corpus.sample import WeightedSampler, groups_of
from scprint_model.corpus.split import Split, split
from scprint_model.labels import LabelSpace
from scprint_model.train.config import DataSettings, TrainConfig
from scprint_model.vocabulary import Vocabulary

__all__ = ["CellSource", "CorpusSource"]

Ints = npt.NDArray[np.int64]


class CellSource(Protocol):
    """What the loop needs of the cells; :class:`CorpusSource` reads them from a corpus."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The genes."""

    @property
    def labels(self) -> tuple[LabelSpace, ...]:
        """The classes, in the order of a batch's columns."""

    @property
    def dataset_names(self) -> tuple[str, ...]:
        """The data sets, by their number in a batch."""

    def describe(self) -> Mapping[str, Any]:
        """Return what identifies the cells, their split and their order, as plain values."""

    def training(self, *, shard: int, shards: int, start: int, workers: int) -> Iterator[Batch]:
        """Return the batches of one shard from a step on, without end."""

    def validation(self) -> list[Ints]:
        """Return the rows of each validation batch; none where no cell is kept for it."""

    def batch(self, rows: Ints, key: tuple[int, ...]) -> Batch:
        """Return the cells of given rows; the key fixes which of their genes are in the context."""


@dataclass(frozen=True, eq=False)
class CorpusSource:
    """The cells of a corpus as a configuration asks for them."""

    corpus: Corpus
    split: Split
    settings: DataSettings
    seed: int

    @classmethod
    def open(cls, config: TrainConfig) -> "CorpusSource":
        """Open the corpus and divide it.

        Raises
        ------
        ScprintError
            If there is none, it is broken, or a share, data set or class does not fit it.
        """
        corpus, data = Corpus.open(Path(config.corpus)), config.data
        parts = split(
            corpus,
            seed=config.seed,
            test=data.test,
            validation=data.validation,
            held_out=data.test_datasets,
            validate_by=data.validate_by,
            without=0 if data.outliers else int(OUTLIER),
        )
        return cls(corpus, parts, data, config.seed)

    @property
    def vocabulary(self) -> Vocabulary:
        """The genes."""
        return self.corpus.vocabulary

    @property
    def labels(self) -> tuple[LabelSpace, ...]:
        """The classes."""
        return self.corpus.labels

    @property
    def dataset_names(self) -> tuple[str, ...]:
        """The data sets."""
        return self.corpus.dataset_names

    @cached_property
    def collator(self) -> Collator:
        """Which genes of a cell are in its context."""
        data = self.settings
        return Collator(
            how=data.how,
            context=data.context,
            shortest=data.shortest,
            shorter_share=data.shorter_share,
            extra_zeros=data.extra_zeros,
        )

    @cached_property
    def sampler(self) -> WeightedSampler:
        """Which cells a step sees."""
        groups = groups_of(self.corpus, self.split.train, self.settings.balance or None)
        return WeightedSampler(groups, self.settings.scale)

    def describe(self) -> Mapping[str, Any]:
        """Return what identifies the cells, their split and their order."""
        parts = self.split
        files = json.dumps(dict(self.corpus.manifest.digests), sort_keys=True)
        return {
            "digest": hashlib.sha256(files.encode()).hexdigest(),
            "vocabulary": self.vocabulary.digest,
            "data sets": {entry.name: entry.cells for entry in self.corpus.manifest.datasets},
            "cells": {
                "train": len(parts.train),
                "validation": len(parts.validation),
                "test": len(parts.test),
            },
            "held out": list(parts.held_out),
            "twins left out": parts.twins,
            "sampler": self.sampler.state_dict(),
        }

    def training(self, *, shard: int, shards: int, start: int, workers: int) -> Iterator[Batch]:
        """Return the batches of one shard from a step on, without end."""
        return batches(
            self.corpus,
            self.split.train,
            sampler=self.sampler,
            collator=self.collator,
            batch=self.settings.batch,
            seed=self.seed,
            rank=shard,
            ranks=shards,
            workers=workers,
            start=start,
        )

    def validation(self) -> list[Ints]:
        """Return the rows of each validation batch: the same cells at every validation."""
        rows = self.split.validation
        chosen = np.random.default_rng([self.seed, 4]).permutation(rows)[: self.settings.validation_cells]
        size = self.settings.batch
        return [np.sort(chosen)[first : first + size] for first in range(0, len(chosen), size)]

    def batch(self, rows: Ints, key: tuple[int, ...]) -> Batch:
        """Return the cells of given rows."""
        return self.corpus.batch(rows, collator=self.collator, generator=np.random.default_rng(key))
