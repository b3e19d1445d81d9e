"""The control for embedding: coordinates without any order."""

import anndata
import numpy as np
import pytest

from bengrn_methods.embed_controls import RandomEmbedding


def cells(names):
    adata = anndata.AnnData(np.ones((len(names), 2), np.float32))
    adata.obs_names = names
    return adata


def test_draws_are_normal_and_of_the_asked_width():
    values = RandomEmbedding(dimensions=20).embed(cells([f"c{n}" for n in range(500)]), seed=0).values
    assert values.shape == (500, 20)
    assert abs(values.mean()) < 0.05
    assert abs(values.std() - 1) < 0.05
    assert np.abs(np.corrcoef(values.T) - np.eye(20)).max() < 0.2


def test_a_cells_place_hangs_on_its_name_and_the_seed_alone():
    both, one = (RandomEmbedding().embed(cells(names), seed=3).values for names in (["a", "b"], ["b"]))
    np.testing.assert_array_equal(both[1], one[0])
    assert np.abs(both[0] - both[1]).max() > 0
    assert np.abs(RandomEmbedding().embed(cells(["b"]), seed=4).values - one).max() > 0


def test_no_dimensions_are_refused():
    with pytest.raises(ValueError, match="dimensions is 0"):
        RandomEmbedding(dimensions=0)
