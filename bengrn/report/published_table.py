"""The shipped table of printed numbers: what each says, what it means, whether it can be compared."""

import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal, cast

from bengrn.metrics.conversion import epr_from_odds_ratio, found_from_odds_ratio

__all__ = [
    "MEANINGS",
    "Measured",
    "Published",
    "Reason",
    "Status",
    "load_measured",
    "load_published",
    "reasons",
]

Status = Literal["comparable", "other task", "not comparable", "wrong"]
# a row is worth what its weightiest reason is worth; a note takes nothing away
_WEIGHT: Mapping[Status | Literal["note"], int] = {
    "note": 0, "comparable": 0, "other task": 1, "not comparable": 2, "wrong": 3,
}  # fmt: skip

_FOUND = {"TRUE": 1.0, "FALSE": 0.0}

MEANINGS = {
    "odds_ratio": "odds ratio TP TN / (FP FN) of the first K pairs, K the true ones; printed as EPR",
    "auprc_raw": "area under straight lines through 128 quantile thresholds; printed as AUPRC",
    "auprc_minus_random": "that area minus the random precision; printed as AUPRC",
    "average_precision": "mean precision over the true pairs but the first, ties in the order of the sort",
    "random_precision": "true pairs / pairs, self-pairs in the one and not in the other",
    "precision": "share of the predicted pairs that are true",
    "recall": "share of the true pairs that are predicted (score not 0)",
    "tf_target_percent": "per cent of 166 ChIP sets of factors that are enriched among incoming edges",
    "tf_enriched": "whether factors are enriched in any of three rankings of the genes, at either end",
    "cell_type_enriched": "whether a person found the cell type among enriched terms",
    "other": "a number of another task, or a name",
}


@dataclass(frozen=True)
class Reason:
    """Why a printed number cannot be compared, or what to know of it ("note")."""

    code: str
    status: Status | Literal["note"]
    text: str


@dataclass(frozen=True, kw_only=True)
class Published:
    """One number as it was printed.

    Parameters
    ----------
    table, line
        Where it stands: our name of the table, and the line of the transcribed file.
    method, variant, data, cell_type, truth
        What it is about, in the words of the paper; empty where a table has no such thing.
    metric, printed
        Column and cell, letter by letter.
    meaning
        A key of `MEANINGS`: what the number is, whatever the column is called.
    random
        The random precision printed beside it, or empty.
    positives, pairs
        K and N of its candidates, where they are known.
    codes
        Of its reasons (see `reasons`).
    source
        Figure data, supplement or notebook, with the commit.
    """

    table: str
    line: int
    method: str
    variant: str
    data: str
    cell_type: str
    truth: str
    metric: str
    printed: str
    meaning: str
    random: str
    positives: int | None
    pairs: int | None
    codes: tuple[str, ...]
    source: str

    @property
    def value(self) -> float | None:
        """The number; 1 or 0 where a set was found or not; None for another word."""
        return _FOUND.get(self.printed, _number(self.printed))

    @property
    def is_yes_or_no(self) -> bool:
        """Whether it says that something was found, or not."""
        return self.printed in _FOUND

    @property
    def half_unit(self) -> float:
        """Half of the last printed digit: what rounding hides."""
        return half_unit(self.printed)

    @property
    def status(self) -> Status:
        """Whether it can be compared at all: the weightiest of its reasons."""
        first = next(iter(self.reasons), None)
        return "comparable" if first is None or first.status == "note" else first.status

    @property
    def reasons(self) -> list[Reason]:
        """The reasons, the weightiest first."""
        return sorted((reasons()[code] for code in self.codes), key=lambda one: -_WEIGHT[one.status])

    @property
    def random_precision(self) -> float | None:
        """K / N: from the counts where they are known, else as printed."""
        if self.positives and self.pairs:
            return self.positives / self.pairs
        return _number(self.random)

    @property
    def early_precision_ratio(self) -> float | None:
        """An odds ratio as the early precision ratio that it stands for; None where that is unknown."""
        value, random = self.value, self.random_precision
        if self.meaning != "odds_ratio" or value is None or random is None:
            return None
        return epr_from_odds_ratio(value, random)

    @property
    def found(self) -> float | None:
        """True pairs among the first K that an odds ratio says; whole where enough digits are printed."""
        value = self.value
        if self.meaning != "odds_ratio" or value is None or not self.positives or not self.pairs:
            return None
        return found_from_odds_ratio(value, self.positives, self.pairs)

    @property
    def auprc_raw(self) -> float | None:
        """An AUPRC with the random precision in it, however it was printed."""
        value, random = self.value, self.random_precision
        if value is None or self.meaning not in {"auprc_raw", "auprc_minus_random"}:
            return None
        if self.meaning == "auprc_raw":
            return value
        return None if random is None else value + random

    @property
    def auprc_minus_random(self) -> float | None:
        """An AUPRC without the random precision, however it was printed."""
        value, random = self.value, self.random_precision
        if value is None or self.meaning not in {"auprc_raw", "auprc_minus_random"}:
            return None
        if self.meaning == "auprc_minus_random":
            return value
        return None if random is None else value - random


@dataclass(frozen=True)
class Measured:
    """What a command that makes no record gave for a printed number.

    Parameters
    ----------
    compat, strict
        By the published definition, and by the right one; None where it was not asked.
    command, strict_command
        What prints them.
    """

    compat: float
    strict: float | None
    command: str
    strict_command: str


def half_unit(printed: str) -> float:
    """Return half of the last digit of a printed number.

    Examples
    --------
    >>> half_unit("5.85")
    0.005
    """
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])


@lru_cache(maxsize=1)
def load_published() -> tuple[Published, ...]:
    """Return every shipped number, table by table; read once."""
    names, *lines = _lines("published.tsv.xz")
    columns = names.split("\t")
    return tuple(_parse(dict(zip(columns, line.split("\t"), strict=True))) for line in lines)


def _parse(cells: dict[str, str]) -> Published:
    words = {name: cells[name] for name in cells if name not in {"line", "positives", "pairs", "codes"}}
    return Published(
        **words,
        line=int(cells["line"]),
        positives=int(cells["positives"]) if cells["positives"] else None,
        pairs=int(cells["pairs"]) if cells["pairs"] else None,
        codes=tuple(cells["codes"].split()),
    )


@lru_cache(maxsize=1)
def reasons() -> dict[str, Reason]:
    """Return code -> reason, in the order in which a page should explain them."""
    found = (line.split("\t") for line in _lines("published_reasons.tsv")[1:])
    return {code: Reason(code, cast("Status", status), text) for code, status, text in found}


@lru_cache(maxsize=1)
def load_measured() -> dict[tuple[str, int, str], Measured]:
    """Return (table, line, metric) -> what was measured without a record."""
    found = {}
    for line in _lines("published_measured.tsv")[1:]:
        table, number, metric, compat, strict, *commands = line.split("\t")
        found[table, int(number), metric] = Measured(float(compat), _number(strict), *commands)
    return found


def _lines(name: str) -> list[str]:
    """Return the lines of a shipped file, comments left out."""
    content = resources.files("bengrn").joinpath("data", name).read_bytes()
    text = (lzma.decompress(content) if name.endswith(".xz") else content).decode()
    return [line for line in text.split("\n") if line and not line.startswith("#")]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
