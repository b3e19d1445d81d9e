"""DeepSEM: the weights of a structural equation inside a variational autoencoder are the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

import numpy as np

from bengrn.plugin import Method, Network, hookimpl
from bengrn_methods._names import check_cells, positions
from bengrn_methods.deepsem.cells import Entries, Input, prepare

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["DeepSEM"]

_CHOICES = {
    "normalize": get_args(Input),
    "entries": get_args(Entries),
    "sources": ("all", "regulators"),
    "curves": ("table", "exact"),
    "device": ("auto", "cpu", "cuda"),
    "precision": ("full", "mixed"),
}


@dataclass(frozen=True, kw_only=True)
class DeepSEM:
    """Score a pair by the weight of the regulator on the target, averaged over several runs.

    Parameters
    ----------
    ensemble
        Runs with seeds of their own; the authors average 10.
    epochs
        Passes over the cells in each run; nothing stops a run early. The authors' command takes 120.
    decay
        By what the perceptrons' learning rate is multiplied after each epoch: 0.95 with the torch that the
        authors pin; 1 where their code runs on torch 1.4 or later, which reads its schedule otherwise.
    alpha, beta
        The weight in the loss of the size of the weights, and of the distance from the prior.
    normalize
        "log": log-normalised counts; "scaled": scaled to unit variance beforehand, as the scPRINT paper did.
    entries
        "nonzero": standardise and reconstruct the entries that are not 0; "all": all entries.
    clip
        The largest magnitude of a standardised value.
    sources
        Which genes may regulate in the model: all, as published, or the regulators asked for.
    signed
        Keep the signs of the weights, and average them with their signs.
    batch, hidden, rate, weight_rate
        Cells in a batch; units of a layer; learning rates of the perceptrons and of the weights.
    network_epochs, weight_epochs
        Epochs that the perceptrons, then the weights are trained before they change places again.
    curves
        "table": evaluate encoder and decoder on a table of 1,024 knots; "exact": for every number.
    device
        "auto" takes a GPU where there is one.
    precision
        "mixed": perceptrons in bfloat16, on a GPU only; the equation is always solved in float32.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.
    """

    name: ClassVar[str] = "deepsem"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "paper"
    source: ClassVar[str] = "Shu et al. 2021, https://doi.org/10.1038/s43588-021-00099-8"
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "author": {"decay": 0.95},
        "paper": {"ensemble": 1, "epochs": 50, "decay": 1.0, "normalize": "scaled", "signed": True},
        "non-specific": {"alpha": 100.0, "beta": 1.0, "epochs": 90, "entries": "all"},
    }

    expected_failures: ClassVar[Mapping[str, str]] = {
        "direction": "which way weights point hangs on seed and degrees, as in the original: docs/engines.md"
    }

    ensemble: int = 10
    epochs: int = 120
    decay: float = 1.0
    alpha: float = 1.0
    beta: float = 0.01
    normalize: Input = "log"
    entries: Entries = "nonzero"
    clip: float = 15.0
    sources: Literal["all", "regulators"] = "all"
    signed: bool = False
    batch: int = 64
    hidden: int = 128
    rate: float = 1e-4
    weight_rate: float = 2e-5
    network_epochs: int = 1
    weight_epochs: int = 2
    curves: Literal["table", "exact"] = "table"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["full", "mixed"] = "full"

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing."""
        for setting in ("ensemble", "epochs", "batch", "hidden", "weight_epochs"):
            if getattr(self, setting) < 1:
                raise ValueError(f"{setting} is {getattr(self, setting)}; expected 1 or more.")
        for setting in ("network_epochs", "alpha", "beta"):
            if getattr(self, setting) < 0:
                raise ValueError(f"{setting} is {getattr(self, setting)}; expected 0 or more.")
        for setting in ("rate", "weight_rate", "clip", "decay"):
            if not getattr(self, setting) > 0:
                raise ValueError(f"{setting} is {getattr(self, setting)}; expected more than 0.")
        for setting, choices in _CHOICES.items():
            if getattr(self, setting) not in choices:
                raise ValueError(f"{setting} is {getattr(self, setting)!r}; expected {' or '.join(choices)}.")

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return the mean |weight| of each regulator on each gene; a constant gene scores 0."""
        from bengrn_methods.deepsem.ensemble import train_ensemble

        check_cells(adata)
        genes = tuple(str(name) for name in adata.var_names)
        positions(genes, regulators)
        cells = prepare(
            adata,
            regulators if self.sources == "regulators" else None,
            values=self.normalize,
            entries=self.entries,
            clip=self.clip,
        )
        scores_RT = np.zeros((len(regulators), len(genes)), dtype=np.float32)
        place_R = cells.place_G[cells.source_R]
        if len(cells.place_G) > 1 and len(place_R):
            a_RG = train_ensemble(cells, self, seed)
            row_of = {genes[place]: row for row, place in enumerate(place_R)}
            for row, name in enumerate(regulators):
                if name in row_of:  # a regulator without variation is not
                    scores_RT[row, cells.place_G] = a_RG[row_of[name]]
        return Network(scores_RT, tuple(regulators), genes, signed=self.signed)


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer DeepSEM."""
    return [DeepSEM]
