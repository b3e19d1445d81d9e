"""Gene names: tell Ensembl ids from symbols and human from mouse, and bring all to current symbols."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bengrn.errors import DataError
from bengrn.gene_lists import Place, gene_places, orthologs, transcription_factors
from bengrn.gene_table import (
    ENSEMBL_ID,
    ORGANISMS,
    Gene,
    GeneTable,
    Status,
    gene_table,
    has_table,
    without_version,
)

__all__ = [
    "Gene",
    "GeneMap",
    "GeneTable",
    "Place",
    "Status",
    "current_symbol",
    "gene_places",
    "gene_table",
    "guess_organism",
    "has_table",
    "id_kind",
    "orthologs",
    "recased",
    "to_symbols",
    "transcription_factors",
]

Kind = Literal["symbol", "ensembl"]

_HAS_LETTER = re.compile(r"[A-Za-z]")
# of the names that tell the species; more than this of the other is no slip: both are meant
_MIXED = 0.1


@dataclass(frozen=True)
class GeneMap:
    """What became of N names.

    Parameters
    ----------
    names
        N names, as they were given.
    symbols
        N symbols, in the order of the names, each at most once; None where a name is given up. A name that
        no table knows stays as it is, because the truth may use it, unless it is an Ensembl id.
    statuses
        N words. A name is mapped as "current", "ensembl", "previous" or "alias", whichever it is;
        "ambiguous" if it is given up or left alone because it could be several genes, or because one gene
        has several of the names; "lost" if no table knows it.
    notes
        N reasons for the ambiguous and lost; empty for the others.
    kind
        What most names are.
    """

    names: tuple[str, ...]
    symbols: tuple[str | None, ...]
    statuses: tuple[Status, ...]
    notes: tuple[str, ...]
    kind: Kind

    @property
    def n_mapped(self) -> int:
        """Names recognised as a gene."""
        return len(self.names) - self.n_ambiguous - self.n_lost

    @property
    def n_ambiguous(self) -> int:
        """Names that could be several genes, or share a gene with another name."""
        return self.statuses.count("ambiguous")

    @property
    def n_lost(self) -> int:
        """Names that no table knows."""
        return self.statuses.count("lost")

    @property
    def ambiguous(self) -> dict[str, str]:
        """The ambiguous names, each with the reason."""
        return {name: note for name, _, status, note in self.table() if status == "ambiguous"}

    @property
    def lost(self) -> dict[str, str]:
        """The lost names, each with the reason."""
        return {name: note for name, _, status, note in self.table() if status == "lost"}

    def table(self) -> Iterator[tuple[str, str | None, Status, str]]:
        """Give N rows: name, symbol, status, note."""
        return zip(self.names, self.symbols, self.statuses, self.notes, strict=True)


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
    n_ensembl = sum(ENSEMBL_ID.fullmatch(name) is not None for name in names)
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


def guess_organism(names: Sequence[str]) -> Literal["human", "mouse"]:
    """Say whether gene names are those of human or mouse.

    Names tell that one of the two has and the other has not: not C2, which both use, nor a name that neither
    knows, nor a single letter (toys use them, and `a` is a mouse gene). Where none tells, or as many of the
    one as of the other, they are human. Mouse names written in capitals look human.

    Raises
    ------
    DataError
        If of the names that tell more than 10 % are human's, and more than 10 % mouse's.
    """
    different = dict.fromkeys(name for name in map(str, names) if len(name) > 1)
    not_human = [name for name in different if not _is_of(name, "human")]
    if not not_human:
        return "human"  # without a look at the table of mouse
    mouse = [name for name in not_human if _is_of(name, "mouse")]
    human = [name for name in different if _is_of(name, "human") and not _is_of(name, "mouse")]
    if min(len(mouse), len(human)) > _MIXED * (len(mouse) + len(human)):
        raise DataError(
            f"Of {len(different)} gene names, {len(human)} are human ({human[0]!r} first) and {len(mouse)} "
            f"are mouse ({mouse[0]!r} first); expected one species. Leave one out, or map it to the other."
        )
    return "mouse" if len(mouse) > len(human) else "human"


def _is_of(name: str, organism: str) -> bool:
    """Say whether a name is a symbol, a previous symbol or any Ensembl gene id of an organism."""
    ensembl = ENSEMBL_ID.fullmatch(name)
    if ensembl:
        return ensembl[1] == ORGANISMS[organism]
    table = gene_table(organism)
    return name in table.genes or name in table.by_previous


def current_symbol(name: str, organism: str = "human") -> str:
    """Return the current symbol of one name, whatever other names become it too; else the name itself.

    The rules are those of `to_symbols`, which gives up all names but one of a gene.
    """
    symbol, _ = gene_table(organism).find(name)
    return name if symbol is None else symbol


def recased(name: str, organism: str = "mouse") -> str | None:
    """Return the one current symbol that equals a name but for case: TRP53 is Trp53.

    None if there are none or several. A name in the right case stays.
    """
    return gene_table(organism).recased(name)


def to_symbols(names: Sequence[str], *, organism: str = "human", aliases: bool = False) -> GeneMap:
    """Bring gene names to current symbols.

    Ensembl ids (with or without version) become symbols. A current symbol stays. A previous symbol
    becomes the current one if it stood for one gene only; if it stood for several, it stays as it is.
    Where several names end at one symbol, the exact symbol wins, then the gene's main Ensembl id;
    otherwise all of them are given up.

    Parameters
    ----------
    names
        N names; Ensembl ids and symbols may be mixed.
    organism
        "human" or "mouse". Mouse symbols are case-sensitive; see `recased`.
    aliases
        Follow an alias too, where it belongs to one gene and is no symbol or previous symbol of another.
        Off by default: aliases are unofficial, and some are also in use for other things.

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
    symbols: list[str | None] = []
    statuses: list[Status] = []
    notes: list[str] = []
    for name in names:
        symbol, status = table.find(name, aliases=aliases)
        is_id = status == "lost" and ENSEMBL_ID.fullmatch(name) is not None
        symbols.append(symbol if symbol is not None or is_id else name)
        statuses.append(status)
        notes.append(_why_not(name, status, table, is_id=is_id, aliases=aliases))
    for symbol, positions in _shared(symbols).items():
        winner = _winner([(names[one], statuses[one]) for one in positions], table.genes.get(symbol))
        kept = "none is kept" if winner is None else f"{names[positions[winner]]} is kept"
        for place, one in enumerate(positions):
            if place != winner:
                symbols[one], statuses[one] = None, "ambiguous"
                notes[one] = f"one of {len(positions)} names of {symbol}; {kept}"
    return GeneMap(tuple(names), tuple(symbols), tuple(statuses), tuple(notes), kind)


