"""Divide a corpus into cells to train on, to validate on, and whole data sets to test on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from scprint_model.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    from scprint_model.corpus.read import Corpus

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Split:
    """Cells of a corpus, ascending.

    Attributes
    ----------
    train, validation, test
        (N,) int64: rows of the corpus; they share none.
    held_out
        Names of the data sets of ``test``.
    twins
        Cells left out of ``train`` because the same counts stand in ``validation`` or ``test``.
    """

    train: Ints
    validation: Ints
    test: Ints
    held_out: tuple[str, ...]
    twins: int


def split(
    corpus: "Corpus",
    *,
    seed: int,
    test: float = 0.02,
    validation: float = 0.02,
    held_out: Sequence[str] = (),
    validate_by: Literal["cell", "data set"] = "cell",
    without: int = 0,
) -> Split:
    """Divide a corpus.

    Parameters
    ----------
    corpus
        What to divide.
    seed
        Of the order in which data sets and cells are taken.
    test
        Share of the cells that data sets for the test may hold, at least one data set; 0: none.
    validation
        Share of the rest.
    held_out
        Names of the data sets of the test; overrules ``test``.
    validate_by
        Validate on random cells, as the original does, or on whole data sets.
    without
        Bits of :class:`~scprint_model.corpus.format.Flag`: cells that bear one of them are in no part.

    Raises
    ------
    ConfigError
        If a share is impossible or a data set does not exist.
    CorpusError
        If no cell is left to train on.
    """
    for name, share in (("test", test), ("validation", validation)):
        if not 0 <= share < 1:
            raise ConfigError(f"The share for {name} is {share}; it must lie from 0 to below 1.")
    generator = np.random.default_rng([seed, 2])
    usable = (np.asarray(corpus.flags) & without) == 0
    codes = _named(corpus, held_out) if held_out else _drawn(corpus, usable, test, generator)
    in_test = np.isin(corpus.dataset, codes)
    rest = np.flatnonzero(usable & ~in_test)
    if validate_by == "data set":
        chosen = np.isin(corpus.dataset, _drawn(corpus, usable & ~in_test, validation, generator))
        validate = rest[chosen[rest]]
    else:
        validate = np.sort(generator.permutation(rest)[: round(validation * len(rest))])
    train = np.setdiff1d(rest, validate, assume_unique=True)
    tested = np.flatnonzero(usable & in_test)
    twin = np.isin(corpus.twin[train], corpus.twin[np.concatenate([validate, tested])])
    names = tuple(corpus.dataset_names[code] for code in codes)
    result = Split(train[~twin], validate, tested, names, int(twin.sum()))
    _check(corpus, result)
    return result


def _named(corpus: "Corpus", names: Sequence[str]) -> Ints:
    unknown = sorted(set(names) - set(corpus.dataset_names))
    if unknown:
        known = ", ".join(corpus.dataset_names)
        raise ConfigError(f"The corpus has no data set {', '.join(unknown)}; it has {known}.")
    return np.array([corpus.dataset_names.index(name) for name in names], np.int64)


def _drawn(
    corpus: "Corpus", usable: npt.NDArray[np.bool_], share: float, generator: np.random.Generator
) -> Ints:
    """Take data sets in random order while they fit into the share; the smallest where none does."""
    size_D = np.bincount(corpus.dataset[usable], minlength=len(corpus.dataset_names))
    order = generator.permutation(np.flatnonzero(size_D))
    if not share:
        return np.empty(0, np.int64)
    if len(order) < 2:
        raise ConfigError(
            "Only one data set is left: it cannot be held out. Set the share for the test to 0."
        )
    taken: list[int] = []
    for code in order:
        if size_D[[*taken, code]].sum() <= share * usable.sum():
            taken.append(int(code))
    return np.array(taken or [order[np.argmin(size_D[order])]], np.int64)


def _check(corpus: "Corpus", parts: Split) -> None:
    """Refuse a division that leaks; it cannot, unless this file is wrong."""
    if not len(parts.train):
        raise CorpusError("No cell is left to train on: lower the shares, or hold out fewer data sets.")
    held = np.concatenate([parts.validation, parts.test])
    whole = set(corpus.dataset[parts.test].tolist()) & set(
        corpus.dataset[np.concatenate([parts.train, parts.validation])].tolist()
    )
    leaks = np.intersect1d(parts.train, held).size + np.intersect1d(parts.validation, parts.test).size
    leaks += np.isin(corpus.twin[parts.train], corpus.twin[held]).sum()
    if leaks or whole:
        raise CorpusError(
            f"The parts leak: {leaks} cells and data sets {sorted(whole)} stand in two of them."
        )
