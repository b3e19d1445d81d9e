"""The controls for denoising: doing nothing, and forgetting the cells."""

import anndata
import numpy as np
import pytest
from scipy import sparse

from bengrn_methods.denoise_controls import GeneMean, Identity

COUNTS = np.array([[1.0, 3.0], [0.0, 70_001.0], [0.0, 0.0]])


@pytest.mark.parametrize("stored", [np.asarray, np.asfortranarray, sparse.csr_array, sparse.csr_matrix])
def test_identity_returns_the_counts(stored):
    made = Identity().denoise(anndata.AnnData(stored(COUNTS)), seed=0)
    np.testing.assert_array_equal(made.values, COUNTS)
    assert made.scale == "counts"


def test_gene_mean_gives_every_cell_the_mean_of_all():
    made = GeneMean().denoise(anndata.AnnData(COUNTS), seed=0)
    np.testing.assert_allclose(made.values, [[1 / 3, 70_004 / 3]] * 3, rtol=1e-6)


@pytest.mark.parametrize("control", [Identity(), GeneMean()])
def test_negative_values_are_refused(control):
    with pytest.raises(ValueError, match="from -1 to 2; expected raw counts"):
        control.denoise(anndata.AnnData(np.array([[-1.0, 2.0]])), seed=0)
