"""What the embedding that a method returns must hold, and that it keeps cells of one type together."""

from typing import TYPE_CHECKING, Any

import numpy as np

from bengrn.conformance.calls import refuse_changes, refuse_print, refused_in_one_line
from bengrn.conformance.networks import SEED, CheckFailedError
from bengrn.embedding import Embedding
from bengrn.errors import EmbeddingError
from bengrn.planted_groups import PlantedGroups, planted_groups

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = [
    "check_cell_order",
    "check_difficult_genes",
    "check_embed",
    "check_embed_groups",
    "check_empty_input",
    "check_gene_order",
    "check_input_unmodified",
    "check_one_group",
    "check_seed",
    "check_silence",
]

# two ways to the same number may differ by rounding, not by more
_TOLERANCE = 1e-4
_NEIGHBOURS = 10
_ABOVE_CHANCE = 0.1  # about five deviations of the share of cells without any order


def _cells(method: Any, data: PlantedGroups) -> "AnnData":
    """Return what the method is shown: the types of cells only where it says that it uses them."""
    return data.cells(labels=bool(getattr(method, "uses_labels", False)))


def _embed(method: Any, data: PlantedGroups) -> Embedding:
    return _embed_cells(method, _cells(method, data))


def _embed_cells(method: Any, adata: "AnnData") -> Embedding:
    """Call the method; refuse what is no embedding of these cells."""
    try:
        found = method.embed(adata, seed=SEED)
    except EmbeddingError as error:
        raise CheckFailedError(str(error)) from error
    if not isinstance(found, Embedding):
        raise CheckFailedError(f"embed returned {type(found).__name__}; expected bengrn.plugin.Embedding")
    if list(found.cells) != list(adata.obs_names):
        same = sorted(found.cells) == sorted(adata.obs_names)
        seen = "are in another order" if same else f"are others ({len(found.cells)} of {adata.n_obs})"
        raise CheckFailedError(f"the cells {seen}; expected all those of adata, in its order")
    return found


def check_embed(method: Any) -> None:
    """Give finite coordinates for all cells of the data, in their order."""
    _embed(method, planted_groups())


def check_embed_groups(method: Any) -> None:
    """Cells are nearer to cells of their own type than chance has it."""
    data = planted_groups()
    values_CD = _embed(method, data).values.astype(np.float64)
    type_C = data.types
    squared_C = (values_CD**2).sum(axis=1)
    distance_CC = squared_C[:, None] + squared_C[None] - 2 * values_CD @ values_CD.T
    # nobody is its own neighbour; where distances are equal, chance decides, not the order of the cells
    distance_CC = distance_CC + np.random.default_rng(SEED).uniform(
        0, 1e-9 * max(float(squared_C.max()), 1e-12), distance_CC.shape
    )
    np.fill_diagonal(distance_CC, np.inf)
    near_CK = np.argsort(distance_CC, axis=1)[:, :_NEIGHBOURS]
    found = float((type_C[near_CK] == type_C[:, None]).mean())
    chance = float(sum((type_C == one).mean() ** 2 for one in set(type_C)))
    if not found > chance + _ABOVE_CHANCE:
        raise CheckFailedError(
            f"of the {_NEIGHBOURS} nearest cells {found:.0%} are of a cell's own planted type; expected over "
            f"{chance + _ABOVE_CHANCE:.0%}, chance is {chance:.0%}"
        )


def _same(first: Embedding, second: Embedding, what: str) -> None:
    """Refuse values of two calls that differ by more than rounding, cell by cell."""
    if first.values.shape != second.values.shape:
        raise CheckFailedError(
            f"{what}: {first.values.shape[1]} dimensions become {second.values.shape[1]}; expected the same"
        )
    row = {name: place for place, name in enumerate(second.cells)}
    order = [row[name] for name in first.cells]
    scale = max(float(np.abs(first.values).max(initial=0.0)), 1e-12)
    gap = float(np.abs(first.values - second.values[order]).max(initial=0.0)) / scale
    if gap > _TOLERANCE:
        raise CheckFailedError(f"{what}: values move by up to {gap:.1%} of the largest; expected none")


def check_gene_order(method: Any) -> None:
    """Permuting genes changes nothing."""
    data = planted_groups()
    _same(_embed(method, data), _embed(method, data.permuted(genes=True)), "permuting genes")


def check_cell_order(method: Any) -> None:
    """Permuting cells permutes the values and changes nothing else."""
    data = planted_groups()
    _same(_embed(method, data), _embed(method, data.permuted(genes=False)), "permuting cells")


def check_seed(method: Any) -> None:
    """Give the same values for the same seed."""
    data = planted_groups()
    _same(_embed(method, data), _embed(method, data), "the same seed twice")


def check_input_unmodified(method: Any) -> None:
    """Leave the data as they were."""
    adata = _cells(method, planted_groups())
    refuse_changes(lambda: _embed_cells(method, adata), "embed", adata=adata)


def check_silence(method: Any) -> None:
    """Nothing is printed, neither by Python nor below it."""
    adata = _cells(method, planted_groups())
    refuse_print(lambda: _embed_cells(method, adata), "embed")


def check_difficult_genes(method: Any) -> None:
    """Give finite values for a gene of zeros, a gene without variance, and a cell without counts."""
    _embed(method, planted_groups().with_difficulties())


def check_one_group(method: Any) -> None:
    """One batch and one type: coordinates, or a ValueError or BengrnError with one line."""
    adata = _cells(method, planted_groups().of_one_group())
    refused_in_one_line(lambda: _embed_cells(method, adata), "a single batch")


def check_empty_input(method: Any) -> None:
    """No cells: a ValueError or a BengrnError with one line, not an embedding and not a crash."""
    adata = _cells(method, planted_groups().without_cells())
    if not refused_in_one_line(lambda: method.embed(adata, seed=SEED), "no cells"):
        raise CheckFailedError("no cells gave an embedding; expected a ValueError with a clear line")
