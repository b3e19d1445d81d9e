"""Two parts of a truth that share no gene."""

import numpy as np
import pytest

from bengrn.errors import TruthError
from bengrn.truths.pairs import pair_truth
from bengrn.truths.split import split_truth
from bengrn.truths.summary import degrees


@pytest.fixture
def truth():
    generator = np.random.default_rng(0)
    genes = np.array([f"G{number:03d}" for number in range(200)])
    source = genes[(generator.pareto(1, 3000) * 5).astype(int) % 40]
    return pair_truth(source, genes[generator.integers(0, 200, 3000)], organism="simulated")


def _genes(truth):
    return {*truth.regulators, *truth.targets}


def test_no_gene_is_in_both_parts(truth):
    split = split_truth(truth, seed=1)
    assert not _genes(split.train) & _genes(split.test)


def test_every_gene_is_in_a_part_and_every_edge_is_accounted_for(truth):
    split = split_truth(truth, seed=1)
    assert _genes(split.train) | _genes(split.test) == _genes(truth)
    inside = sum(int(degrees(part).out_R.sum()) for part in (split.train, split.test))
    assert inside + split.unused_edges == int(degrees(truth).out_R.sum())


def test_the_same_seed_gives_the_same_split_and_another_another(truth):
    one, same, other = (split_truth(truth, seed=seed).train.regulators for seed in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_the_parts_have_their_share_of_the_regulators(truth, share):
    train = split_truth(truth, train=share, seed=3).train
    assert len(train.regulators) == pytest.approx(share * len(truth.regulators), abs=1)


def test_over_many_seeds_a_gene_is_as_often_in_the_first_part_as_its_share_says(truth):
    often = np.mean(
        [truth.regulators[0] in split_truth(truth, seed=seed).train.regulators for seed in range(300)]
    )
    assert often == pytest.approx(0.5, abs=0.1)


def test_a_truth_of_one_regulator_cannot_be_split():
    with pytest.raises(TruthError, match="expected some in both"):
        split_truth(pair_truth(["A", "A"], ["B", "C"], organism="simulated"))


@pytest.mark.parametrize("share", [0, 1, -0.1])
def test_a_share_that_is_none_is_refused(truth, share):
    with pytest.raises(TruthError, match="between 0 and 1"):
        split_truth(truth, train=share)
