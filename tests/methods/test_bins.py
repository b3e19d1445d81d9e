"""States of expression: by hand, and Bayesian blocks as astropy and a loop over all partitions find them."""

import itertools

import numpy as np
import pytest

from bengrn_methods._bins import bin_genes


def codes(values, binning, bins=None):
    return bin_genes(np.array(values, float)[:, None], binning, bins).code_GC[0].tolist()


@pytest.mark.parametrize(
    ("values", "binning", "bins", "expected"),
    [
        ([1, 2, 3, 4, 5, 6], "equal-frequency", 3, [0, 0, 1, 1, 2, 2]),
        ([0, 0, 0, 0, 1, 2], "equal-frequency", 3, [0, 0, 0, 0, 1, 1]),  # zeros stay together
        ([6, 5, 4, 3, 2, 1], "equal-frequency", 2, [1, 1, 1, 0, 0, 0]),
        ([0, 1, 2, 10], "equal-width", 2, [0, 0, 0, 1]),
        ([0, 1, 10], "equal-width", 5, [0, 0, 1]),  # states that nothing is in are not counted
        ([7, 7, 7], "equal-frequency", 3, [0, 0, 0]),
        ([7, 7, 7], "equal-width", 3, [0, 0, 0]),
        ([7, 7, 7], "bayesian-blocks", None, [0, 0, 0]),
    ],
)
def test_states_match_hand_computation(values, binning, bins, expected):
    assert codes(values, binning, bins) == expected


def test_the_number_of_bins_is_the_cube_root_of_the_cells():
    assert max(codes(np.arange(1000), "equal-frequency")) == 9


def test_counts_are_those_of_the_states():
    binned = bin_genes(np.array([[0.0, 5], [0, 6], [3, 7], [4, 8]]), "equal-width", 2)
    assert binned.count_GB.tolist() == [[2, 2], [2, 2]]
    assert binned.log_N == pytest.approx([0, 0, np.log(2), np.log(3), np.log(4)])


def edges(values):
    """Where the blocks of some values begin and end."""
    unique = np.unique(values)
    code = dict(zip(values, codes(values, "bayesian-blocks"), strict=True))
    inner = [(a + b) / 2 for a, b in itertools.pairwise(unique) if code[a] != code[b]]
    return [unique[0], *inner, unique[-1]]


def test_blocks_are_those_of_astropy():
    # astropy 8.0.2, astropy.stats.bayesian_blocks with its defaults
    rng = np.random.default_rng(5)
    two = np.r_[rng.normal(0, 1, 60), rng.normal(6, 0.2, 40)].round(2)
    counts = rng.negative_binomial(1, 0.2, 80).astype(float)
    assert edges(two) == pytest.approx([-2.0, 1.615, 5.685, 6.27])
    assert edges(counts) == pytest.approx([0.0, 0.5, 9.0, 20.0])
    assert edges(np.arange(50) / 50) == pytest.approx([0.0, 0.98])


def _every_start(values):
    """Bayesian blocks as the formulas say, without leaving any start out."""
    unique, counts = np.unique(values, return_counts=True)
    n = len(unique)
    edge = np.r_[unique[0], (unique[1:] + unique[:-1]) / 2, unique[-1]]
    best, first = [0.0], []
    for end in range(1, n + 1):
        fits = []
        for start in range(end):
            held = counts[start:end].sum()
            fits.append(best[start] + held * np.log(held / (edge[end] - edge[start])))
        first.append(int(np.argmax(fits)))
        best.append(max(fits) - (4 - np.log(73.53 * 0.05 * end**-0.478)))
    starts, end = set(), n
    while end:
        end = first[end - 1]
        starts.add(end)
    code = np.cumsum([place in starts for place in range(n)]) - 1
    return code[np.searchsorted(unique, values)].tolist()


@pytest.mark.parametrize("seed", range(8))
def test_leaving_out_hopeless_starts_changes_no_block(seed):
    rng = np.random.default_rng(seed)
    level = rng.choice([0.0, 0.5, 3.0, 8.0], 120)
    values = np.where(rng.random(120) < 0.3, 0.0, level + rng.gamma(1.0, 0.3, 120))
    assert codes(values, "bayesian-blocks") == _every_start(values)


def test_too_many_states_are_refused():
    # rare and frequent values in turn: a block each
    values = np.repeat(np.arange(400.0), np.where(np.arange(400) % 2, 1, 100))
    with pytest.raises(ValueError, match="states of a gene in 20200 cells; expected at most 255"):
        codes(values, "bayesian-blocks")
