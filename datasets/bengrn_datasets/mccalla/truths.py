"""McCalla et al.: who binds and who changes whom in embryonic stem, dendritic and yeast cells.

A truth is one list of the release: a regulator and its target a line, tab between, no header. A third
column, where a list has one, is the strength of evidence (a peak's score, a number of studies), no effect
size, and is left out. The pairs tested are all regulators of the list x all its names.
"""

import lzma
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

from bengrn.plugin import Remote, Truth, TruthSource, gene_table, hookimpl, pair_truth
from bengrn_datasets.mccalla.files import LISTS, ListFile, check_blob

__all__ = ["TRUTHS", "read_pairs"]

_CITATION = "McCalla et al. 2023, G3 13:jkad004 (doi:10.1093/g3journal/jkad004)"
_ORGANISM = {"mdc": "mouse"}
# the data used when none is named; there is none of yeast
_DATA = {"human": "mccalla-chen", "mouse": "mccalla-semrau", "mdc": "beeline-mdc", "yeast": ""}
_CELLS = {
    "human": "human embryonic stem cells",
    "mouse": "mouse embryonic stem cells",
    "mdc": "mouse dendritic cells",
    "yeast": "yeast",
}
_KINDS = {
    "full": "bound by ChIP and changed by perturbation",
    "chip": "bound by ChIP",
    "ko": "changed when the regulator is perturbed",
    "encode": "bound by ChIP, of ENCODE",
    "escape": "bound by ChIP, of ESCAPE",
    "logof": "changed by loss or gain of function of the regulator (LOGOF)",
    "nishiyama": "changed when the regulator is perturbed, of Nishiyama et al.",
    "lit": "reported in the literature",
    "hu": "changed by deletion of the regulator, of Hu et al.",
    "macisaac": "bound by ChIP, of MacIsaac et al.",
    "yeastract-c3": "in at least three studies of YEASTRACT",
    "yeastract-t2": "in at least two types of study of YEASTRACT",
}
_UNIONS = {
    "human": ("ENCODE and ESCAPE", "LOGOF and Nishiyama"),
    "mouse": ("ENCODE and ESCAPE", "LOGOF and Nishiyama"),
    "mdc": ("Garber et al.", "Parnas, Dixit and Chevrier"),
    "yeast": ("MacIsaac and the ChIP studies of YEASTRACT", "Hu and the perturbations of YEASTRACT"),
}
_ORTHOLOGUES = """\
Mostly mouse, in upper case: the notes of the source call every human list but ENCODE's mouse orthologues.
82.7 % of the pairs of `mccalla-human-full` are in `mccalla-mouse-full` and 95.2 % in `mccalla-mouse-ko`; of
`mccalla-human-ko`, 92.4 % are in `mccalla-mouse-ko`. Most others are mouse pairs too, their genes named
otherwise in human (Sfpi1 is SPI1), so leaving twins out would not leave human evidence: a score here is no
second species. `mccalla-human-encode`, a part of `mccalla-human-chip`, alone comes from human cells. Names
without a human gene remain (0610005C13RIK); the preset `human-symbols-only` leaves their pairs out: 691 of
12,986 in `mccalla-human-full`.
"""
_NATIVE = """\
The one list of human cells: the notes of the source call all others mouse orthologues (the one of the
literature with a question mark). It is a part of `mccalla-human-chip`.
"""
_DEFECTS = {
    ("human", "full"): """\
POU5F1, KLF4, TCF3, SOX2, NANOG and ESRRB hold 71.6 % of the pairs, and 19 are self-pairs.
""",
    ("mouse", "full"): """\
83 pairs have no perturbation behind them: every ChIP pair whose target's name holds "hit" (Fhit, Znhit1) is
in, an accident of text matching. 15 are self-pairs.
""",
    ("yeast", "macisaac"): "40 of its 4,153 lines repeat a pair.\n",
}


@dataclass(frozen=True, kw_only=True)
class _McCalla:
    """What all lists share."""

    list_file: ClassVar[ListFile]
    name: ClassVar[str]
    description: ClassVar[str]
    files: ClassVar[Mapping[str, Remote]]
    data: ClassVar[str]
    organism: ClassVar[str]
    licence: ClassVar[str] = "CC BY 4.0 (doi:10.5281/zenodo.5907528)"
    citation: ClassVar[str] = _CITATION

    def load(self, paths: Mapping[str, Path]) -> Truth:
        """Read the truth.

        Raises
        ------
        ValueError
            If the list is not the one declared, has other columns, or holds no edge.
        """
        mine = self.list_file
        if mine.shipped:
            packed = resources.files("bengrn_datasets.mccalla").joinpath("data", mine.shipped).read_bytes()
            content = lzma.decompress(packed)
        else:
            if mine.blob:
                check_blob(paths["pairs"], mine.blob)
            content = paths["pairs"].read_bytes()
        source, target = read_pairs(content, Path(mine.remote.path).name)
        tested = self._tested({*source, *target})
        pairs = [(one, other) for one, other in zip(source, target, strict=True) if {one, other} <= tested]
        return pair_truth(
            [one for one, _ in pairs],
            [other for _, other in pairs],
            regulators=sorted(tested.intersection(source)),
            targets=sorted(tested),
            organism=self.organism,
            version=mine.version,
            licence=self.licence,
            citation=self.citation,
            losses={"pairs with a name that is no human symbol": len(source) - len(pairs)},
        )

    def _tested(self, names: set[str]) -> set[str]:
        """Return the names that are kept: all."""
        return names


