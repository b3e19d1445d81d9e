"""The genes of an organism, and how to find one by any of its names; read from the shipped tables."""

import lzma
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from typing import Literal

from bengrn.errors import DataError

__all__ = [
    "ENSEMBL_ID",
    "ORGANISMS",
    "Gene",
    "GeneTable",
    "Status",
    "gene_table",
    "has_table",
    "shipped_lines",
]

Status = Literal["current", "ensembl", "previous", "alias", "ambiguous", "lost"]

# organism -> how its Ensembl gene ids begin; its names are in bengrn/data/genes_ORGANISM.tsv.xz
ORGANISMS = {"human": "ENSG", "mouse": "ENSMUSG"}
ENSEMBL_ID = re.compile(r"(ENS[A-Z]{0,4}G)\d{11}(?:\.\d+)?(?:_PAR_Y)?", re.ASCII)


@dataclass(frozen=True)
class Gene:
    """One gene of a table; `ensembl[0]` is its main id: the one that HGNC gives it, if it gives one."""

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
    organism
        "human" or "mouse".
    version
        The sources of the names, with their releases.
    """

    genes: Mapping[str, Gene]
    by_ensembl: Mapping[str, str]
    by_previous: Mapping[str, tuple[str, ...]]
    organism: str = "human"
    version: str = ""

    @cached_property
    def by_alias(self) -> Mapping[str, tuple[str, ...]]:
        """An alias, that is no symbol or previous symbol of any gene, to the symbols it stands for."""
        found: dict[str, tuple[str, ...]] = {}
        for gene in self.genes.values():
            for alias in gene.aliases:
                if alias not in self.genes and alias not in self.by_previous:
                    found[alias] = (*found.get(alias, ()), gene.symbol)
        return found

    @cached_property
    def _by_folded(self) -> Mapping[str, str | None]:
        """A symbol in lower case to the symbol; None where several symbols differ in case alone."""
        found: dict[str, str | None] = {}
        for symbol in self.genes:
            folded = symbol.lower()
            found[folded] = None if folded in found else symbol
        return found

    def find(self, name: str, *, aliases: bool = False) -> tuple[str | None, Status]:
        """Return the current symbol of a name, and what the name is.

        A current symbol wins over a previous one, and that over an alias. The symbol is None where the
        name is "ambiguous" (it stood for several genes) or "lost" (nothing has it).
        """
        if name in self.genes:
            return name, "current"
        if ENSEMBL_ID.fullmatch(name):
            symbol = self.by_ensembl.get(without_version(name))
            return symbol, "lost" if symbol is None else "ensembl"
        owners = self.owners(name, aliases=aliases)
        if len(owners) != 1:
            return None, "ambiguous" if owners else "lost"
        return owners[0], "previous" if name in self.by_previous else "alias"

    def owners(self, name: str, *, aliases: bool = False) -> tuple[str, ...]:
        """Return the current symbols of the genes that had a name before, or have it as an alias."""
        return self.by_previous.get(name, ()) or (self.by_alias.get(name, ()) if aliases else ())

    def recased(self, name: str) -> str | None:
        """Return the one current symbol that equals a name but for case; None if there are none or several.

        Mouse symbols are written Trp53, but tools and truths often hold TRP53.
        """
        return name if name in self.genes else self._by_folded.get(name.lower())


def has_table(organism: str) -> bool:
    """Say whether there is a table of gene names of an organism."""
    return organism in ORGANISMS


@lru_cache(maxsize=4)
def gene_table(organism: str = "human") -> GeneTable:
    """Return the genes of an organism, "human" or "mouse"; read once.

    Raises
    ------
    DataError
        If there is no table of this organism.
    """
    version, lines = shipped_lines("genes", organism)
    genes = {}
    by_ensembl: dict[str, str] = {}
    by_previous: dict[str, tuple[str, ...]] = {}
    for line in lines:
        symbol, ids, previous, aliases, uniprot, group = line.split("\t")
        gene = Gene(symbol, _parts(ids), _parts(previous), _parts(aliases), _parts(uniprot), group)
        genes[symbol] = gene
        for one in gene.ensembl:
            by_ensembl[one] = symbol
        for old in gene.previous:
            by_previous[old] = (*by_previous.get(old, ()), symbol)
    return GeneTable(genes, by_ensembl, by_previous, organism, version)


def shipped_lines(what: str, organism: str) -> tuple[str, list[str]]:
    """Return the version and the lines of one of the shipped tables of an organism.

    Raises
    ------
    DataError
        If there is no table of this organism.
    """
    if organism not in ORGANISMS:
        known = ", ".join(ORGANISMS)
        raise DataError(f"There is no table of gene names for {organism!r}; there is one for {known}.")
    packed = resources.files("bengrn").joinpath("data", f"{what}_{organism}.tsv.xz").read_bytes()
    version, _columns, *lines = lzma.decompress(packed).decode().splitlines()
    return version.removeprefix("# "), lines


def without_version(ensembl: str) -> str:
    """Return an Ensembl id without its version, and without the mark of a copy on chromosome Y."""
    return ensembl.partition(".")[0].removesuffix("_PAR_Y")


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()
