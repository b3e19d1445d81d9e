"""Readers of the simulator's input formats: those of SERGIO, and GeneNetWeaver's .dot networks.

The formats are described in SERGIO's README. Genes are numbered from 0 and written as 12 or 12.0. A line
that cannot be read is a ValueError that names the file and the line.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bengrn_datasets.simulator.network import GeneCircuit

__all__ = [
    "Interactions",
    "SignedNetwork",
    "read_bifurcation",
    "read_circuit",
    "read_dot",
    "read_interactions",
    "read_pairs",
    "read_rates",
]

Floats = npt.NDArray[np.float64]

_DOT_GENE = re.compile(r'"([^"]+)"(?: \[position="[^"]*"\])?;')
_DOT_EDGE = re.compile(r'"([^"]+)" -> "([^"]+)" \[value="([^"]*)"\];')
_DOT_FRAME = re.compile(r'(?:strict )?digraph (?:"[^"]*"|\w+) \{|rankdir=\w+;|\}|')
# GeneNetWeaver: enhancer, repressor, dual (depends on the context), unknown
_DOT_SIGNS = {"+": 1, "-": -1, "+-": 0, "?": 0}


@dataclass(frozen=True)
class Interactions:
    """E edges between numbered genes, in the order of the file; a negative strength represses."""

    regulator: tuple[int, ...]
    target: tuple[int, ...]
    strength: tuple[float, ...]
    hill: tuple[float, ...]


@dataclass(frozen=True)
class SignedNetwork:
    """Names of G genes, and E edges among them: source, target, sign (+1, -1, 0 unknown)."""

    genes: tuple[str, ...]
    edges: tuple[tuple[str, str, int], ...]


def read_interactions(path: Path) -> Interactions:
    """Read rows of target, n, n regulators, n strengths, n Hill exponents.

    Raises
    ------
    ValueError
        If a row is malformed, a target has two rows, or a regulator two places in a row.
    """
    regulator: list[int] = []
    target: list[int] = []
    strength: list[float] = []
    hill: list[float] = []
    first_line: dict[int, str] = {}
    for where, cells in _rows(path, ","):
        gene, *numbers = _numbers(cells, where)
        n = int(numbers[0]) if numbers and numbers[0] >= 1 and numbers[0].is_integer() else 0
        if not n or len(numbers) != 1 + 3 * n:
            raise ValueError(
                f"{where} has {len(cells)} values; expected a target, the number n of its regulators, "
                "n regulators, n strengths and n Hill exponents"
            )
        own = _gene(gene, where)
        if own in first_line:
            raise ValueError(f"{where} is a second row of gene {own}, after {first_line[own]}; expected one")
        first_line[own] = where
        regulators = [_gene(one, where) for one in numbers[1 : 1 + n]]
        if len(set(regulators)) < n:
            raise ValueError(f"{where} lists a regulator of gene {own} twice; expected each once")
        if not all(numbers[1 + n :]) or min(numbers[1 + 2 * n :]) < 0:
            raise ValueError(f"{where} has a strength of 0, or a Hill exponent that is not above 0")
        regulator += regulators
        target += [own] * n
        strength += numbers[1 + n : 1 + 2 * n]
        hill += numbers[1 + 2 * n :]
    return Interactions(tuple(regulator), tuple(target), tuple(strength), tuple(hill))


def read_rates(path: Path) -> dict[int, tuple[float, ...]]:
    """Read rows of a master regulator and its production rate in each of B cell types.

    Raises
    ------
    ValueError
        If a row is malformed, a rate is not positive, or rows differ in length.
    """
    rates: dict[int, tuple[float, ...]] = {}
    for where, cells in _rows(path, ","):
        gene, *row = _numbers(cells, where)
        own = _gene(gene, where)
        if own in rates:
            raise ValueError(f"{where} is a second row of gene {own}; expected one")
        types = len(next(iter(rates.values()), row))
        if not row or len(row) != types:
            raise ValueError(
                f"{where} has {len(row)} rates; expected one per cell type, {types or 'at least 1'}"
            )
        if min(row) <= 0:
            raise ValueError(f"{where} has the production rate {min(row):g}; expected more than 0")
        rates[own] = tuple(row)
    return rates


def read_circuit(interactions: Path, rates: Path) -> tuple[GeneCircuit, Floats]:
    """Read a network and the rates of its master regulators; gene 12 is named "G12".

    Returns
    -------
    circuit, rates
        Of G genes; shape (M, B), rows in the order of `circuit.masters`.

    Raises
    ------
    ValueError
        If a file is malformed, the two disagree, or the network has a cycle.
    """
    edges, given = read_interactions(interactions), read_rates(rates)
    regulated = set(edges.target)
    for gene in sorted(regulated & set(given)):
        raise ValueError(f"gene {gene} has regulators in {interactions.name} and a rate in {rates.name}")
    for gene in sorted({*edges.regulator} - regulated - set(given)):
        raise ValueError(
            f"gene {gene} has neither regulators in {interactions.name} nor rates in {rates.name}"
        )
    genes = regulated | set(given)
    if max(genes) >= len(genes):
        lacking = min(set(range(len(genes))) - genes)
        raise ValueError(
            f"{interactions.name} and {rates.name} lack gene {lacking}; expected 0 to {max(genes)}"
        )
    circuit = GeneCircuit(
        tuple(f"G{gene}" for gene in range(len(genes))),
        np.array(edges.regulator, np.int64),
        np.array(edges.target, np.int64),
        np.array(edges.strength),
        np.array(edges.hill),
    )
    return circuit, np.array([given[int(gene)] for gene in circuit.masters])


def read_bifurcation(path: Path, types: int) -> Floats:
    """Read the migration rates from each cell type (row) to each other one, shape (B, B).

    Raises
    ------
    ValueError
        If it is not a `types` x `types` table of numbers of at least 0.
    """
    rows = []
    for where, cells in _rows(path, "\t"):
        row = _numbers(cells, where)
        if len(row) != types or min(row) < 0:
            raise ValueError(f"{where} must hold {types} migration rates of at least 0, one per cell type")
        rows.append(row)
    if len(rows) != types:
        raise ValueError(f"{path.name} has {len(rows)} rows; expected one per cell type, {types}")
    return np.array(rows)


def read_pairs(path: Path) -> list[tuple[int, int]]:
    """Read rows of regulator and target, without a header.

    Raises
    ------
    ValueError
        If a row is no pair of genes.
    """
    pairs = []
    for where, cells in _rows(path, ","):
        if len(cells) != 2:
            raise ValueError(f"{where} has {len(cells)} values; expected a regulator and a target")
        one, other = _numbers(cells, where)
        pairs.append((_gene(one, where), _gene(other, where)))
    return pairs


def read_dot(path: Path) -> SignedNetwork:
    """Read a network that GeneNetWeaver wrote; self-pairs and cycles are kept.

    Raises
    ------
    ValueError
        If a line is neither a gene nor a signed edge.
    """
    genes: dict[str, None] = {}
    edges: dict[tuple[str, str], int] = {}
    for number, line in enumerate(_lines(path), start=1):
        text, where = line.strip(), f"{path.name}, line {number}"
        if edge := _DOT_EDGE.fullmatch(text):
            source, target, sign = edge.groups()
            if sign not in _DOT_SIGNS:
                raise ValueError(f"{where} has the sign {sign!r}; expected one of {', '.join(_DOT_SIGNS)}")
            if (source, target) in edges:
                raise ValueError(f"{where} lists {source} -> {target} again; expected each edge once")
            edges[source, target] = _DOT_SIGNS[sign]
            genes |= dict.fromkeys((source, target))
        elif gene := _DOT_GENE.fullmatch(text):
            genes[gene.group(1)] = None
        elif not _DOT_FRAME.fullmatch(text):
            raise ValueError(f'{where} is {text!r}; expected "GENE"; or "GENE" -> "GENE" [value="+"];')
    if not edges:
        raise ValueError(f"{path.name} holds no edge; expected a network in GeneNetWeaver's .dot format")
    return SignedNetwork(tuple(sorted(genes)), tuple((*pair, sign) for pair, sign in edges.items()))


def _lines(path: Path) -> list[str]:
    """Return the lines of a text file."""
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not text (byte {error.start}); expected UTF-8") from error


def _rows(path: Path, delimiter: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the place and the cells of each row that is not blank."""
    empty = True
    for number, line in enumerate(_lines(path), start=1):
        if line.strip():
            yield f"{path.name}, line {number}", line.split(delimiter)
            empty = False
    if empty:
        raise ValueError(f"{path.name} is empty")


def _numbers(cells: Sequence[str], where: str) -> list[float]:
    """Return the cells as finite numbers."""
    numbers = []
    for cell in cells:
        try:
            number = float(cell)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(f"{where} holds {cell.strip()!r}; expected a number")
        numbers.append(number)
    return numbers


def _gene(number: float, where: str) -> int:
    """Return the number of a gene."""
    if number < 0 or not number.is_integer():
        raise ValueError(f"{where} names gene {number:g}; expected a whole number from 0")
    return int(number)
