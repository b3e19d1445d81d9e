"""From a listed network to one that can be simulated: cut out, made acyclic, given strengths and rates.

This is the strict recipe of the simulated benchmark. Every draw comes from a seed and from sorted names, so
that the order of a list changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from bengrn_datasets.simulator.acyclic import break_cycles
from bengrn_datasets.simulator.network import GeneCircuit

__all__ = ["SignedEdges", "collapse", "cut_out", "draw_circuit", "draw_rates", "without_cycles"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

STRENGTH = (1.0, 5.0)
HILL = 2.0
# production rates of a master regulator that is low, or high, in a cell type
LOW, HIGH = (0.2, 0.5), (0.7, 1.0)


@dataclass(frozen=True)
class SignedEdges:
    """E unique edges, sorted by name, and what became of the listed rows that are not among them.

    Parameters
    ----------
    source, target
        E names each.
    sign
        +1, -1, or 0 where it is unknown.
    evidence
        How often an edge is listed with a sign: the less, the weaker.
    losses
        Reason -> rows or edges left out so far; with the edges they add up to the listed rows.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    sign: tuple[int, ...]
    evidence: tuple[float, ...]
    losses: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of edges."""
        return len(self.source)

    def genes(self) -> list[str]:
        """Return all names, sorted."""
        return sorted({*self.source, *self.target})

    def keep(self, edges: Sequence[int], reason: str) -> "SignedEdges":
        """Return these edges only; the others are counted as lost for this reason."""
        kept = sorted(edges)
        lost = {reason: len(self) - len(kept)} if len(kept) < len(self) else {}
        return SignedEdges(
            tuple(self.source[edge] for edge in kept),
            tuple(self.target[edge] for edge in kept),
            tuple(self.sign[edge] for edge in kept),
            tuple(self.evidence[edge] for edge in kept),
            {**self.losses, **lost},
        )


def collapse(rows: Sequence[tuple[str, str, int]], losses: Mapping[str, int] | None = None) -> SignedEdges:
    """Return the unique edges of rows of source, target and sign; a contradiction leaves the sign unknown."""
    signs: dict[tuple[str, str], list[int]] = {}
    for source, target, sign in rows:
        signs.setdefault((source, target), []).append(sign)
    pairs = sorted(signs)
    known = [{sign for sign in signs[pair] if sign} for pair in pairs]
    before = len(rows) - len(pairs)
    return SignedEdges(
        tuple(source for source, _ in pairs),
        tuple(target for _, target in pairs),
        tuple(next(iter(one)) if len(one) == 1 else 0 for one in known),
        tuple(float(sum(1 for sign in signs[pair] if sign)) for pair in pairs),
        {**(losses or {}), **({"pairs listed before": before} if before else {})},
    )


def without_cycles(edges: SignedEdges) -> SignedEdges:
    """Return the edges without self-pairs and without the weakest edge of each cycle."""
    other = [edge for edge in range(len(edges)) if edges.source[edge] != edges.target[edge]]
    edges = edges.keep(other, "self-pairs, which cannot be simulated")
    kept = break_cycles(edges.source, edges.target, edges.evidence).kept
    return edges.keep(kept.tolist(), "edges removed to break cycles")


def cut_out(
    edges: SignedEdges, *, genes: int, regulators: int, max_regulators: int, seed: int
) -> SignedEdges:
    """Grow a connected subnetwork of an acyclic network, regulator by regulator.

    Parameters
    ----------
    edges
        Without cycles. Only its largest connected part is used.
    genes, regulators
        How many genes the result has, and how many of them have targets.
    max_regulators
        The most regulators that a target keeps; of more, those of least evidence go first, ties at random.
    seed
        Of all draws.

    Raises
    ------
    ValueError
        If the network cannot give that many of either, or cannot be kept connected.

    Notes
    -----
    The next regulator is drawn among those that touch the genes so far, in proportion to the genes it would
    add and one. Surplus genes are then drawn among those with the fewest regulators.
    """
    if not len(edges):
        raise ValueError("the network has no edge between two genes")
    rng = np.random.default_rng([seed, 1])
    names = edges.genes()
    index = {name: position for position, name in enumerate(names)}
    targets: dict[int, set[int]] = {}
    for source, target in zip(edges.source, edges.target, strict=True):
        targets.setdefault(index[source], set()).add(index[target])
    chosen = _grow(targets, _largest_part(edges, index), regulators, rng)
    present = _trim({regulator: targets[regulator] for regulator in chosen}, genes, rng)
    inside = [
        edge
        for edge, (source, target) in enumerate(zip(edges.source, edges.target, strict=True))
        if index[source] in chosen and index[source] in present and index[target] in present
    ]
    drawn = edges.keep(inside, "edges outside the subnetwork drawn")
    kept = _cap(drawn, max_regulators, rng)
    return drawn.keep(kept, f"edges beyond {max_regulators} regulators of a target")


def draw_circuit(
    edges: SignedEdges,
    seed: int,
    *,
    genes: Sequence[str] = (),
    strengths: Mapping[tuple[str, str], float] | None = None,
) -> GeneCircuit:
    """Draw a strength for each edge of an acyclic network, uniform in 1 to 5; an unknown sign activates.

    Parameters
    ----------
    edges
        Without cycles and self-pairs.
    seed
        Of the strengths.
    genes
        More genes, which may have no edge.
    strengths
        Signed strengths that are known already and replace the drawn ones.

    Raises
    ------
    ValueError
        If the network has a cycle or a self-pair.
    """
    names = tuple(sorted({*genes, *edges.genes()}))
    source_E, target_E = _positions(edges, {name: position for position, name in enumerate(names)})
    strength_E = np.random.default_rng([seed, 2]).uniform(*STRENGTH, len(edges))
    strength_E = np.where(np.array(edges.sign) < 0, -strength_E, strength_E)
    for edge, pair in enumerate(zip(edges.source, edges.target, strict=True)):
        strength_E[edge] = (strengths or {}).get(pair, strength_E[edge])
    return GeneCircuit(names, source_E, target_E, strength_E, np.full(len(edges), HILL))


def draw_rates(circuit: GeneCircuit, types: int, seed: int) -> Floats:
    """Draw the production rates of the master regulators, shape (M, B): low or high, by a fair coin each."""
    rng = np.random.default_rng([seed, 3])
    shape = (len(circuit.masters), types)
    is_high = rng.random(shape) < 0.5
    return np.where(is_high, rng.uniform(*HIGH, shape), rng.uniform(*LOW, shape))


def _parts(source_E: Integers, target_E: Integers) -> Integers:
    """Return the weakly connected part of each gene, genes without edges being their own."""
    n_genes = int(max(source_E.max(), target_E.max())) + 1
    graph = sparse.coo_array((np.ones(len(source_E)), (source_E, target_E)), shape=(n_genes, n_genes))
    labels: Integers = csgraph.connected_components(graph, directed=False)[1].astype(np.int64)
    return labels


def _is_whole(source_E: Integers, target_E: Integers) -> bool:
    """Return whether the genes with edges are in one piece."""
    return len(set(_parts(source_E, target_E)[source_E].tolist())) == 1


def _positions(edges: SignedEdges, index: Mapping[str, int]) -> tuple[Integers, Integers]:
    source_E = np.fromiter((index[name] for name in edges.source), np.int64, len(edges))
    return source_E, np.fromiter((index[name] for name in edges.target), np.int64, len(edges))


def _largest_part(edges: SignedEdges, index: Mapping[str, int]) -> set[int]:
    part_G = _parts(*_positions(edges, index))
    return set(np.flatnonzero(part_G == np.bincount(part_G).argmax()).tolist())


def _grow(
    targets: Mapping[int, set[int]], allowed: set[int], wanted: int, rng: np.random.Generator
) -> list[int]:
    """Return regulators, in the order drawn, that hold together through themselves and their targets."""
    waiting = sorted(allowed & set(targets))
    chosen: list[int] = []
    present: set[int] = set()
    while len(chosen) < wanted:
        near = [one for one in waiting if not chosen or one in present or targets[one] & present]
        if not near:
            raise ValueError(
                f"the network has only {len(chosen)} regulators in one piece; expected at least {wanted}: "
                "ask for fewer regulators"
            )
        weight = np.array([1.0 + len(({one} | targets[one]) - present) for one in near])
        regulator = near[int(rng.choice(len(near), p=weight / weight.sum()))]
        chosen.append(regulator)
        waiting.remove(regulator)
        present |= {regulator} | targets[regulator]
    return chosen


def _trim(targets: Mapping[int, set[int]], wanted: int, rng: np.random.Generator) -> set[int]:
    """Return the regulators and their targets without surplus genes; no regulator loses its last target."""
    present = set(targets).union(*targets.values())
    if len(present) < wanted:
        raise ValueError(
            f"{len(targets)} regulators reach only {len(present)} genes; expected at least {wanted}: "
            "ask for fewer genes or more regulators"
        )
    pairs = sorted((target, regulator) for regulator, own in targets.items() for target in own)
    target_E, source_E = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
    left, n_sources = np.bincount(source_E), np.bincount(target_E)
    surplus = np.array(sorted(present - set(targets)), np.int64)
    for gene in surplus[np.lexsort((rng.random(len(surplus)), n_sources[surplus]))].tolist():
        if len(present) == wanted:
            break
        own_E = target_E == gene
        if (left[source_E[own_E]] == 1).any() or not _is_whole(source_E[~own_E], target_E[~own_E]):
            continue
        left[source_E[own_E]] -= 1
        source_E, target_E = source_E[~own_E], target_E[~own_E]
        present.remove(gene)
    if len(present) > wanted:
        raise ValueError(
            f"{len(targets)} regulators cannot be held together by {wanted} genes, only by {len(present)} "
            "here; ask for more genes or fewer regulators"
        )
    return present


def _cap(edges: SignedEdges, most: int, rng: np.random.Generator) -> list[int]:
    """Return edges such that no target has more than `most`, the network is whole, no regulator is lost."""
    index = {name: position for position, name in enumerate(edges.genes())}
    source_E, target_E = _positions(edges, index)
    kept_E = np.ones(len(edges), dtype=bool)
    order = np.lexsort((rng.random(len(edges)), np.array(edges.evidence)))
    incoming, outgoing = np.bincount(target_E), np.bincount(source_E)
    for edge in order[incoming[target_E[order]] > most].tolist():
        source, target = source_E[edge], target_E[edge]
        if incoming[target] <= most or outgoing[source] == 1:
            continue
        kept_E[edge] = False
        if not _is_whole(source_E[kept_E], target_E[kept_E]):
            kept_E[edge] = True
            continue
        incoming[target] -= 1
        outgoing[source] -= 1
    if incoming.max() > most:
        raise ValueError(
            f"a target needs {incoming.max()} regulators to keep the network in one piece, "
            f"but max_regulators is {most}; raise it"
        )
    return np.flatnonzero(kept_E).tolist()
