"""A truth out of listed pairs: what is listed twice, what contradicts itself, what was tested."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.values import Truth

__all__ = ["pair_truth"]

Integers = npt.NDArray[np.int64]


def pair_truth(
    source: Sequence[str],
    target: Sequence[str],
    *,
    sign: Sequence[int] | None = None,
    effect: Sequence[float] | None = None,
    regulators: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
    organism: str = "human",
    id_kind: str = "symbol",
    directed: bool = True,
    version: str = "",
    licence: str = "",
    citation: str = "",
    losses: Mapping[str, int] | None = None,
) -> Truth:
    """Build a truth from N listed pairs.

    Parameters
    ----------
    source, target
        N names each: the source regulates the target. A pair that is listed again is one edge. Self-pairs
        stay in the edges, where nothing scores them, and are counted.
    sign
        N numbers: above 0 activates, below 0 represses, 0 unknown. Where the rows of a pair contradict each
        other, its sign is unknown.
    effect
        N finite effect sizes; of a pair listed several times, the one of largest magnitude stays.
    regulators, targets
        The genes tested; pairs with others are left out and counted. Default: the sources, sorted, and all
        names, sorted.
    organism, id_kind, directed, version, licence, citation
        As in `Truth`.
    losses
        What the reader has left out already; the counts of this function are added.

    Raises
    ------
    ValueError
        If the columns differ in length, an effect is not finite, or no edge between two different genes
        is left.
    """
    source_N, target_N = np.asarray(source, dtype=object), np.asarray(target, dtype=object)
    _check_lengths(source=source_N, target=target_N, sign=sign, effect=effect)
    if regulators is None:
        regulators = sorted(set(source_N))
    if targets is None:
        targets = sorted({*source_N, *target_N})
    row_N, column_N = _find(source_N, regulators), _find(target_N, targets)
    tested_N = (row_N >= 0) & (column_N >= 0)
    shape = (len(regulators), len(targets))
    place_N = (row_N * max(shape[1], 1) + column_N)[tested_N]
    place_E, edge_N = np.unique(place_N, return_inverse=True)
    row_E, column_E = np.divmod(place_E, max(shape[1], 1))
    same_E = np.asarray(regulators, dtype=object)[row_E] == np.asarray(targets, dtype=object)[column_E]
    _check_left(len(source_N), tested_N, same_E)
    counts = {
        "pairs outside the tested genes": int((~tested_N).sum()),
        "pairs listed before": len(place_N) - len(place_E),
        "self-pairs": int(same_E.sum()),
    }
    edges = sparse.csr_array((np.ones(len(place_E), bool), (row_E, column_E)), shape=shape)
    signs = effects = None
    if sign is not None:
        sign_E, counts["contradictory signs"] = _signs(
            np.asarray(sign, np.float64)[tested_N], edge_N, len(place_E)
        )
        signs = _stored(sign_E, row_E, column_E, shape)
    if effect is not None:
        effect_E = _largest(np.asarray(effect, np.float64)[tested_N], edge_N, len(place_E))
        effects = _stored(effect_E.astype(np.float32), row_E, column_E, shape)
    return Truth(
        edges=edges,
        regulators=tuple(regulators),
        targets=tuple(targets),
        sign=signs,
        effect=effects,
        organism=organism,
        id_kind=id_kind,
        directed=directed,
        version=version,
        licence=licence,
        citation=citation,
        losses=_added(losses or {}, counts),
    )


def _check_lengths(**columns: Sequence[object] | npt.NDArray[np.object_] | None) -> None:
    """Refuse columns of different lengths and effects that are not finite."""
    lengths = {name: len(column) for name, column in columns.items() if column is not None}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{count} {name}" for name, count in lengths.items())
        raise ValueError(f"the pairs have {said}; expected one of each per pair")
    for name in ("sign", "effect"):
        column = columns[name]
        if column is not None and not np.isfinite(np.asarray(column, np.float64)).all():
            raise ValueError(f"the {name} of a pair is NaN or infinite; expected numbers")


def _check_left(listed: int, tested_N: npt.NDArray[np.bool_], same_E: npt.NDArray[np.bool_]) -> None:
    """Refuse a list that leaves no edge between two different genes."""
    if len(same_E) and not same_E.all():
        return
    if not listed:
        raise ValueError("no pair is listed; expected at least one edge")
    if not tested_N.any():
        raise ValueError(f"none of the {listed} pairs is between tested genes; expected the same names")
    raise ValueError(
        f"all {len(same_E)} pairs are self-pairs, which are never scored; expected edges between two genes"
    )


def _find(names_N: npt.NDArray[np.object_], among: Sequence[str]) -> Integers:
    """Return where each name stands, -1 where it does not."""
    index = {name: position for position, name in enumerate(among)}
    return np.fromiter((index.get(name, -1) for name in names_N), np.int64, len(names_N))


def _signs(sign_N: npt.NDArray[np.float64], edge_N: Integers, edges: int) -> tuple[npt.NDArray[np.int8], int]:
    """Return the sign of each edge, 0 where unknown, and how many contradict themselves."""
    ups_E = np.bincount(edge_N[sign_N > 0], minlength=edges) > 0
    downs_E = np.bincount(edge_N[sign_N < 0], minlength=edges) > 0
    return ups_E.astype(np.int8) - downs_E.astype(np.int8), int((ups_E & downs_E).sum())


def _largest(effect_N: npt.NDArray[np.float64], edge_N: Integers, edges: int) -> npt.NDArray[np.float64]:
    """Return the effect of largest magnitude of each edge; of equal ones, the positive."""
    effect_E = np.zeros(edges)
    order = np.lexsort((effect_N, np.abs(effect_N)))
    effect_E[edge_N[order]] = effect_N[order]  # the last one written stays
    return effect_E


def _stored(
    value_E: npt.NDArray[np.int8] | npt.NDArray[np.float32],
    row_E: Integers,
    column_E: Integers,
    shape: tuple[int, int],
) -> sparse.csr_array:
    known_E = value_E != 0
    return sparse.csr_array((value_E[known_E], (row_E[known_E], column_E[known_E])), shape=shape)


def _added(before: Mapping[str, int], counts: Mapping[str, int]) -> dict[str, int]:
    """Return all losses above zero, equal reasons added."""
    reasons = dict.fromkeys([*before, *counts])
    total = {reason: before.get(reason, 0) + counts.get(reason, 0) for reason in reasons}
    return {reason: count for reason, count in total.items() if count}
