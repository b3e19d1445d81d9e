"""What a model says of cells: where it puts them, and of which type they are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bengrn.plugin import CellLabels, Embedding, note
from bengrn_methods.scprint.opened import Opened, open_task, progress

if TYPE_CHECKING:
    from anndata import AnnData

    from bengrn_methods.scprint.method import Scprint
    from scprint_model.labels import LabelSpace

__all__ = ["classify_cells", "embed_cells"]

_CLASS = "cell_type"
_ONTOLOGY = "CL:"


def embed_cells(method: "Scprint", adata: "AnnData", seed: int) -> Embedding:
    """Return the mean of the class tokens that a method's settings name."""
    from scprint_model.predict.embed import embed

    opened = open_task(method, adata, seed, all_cells=True)
    tokens = [one.strip() for one in method.tokens.split(",")]
    found = embed(opened.pretrained, opened.cells, tokens=tokens, classes=(), **_given(method, opened, seed))
    note(f"{found.attention} attention, embedding of the tokens {', '.join(found.tokens)}")
    _repeat(found.notes)
    return Embedding(found.embedding, tuple(map(str, adata.obs_names)))


def classify_cells(method: "Scprint", train: "AnnData", adata: "AnnData", seed: int) -> CellLabels:
    """Return the model's cell types; of the training cells only the note on what it can reach makes use.

    An untrained model has no labels: it gives no answer.
    """
    from scprint_model.predict.embed import embed

    opened = open_task(method, adata, seed, all_cells=True)
    cells = tuple(map(str, adata.obs_names))
    if method.untrained:
        note("an untrained model has no labels to give")
        return CellLabels((None,) * len(cells), cells, reachable=())
    space = opened.pretrained.label_space(_CLASS)
    found = embed(
        opened.pretrained, opened.cells, classes=(_CLASS,), sure=method.sure, **_given(method, opened, seed)
    )
    _repeat(found.notes)
    _say_reach(space, train)
    terms = space.terms if method.sure > 0 else space.leaves
    reachable = tuple(term for term in terms if term.startswith(_ONTOLOGY))
    labels = tuple(term if term.startswith(_ONTOLOGY) else None for term in found.labels[0].terms)
    return CellLabels(labels, cells, reachable=reachable)


def _given(method: "Scprint", opened: Opened, seed: int) -> dict[str, Any]:
    """Return the arguments of both, and note which genes the cells are shown."""
    from scprint_model.predict.contexts import Context

    known = len(opened.cells.rows)
    if method.context < known:
        note(f"each cell was shown {method.context} random expressed genes of {known}")
    return {
        "context": Context(how="random expressed", size=method.context, seed=seed),
        "batch": method.batch,
        "precision": method.precision,
        "progress": progress,
    }


def _say_reach(space: "LabelSpace", train: "AnnData") -> None:
    """Put into the record how many types the model knows, and which of the training cells' are among them.

    A type is reached where the model names it, or knows it as a group of types that it names.
    """
    note(f"it names {len(space.leaves)} cell types, and knows {len(space.groups)} groups of them")
    if _CLASS not in train.obs:
        return
    asked = sorted({str(one) for one in train.obs[_CLASS].dropna()})
    reached = [one for one in asked if space.encode(one) >= 0]
    missed = [one for one in asked if space.encode(one) < 0]
    note(
        f"of the {len(asked)} labels of the training cells in its reach: {_listed(reached)}; "
        f"out of reach: {_listed(missed)}"
    )


def _listed(terms: Sequence[str]) -> str:
    return ", ".join(terms) or "none"


def _repeat(notes: Sequence[str]) -> None:
    for line in notes:
        note(f"{line}")
