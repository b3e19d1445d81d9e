"""Gene names: tell Ensembl ids from symbols, and bring both to current symbols."""

import lzma
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal

from bengrn.errors import DataError

__all__ = ["Gene", "GeneMap", "GeneTable", "gene_table", "id_kind", "to_symbols"]

Kind = Literal["symbol", "ensembl"]

# organism -> its table in bengrn/data, and how its Ensembl gene ids begin
_ORGANISMS = {"human": ("genes_human.tsv.xz", "ENSG")}
_ENSEMBL = re.compile(r"(ENS[A-Z]{0,4}G)\d{11}(?:\.\d+)?(?:_PAR_Y)?", re.ASCII)
_HAS_LETTER = re.compile(r"[A-Za-z]")


@dataclass(frozen=True)
class Gene:
    """One gene of a table; `ensembl[0]` is the id that the nomenclature committee gives it."""

    symbol: str
    ensembl: tuple[str, ...]
    previous: tuple[str, ...]
    aliases: tuple[str, ...]
    uniprot: tuple[str, ...]
    group: str


@dataclass(frozen=True)
class GeneTable:
    """The genes of one organism, and how to find them.

    Parameters
    ----------
    genes
        Current symbol to gene.
    by_ensembl
        Ensembl id, without version, to current symbol.
    by_previous
        A name no longer current to the current symbols it stood for.
    """

    genes: Mapping[str, Gene]
    by_ensembl: Mapping[str, str]
    by_previous: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class GeneMap:
    """What became of N names.

    Parameters
    ----------
    symbols
        N symbols, in the order of the names, each at most once; None where a name is given up.
    n_mapped
        Names recognised as a gene.
    n_ambiguous
        Names given up or left alone because they could be several genes, or one gene has several names.
    n_lost
        Names that no table knows. An Ensembl id is given up; any other name stays as it is, because the
        truth may use it.
    kind
        What most names are.
    """

    symbols: tuple[str | None, ...]
    n_mapped: int
    n_ambiguous: int
    n_lost: int
    kind: Kind


@lru_cache(maxsize=4)
def gene_table(organism: str = "human") -> GeneTable:
    """Return the genes of an organism; read once.

    Raises
    ------
    DataError
        If there is no table of this organism.
    """
    if organism not in _ORGANISMS:
        known = ", ".join(_ORGANISMS)
        raise DataError(f"There is no table of gene names for {organism!r}; there is one for {known}.")
    packed = resources.files("bengrn").joinpath("data", _ORGANISMS[organism][0]).read_bytes()
    lines = lzma.decompress(packed).decode().splitlines()
    genes = {}
    by_ensembl: dict[str, str] = {}
    by_previous: dict[str, tuple[str, ...]] = {}
    for line in lines[1:]:
        symbol, ids, previous, aliases, uniprot, group = line.split("\t")
        gene = Gene(symbol, _parts(ids), _parts(previous), _parts(aliases), _parts(uniprot), group)
        genes[symbol] = gene
        for one in gene.ensembl:
            by_ensembl[one] = symbol
        for old in gene.previous:
            by_previous[old] = (*by_previous.get(old, ()), symbol)
    return GeneTable(genes, by_ensembl, by_previous)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def id_kind(names: Sequence[str]) -> Kind:
    """Say whether names are Ensembl gene ids or symbols, by what most of them are.

    Versions (`ENSG00000141510.18`) do not matter, and ids of any species count.

    Raises
    ------
    DataError
        If there are no names, or most are neither (numbers, for example).
    """
    names = [str(name) for name in names]
    if not names:
        raise DataError("There are no gene names; expected symbols or Ensembl ids as var_names.")
    n_ensembl = sum(_ENSEMBL.fullmatch(name) is not None for name in names)
    if n_ensembl * 2 > len(names):
        return "ensembl"
    strange = [name for name in names if not _HAS_LETTER.search(name)]
    if len(names) - len(strange) - n_ensembl > len(names) / 2 or (n_ensembl and not strange):
        return "symbol"
    example = strange[0] if strange else names[0]
    raise DataError(
        f"Gene names such as {example!r} are neither symbols nor Ensembl ids ({len(strange)} of "
        f"{len(names)} hold no letter). Set var_names to symbols (TP53) or Ensembl ids (ENSG00000141510)."
    )


def to_symbols(names: Sequence[str], *, organism: str = "human") -> GeneMap:
    """Bring gene names to current symbols.

    Ensembl ids (with or without version) become symbols. A current symbol stays. A previous symbol
    becomes the current one if it stood for one gene only; if it stood for several, it stays as it is.
    Where several names end at one symbol, the exact symbol wins, then the gene's main Ensembl id;
    otherwise all of them are given up. Aliases are not followed: too many belong to several genes.

    Parameters
    ----------
    names
        N names; Ensembl ids and symbols may be mixed.
    organism
        "human".

    Raises
    ------
    DataError
        If most names are neither symbols nor Ensembl ids, or are ids of another species.
    """
    names = [str(name) for name in names]
    kind = id_kind(names)
    table = gene_table(organism)
    if kind == "ensembl":
        _check_species(names, organism)
    found: list[str | None] = []
    known: list[bool | None] = []  # None: could be several genes
    for name in names:
        symbol, is_known = _resolve(name, table)
        found.append(symbol)
        known.append(is_known)
    for positions in _shared(found).values():
        winner = _winner([names[one] for one in positions], table)
        for place, one in enumerate(positions):
            if place != winner:
                found[one], known[one] = None, None
    return GeneMap(tuple(found), known.count(True), known.count(None), known.count(False), kind)


def _resolve(name: str, table: GeneTable) -> tuple[str | None, bool | None]:
    """Return the symbol of a name, and whether it is known; None if it could be several genes."""
    if name in table.genes:
        return name, True
    if _ENSEMBL.fullmatch(name):
        symbol = table.by_ensembl.get(_without_version(name))
        return symbol, symbol is not None
    current = table.by_previous.get(name, ())
    if len(current) == 1:
        return current[0], True
    return name, None if current else False


def _without_version(name: str) -> str:
    return name.split(".", maxsplit=1)[0].removesuffix("_PAR_Y")


def _shared(found: Sequence[str | None]) -> dict[str, list[int]]:
    """Return the symbols that several names ended at, with the positions of those names."""
    positions: dict[str, list[int]] = {}
    for position, symbol in enumerate(found):
        if symbol is not None:
            positions.setdefault(symbol, []).append(position)
    return {symbol: several for symbol, several in positions.items() if len(several) > 1}


def _winner(names: Sequence[str], table: GeneTable) -> int | None:
    """Return which of several names of one gene keeps it: the exact symbol, then the main id."""
    symbol, _ = _resolve(names[0], table)
    gene = table.genes.get(str(symbol))
    exact = [place for place, name in enumerate(names) if name == symbol]
    main = [place for place, name in enumerate(names) if gene and _without_version(name) in gene.ensembl[:1]]
    for places in (exact, main):
        if len(places) == 1:
            return places[0]
    return None


def _check_species(names: Sequence[str], organism: str) -> None:
    """Refuse Ensembl ids of another species."""
    prefixes = Counter(found[1] for found in map(_ENSEMBL.fullmatch, names) if found)
    most = prefixes.most_common(1)[0][0]
    expected = _ORGANISMS[organism][1]
    if most != expected:
        example = next(name for name in names if name.startswith(most))
        raise DataError(
            f"Gene ids such as {example!r} are not of the organism {organism!r} ({expected}…). "
            "Use data and a truth of one organism."
        )
