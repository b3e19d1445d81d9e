"""How fast a step of DeepSEM is, beside the same step with an explicit inverse and exact curves.

Run with `pytest tests/benchmarks/test_deepsem_speed.py --benchmark-only`. All peers run in one process,
by turns, on one thread, and are measured in CPU time. The published formulation is written here from its
description: every number goes through the networks, I - A is inverted in every step, and gradients of
networks and weights are computed in every step, whichever of them is trained. Set DEEPSEM_ORIGINAL to a
checkout of the authors' repository to time their own code as well.
"""

import os
import statistics
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest
import torch

from bengrn_methods.deepsem.cells import Cells
from bengrn_methods.deepsem.losses import loss
from bengrn_methods.deepsem.method import DeepSEM
from bengrn_methods.deepsem.model import forward
from bengrn_methods.deepsem.training import Member

BATCHES, BATCH, ROUNDS = 2, 64, 5


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make_cells(n_genes):
    """Make standardised values of which six in ten are zeros below the mean."""
    rng = np.random.default_rng(0)
    x_CG = np.clip(rng.standard_normal((BATCHES * BATCH, n_genes)), -15, 15).astype(np.float32)
    counted_CG = rng.random(x_CG.shape) < 0.4
    x_CG[~counted_CG] = -0.7
    everyone = np.arange(n_genes)
    return Cells(x_CG, counted_CG, everyone, everyone)


class Inverting(Member):
    """A run that inverts I - A in every step; `whole` also computes all gradients in every step."""

    whole = False

    def epoch(self, *, of_weights):
        if not self.whole:
            return super().epoch(of_weights=of_weights)
        self.a_RG.requires_grad_(requires_grad=True)
        self.networks.requires_grad_(requires_grad=True)
        steps = self.weight_steps if of_weights else self.network_steps
        for batch_B in self._batches():
            self.weight_steps.zero_grad()
            self.network_steps.zero_grad()
            self._loss(batch_B, None).backward()
            steps.step()
        return 0.0

    def _loss(self, batch_B, solver):
        x_BG = self.x_CG[batch_B]
        noise_BG = torch.randn(x_BG.shape, generator=self.noise)
        eye_GG = torch.eye(len(self.a_RG))
        outcome = forward(
            self.networks,
            x_BG,
            noise_BG,
            self.a_RG,
            self.source_R,
            lambda z_BG: z_BG @ torch.linalg.inv(eye_GG - self.a_RG),
            knots=0 if self.whole else 1024,
        )
        return loss(x_BG, self.counted_CG[batch_B], outcome, self.a_RG, alpha=1.0, beta=0.01)


class InvertingWhole(Inverting):
    """The published formulation."""

    whole = True


def _original(cells):
    """Return an epoch of the authors' own model, moved to the CPU, or None without their code."""
    checkout = os.environ.get("DEEPSEM_ORIGINAL")
    if not checkout:
        return None
    torch.Tensor.cuda = torch.nn.Module.cuda = lambda self: self
    torch.cuda.FloatTensor = torch.FloatTensor
    sys.path.insert(0, str(Path(checkout)))
    from src.Model import VAE_EAD

    n_genes = cells.x_CG.shape[1]
    first = (1 / (n_genes - 1) + 2e-4 * np.random.default_rng(0).random((n_genes, n_genes))) * (
        1 - np.eye(n_genes)
    )
    model, settings = VAE_EAD(first, 1, 128, 1).float(), types.SimpleNamespace(beta=0.01)
    steps = {
        False: torch.optim.RMSprop(model.parameters(), 1e-4),
        True: torch.optim.RMSprop([model.adj_A], 2e-5),
    }
    x_CG, counted_CG = torch.from_numpy(cells.x_CG), torch.from_numpy(cells.counted_CG).float()

    def epoch(*, of_weights):
        model.adj_A.requires_grad = of_weights
        for batch_B in torch.randperm(len(x_CG)).split(BATCH):
            steps[False].zero_grad()
            value = model(x_CG[batch_B], counted_CG[batch_B], 1.0, settings)[0]
            (value + model.adj_A.abs().mean()).backward()
            steps[of_weights].step()

    return epoch


def _milliseconds(peers, *, of_weights):
    """Return the median CPU time of a step of each peer, over rounds by turns, the first not counted."""
    taken = {name: [] for name in peers}
    for _ in range(ROUNDS + 1):
        for name, epoch in peers.items():
            start = time.process_time()
            epoch(of_weights=of_weights)
            taken[name].append(1000 * (time.process_time() - start) / BATCHES)
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


@pytest.mark.parametrize("n_genes", [500, 1000])
def test_a_step_is_faster_by_a_solve_and_by_tables(benchmark, n_genes):
    cells, settings = make_cells(n_genes), DeepSEM(device="cpu")
    peers = {
        "solve, table": Member(cells, settings, 0, "cpu").epoch,
        "solve, exact": Member(cells, DeepSEM(device="cpu", curves="exact"), 0, "cpu").epoch,
        "inverse, table": Inverting(cells, settings, 0, "cpu").epoch,
        "published formulation": InvertingWhole(cells, settings, 0, "cpu").epoch,
        "the authors' code": _original(cells),
    }
    peers = {name: epoch for name, epoch in peers.items() if epoch}
    weights = _milliseconds(peers, of_weights=True)
    networks = _milliseconds(peers, of_weights=False)
    # two epochs in three train the weights
    steps = {name: (2 * weights[name] + networks[name]) / 3 for name in peers}
    benchmark.extra_info |= {"ms a step": steps, "of the weights": weights, "of the networks": networks}
    benchmark.pedantic(peers["solve, table"], kwargs={"of_weights": True}, rounds=ROUNDS)
    assert weights["inverse, table"] > 1.2 * weights["solve, table"]
    assert steps["published formulation"] > 5 * steps["solve, table"]
