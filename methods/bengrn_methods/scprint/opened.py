"""A model and the task's cells lined up with it, and what a record should know of both."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bengrn.plugin import note, track
from bengrn_methods.scprint.names import names_for

if TYPE_CHECKING:
    from anndata import AnnData

    from bengrn_methods.scprint.method import Scprint
    from scprint_model.checkpoint.pretrained import Pretrained
    from scprint_model.predict.cells import Cells

__all__ = ["Opened", "open_task", "progress"]

_DEPTH = "total_counts"
# classes and leaves of the published models: an untrained one has the same tokens
_CLASSES = {"cell_type": 424, "disease": 62, "assay": 26, "ethnicity": 21, "sex": 2, "organism": 2}


@dataclass(frozen=True, eq=False)
class Opened:
    """A model, the cells on the genes that it knows, and which of them are used."""

    pretrained: "Pretrained"
    cells: "Cells"
    chosen: npt.NDArray[np.int64]


def open_task(method: "Scprint", adata: "AnnData", seed: int, *, all_cells: bool = False) -> Opened:
    """Open the model that a method's settings name, and line up the cells.

    Raises
    ------
    ValueError
        In one line, if the model cannot be had, or the cells are none of its.
    """
    from scprint_model.checkpoint.hub import open_model
    from scprint_model.networks.select import choose_cells
    from scprint_model.predict.cells import line_up

    names = [str(name) for name in adata.var_names]
    given: dict[str, Any] = {"depth": _DEPTH if _DEPTH in adata.obs else None}
    if adata.n_obs == 0 or adata.n_vars == 0:
        raise ValueError(f"got {adata.n_obs} cells x {adata.n_vars} genes; expected some of both.")
    if method.untrained:
        pretrained, given["gene_names"] = _untrained(method, names, seed)
    else:
        pretrained = open_model(
            method.checkpoint, device=_device(method), attention=method.attention, download=False
        )
        given["organism"], given["gene_names"] = names_for(pretrained.vocabulary, names)
    cells = line_up(adata, pretrained.vocabulary, **given)
    chosen = choose_cells(cells, None if all_cells else method.max_cells)
    _say(method, pretrained, cells, len(chosen))
    return Opened(pretrained, cells, chosen)


def progress(items: Iterable[Any], label: str, total: int) -> Iterable[Any]:
    """Show how far a run is."""
    return track(items, label, total)


def _device(method: "Scprint") -> str:
    import torch

    if method.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if method.device == "cuda" and not torch.cuda.is_available():
        raise ValueError("device is 'cuda', but torch sees no GPU here; use auto or cpu.")
    return method.device


def _untrained(method: "Scprint", names: list[str], seed: int) -> tuple["Pretrained", list[str]]:
    """Make a model of the published geometry with random weights, and its names of the data's genes.

    Genes follow the order of their names: neither the order of the data nor its other genes move a gene's
    random token. It has no places on the genome.
    """
    import torch

    from scprint_model.checkpoint.pretrained import Pretrained
    from scprint_model.labels import LabelSpace
    from scprint_model.model import ScPrint
    from scprint_model.sizes import size
    from scprint_model.vocabulary import Vocabulary

    place = {name: number for number, name in enumerate(sorted(set(names)))}
    own = tuple(f"gene {number}" for number in range(len(place)))
    config = size(
        method.size,
        genes=len(own),
        classes=tuple(_CLASSES.items()),
        positions=False,
        freeze_genes=False,
        attention=method.attention,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = ScPrint(config).to(_device(method)).eval()
    labels = tuple(LabelSpace(name, tuple(map(str, range(count)))) for name, count in _CLASSES.items())
    vocabulary = Vocabulary(own, ("",) * len(own), ("none",) * len(own))
    return Pretrained(model, vocabulary, labels), [own[place[name]] for name in names]


def _coming_along(pretrained: "Pretrained") -> str:
    """Return what the model is that a table calls scprint where no checkpoint was named."""
    card = pretrained.card
    return (
        f"not the paper's, but the pilot model that comes along ({card['steps']:,} steps on "
        f"{card['corpus']['cells']['train']:,} cells)"
    )


def _say(method: "Scprint", pretrained: "Pretrained", cells: "Cells", used: int) -> None:
    """Put into the record which weights these were, and how much of the task the model knows."""
    if method.untrained:
        weights = f"no training, random weights of size {method.size}"
    else:
        from scprint_model.checkpoint.places import fingerprint

        which = Path(pretrained.report.source).name if method.checkpoint else _coming_along(pretrained)
        digest = fingerprint(method.checkpoint) or "unknown"
        weights = f"weights: {which} ({digest}, {pretrained.report.kind})"
        for line in pretrained.report.notes:
            note(f"{line}")
    note(
        f"{weights}; {len(cells.rows)} of {cells.total} genes in its vocabulary; "
        f"{used} of {len(cells)} cells used"
    )
