"""The circuit that is simulated: a signed acyclic network with its strengths and Hill exponents."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

__all__ = ["GeneCircuit"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GeneCircuit:
    """A regulatory network that can be simulated: G genes, E edges, no cycle.

    Parameters
    ----------
    genes
        G unique names. Edges name genes by their position here.
    regulator_E, target_E
        Shape (E,). The regulator and the target of each edge: unique pairs, no self-loop, no cycle.
    strength_E
        Shape (E,), finite, not zero. The largest production rate that the edge can cause (the
        equations' K); negative where the regulator represses.
    hill_E
        Shape (E,), positive. The exponent of the edge's Hill function (cooperativity).

    Raises
    ------
    ValueError
        If anything above does not hold; of cycles, one is named.

    Notes
    -----
    A gene without regulators is a master regulator: its production rate is given, for each cell type.
    """

    genes: tuple[str, ...]
    regulator_E: Integers
    target_E: Integers
    strength_E: Floats
    hill_E: Floats

    def __post_init__(self) -> None:
        """Convert the arrays, and check everything."""
        object.__setattr__(self, "genes", tuple(str(gene) for gene in self.genes))
        for name, kind in (
            ("regulator_E", np.int64),
            ("target_E", np.int64),
            ("strength_E", np.float64),
            ("hill_E", np.float64),
        ):
            given = np.asarray(getattr(self, name))
            array_E = given.astype(kind)
            if kind is np.int64 and not np.array_equal(array_E, given):
                raise ValueError(f"{name} holds something else than whole numbers; give positions of genes")
            array_E.flags.writeable = False
            object.__setattr__(self, name, array_E)
        _check_shapes(self)
        _check_edges(self)
        if cycle := _find_cycle(len(self.genes), self.regulator_E, self.target_E):
            names = " -> ".join(self.genes[position] for position in cycle)
            raise ValueError(f"the network has a cycle, {names}; remove an edge of it: only acyclic ones run")

    @cached_property
    def masters(self) -> Integers:
        """Return the positions of the genes without regulators, ascending."""
        return np.setdiff1d(np.arange(len(self.genes)), self.target_E)

    def incoming(self) -> tuple[Integers, Integers]:
        """Return edges by target: those of gene g are `order[start[g]:start[g + 1]]`.

        Returns
        -------
        start, order
            Shapes (G + 1,) and (E,); the edges of a gene keep their order.
        """
        order_E = np.argsort(self.target_E, kind="stable")
        start = np.searchsorted(self.target_E[order_E], np.arange(len(self.genes) + 1))
        return start, order_E

    def levels(self) -> list[Integers]:
        """Return the positions of the genes of each layer; regulators come in earlier layers.

        A gene's layer is the longest path from it down to a gene without targets, as in the original:
        genes without targets are the last layer, even those that are masters.
        """
        height = _heights(len(self.genes), self.regulator_E, self.target_E)
        return [np.flatnonzero(height == level) for level in range(height.max(), -1, -1)]


def _check_shapes(circuit: GeneCircuit) -> None:
    genes = circuit.genes
    if not genes:
        raise ValueError("the network has no genes")
    if len(set(genes)) < len(genes):
        twice = next(gene for position, gene in enumerate(genes) if gene in genes[:position])
        raise ValueError(f"the gene {twice} is listed twice; names must be unique")
    shapes = [getattr(circuit, name).shape for name in ("regulator_E", "target_E", "strength_E", "hill_E")]
    if len(set(shapes)) > 1 or len(shapes[0]) != 1:
        raise ValueError(
            "regulator_E, target_E, strength_E and hill_E have the shapes "
            f"{', '.join(map(str, shapes))}; expected one number per edge in each"
        )


def _check_edges(circuit: GeneCircuit) -> None:
    genes, regulator_E, target_E = circuit.genes, circuit.regulator_E, circuit.target_E
    for name, position_E in (("regulator_E", regulator_E), ("target_E", target_E)):
        outside_E = (position_E < 0) | (position_E >= len(genes))
        if outside_E.any():
            found = position_E[outside_E][0]
            raise ValueError(f"{name} holds the position {found}, but there are {len(genes)} genes")
    for wrong_E, what in (
        (regulator_E == target_E, "is a self-loop; remove it"),
        (~np.isfinite(circuit.strength_E), "has a strength that is not finite"),
        (circuit.strength_E == 0, "has strength 0; remove it, or give it a sign and a size"),
        (~(np.isfinite(circuit.hill_E) & (circuit.hill_E > 0)), "has no positive Hill exponent"),
        (_repeated(regulator_E * len(genes) + target_E), "is listed twice; keep one of them"),
    ):
        if wrong_E.any():
            edge = int(np.argmax(wrong_E))
            pair = f"{genes[regulator_E[edge]]} -> {genes[target_E[edge]]}"
            raise ValueError(f"the edge {pair} {what}")


def _repeated(key_E: Integers) -> npt.NDArray[np.bool_]:
    first = np.unique(key_E, return_index=True)[1]
    repeated_E = np.ones(len(key_E), bool)
    repeated_E[first] = False
    return repeated_E


def _heights(n_genes: int, regulator_E: Integers, target_E: Integers) -> Integers:
    """Return for each gene its longest path down to a gene without targets; -1 above a cycle."""
    order_E = np.argsort(target_E, kind="stable")
    start = np.searchsorted(target_E[order_E], np.arange(n_genes + 1))
    open_edges = np.bincount(regulator_E, minlength=n_genes)
    height = np.full(n_genes, -1, np.int64)
    layer, level = np.flatnonzero(open_edges == 0), 0
    while len(layer):
        height[layer] = level
        edges = [order_E[start[gene] : start[gene + 1]] for gene in layer]
        above = regulator_E[np.concatenate(edges)]
        open_edges -= np.bincount(above, minlength=n_genes)
        candidates = np.unique(above)
        layer, level = candidates[open_edges[candidates] == 0], level + 1
    return height


def _find_cycle(n_genes: int, regulator_E: Integers, target_E: Integers) -> list[int]:
    """Return the genes of a cycle, the first one again at the end; nothing where there is none."""
    stuck = np.flatnonzero(_heights(n_genes, regulator_E, target_E) < 0)
    if not len(stuck):
        return []
    # a stuck gene has a stuck target, so that following those must come round
    inside_E = np.isin(regulator_E, stuck) & np.isin(target_E, stuck)
    following = dict(zip(regulator_E[inside_E].tolist(), target_E[inside_E].tolist(), strict=True))
    path = [int(stuck[0])]
    while (after := following[path[-1]]) not in path:
        path.append(after)
    return [*path[path.index(after) :], after]
