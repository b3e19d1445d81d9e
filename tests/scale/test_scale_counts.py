"""Counts to time on: like single cells, the same for the same size, and cut out of one's own."""

import numpy as np
import pytest

from bengrn.errors import DataError
from bengrn.scale.counts import cut_from, simulated_counts, task_of


def test_the_same_size_gives_the_same_counts():
    first, second = simulated_counts(30, 20), simulated_counts(30, 20)
    np.testing.assert_array_equal(first.X.toarray(), second.X.toarray())
    assert not np.array_equal(first.X.toarray(), simulated_counts(30, 20, seed=1).X.toarray())


def test_counts_have_the_zeros_and_the_spread_of_single_cells():
    adata = simulated_counts(600, 200)  # more than one block of cells
    x_CG = adata.X.toarray()
    assert adata.shape == (600, 200)
    assert np.array_equal(x_CG, np.rint(x_CG))
    assert 0.55 < (x_CG == 0).mean() < 0.8
    assert (x_CG.var(axis=0) > x_CG.mean(axis=0)).mean() > 0.8  # over a Poisson distribution's
    np.testing.assert_allclose(adata.obs["total_counts"], x_CG.sum(axis=1))


def test_a_task_is_kept_and_read_like_every_other(tmp_path):
    task = task_of(simulated_counts(30, 20), regulators=5)
    task.save(tmp_path / "task")
    again = type(task).load(tmp_path / "task")
    assert again.digest == task.digest
    assert again.truth.regulators == tuple(f"gene{number:05d}" for number in range(5))


def test_own_counts_are_cut_to_any_size(counts):
    cut = cut_from(counts, cell_type="A", layer="X", largest=(100, 40))
    small, large = cut(20, 10), cut(100, 40)
    assert (small.shape, large.shape) == ((20, 10), (100, 40))
    assert set(small.obs_names) < set(large.obs_names)
    assert set(small.var_names) < set(large.var_names)
    np.testing.assert_array_equal(small.X.toarray(), large[small.obs_names, small.var_names].X.toarray())
    assert (small.obs["total_counts"] > np.asarray(small.X.sum(axis=1)).ravel()).all()


@pytest.mark.parametrize(
    ("largest", "said"),
    [((111, 5), "--cells asks for 111, but the data have 110"), ((5, 61), "--genes asks for 61")],
)
def test_more_than_the_data_have_is_refused(counts, largest, said):
    with pytest.raises(DataError, match=said):
        cut_from(counts, cell_type="A", layer="X", largest=largest)
