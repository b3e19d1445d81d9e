"""Which cells a step of training sees.

A sampler's draw hangs on (seed, step) alone: a run can go on at any step, and every process of a run draws
the same cells and takes its own part of them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from scprint_model.errors import ConfigError, TrainingError

if TYPE_CHECKING:
    from scprint_model.corpus.read import Corpus

Ints = npt.NDArray[np.int64]


class Sampler(Protocol):
    """Draws places among the N cells of a part of a corpus."""

    def draw(self, step: int, size: int, seed: int) -> Ints:
        """Return the places of one step, shape (size,) or fewer; empty when there are no more."""

    def state_dict(self) -> dict[str, Any]:
        """Return what another sampler must equal to go on in its place."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Refuse a state that another sampler saved."""


def groups_of(corpus: "Corpus", rows: npt.ArrayLike, classes: Sequence[str] | None = None) -> Ints:
    """Return the group of each cell: cells with the same labels in every class are one group.

    Parameters
    ----------
    corpus, rows
        The corpus and the cells, shape (N,).
    classes
        The classes that count; None: all.
    """
    names = [space.name for space in corpus.labels]
    unknown = sorted(set(classes or ()) - set(names))
    if unknown:
        raise ConfigError(f"The corpus has no class {', '.join(unknown)}; it has {', '.join(names)}.")
    columns = [names.index(name) for name in (names if classes is None else classes)]
    labels = np.asarray(corpus.classes)[np.asarray(rows, np.int64)][:, columns]
    if not columns:
        return np.zeros(len(labels), np.int64)
    return np.unique(labels, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


class WeightedSampler:
    """Groups of cells with probability s n / (n + s), cells uniformly within; with replacement.

    Groups of many more than s cells are drawn equally often, those of fewer in proportion to their cells;
    the smaller s, the more alike. ``scale=0`` draws all cells alike.

    Parameters
    ----------
    groups
        (N,) the group of each cell, from 0.
    scale
        s, in cells; 50 in the paper.
    """

    def __init__(self, groups: npt.ArrayLike, scale: float = 50) -> None:
        group_N = np.asarray(groups, np.int64)
        if group_N.ndim != 1 or not len(group_N):
            raise ConfigError("There is no cell to draw from.")
        if not scale >= 0:
            raise ConfigError(f"The scale of weighted sampling is {scale}; it must be 0 or more.")
        self.scale = float(scale)
        _, group_N, self._size_K = np.unique(group_N, return_inverse=True, return_counts=True)
        self._member_N = np.argsort(group_N, kind="stable")
        self._start_K = np.cumsum(self._size_K) - self._size_K
        weight_K = self._size_K / (self._size_K + self.scale) if self.scale else self._size_K.astype(float)
        self.probability_K = weight_K / weight_K.sum()
        self._until_K = np.cumsum(self.probability_K)
        self._digest = hashlib.sha256(group_N.tobytes()).hexdigest()

    def draw(self, step: int, size: int, seed: int) -> Ints:
        """Return ``size`` places."""
        generator = np.random.default_rng([seed, step, 0])
        group = np.searchsorted(self._until_K, generator.random(size), side="right")
        group = np.minimum(group, len(self._size_K) - 1)  # rounding of the last sum
        within = (generator.random(size) * self._size_K[group]).astype(np.int64)
        drawn: Ints = self._member_N[self._start_K[group] + within]
        return drawn

    def state_dict(self) -> dict[str, Any]:
        """Return what another sampler must equal to go on in its place."""
        return {"sampler": "weighted", "scale": self.scale, "cells": self._digest}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Refuse a state that another sampler saved."""
        _same(self.state_dict(), state)


class Shuffled:
    """Every cell once per pass, in an order drawn anew for each pass; without end.

    Parameters
    ----------
    cells
        N, how many there are.
    """

    def __init__(self, cells: int) -> None:
        if cells < 1:
            raise ConfigError("There is no cell to draw from.")
        self.cells = cells

    def draw(self, step: int, size: int, seed: int) -> Ints:
        """Return ``size`` places; a step may hold the end of one pass and the start of the next."""
        place = np.arange(step * size, (step + 1) * size)
        passes = place // self.cells
        drawn = np.empty(size, np.int64)
        for number in np.unique(passes):
            order = np.random.default_rng([seed, int(number), 1]).permutation(self.cells)
            drawn[passes == number] = order[place[passes == number] % self.cells]
        return drawn

    def state_dict(self) -> dict[str, Any]:
        """Return what another sampler must equal to go on in its place."""
        return {"sampler": "shuffled", "cells": self.cells}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Refuse a state that another sampler saved."""
        _same(self.state_dict(), state)


class InOrder:
    """Every cell once, in order; then no more. For validation and prediction.

    Parameters
    ----------
    cells
        N, how many there are.
    """

    def __init__(self, cells: int) -> None:
        self.cells = cells

    def draw(self, step: int, size: int, seed: int) -> Ints:  # noqa: ARG002 - the order is fixed
        """Return the next places; the last step has fewer, later ones have none."""
        return np.arange(min(step * size, self.cells), min((step + 1) * size, self.cells))

    def state_dict(self) -> dict[str, Any]:
        """Return what another sampler must equal to go on in its place."""
        return {"sampler": "in order", "cells": self.cells}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Refuse a state that another sampler saved."""
        _same(self.state_dict(), state)


def _same(ours: Mapping[str, Any], saved: Mapping[str, Any]) -> None:
    differing = [name for name in ours if saved.get(name) != ours[name]]
    if differing:
        what = ", ".join(differing)
        raise TrainingError(f"The run cannot go on: its sampler was saved with another {what}.")
