"""Mouse gene symbols that were written in capitals get their spelling back: TRP53 is Trp53."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bengrn.plugin import gene_table

__all__ = ["Respelled", "by_rule", "respell"]

# what a spreadsheet makes of Sept2, March2 or Marc2: no rule brings the gene back
DATE = re.compile(r"\d{1,2}-(?:SEP|MAR|DEC)")
# accessions and clones have no small letters: AW146020, C80913, LOC100861615, A630020A06
_CAPITALS = re.compile(r"[A-Z]{1,2}\d{5,6}|LOC\d+|[A-Z]\d{6}[A-Z]\d{2}")
_RIKEN = re.compile(r"(\w+)RIK(\d*)")
_MARKER = re.compile(r"(D\d+|H2-)([A-Z]+\w*)")  # D10Jhu81e, H2-Ke6


@dataclass(frozen=True)
class Respelled:
    """N names of mouse genes, as they are written today.

    Parameters
    ----------
    names
        In the order they were given; different names stay different.
    ruled
        How many the table of genes does not know, so that a rule spelt them.
    dates
        How many of those a spreadsheet has made dates: such a name is lost.
    """

    names: tuple[str, ...]
    ruled: int
    dates: int


def respell(names: Sequence[str]) -> Respelled:
    """Give upper-cased names of mouse genes their spelling back.

    A name is the current symbol that it equals but for case, or the gene that had such a symbol before; if
    neither, or several genes could be meant, or another of the names has that symbol, it is spelt by rule.
    """
    table = gene_table("mouse")
    previous: dict[str, set[str]] = {}
    for old, symbols in table.by_previous.items():
        previous.setdefault(old.upper(), set()).update(symbols)
    current = [table.recased(name) for name in names]
    former = [previous.get(name.upper(), set()) for name in names]
    found = [
        now or (next(iter(old)) if len(old) == 1 else None) for now, old in zip(current, former, strict=True)
    ]
    claims = Counter(found)
    known = [
        symbol if symbol is not None and (now or claims[symbol] == 1) else None
        for symbol, now in zip(found, current, strict=True)
    ]
    spelt = tuple(symbol or by_rule(name) for symbol, name in zip(known, names, strict=True))
    return Respelled(spelt, known.count(None), sum(DATE.fullmatch(name) is not None for name in names))


def by_rule(name: str) -> str:
    """Return a name as symbols of mouse genes are written: small letters but for the first.

    For names that no table knows: mostly older symbols (Hist1h1c, Aes), which older data use. Clones,
    accessions and markers have rules of their own (1110008L16Rik, AW146020, D10Jhu81e).
    """
    if _CAPITALS.fullmatch(name) or DATE.fullmatch(name):
        return name
    if riken := _RIKEN.fullmatch(name):
        return f"{riken[1]}Rik{riken[2]}"
    if marker := _MARKER.fullmatch(name):
        return marker[1] + marker[2].capitalize()
    return name.capitalize()
