"""Cut a truth in two that share no regulator and no target."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bengrn.errors import TruthError
from bengrn.truths.summary import degrees
from bengrn.values import Truth

__all__ = ["Split", "split_truth"]


@dataclass(frozen=True)
class Split:
    """Two parts of a truth.

    Parameters
    ----------
    train, test
        Truths on disjoint genes: no gene of the one is regulator or target in the other.
    unused_edges
        Edges from a gene of one part to a gene of the other, which belong to neither.
    """

    train: Truth
    test: Truth
    unused_edges: int


def split_truth(truth: Truth, *, train: float = 0.5, seed: int = 0) -> Split:
    """Split a truth into a part to fit on and a part to score on, disjoint in regulators and in targets.

    Genes are dealt out, not edges: what is learnt of a gene in one part (that it is a hub, or popular) is
    worth nothing in the other. Regulators of similar out-degree are dealt out together, so that both parts
    hold their share of the edges. About train^2 + (1 - train)^2 of all edges end in a part: half of them at
    `train=0.5`.

    Parameters
    ----------
    truth
        At least two regulators with edges; each gene under one name (`name_truth`), or both parts could
        hold it under two.
    train
        Share of the genes of the first part, between 0 and 1.
    seed
        Decides which.

    Raises
    ------
    TruthError
        If `train` is no share, or a part is left without an edge.
    """
    if not 0 < train < 1:
        raise TruthError(f"The share of training genes is {train}; expected a number between 0 and 1.")
    generator = np.random.default_rng(seed)
    out_R = degrees(truth).out_R
    # regulators first, the largest first, so that neighbours in the order are alike; ties by name
    order = sorted(range(len(out_R)), key=lambda one: (-out_R[one], truth.regulators[one]))
    regulators = [truth.regulators[one] for one in order]
    rest = sorted(set(truth.targets).difference(regulators))
    first = {
        name
        for names in (regulators, rest)
        for name, chosen in zip(names, _deal(len(names), train, generator), strict=True)
        if chosen
    }
    parts = [_part(truth, first, inside=inside) for inside in (True, False)]
    found = [int(degrees(part).out_R.sum()) for part in parts]
    if not all(found):
        raise TruthError(
            f"A split of the truth has {found[0]} training and {found[1]} test edges; expected some in both. "
            "Use another seed or share, or a larger truth."
        )
    train_part, test_part = (
        replace(part, version=f"{truth.version}; {word} genes, share {share:g}, seed {seed}".lstrip("; "))
        for part, word, share in zip(parts, ("training", "test"), (train, 1 - train), strict=True)
    )
    return Split(train_part, test_part, int(out_R.sum()) - sum(found))


def _deal(count: int, share: float, generator: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Return which of the ordered things are chosen: of every few neighbours, their share, at random."""
    # systematic sampling: one draw decides all, and any run of neighbours gets its share to within one
    edges = np.floor(np.arange(count + 1) * share + generator.uniform())
    chosen = np.diff(edges) > 0
    # and neighbours swap places at random, so that the draw is not the same comb every time
    places = np.arange(count) + generator.uniform(0, 4, count)
    return np.asarray(chosen[np.argsort(np.argsort(places, kind="stable"), kind="stable")], dtype=np.bool_)


def _part(truth: Truth, first: set[str], *, inside: bool) -> Truth:
    """Return the truth on the genes that are in the first part, or on those that are not."""
    regulators = [name for name in truth.regulators if (name in first) == inside]
    targets = [name for name in truth.targets if (name in first) == inside]
    return truth.restrict(regulators, targets)