def _why_not(name: str, status: Status, table: GeneTable, *, is_id: bool, aliases: bool) -> str:
    """Return why a name did not become a symbol; empty if it did."""
    if status == "ambiguous":
        return f"a name of {', '.join(table.owners(name, aliases=aliases))}"
    if status == "lost":
        what = (
            "id" if is_id else "symbol, previous symbol or alias" if aliases else "symbol or previous symbol"
        )
        return f"no {table.organism} gene has this {what}"
    return ""


def _shared(found: Sequence[str | None]) -> dict[str, list[int]]:
    """Return the symbols that several names ended at, with the positions of those names."""
    positions: dict[str, list[int]] = {}
    for position, symbol in enumerate(found):
        if symbol is not None:
            positions.setdefault(symbol, []).append(position)
    return {symbol: several for symbol, several in positions.items() if len(several) > 1}


def _winner(names: Sequence[tuple[str, Status]], gene: Gene | None) -> int | None:
    """Return which of several names of a gene keeps it: its symbol, its main id, or the only non-alias."""
    main = gene.ensembl[:1] if gene else ()
    exact = [place for place, (_, status) in enumerate(names) if status == "current"]
    by_id = [place for place, (name, _) in enumerate(names) if without_version(name) in main]
    official = [place for place, (_, status) in enumerate(names) if status != "alias"]
    for places in (exact, by_id, official):
        if len(places) == 1:
            return places[0]
    return None


def _check_species(names: Sequence[str], organism: str) -> None:
    """Refuse Ensembl ids of another species."""
    prefixes = Counter(found[1] for found in map(ENSEMBL_ID.fullmatch, names) if found)
    most = prefixes.most_common(1)[0][0]
    expected = ORGANISMS[organism]
    if most != expected:
        example = next(name for name in names if name.startswith(most))
        raise DataError(
            f"Gene ids such as {example!r} are not of the organism {organism!r} ({expected}…). "
            "Use data and a truth of one organism."
        )
