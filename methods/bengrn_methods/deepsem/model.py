"""The networks of DeepSEM with one category (K = 1): encoder, decoder and prior."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bengrn_methods.deepsem.structure import Solver, apply
from bengrn_methods.deepsem.table import KNOTS, evaluate

__all__ = ["Networks", "Outcome", "forward"]


class Networks(nn.Module):
    """Three multilayer perceptrons with tanh; weights drawn Xavier-normal, biases 0.

    With one category, the probability of a cell's category is 1 whatever the network says: the original's
    network for it gets no gradient and is left out. Its value, 1, stays an input of encoder and prior.
    """

    def __init__(self, n_genes: int, hidden: int, draws: torch.Generator) -> None:
        """Draw the weights."""
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 2)
        )
        self.decoder = nn.Sequential(
            nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 1)
        )
        self.prior_mean = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, n_genes))
        self.prior_spread = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, n_genes))
        with torch.no_grad():
            for layer in self.modules():
                if isinstance(layer, nn.Linear):
                    n_out, n_in = layer.weight.shape
                    # the encoder's mean and log variance are two layers of one output each
                    n_out = 1 if layer is self.encoder[-1] else n_out
                    layer.weight.normal_(0.0, math.sqrt(2.0 / (n_in + n_out)), generator=draws)
                    layer.bias.zero_()

    def encode(self, x_N: Tensor) -> Tensor:
        """Return mean and log variance, shape (N, 2), of numbers (N,)."""
        result: Tensor = self.encoder(torch.stack((x_N, torch.ones_like(x_N)), dim=1))
        return result.to(x_N.dtype)

    def decode(self, z_N: Tensor) -> Tensor:
        """Return reconstructions, shape (N, 1), of numbers (N,)."""
        result: Tensor = self.decoder(z_N[:, None])
        return result.to(z_N.dtype)

    def prior(self) -> tuple[Tensor, Tensor]:
        """Return mean and log variance of the prior, each (1, G), before the structural equation."""
        one = next(self.parameters()).new_ones(1, 1)
        return self.prior_mean(one).to(one.dtype), self.prior_spread(one).to(one.dtype)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a pass gives: latent values, their distribution and prior, and the reconstruction; (B, G)."""

    z_BG: Tensor
    mean_BG: Tensor
    variance_BG: Tensor
    prior_mean_1G: Tensor
    prior_variance_1G: Tensor
    x_BG: Tensor


def forward(
    networks: Networks,
    x_BG: Tensor,
    noise_BG: Tensor,
    a_RG: Tensor,
    source_R: Tensor,
    solver: Solver,
    *,
    knots: int = KNOTS,
    mixed: bool = False,
) -> Outcome:
    """Encode cells, send them through the structural equation and back, decode them.

    Parameters
    ----------
    x_BG, noise_BG
        Standardised expression and standard-normal noise of B cells.
    a_RG, source_R
        The weights of the sources on the genes, and where the sources stand among the genes.
    solver
        z -> z (I - A)^-1.
    knots
        Of the tables for encoder and decoder; 0 evaluates them for every number.
    mixed
        Whether the networks run in bfloat16; the structural equation never does.
    """
    shape = x_BG.shape
    with torch.autocast(x_BG.device.type, torch.bfloat16, enabled=mixed):
        encoded_N2 = _evaluate(networks.encode, x_BG.reshape(-1), knots)
        prior_mean_1G, prior_spread_1G = networks.prior()
    # both mean and log variance are multiplied by I - A: so the original has it
    mean_BG = apply(encoded_N2[:, 0].reshape(shape), a_RG, source_R)
    variance_BG = torch.exp(apply(encoded_N2[:, 1].reshape(shape), a_RG, source_R))
    z_BG = mean_BG + noise_BG * torch.sqrt(variance_BG + 1e-10)
    solved_N = solver(z_BG).reshape(-1)
    with torch.autocast(x_BG.device.type, torch.bfloat16, enabled=mixed):
        decoded_N1 = _evaluate(networks.decode, solved_N, knots)
    return Outcome(
        z_BG=z_BG,
        mean_BG=mean_BG,
        variance_BG=variance_BG,
        prior_mean_1G=apply(prior_mean_1G, a_RG, source_R),
        prior_variance_1G=torch.exp(apply(prior_spread_1G, a_RG, source_R)),
        x_BG=decoded_N1.reshape(shape),
    )


def _evaluate(network: Callable[[Tensor], Tensor], x_N: Tensor, knots: int) -> Tensor:
    """Return network(x), from a table where there is one."""
    return evaluate(network, x_N, knots) if knots else network(x_N)