@dataclass(frozen=True, kw_only=True)
class _McCallaHuman(_McCalla):
    """A human list; its names may be restricted to human symbols."""

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {"human-symbols-only": {"symbols": "human"}}

    symbols: Literal["all", "human"] = "all"

    def _tested(self, names: set[str]) -> set[str]:
        """Return the names that are kept: all, or the human symbols, present and former."""
        if self.symbols == "all":
            return names
        table = gene_table("human")
        return {name for name in names if name in table.genes or name in table.by_previous}


def read_pairs(content: bytes, name: str) -> tuple[list[str], list[str]]:
    """Return the regulators and the targets of the N lines of a list.

    Parameters
    ----------
    content
        Lines of two or three columns, tabs between, without header.
    name
        Of the file, for the error.

    Raises
    ------
    ValueError
        If there is no line, or one has other columns or an empty name.
    """
    import pyarrow as pa
    from pyarrow import csv

    expected = "expected lines of regulator, tab, target, and at most one more column"
    if not content.strip():
        raise ValueError(f"{name} is empty; {expected}")
    columns = content.split(b"\n", 1)[0].count(b"\t") + 1
    if columns not in {2, 3}:
        raise ValueError(f"{name} begins with a line of {columns} columns; {expected}")
    try:
        table = csv.read_csv(
            pa.BufferReader(content),
            read_options=csv.ReadOptions(column_names=["source", "target", "evidence"][:columns]),
            parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
            convert_options=csv.ConvertOptions(column_types={"source": pa.string(), "target": pa.string()}),
        )
    except pa.ArrowInvalid as error:
        raise ValueError(f"{name}: {str(error).splitlines()[0]}; {expected}") from error
    source, target = ([one.strip() for one in table[column].to_pylist()] for column in ("source", "target"))
    if not all(source) or not all(target):
        raise ValueError(f"{name} has {source.count('') + target.count('')} empty names; {expected}")
    return source, target


def _card(one: ListFile) -> str:
    """Return what a reader must know of a list."""
    bound, changed = _UNIONS[one.cells]
    name = f"mccalla-{one.cells}"
    text = f"Pairs of {_CELLS[one.cells]}: {_KINDS[one.kind]}.\n\n"
    if one.kind == "full":
        text += f"The pairs of `{name}-chip` ({bound}) that are in `{name}-ko` too ({changed}). Shipped.\n"
    elif one.kind == "chip":
        text += f"A peak near the target, in {bound}. Bound is not regulated.\n"
    elif one.kind == "ko":
        text += f"In {changed}. Changed is not bound: effects through other genes are in.\n"
    text += _DEFECTS.get((one.cells, one.kind), "")
    if one.cells == "yeast":
        text += "Genes have their systematic names (YAL051W).\n"
    if one.cells != "human":
        return text
    settings = '"all" names of the list, or "human": only pairs of two human symbols, present or former.'
    origin = _NATIVE if one.kind == "encode" else _ORTHOLOGUES
    return f"{text}\n{origin}\nParameters\n----------\nsymbols\n    {settings}\n"


def _declare(one: ListFile) -> type[TruthSource]:
    """Return the truth of one list."""
    shipped = "; shipped" if one.shipped else ""
    is_mouse = one.cells == "human" and one.kind not in {"encode", "chip"}  # the union is mostly ENCODE's
    orthologues = ", mostly mouse orthologues" if is_mouse else ""
    body: dict[str, Any] = {
        "__doc__": _card(one),
        "__module__": __name__,
        "list_file": one,
        "name": f"mccalla-{one.cells}-{one.kind}",
        "description": f"{_CELLS[one.cells]}: {_KINDS[one.kind]}{orthologues}{shipped}",
        "files": {} if one.shipped else {"pairs": one.remote},
        "data": _DATA[one.cells],
        "organism": _ORGANISM.get(one.cells, one.cells),
    }
    words = ["McCalla", *body["name"].split("-")[1:]]
    parent = _McCallaHuman if one.cells == "human" else _McCalla
    made = type("".join(word.capitalize() if word != "McCalla" else word for word in words), (parent,), body)
    return cast("type[TruthSource]", dataclass(frozen=True, kw_only=True)(made))


TRUTHS: Mapping[str, type[TruthSource]] = {
    declared.name: declared for declared in (_declare(one) for one in LISTS)
}


@hookimpl
def bengrn_truths() -> "Sequence[type[TruthSource]]":
    """Offer every list."""
    return list(TRUTHS.values())
