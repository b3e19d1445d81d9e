"""The gene sets that bengrn ships: targets of transcription factors by ChIP, markers of cell types."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from bengrn.gene_table import GeneTable, gene_table, shipped_lines
from bengrn.genes import orthologs

__all__ = [
    "ChipTargets",
    "chip_entries",
    "chip_targets",
    "hand_written",
    "marker_sets",
    "written_marker_sets",
]

Sets = Mapping[str, tuple[str, ...]]

# C7ORF55 for C7orf55: the library is in capitals
_READING_FRAME = re.compile(r"(C(?:\d+|X|Y))ORF(\d+)")


@dataclass(frozen=True)
class ChipTargets:
    """The ENCODE TF ChIP library under current symbols.

    Parameters
    ----------
    targets
        Factor to its targets in any cell, sorted, itself left out.
    entries
        Factor to the "FACTOR CELL" entries that were merged.
    unmapped
        Entry whose factor has no symbol, to the reason.
    """

    targets: Sets
    entries: Sets
    unmapped: Mapping[str, str]


def hand_written(table: str) -> list[tuple[str, ...]]:
    """Return the rows of a hand-written table in `bengrn/data`, without its two lines of comment."""
    text = resources.files("bengrn").joinpath("data", f"{table}.tsv").read_text(encoding="utf-8")
    return [tuple(line.split("\t")) for line in text.splitlines()[2:]]


@lru_cache(maxsize=1)
def chip_entries() -> Sets:
    """Return the 166 entries of the ENCODE TF ChIP library: "FACTOR CELL" to targets, under upstream's names.

    Source: ENCODE Project Consortium 2012, https://doi.org/10.1038/nature11247, as benGRN ships it (MIT).
    """
    rows = (line.split("\t") for line in shipped_lines("tf_chip", "human")[1])
    return MappingProxyType({name: tuple(targets.split("|")) for name, targets in rows})


@lru_cache(maxsize=2)
def chip_targets(organism: str = "human") -> ChipTargets:
    """Return the library's targets per factor, everything under current symbols.

    Factors that the library names otherwise are mapped by the table `tf_chip_names.tsv`, entries of one
    factor merged, targets without a symbol today left out.

    Parameters
    ----------
    organism
        "human", or "mouse": the library by orthologs of one name or one-to-one.
    """
    factors = {name: (symbol, reason) for name, symbol, reason in hand_written("tf_chip_names")}
    table, mouse = gene_table("human"), _mouse(organism)
    merged: dict[str, set[str]] = {}
    entries: dict[str, tuple[str, ...]] = {}
    unmapped: dict[str, str] = {}
    for entry, written in chip_entries().items():
        name = entry.split(" ")[0]
        symbol, reason = factors.get(name, (name, ""))
        if mouse is not None and symbol:
            symbol, reason = mouse.get(symbol, ""), f"{symbol} has no ortholog"
        if not symbol:
            unmapped[entry] = reason
            continue
        merged.setdefault(symbol, set()).update(_current(written, table, {}, mouse))
        entries[symbol] = (*entries.get(symbol, ()), entry)
    targets = {symbol: tuple(sorted(genes - {symbol})) for symbol, genes in sorted(merged.items())}
    return ChipTargets(MappingProxyType(targets), MappingProxyType(entries), MappingProxyType(unmapped))


@lru_cache(maxsize=2)
def marker_sets(organism: str = "human") -> Sets:
    """Return the 232 marker sets of cell types, "tissue: name" to current symbols; none may be left of some.

    Of several sets of a tissue with one name, the second is "tissue: name (2)". Markers in mouse spelling, CD
    numbers and names of proteins are mapped, by the table `marker_names.tsv` where others do not tell.
    Source: Ianevski et al. 2022, https://doi.org/10.1038/s41467-022-28803-w, as GRnnData ships it (MIT).

    Parameters
    ----------
    organism
        "human", or "mouse": the sets by orthologs of one name or one-to-one.
    """
    fixed = {
        name: tuple(filter(None, symbols.split("|"))) for name, symbols, _ in hand_written("marker_names")
    }
    table, mouse = gene_table("human"), _mouse(organism)
    sets = {}
    for line in shipped_lines("markers", "human")[1]:
        identity, _, markers = line.split("\t")
        sets[identity] = tuple(sorted(_current(markers.split("|"), table, fixed, mouse)))
    return MappingProxyType(sets)


def written_marker_sets() -> dict[str, list[str]]:
    """Return the marker sets as a reader of the original file gets them: name to markers as written.

    183 of the 232: the last set of a name has overwritten the others. Only the published numbers need this.
    """
    rows = (line.split("\t") for line in shipped_lines("markers", "human")[1])
    return {name: markers.split("|") for _, name, markers in rows}


def _mouse(organism: str) -> Mapping[str, str] | None:
    """Return human symbol to mouse symbol, if mouse is asked for."""
    gene_table(organism)  # refuses other organisms
    return orthologs(namesakes=True) if organism == "mouse" else None


def _current(
    written: Sequence[str],
    table: GeneTable,
    fixed: Mapping[str, tuple[str, ...]],
    mouse: Mapping[str, str] | None,
) -> set[str]:
    """Return the current symbols of names, of mouse where asked; names that are no gene's are left out."""
    found: set[str] = set()
    for name in map(str.strip, written):
        symbols = fixed.get(name) if name in fixed else _symbol(name, table)
        found.update(symbols or ())
    return found if mouse is None else {mouse[one] for one in found if one in mouse}


def _symbol(name: str, table: GeneTable) -> tuple[str, ...]:
    """Return the one current symbol of a name: as it is, in capitals, formerly, as an alias."""
    for candidate in (name, name.upper()):
        if candidate in table.genes:
            return (candidate,)
    frame = _READING_FRAME.fullmatch(name)
    if frame:
        name = f"{frame[1]}orf{frame[2]}"
    symbol, _ = table.find(name, aliases=True)
    return () if symbol is None else (symbol,)
