"""RegDiffusion: the weights by which a network tells noise from expression, by its authors' package."""

import random
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, Literal
from unittest import mock

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Method, Network, hookimpl, log_normalized, track, workers
from bengrn_methods._canonical import canonical_cells, canonical_genes
from bengrn_methods._names import check_cells, positions

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["RegDiffusion"]

_GENES_PER_THREAD = 2000


@dataclass(frozen=True, kw_only=True)
class RegDiffusion:
    """Score a pair by the regulator's weight on the target in a network that predicts added noise.

    A plug-in over the package `regdiffusion`; its settings keep their names and defaults there. All genes
    are sources in the model, whichever regulators are asked for.

    Parameters
    ----------
    n_steps
        Steps of training, one batch of cells each.
    batch_size
        Cells drawn for a step, with replacement.
    T, start_noise, end_noise
        Steps of the diffusion, and the variance of the noise that the first and the last of them add.
    init_coef
        First value of every weight, in units of 1 / (genes - 1).
    lr_nn
        Learning rate of the network; that of the weights is 1 / (50 (genes - 1)).
    weight_decay_nn, weight_decay_adj, sparse_loss_coef, adj_dropout
        Penalties on the network and on the weights, and the share of weights left out in a step.
    memory_efficient
        The package's variant with about half the memory on a GPU.
    device
        "auto" takes a GPU where there is one.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.
    """

    name: ClassVar[str] = "regdiffusion"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "published"
    source: ClassVar[str] = "Zhu & Slonim 2024, https://doi.org/10.1089/cmb.2024.0607"
    extra: ClassVar[str] = "regdiffusion"

    n_steps: int = 1000
    batch_size: int = 128
    T: int = 5000
    start_noise: float = 0.0001
    end_noise: float = 0.02
    init_coef: float = 5.0
    lr_nn: float = 1e-3
    weight_decay_nn: float = 0.1
    weight_decay_adj: float = 0.01
    sparse_loss_coef: float = 0.25
    adj_dropout: float = 0.3
    memory_efficient: bool = False
    device: Literal["auto", "cpu", "cuda"] = "auto"

    def __post_init__(self) -> None:
        """Refuse settings that mean nothing."""
        for setting in ("n_steps", "batch_size", "T"):
            if getattr(self, setting) < 1:
                raise ValueError(f"{setting} is {getattr(self, setting)}; expected 1 or more.")
        if not 0 <= self.adj_dropout < 1:
            raise ValueError(f"adj_dropout is {self.adj_dropout}; expected at least 0 and below 1.")
        if self.device not in ("auto", "cpu", "cuda"):
            raise ValueError(f"device is {self.device!r}; expected auto, cpu or cuda.")

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return |weight| of each regulator on each gene; a constant gene scores 0."""
        check_cells(adata)
        genes = tuple(str(name) for name in adata.var_names)
        rows_R = positions(genes, regulators)
        place_G = canonical_genes(genes)
        x_CG = log_normalized(adata)[:, place_G]
        x_CG = x_CG[canonical_cells(x_CG)]
        cells_C, varies_G = _usable(x_CG)
        place_G = place_G[varies_G]
        weights_GG = np.zeros((len(genes), len(genes)), dtype=np.float32)
        if len(place_G) > 1:
            weights_GG[np.ix_(place_G, place_G)] = self._train(x_CG[cells_C][:, varies_G], seed)
        # by magnitude, as the package ranks: all weights start positive, and the sign tells nothing
        return Network(np.abs(weights_GG[rows_R]), tuple(regulators), genes)

    def _train(self, x_CG: npt.NDArray[np.float32], seed: int) -> npt.NDArray[np.float32]:
        """Return the weights (G, G) of the package's model, a row on a column."""
        import torch

        device = self.device
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        elif device == "cuda" and not torch.cuda.is_available():
            raise ValueError(
                "device is 'cuda', but torch finds no GPU; expected one. Set device=auto or cpu."
            )
        settings = asdict(self) | {"device": device}
        # the package adds the number of the step to the seed: neighbouring seeds would share their noise
        own_seed = int(np.random.SeedSequence(seed).generate_state(1)[0]) >> 1
        with _as_it_was(), tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            from regdiffusion import LightLogger, trainer

            warnings.filterwarnings("ignore", message="Batch size needs to be smaller")
            # threads that share small products wait for each other more than they work
            torch.set_num_threads(max(1, min(workers(), x_CG.shape[1] // _GENES_PER_THREAD)))
            logger = LightLogger(folder)  # else it makes a folder where one happens to stand
            run = trainer.RegDiffusionTrainer(x_CG, seed=own_seed, logger=logger, **settings)
            with mock.patch.object(trainer, "tqdm", _Steps):  # it has no quiet switch
                run.train()
            # not get_adj: its half precision makes ties
            weights_GG: npt.NDArray[np.float32] = run.model.get_adj_().detach().cpu().numpy()
        return weights_GG


class _Steps:
    """What the package calls as `tqdm`: progress of ours instead of a bar."""

    def __init__(self, steps: range) -> None:
        """Keep what there is to go through."""
        self._steps = steps

    def __enter__(self) -> "_Steps":
        """Begin."""
        return self

    def __exit__(self, *_error: object) -> None:
        """End; an error goes on its way."""

    def __iter__(self) -> Iterator[int]:
        """Go through the steps, and report each."""
        return track(self._steps, "steps", len(self._steps))

    def set_description(self, _text: str) -> None:
        """Say nothing."""


def _usable(x_CG: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which cells and genes the package takes: 0/0 in its scaling turns all weights to NaN.

    It scales each cell to [0, 1], then each gene to unit variance: a cell without range and a gene
    without variance have to go, and what is left must have both.
    """
    cells_C, genes_G = np.ones(len(x_CG), dtype=bool), x_CG.min(axis=0) != x_CG.max(axis=0)
    while cells_C.any() and genes_G.any():
        kept_CG = x_CG[cells_C][:, genes_G]
        low_C, high_C = kept_CG.min(axis=1, keepdims=True), kept_CG.max(axis=1, keepdims=True)
        ranges_C = (high_C > low_C)[:, 0]
        if ranges_C.all():
            varies_G = ((kept_CG - low_C) / (high_C - low_C)).std(axis=0) > 0
            if varies_G.all():
                return cells_C, genes_G
            genes_G[genes_G] = varies_G
        else:
            cells_C[cells_C] = ranges_C
    return cells_C, np.zeros_like(genes_G)


@contextmanager
def _as_it_was() -> Iterator[None]:
    """Put back what the package sets for the whole process: generators, threads, matrix precision."""
    import torch

    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - the package seeds this one
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    with torch.random.fork_rng():
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002
            torch.set_num_threads(threads)
            torch.set_float32_matmul_precision(precision)


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer RegDiffusion."""
    return [RegDiffusion]
