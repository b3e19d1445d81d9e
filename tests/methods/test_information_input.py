"""What the information methods and partial correlation make of input that is difficult or wrong."""

import anndata
import numpy as np
import pytest
from scipy import sparse

from bengrn.errors import BengrnError
from bengrn_methods.mutual_information import MutualInformation
from bengrn_methods.pidc import PIDC
from bengrn_methods.ppcor import PPCor

METHODS = [
    pytest.param(PIDC(), id="pidc"),
    pytest.param(PIDC(context="none"), id="puc"),
    pytest.param(PIDC(context="gaussian", binning="equal-width"), id="pidc-gaussian"),
    pytest.param(PPCor(), id="ppcor"),
    pytest.param(PPCor(correlation="spearman", shrinkage=0), id="ppcor-beeline"),
    pytest.param(MutualInformation(), id="mutual-information"),
    pytest.param(MutualInformation(context="clr"), id="clr"),
    pytest.param(MutualInformation(context="aracne"), id="aracne"),
]
NAMES = [f"g{gene:02d}" for gene in range(9)]

pytestmark = pytest.mark.parametrize("method", METHODS)


@pytest.fixture(autouse=True)
def one_worker(monkeypatch):
    monkeypatch.setenv("BENGRN_CPUS", "1")


@pytest.fixture
def counts():
    rng = np.random.default_rng(2)
    level_CG = np.exp(rng.normal(size=(60, 2)) @ rng.normal(size=(2, 9)))
    return rng.poisson(3 * level_CG).astype(np.float32)


def infer(method, x, regulators=tuple(NAMES)):
    adata = anndata.AnnData(x)
    adata.var_names = NAMES[: adata.n_vars]
    adata.obs["total_counts"] = np.full(adata.n_obs, 5000.0)
    return np.asarray(method.infer(adata, regulators=list(regulators), seed=0).scores)


def test_however_the_counts_are_stored_the_scores_are_equal(method, counts):
    expected = infer(method, sparse.csr_array(counts))
    assert expected.any()
    for x in (counts, np.asfortranarray(counts), sparse.csr_matrix(counts), sparse.csc_matrix(counts)):
        np.testing.assert_array_equal(infer(method, x), expected)


def test_a_constant_gene_scores_zero_as_regulator(method, counts):
    counts[:, 3] = 0
    counts[:, 6] = 4
    found = infer(method, counts)
    assert np.isfinite(found).all()
    assert not found[3].any()
    assert not found[6].any()


def test_zeros_only_score_zero(method, counts):
    assert not infer(method, np.zeros_like(counts)).any()


def test_a_single_cell_is_refused(method, counts):
    with pytest.raises(ValueError, match="got 1 cells x 9 genes; expected at least 2 cells"):
        infer(method, counts[:1])


def test_regulators_that_are_no_genes_are_refused(method, counts):
    with pytest.raises(ValueError, match="1 of 10 regulators are not among the 9 genes, 'else' first"):
        infer(method, counts, [*NAMES, "else"])


def test_a_regulator_named_twice_is_refused(method, counts):
    with pytest.raises(BengrnError, match="named twice"):
        infer(method, counts, [*NAMES, "g00"])


def test_counts_over_65535_do_not_wrap(method, counts):
    counts[:, 0] += 70_000  # far over all others: wrapped, it would look like 4,464
    counts[::2, 0] += 65_536
    wrapped = counts.copy()
    wrapped[:, 0] %= 65_536
    assert not np.allclose(infer(method, counts), infer(method, wrapped))


def test_scores_are_symmetric_without_self_pairs(method, counts):
    found = infer(method, counts)
    np.testing.assert_allclose(found, found.T, rtol=1e-5)
    assert not np.diag(found).any()
