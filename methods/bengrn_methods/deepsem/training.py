"""Train one network of DeepSEM: epochs for the perceptrons and epochs for the weights take turns."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bengrn_methods.deepsem.cells import Cells
from bengrn_methods.deepsem.losses import loss
from bengrn_methods.deepsem.model import Networks, forward
from bengrn_methods.deepsem.structure import Solver, factorised, solve, start
from bengrn_methods.deepsem.table import KNOTS

if TYPE_CHECKING:
    from bengrn_methods.deepsem.method import DeepSEM

__all__ = ["Member"]


class Member:
    """One run of the ensemble: its weights, its optimisers and its random numbers.

    Parameters
    ----------
    cells
        What it learns from.
    settings
        The method's settings.
    seed
        Of all it draws.
    device
        "cpu" or "cuda".
    """

    def __init__(self, cells: Cells, settings: "DeepSEM", seed: int, device: str) -> None:
        """Draw the first weights."""
        self.settings = settings
        # drawn on the CPU, whatever the device: the same weights and batches for a seed
        self.draws = torch.Generator().manual_seed(seed)
        self.noise = torch.Generator(device).manual_seed(seed)
        self.x_CG = torch.from_numpy(cells.x_CG).to(device)
        self.counted_CG = torch.from_numpy(cells.counted_CG).to(device)
        self.source_R = torch.from_numpy(cells.source_R).to(device)
        n_genes = cells.x_CG.shape[1]
        self.a_RG = start(n_genes, torch.from_numpy(cells.source_R), self.draws).to(device)
        self.networks = Networks(n_genes, settings.hidden, self.draws).to(device)
        self.own = torch.arange(len(self.source_R), device=device)
        self.network_steps = torch.optim.RMSprop(self.networks.parameters(), lr=settings.rate)
        self.weight_steps = torch.optim.RMSprop([self.a_RG], lr=settings.weight_rate)

    def train(self, after_epoch: Callable[[], None]) -> npt.NDArray[np.float32]:
        """Return A after all epochs, shape (R, G); `after_epoch` is called after each.

        Raises
        ------
        ValueError
            If the loss is no longer finite.
        """
        settings = self.settings
        turn = settings.network_epochs + settings.weight_epochs
        for epoch in range(settings.epochs):
            try:
                value = self.epoch(of_weights=epoch % turn >= settings.network_epochs)
            except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
                value = float("nan")  # I - A is singular to the last bit
            if not np.isfinite(value):
                raise ValueError(
                    f"the loss is {value} in epoch {epoch + 1} of {settings.epochs}; expected it finite. "
                    "Lower rate or weight_rate, or choose another seed."
                )
            for group in self.network_steps.param_groups:
                group["lr"] *= settings.decay
            after_epoch()
        result: npt.NDArray[np.float32] = self.a_RG.detach().cpu().numpy()
        return result

    def epoch(self, *, of_weights: bool) -> float:
        """See every cell once, and return the mean loss of the batches."""
        self.a_RG.requires_grad_(of_weights)
        # the other half stands still: no gradient is computed for it
        self.networks.requires_grad_(not of_weights)
        solver = None if of_weights else factorised(self.a_RG, self.source_R)
        steps = self.weight_steps if of_weights else self.network_steps
        losses = []
        for batch_B in self._batches():
            steps.zero_grad()
            value = self._loss(batch_B, solver)
            value.backward()  # type: ignore[no-untyped-call]
            if self.a_RG.grad is not None:
                self.a_RG.grad[self.own, self.source_R] = 0.0  # no gene regulates itself
            steps.step()
            losses.append(value.detach())
        return float(torch.stack(losses).mean())

    def _batches(self) -> Iterator[Tensor]:
        """Yield the cells in a new order; the last batch may be smaller."""
        order_C = torch.randperm(len(self.x_CG), generator=self.draws).to(self.x_CG.device)
        yield from torch.split(order_C, self.settings.batch)

    def _loss(self, batch_B: Tensor, solver: Solver | None) -> Tensor:
        """Return the loss of a batch; without a solver, the equation is solved for A as it is."""
        x_BG = self.x_CG[batch_B]
        noise_BG = torch.randn(x_BG.shape, generator=self.noise, device=x_BG.device)
        outcome = forward(
            self.networks,
            x_BG,
            noise_BG,
            self.a_RG,
            self.source_R,
            solver or (lambda z_BG: solve(z_BG, self.a_RG, self.source_R)),
            knots=KNOTS if self.settings.curves == "table" else 0,
            mixed=self.settings.precision == "mixed",
        )
        return loss(
            x_BG,
            self.counted_CG[batch_B],
            outcome,
            self.a_RG,
            alpha=self.settings.alpha,
            beta=self.settings.beta,
        )
