"""DeepSEM beside the authors' own code, draw for draw; needs a checkout named by DEEPSEM_ORIGINAL."""

import os
import sys
import types

import numpy as np
import pytest
import torch

from bengrn_methods.deepsem.cells import Cells
from bengrn_methods.deepsem.method import DeepSEM
from bengrn_methods.deepsem.training import Member

N_CELLS, N_GENES = 100, 40


@pytest.fixture
def original(monkeypatch):
    """Return the authors' model class, on the CPU."""
    checkout = os.environ.get("DEEPSEM_ORIGINAL")
    if not checkout:
        pytest.skip("DEEPSEM_ORIGINAL does not name a checkout of HantaoShu/DeepSEM")
    monkeypatch.setattr(torch.Tensor, "cuda", lambda self: self)
    monkeypatch.setattr(torch.cuda, "FloatTensor", torch.FloatTensor)
    monkeypatch.setattr(sys, "path", [checkout, *sys.path])
    from src.Model import VAE_EAD

    return VAE_EAD


def layers(network):
    return [layer for layer in network if isinstance(layer, torch.nn.Linear)]


def copy_start(member, model):
    """Give the authors' model the first weights of ours; its mean and log variance are two layers."""
    theirs, ours = model.inference.inference_qzyx, layers(member.networks.encoder)
    pairs = list(zip(ours[:2], layers(theirs), strict=True))
    pairs += zip(layers(member.networks.decoder), layers(model.generative.generative_pxz), strict=True)
    pairs += zip(layers(member.networks.prior_mean), layers(model.generative.y_mu), strict=True)
    pairs += zip(layers(member.networks.prior_spread), layers(model.generative.y_var), strict=True)
    with torch.no_grad():
        for own, other in pairs:
            other.weight.copy_(own.weight)
        for row, other in enumerate((theirs[-1].mu, theirs[-1].var)):
            other.weight.copy_(ours[2].weight[row : row + 1])


@pytest.mark.parametrize("curves", ["exact", "table"])
def test_the_authors_code_gives_the_same_weights_for_the_same_draws(original, monkeypatch, curves):
    rng = np.random.default_rng(0)
    x_CG = rng.standard_normal((N_CELLS, N_GENES)).astype(np.float32)
    everyone = np.arange(N_GENES)
    cells = Cells(x_CG, rng.random(x_CG.shape) < 0.5, everyone, everyone)
    settings = DeepSEM(hidden=16, epochs=9, curves=curves, device="cpu")
    member = Member(cells, settings, 3, "cpu")
    first_RG = member.a_RG.clone()
    model = original(first_RG.numpy().T.copy(), 1, 16, 1).float()
    copy_start(member, model)
    noise = torch.Generator().set_state(member.noise.get_state())
    order = torch.Generator().set_state(member.draws.get_state())
    member.train(lambda: None)

    monkeypatch.setattr(torch, "randn_like", lambda like: torch.randn(like.shape, generator=noise))
    networks = torch.optim.RMSprop(model.parameters(), lr=1e-4)
    weights = torch.optim.RMSprop([model.adj_A], lr=2e-5)
    x_CG, counted_CG = torch.from_numpy(cells.x_CG), torch.from_numpy(cells.counted_CG).float()
    for epoch in range(9):
        model.adj_A.requires_grad = epoch % 3 > 0
        for batch_B in torch.randperm(N_CELLS, generator=order).split(64):
            networks.zero_grad()
            value = model(x_CG[batch_B], counted_CG[batch_B], opt=types.SimpleNamespace(beta=0.01))[0]
            (value + model.adj_A.abs().mean()).backward()
            (weights if epoch % 3 else networks).step()

    moved = (member.a_RG - first_RG).abs().max()
    assert (model.adj_A.detach().T - member.a_RG.detach()).abs().max() < 0.02 * moved
