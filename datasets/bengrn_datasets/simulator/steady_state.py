"""Cells in a steady state: the stochastic equations of SERGIO.

For each gene, with production P, decay rate l and noise q (Dibaeinia and Sinha 2020, Cell Systems
11:252, doi:10.1016/j.cels.2020.08.003; clipped at zero after each step of Euler and Maruyama):

    dx = (P - l x) dt + q (root(P) dW1 + root(l x) dW2)       noise "dpd"

"sp" has the first noise term alone, "spd" one Wiener process in both. P is the given rate for master
regulators, else the sum over regulators of |K| x^n / (h^n + x^n), or |K| (1 - that) where K < 0; the half
response h is the regulator's mean level over all cell types.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bengrn.plugin import workers
from bengrn_datasets.simulator.arguments import Process, edges_by_target, make_process
from bengrn_datasets.simulator.inputs import (
    Floats,
    Integers,
    check_count,
    check_rates,
    mean_production,
    per_gene,
)
from bengrn_datasets.simulator.network import GeneCircuit

if TYPE_CHECKING:
    from bengrn_datasets.simulator.chains import Layer

__all__ = ["simulate_steady_state"]

Singles = npt.NDArray[np.float32]


def simulate_steady_state(
    circuit: GeneCircuit,
    rates_MB: npt.ArrayLike,
    *,
    cells: int,
    decay: npt.ArrayLike = 0.8,
    noise: npt.ArrayLike = 1.0,
    noise_type: str = "dpd",
    sampling_state: int = 15,
    dt: float = 0.01,
    seed: int,
) -> Singles:
    """Simulate cells of B types in their steady states, without technical noise.

    Parameters
    ----------
    circuit
        The network of G genes.
    rates_MB
        Shape (M, B), positive: the production rate of each master regulator (in the order of
        `circuit.masters`) in each cell type.
    cells
        Cells of each type.
    decay, noise
        Decay rates and noise amplitudes: one for all genes, or (G,).
    noise_type
        "dpd", "sp" or "spd", see the module.
    sampling_state
        Every chain (a gene in a type) makes `sampling_state x cells` steps; the cells are taken from
        as many random steps of them, the same for all genes.
    dt
        The time step.
    seed
        The only source of randomness. The result does not depend on the number of threads.

    Returns
    -------
    numpy.ndarray
        Shape (B x cells, G), float32, not negative; the cells of a type follow each other.

    Raises
    ------
    ValueError
        If a rate is not positive, a shape is wrong, or a setting is impossible.

    Notes
    -----
    As in the original, layers are simulated from the top; a layer starts at P / l with regulators at
    their means; means are taken over the sampled cells; cells may share a step (drawn with replacement).
    """
    rates_MB = check_rates(circuit, rates_MB)
    cells = check_count("cells", cells)
    steps = check_count("sampling_state", sampling_state) * cells
    process = make_process(noise_type, dt, seed)
    base_GB = np.zeros((len(circuit.genes), rates_MB.shape[1]))
    base_GB[circuit.masters] = rates_MB
    noise_G = per_gene(circuit, "noise", noise, zero=True) * math.sqrt(dt)
    plan = _Plan(circuit, base_GB, per_gene(circuit, "decay", decay), noise_G, process)
    cells_GBC = _simulate(plan, np.random.default_rng(seed).integers(0, steps, cells), steps)
    return cells_GBC.transpose(1, 2, 0).reshape(-1, len(circuit.genes))


@dataclass(frozen=True, eq=False)
class _Plan:
    circuit: GeneCircuit
    base_GB: Floats  # the rates of masters, zero elsewhere
    decay_G: Floats
    noise_G: Floats  # times the root of dt
    process: Process

    @cached_property
    def row(self) -> Integers:
        """Return (G,) where the levels of a regulator are kept for later layers; -1 for other genes."""
        row_G = np.full(len(self.circuit.genes), -1)
        regulators = np.unique(self.circuit.regulator_E)
        row_G[regulators] = np.arange(len(regulators))
        return row_G

    def layer(self, genes: Integers, mean_GB: Floats) -> "Layer":
        """Return genes whose regulators have been simulated, for the kernel."""
        from bengrn_datasets.simulator.chains import Layer

        start_NB = mean_production(self.circuit, genes, mean_GB, self.base_GB) / self.decay_G[genes, None]
        return Layer(
            genes,
            self.row[genes],
            self.base_GB[genes].astype(np.float32),
            start_NB.astype(np.float32),
            self.decay_G[genes].astype(np.float32),
            self.noise_G[genes].astype(np.float32),
        )


def _simulate(plan: _Plan, step_C: Integers, steps: int) -> Singles:
    """Simulate layer after layer; return the cells (G, B, C)."""
    from bengrn_datasets.simulator import chains

    n_genes, types = plan.base_GB.shape
    blocks = -(-steps // chains.BLOCK)
    store = chains.Store(
        np.empty((plan.row.max() + 1, types, blocks * chains.BLOCK), np.float32),
        step_C,
        np.empty((n_genes, types, len(step_C)), np.float32),
    )
    mean_GB = np.zeros((n_genes, types))
    threads = workers()
    with ThreadPoolExecutor(threads) as pool:
        for genes in plan.circuit.levels():
            edges = edges_by_target(plan.circuit, plan.row, mean_GB)
            run = partial(
                chains.simulate_chains,
                layer=plan.layer(genes, mean_GB),
                edges=edges,
                process=plan.process,
                store=store,
            )
            last = len(genes) * types
            share = -(-last // (threads * chains.LANES)) * chains.LANES
            parts = [pool.submit(run, first, min(first + share, last)) for first in range(0, last, share)]
            for part in parts:
                part.result()
            mean_GB[genes] = store.cells_GBC[genes].mean(axis=2, dtype=np.float64)
    return store.cells_GBC
