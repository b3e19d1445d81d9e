"""What heads were learnt from is never scored: the two parts of a truth, and the refusal."""

from collections.abc import Sequence
from dataclasses import dataclass

from bengrn.errors import TruthError
from bengrn.heads.selection import HeadSelection
from bengrn.truths.split import split_truth
from bengrn.truths.summary import degrees
from bengrn.values import Truth

__all__ = [
    "Training",
    "plan_training",
    "refuse_other_species",
    "refuse_overlap",
    "refuse_training",
]


@dataclass(frozen=True, eq=False)
class Training:
    """A truth to select heads by, and one to score on: no gene is in both.

    Parameters
    ----------
    name
        Of the truth that is trained on.
    train, test
        The two truths.
    unused_edges
        Edges of the scored truth that are in neither, for they join a training and a test gene.
    """

    name: str
    train: Truth
    test: Truth
    unused_edges: int


def plan_training(
    truth: Truth,
    name: str,
    *,
    other: Truth | None = None,
    other_name: str = "",
    share: float = 0.5,
    seed: int = 0,
) -> Training:
    """Cut a truth into genes to select heads by and genes to score on.

    The scored part follows from the truth, the share and the seed alone: heads selected by the truth
    itself, by another truth, or not at all are scored on the same pairs.

    Parameters
    ----------
    truth, name
        What is to be scored, on the genes of the task.
    other, other_name
        Another truth to train on, named alike, of which the genes that are scored are left out: two
        truths of one species often hold the same edges.
    share
        Share of the truth's genes that is not scored.
    seed
        Decides which.

    Raises
    ------
    TruthError
        If a part is left without an edge, or the truths are of different species.
    """
    split = split_truth(truth, train=share, seed=seed)
    if other is None:
        return Training(name, split.train, split.test, split.unused_edges)
    refuse_other_species(truth, name, other, other_name)
    train = _without_genes(other, {*split.test.regulators, *split.test.targets})
    if not degrees(train).out_R.sum():
        raise TruthError(
            f"{other_name} has no edge between genes that are not scored on {name}; expected some to select "
            "heads by. Use another truth, or a larger share of training genes."
        )
    return Training(other_name, train, split.test, split.unused_edges)


def refuse_other_species(truth: Truth, name: str, other: Truth, other_name: str) -> None:
    """Refuse to select heads by a truth of another species than the one that is scored.

    Raises
    ------
    TruthError
        If both species are known, and differ.
    """
    if other.organism and truth.organism and other.organism != truth.organism:
        raise TruthError(
            f"{other_name} is a truth of {other.organism}, {name} of {truth.organism}; expected one species. "
            "Select heads by a truth of the same species."
        )


def refuse_overlap(selection: HeadSelection, truth: Truth) -> None:
    """Refuse to score a truth that holds any gene which the heads were selected on.

    Stricter than pairs alone: a hub that was trained on is known to be a hub in every other pair.

    Raises
    ------
    TruthError
        With the number of shared genes, and of candidate pairs that were trained on.
    """
    _refuse_shared(selection.regulators, selection.targets, selection.truth, truth)


def refuse_training(training: Training) -> None:
    """Refuse a plan whose scored truth holds a training gene: also where the network is an old one.

    Raises
    ------
    TruthError
        As `refuse_overlap`.
    """
    _refuse_shared(training.train.regulators, training.train.targets, training.name, training.test)


def _refuse_shared(regulators: Sequence[str], targets: Sequence[str], name: str, truth: Truth) -> None:
    """Refuse to score a truth on genes that were trained on, in whichever role."""
    shared = {*regulators, *targets}.intersection((*truth.regulators, *truth.targets))
    if not shared:
        return
    rows, columns = set(regulators).intersection(truth.regulators), set(targets).intersection(truth.targets)
    pairs = len(rows) * len(columns) - len(rows & columns)
    raise TruthError(
        f"The heads were selected on {len(shared)} of the genes to be scored, {min(shared)!r} first, and on "
        f"{pairs} of the pairs (training truth: {name}); expected none. Score genes that were "
        "held out."
    )


def _without_genes(truth: Truth, genes: set[str]) -> Truth:
    """Return the truth without these genes in either role."""
    return truth.restrict(
        [name for name in truth.regulators if name not in genes],
        [name for name in truth.targets if name not in genes],
    )
