"""Readers of DREAM4's archives: gold standards, the mapping of names, and the samples of an experiment."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bengrn_datasets.dream.files import member, split_rows

__all__ = ["ROOT", "Samples", "read_gold", "read_mapping", "read_samples", "rename"]

ROOT = "DREAM4_Challenge2_GoldStandards"
_SINGULAR = {"knockouts": "knockout", "knockdowns": "knockdown"}


@dataclass(frozen=True)
class Samples:
    """S samples of an experiment: names, (S, G) values, and what was done to each.

    `perturbed` is the gene that was knocked out or down, or empty; `series` and `time` place a sample of a
    time series (series from 1; 0 and NaN for other samples).
    """

    names: tuple[str, ...]
    genes: tuple[str, ...]
    x_SG: npt.NDArray[np.float32]
    perturbed: tuple[str, ...]
    series: tuple[int, ...]
    time: tuple[float, ...]


def read_gold(text: str, where: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the genes, in order of appearance, and the pairs labelled 1.

    Raises
    ------
    ValueError
        If a label is neither 0 nor 1, or the pairs are not all ordered pairs of different genes.
    """
    rows = split_rows(text.splitlines(), 3, where)
    strange = next((row for row in rows if row[2] not in ("0", "1")), None)
    if strange:
        raise ValueError(f"{where} labels {strange[0]} -> {strange[1]} with {strange[2]!r}; expected 0 or 1")
    pairs = {(source, target) for source, target, _ in rows if source != target}
    genes = list(dict.fromkeys(name for row in rows for name in row[:2]))
    expected = len(genes) * (len(genes) - 1)
    if not len(rows) == len(pairs) == expected:
        raise ValueError(
            f"{where} has {len(rows)} rows with {len(pairs)} different pairs of {len(genes)} genes; expected "
            f"all {expected} ordered pairs, once each"
        )
    return genes, [(source, target) for source, target, label in rows if label == "1"]


def read_mapping(gold: Path, number: int) -> dict[str, str]:
    """Return the multifactorial name of each gene of a network -> its name in all other experiments.

    Raises
    ------
    ValueError
        If the archive is broken or another one, or two genes end at one name.
    """
    file = f"insilico_size100_multifactorial_{number}_goldstandard_ref.tsv"
    text = member(gold, f"{ROOT}/Size 100 multifactorial/Mapping/{file}")
    header, *rows = split_rows(text.splitlines(), 2, file)
    if header != ["New", "Old"]:
        raise ValueError(f"{file} has the columns {', '.join(header)}; expected New, Old")
    mapping = dict(rows)
    if not len(mapping) == len(set(mapping.values())) == len(rows):
        raise ValueError(f"{file} names a gene twice; expected one new name for each old one")
    return mapping


def rename(samples: Samples, mapping: dict[str, str], where: str) -> Samples:
    """Return the samples with other names of genes.

    Raises
    ------
    ValueError
        If the mapping lacks a gene.
    """
    lost = [gene for gene in samples.genes if gene not in mapping]
    if lost:
        raise ValueError(
            f"{where} has {len(lost)} genes that the mapping of names does not list, {lost[0]!r} first"
        )
    return replace(samples, genes=tuple(mapping[gene] for gene in samples.genes))


def read_samples(text: str, experiment: str, where: str) -> Samples:
    """Read one experiment: a header of genes, a row per sample; an empty line begins a time series.

    Raises
    ------
    ValueError
        If a row is cut short, a value is no number or negative, or a knock-out has no gene of its own.
    """
    if not text.strip():
        raise ValueError(f"{where} is empty; expected a header of genes and a row per sample")
    first, *lines = text.splitlines()
    header = split_rows([first], first.count("\t") + 1, where)[0]
    timed = experiment == "timeseries"
    if timed != (header[0] == "Time"):
        raise ValueError(
            f"{where} begins with the column {header[0]!r}; expected {'Time' if timed else 'a gene'}"
        )
    values = _numbers(split_rows(lines, len(header), where), len(header), where)
    genes = tuple(header[1:] if timed else header)
    x_SG = values[:, 1:] if timed else values
    names, perturbed = _name_samples(experiment, genes, len(values), where)
    times = values[:, 0] if timed else np.full(len(values), np.nan)
    series = _count_series(lines) if timed else [0] * len(values)
    if timed:
        names = [f"series{one}_t{time:g}" for one, time in zip(series, times, strict=True)]
    return Samples(
        tuple(names),
        genes,
        x_SG.astype(np.float32),
        tuple(perturbed),
        tuple(series),
        tuple(times.tolist()),
    )


def _numbers(rows: list[list[str]], columns: int, where: str) -> npt.NDArray[np.float64]:
    """Return rows of numbers of at least 0."""
    try:
        values = np.array(rows, dtype=object).reshape(-1, columns).astype(np.float64)
    except ValueError as error:
        raise ValueError(f"{where} has a value that is no number: {error}") from error
    # written so that NaN is caught, too
    if len(values) == 0 or not (values >= 0).all():
        raise ValueError(f"{where} holds no samples, or negative or missing values; expected expression")
    return values


def _count_series(lines: list[str]) -> list[int]:
    """Return the series of every sample: an empty line begins the next one."""
    series, number = [], 0
    for line in lines:
        if line.strip():
            series.append(number)
        else:
            number += 1
    return series


def _name_samples(
    experiment: str, genes: tuple[str, ...], count: int, where: str
) -> tuple[list[str], list[str]]:
    """Return the names of samples, and the gene that was perturbed in each: the sample's own row."""
    if experiment not in _SINGULAR:
        return [f"{experiment}_{number}" for number in range(1, count + 1)], [""] * count
    if count != len(genes):
        raise ValueError(f"{where} has {count} samples of {len(genes)} genes; expected one for each gene")
    return [f"{_SINGULAR[experiment]}_{gene}" for gene in genes], list(genes)
