"""Make a directed network acyclic, at the price of its least certain edges."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

__all__ = ["Acyclic", "break_cycles"]

Integers = npt.NDArray[np.int64]

_ROUNDS = 20


@dataclass(frozen=True, eq=False)
class Acyclic:
    """Which edges stay and which go, as positions in the list that was given, ascending."""

    kept: Integers
    removed: Integers


def break_cycles(
    source: Sequence[str], target: Sequence[str], evidence: Sequence[float] | None = None
) -> Acyclic:
    """Remove the weakest edge of each cycle until none is left.

    Parameters
    ----------
    source, target
        E names each. A self-pair is a cycle of its own; listing an edge twice is allowed.
    evidence
        E finite numbers, higher is more certain; None where all edges are equally certain.

    Returns
    -------
    Acyclic
        Edges that lie on no cycle are all kept. Put back into the kept ones, any removed edge would close
        a cycle in which no edge has less evidence. The order of the list does not matter.

    Raises
    ------
    ValueError
        If the lengths differ, or an evidence is not finite.

    Notes
    -----
    Within each strongly connected component edges are taken in from the highest evidence down, and left out
    where they would close a cycle. To lose few among equals, those that point forward in an order with few
    backward edges (Eades, Lin & Smyth 1993, Inf Process Lett 47:319, improved gene by gene) come first, then
    names decide. The smallest possible number of removals is NP-hard to find and not promised.
    """
    weight_E = np.ones(len(source)) if evidence is None else np.asarray(evidence, dtype=np.float64)
    if len({len(source), len(target), len(weight_E)}) > 1:
        raise ValueError(
            f"there are {len(source)} sources, {len(target)} targets and {len(weight_E)} evidences; "
            "expected one of each per edge"
        )
    if not np.isfinite(weight_E).all():
        raise ValueError("an edge's evidence is NaN or infinite; expected numbers")
    names = sorted({*source, *target})
    index = {name: position for position, name in enumerate(names)}
    source_E = np.fromiter((index[name] for name in source), np.int64, len(source))
    target_E = np.fromiter((index[name] for name in target), np.int64, len(target))
    component_G = _components(source_E, target_E, len(names))
    # only these can lie on a cycle
    inside_E = np.flatnonzero(component_G[source_E] == component_G[target_E])
    place_G = np.zeros(len(names))
    for gene, place in _forward_order(source_E[inside_E], target_E[inside_E]).items():
        place_G[gene] = place
    back_E = place_G[source_E] >= place_G[target_E]
    order = sorted(inside_E.tolist(), key=lambda e: (-weight_E[e], back_E[e], source_E[e], target_E[e]))
    removed = np.array(sorted(_closing(order, source_E, target_E, back_E)), dtype=np.int64)
    return Acyclic(np.setdiff1d(np.arange(len(source)), removed), removed)


def _components(source_E: Integers, target_E: Integers, n_genes: int) -> Integers:
    """Return the strongly connected component of each gene."""
    graph = sparse.coo_array((np.ones(len(source_E)), (source_E, target_E)), shape=(n_genes, n_genes))
    labels: Integers = csgraph.connected_components(graph, connection="strong")[1].astype(np.int64)
    return labels


def _closing(
    order: Sequence[int], source_E: Integers, target_E: Integers, back_E: npt.NDArray[np.bool_]
) -> Iterator[int]:
    """Yield the edges that close a cycle with those taken in before them."""
    targets: dict[int, list[int]] = {}
    all_forward = True
    for edge in order:
        source, target = int(source_E[edge]), int(target_E[edge])
        # edges that all follow one order cannot close a cycle
        safe = all_forward and not back_E[edge]
        if source == target or (not safe and _reaches(targets, target, source)):
            yield edge
        else:
            targets.setdefault(source, []).append(target)
            all_forward = safe


def _reaches(targets: Mapping[int, Sequence[int]], start: int, goal: int) -> bool:
    """Return whether a path leads from one gene to the other."""
    waiting, seen = [start], {start}
    while waiting:
        for following in targets.get(waiting.pop(), ()):
            if following == goal:
                return True
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return False


def _forward_order(source_E: Integers, target_E: Integers) -> Mapping[int, float]:
    """Return a place for each gene such that most edges lead from an earlier to a later place.

    The order of Eades, Lin & Smyth, then each gene in turn is moved to its best place until nothing improves.
    """
    ahead: dict[int, set[int]] = {}
    behind: dict[int, set[int]] = {}
    for source, target in zip(source_E.tolist(), target_E.tolist(), strict=True):
        if source != target:
            ahead.setdefault(source, set()).add(target)
            behind.setdefault(target, set()).add(source)
    place: dict[int, float] = dict(_greedy_order(ahead, behind))
    genes = sorted(place)
    for _ in range(_ROUNDS):
        moved = [_move(gene, place, ahead.get(gene, set()), behind.get(gene, set())) for gene in genes]
        if not any(moved):
            break
        # places stay far enough apart to be halved
        order = sorted(genes, key=lambda gene: (place[gene], gene))
        place = {gene: float(position) for position, gene in enumerate(order)}
    return place


def _move(gene: int, place: dict[int, float], ahead: set[int], behind: set[int]) -> bool:
    """Move a gene to where fewest of its edges point backward; return whether that is fewer than now."""
    # (place, what passing it costs): sources want to be passed, targets do not
    steps = sorted([(place[one], -1) for one in behind] + [(place[one], 1) for one in ahead])
    cost = best = len(behind)
    now = cost + sum(step for there, step in steps if there < place[gene])
    slot = steps[0][0] - 1
    for number, (there, step) in enumerate(steps):
        cost += step
        after = steps[number + 1][0] if number + 1 < len(steps) else there + 2
        if cost < best and there < after:
            best, slot = cost, (there + after) / 2
    if best >= now:
        return False
    place[gene] = slot
    return True


def _greedy_order(
    ahead: Mapping[int, set[int]], behind: Mapping[int, set[int]]
) -> Iterator[tuple[int, float]]:
    """Yield each gene and its place.

    Genes without open sources go to the front and genes without open targets to the end; where there is
    neither, the gene with the most targets beyond its sources goes to the front.
    """
    waiting_ahead = {gene: set(others) for gene, others in ahead.items()}
    waiting_behind = {gene: set(others) for gene, others in behind.items()}

    def rank(gene: int) -> tuple[int, int]:
        n_ahead, n_behind = len(waiting_ahead.get(gene, ())), len(waiting_behind.get(gene, ()))
        return (1, n_behind - n_ahead) if n_ahead and n_behind else (0, 0)

    heap = [(rank(gene), gene) for gene in {*ahead, *behind}]
    heapq.heapify(heap)
    done, front, end = set[int](), 0, 2 * len(heap)
    while heap:
        known, gene = heapq.heappop(heap)
        if gene in done or known != rank(gene):
            continue  # an older entry of the heap
        done.add(gene)
        if waiting_behind.get(gene) and not waiting_ahead.get(gene):
            yield gene, float(end)
            end -= 1
        else:
            yield gene, float(front)
            front += 1
        for other in {*waiting_ahead.pop(gene, ()), *waiting_behind.pop(gene, ())}:
            waiting_ahead.get(other, set()).discard(gene)
            waiting_behind.get(other, set()).discard(gene)
            heapq.heappush(heap, (rank(other), other))
