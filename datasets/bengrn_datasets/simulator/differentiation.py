"""Cells that differentiate: unspliced and spliced RNA on the way from one steady state to the next.

With the production P and the noise of `steady_state` (Dibaeinia and Sinha 2020), decay rate l, splice
ratio r:

    du = (P - l u) dt + q  noise(P, l u)
    ds = (l u - l / r s) dt + q' noise(l u, l / r s)

Regulators act through unspliced RNA. Cells of a type begin around the steady state of its parent type
and are followed until all their genes have come near their own.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

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

__all__ = ["Dynamics", "simulate_differentiation"]

Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Dynamics:
    """Simulated cells of B types, those of a type following each other.

    Parameters
    ----------
    unspliced_CG, spliced_CG
        Shape (C, G), float32, not negative.
    type_C
        The cell's type, 0 to B - 1.
    step_C
        How many time steps ago the cell left its parent's steady state.
    settled_B
        After how many steps all genes of a type had been near their steady state.
    """

    unspliced_CG: Singles
    spliced_CG: Singles
    type_C: Integers
    step_C: Integers
    settled_B: Integers


def simulate_differentiation(
    circuit: GeneCircuit,
    rates_MB: npt.ArrayLike,
    bifurcation_BB: npt.ArrayLike,
    *,
    cells: int,
    decay: npt.ArrayLike = 0.8,
    noise: npt.ArrayLike = 0.2,
    noise_spliced: npt.ArrayLike = 0.07,
    splice_ratio: npt.ArrayLike = 4.0,
    noise_type: str = "dpd",
    sampling_state: int = 1,
    dt: float = 0.01,
    seed: int,
) -> Dynamics:
    """Simulate cells of B types that arise from each other, without technical noise.

    Parameters
    ----------
    circuit, rates_MB, cells, dt, seed
        As in `simulate_steady_state`.
    bifurcation_BB
        Row i, column j: the type j arises from i, and `cells` times this number of cells are followed
        (at least one); 0 where it does not. At most one parent each, no cycle.
    decay, noise, noise_spliced, splice_ratio
        One for all genes, or (G,): decay (that is, splicing) of unspliced RNA, the noise of both kinds,
        and the ratio of spliced to unspliced in the steady state. The defaults are those of the
        original's own run.
    noise_type
        "dpd", "sp" or "spd", for both kinds.
    sampling_state
        How much longer a type is followed once it has settled: all its cells together make so many
        times the steps that it took to settle. Cells are drawn without replacement from all moments of
        all followed cells.

    Raises
    ------
    ValueError
        On impossible input, and if a gene does not settle.

    Notes
    -----
    Where the original's code differs from its description, the code is followed: cells begin with a
    standard deviation of 1/20 of the level; a type without parent begins at its own steady state, with
    about 20 cells; steady states and half responses are computed from averages, not simulated; a gene
    has settled as soon as *one* cell's last ten steps average within 10 % (20 % below 1) of it, first
    in unspliced, then in spliced RNA; the first look is after `cells` steps; after that, the steps of
    each followed cell are counted, hence "together" above; spliced RNA has the same `dt`.
    One thing is not followed: there, the genes of a step are updated by number, so that some see the
    new level of a regulator; here all see the old one.
    """
    rates_MB = check_rates(circuit, rates_MB)
    cells = check_count("cells", cells)
    sampling_state = check_count("sampling_state", sampling_state)
    bifurcation_BB = _check_bifurcation(bifurcation_BB, rates_MB.shape[1])
    process = make_process(noise_type, dt, seed)
    splicing_G = per_gene(circuit, "decay", decay)
    noise_2G = np.stack(
        [
            per_gene(circuit, name, value, zero=True)
            for name, value in (("noise", noise), ("noise_spliced", noise_spliced))
        ]
    )
    plan = _Plan(
        circuit,
        rates_MB,
        _steady_levels(circuit, rates_MB, splicing_G),
        np.stack([splicing_G, splicing_G / per_gene(circuit, "splice_ratio", splice_ratio)]),
        noise_2G * math.sqrt(dt),
        process,
    )
    with ThreadPoolExecutor(workers()) as pool:
        parts = [
            pool.submit(plan.follow, cell_type, bifurcation_BB[:, cell_type], cells, sampling_state, seed)
            for cell_type in range(len(bifurcation_BB))
        ]
        kept, steps, settled = zip(*(part.result() for part in parts), strict=True)
    unspliced_CG, spliced_CG = np.ascontiguousarray(np.concatenate(kept).swapaxes(0, 1))
    types_C = np.repeat(np.arange(len(kept)), cells)
    return Dynamics(unspliced_CG, spliced_CG, types_C, np.concatenate(steps), np.array(settled))


def _check_bifurcation(bifurcation_BB: npt.ArrayLike, types: int) -> Floats:
    """Return the matrix, a forest."""
    given = np.asarray(bifurcation_BB, np.float64)
    if given.shape != (types, types):
        raise ValueError(
            f"the bifurcation matrix has the shape {given.shape}; expected ({types}, {types}), a row and a "
            "column for each cell type of the rates"
        )
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ValueError("the bifurcation matrix holds a negative or infinite number; expected rates >= 0")
    parents = (given > 0).sum(axis=0)
    if (parents > 1).any():
        child = int(np.argmax(parents))
        raise ValueError(
            f"the cell type {child} arises from {parents[child]} others; at most one can be its parent"
        )
    if np.linalg.matrix_power((given > 0).astype(np.int64), types).any():
        raise ValueError("the bifurcation matrix has a cycle of cell types; a type cannot arise from itself")
    return given


def _steady_levels(circuit: GeneCircuit, rates_MB: Floats, decay_G: Floats) -> Floats:
    """Return the levels (G, B) of unspliced RNA at which production and decay are equal."""
    base_GB = np.zeros((len(circuit.genes), rates_MB.shape[1]))
    base_GB[circuit.masters] = rates_MB
    steady_GB = np.zeros_like(base_GB)
    for genes in circuit.levels():
        production_NB = mean_production(circuit, genes, steady_GB, base_GB)
        steady_GB[genes] = production_NB / decay_G[genes, None]
    return steady_GB


def _beginning(
    steady_2GB: Floats, cell_type: int, parent_B: Floats, cells: int, rng: np.random.Generator
) -> Floats:
    """Return the levels (2, G, N) of the cells that are followed: around the steady state of the parent."""
    parent, followed = cell_type, int(max(1, rng.normal(20, 5)))
    if parent_B.any():
        parent = int(np.argmax(parent_B))
        followed = max(1, round(parent_B[parent] * cells))
    steady_2G1 = steady_2GB[..., parent, None]
    return np.maximum(rng.normal(steady_2G1, steady_2G1 / 20, (*steady_2GB.shape[:2], followed)), 0)


@dataclass(frozen=True, eq=False)
class _Plan:
    circuit: GeneCircuit
    rates_MB: Floats
    steady_GB: Floats  # of unspliced RNA
    decay_2G: Floats
    noise_2G: Floats  # times the root of dt
    process: Process

    def follow(
        self, cell_type: int, parent_B: Floats, cells: int, sampling_state: int, seed: int
    ) -> tuple[Singles, Integers, int]:
        """Simulate a type; return its cells (C, 2, G) in random order, their steps, when it settled."""
        from bengrn_datasets.simulator import paths

        single, rng = np.float32, np.random.default_rng([seed, cell_type])
        ratio_G = self.decay_2G[0] / self.decay_2G[1]
        steady_2GB = np.stack([self.steady_GB, self.steady_GB * ratio_G[:, None]])
        rate_G = np.zeros(len(self.circuit.genes), single)
        rate_G[self.circuit.masters] = self.rates_MB[:, cell_type]
        kinetics = paths.Kinetics(
            np.concatenate(self.circuit.levels()[::-1]),
            rate_G,
            self.decay_2G.astype(single),
            self.noise_2G.astype(single),
            steady_2GB[..., cell_type].astype(single),
        )
        edges = edges_by_target(self.circuit, np.arange(len(self.circuit.genes)), self.steady_GB)
        kept = paths.Kept(np.empty((cells, *self.noise_2G.shape), single), np.empty(cells, np.int64))
        x_2GN = _beginning(steady_2GB, cell_type, parent_B, cells, rng).astype(single)
        settled, gene = paths.follow(
            x_2GN, cell_type, sampling_state, kinetics, edges, self.process, self.process, kept
        )
        if not settled:
            raise ValueError(
                f"{self.circuit.genes[gene]} does not come near its steady state in cell type {cell_type}; "
                "lower the noise or dt"
            )
        order_C = rng.permutation(cells)  # the sample's slots are not: the first hold early moments
        return kept.x_C2G[order_C], kept.step_C[order_C], settled
