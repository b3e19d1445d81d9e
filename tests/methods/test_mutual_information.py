"""Mutual information agrees with scikit-learn, CLR and ARACNE with what their formulas say."""

import itertools
from pathlib import Path

import anndata
import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import mutual_info_score

from bengrn.plugin import log_normalized
from bengrn.testing import method_checks
from bengrn_methods._bins import bin_genes
from bengrn_methods.mutual_information import MutualInformation, information

test_mutual_information_conforms = method_checks("mutual-information")

BINNINGS = [("equal-frequency", 4), ("equal-width", 5), ("bayesian-blocks", None)]


@pytest.fixture(autouse=True)
def two_workers(monkeypatch):
    monkeypatch.setenv("BENGRN_CPUS", "2")


@pytest.fixture
def adata():
    rng = np.random.default_rng(0)
    level_CG = np.exp(rng.normal(size=(90, 3)) @ rng.normal(size=(3, 14)) * 0.7)
    counts_CG = rng.poisson(2 * level_CG).astype(np.float32)
    counts_CG[:, 5] = 0
    adata = anndata.AnnData(sparse.csr_array(counts_CG))
    adata.var_names = [f"g{gene:02d}" for gene in range(14)]
    adata.obs["total_counts"] = np.full(90, 60.0, dtype=np.float32)
    return adata


def infer(adata, regulators=None, **settings):
    names = list(adata.var_names) if regulators is None else regulators
    return np.asarray(MutualInformation(**settings).infer(adata, regulators=names, seed=0).scores)


def _by_scikit_learn(adata, binning, bins):
    code_GC = bin_genes(log_normalized(adata), binning, bins).code_GC
    pairs = [[mutual_info_score(a, b) for b in code_GC] for a in code_GC]
    return np.array(pairs) * ~np.eye(len(pairs), dtype=bool)


@pytest.mark.parametrize(("binning", "bins"), BINNINGS)
def test_the_information_is_that_of_scikit_learn(adata, binning, bins):
    expected = _by_scikit_learn(adata, binning, bins)
    np.testing.assert_allclose(infer(adata, binning=binning, bins=bins), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("context", ["none", "clr", "aracne"])
def test_some_regulators_get_their_rows_of_the_whole(adata, context):
    whole = infer(adata, context=context)
    rows = [9, 2, 5, 0]
    np.testing.assert_array_equal(infer(adata, [f"g{row:02d}" for row in rows], context=context), whole[rows])


def test_clr_is_the_root_of_both_squared_excesses(adata):
    information_GG = _by_scikit_learn(adata, "equal-frequency", 4)
    expected = np.zeros((14, 14))
    for a, b in itertools.permutations(range(14), 2):
        for gene in (a, b):
            others = np.delete(information_GG[gene], gene)
            if others.std() > 0:
                excess = max((information_GG[a, b] - others.mean()) / others.std(ddof=1), 0)
                expected[a, b] += excess**2
    found = infer(adata, context="clr", bins=4)
    np.testing.assert_allclose(
        found[~np.eye(14, dtype=bool)] ** 2, expected[~np.eye(14, dtype=bool)], atol=1e-4
    )


@pytest.mark.parametrize("tolerance", [0.0, 0.15])
def test_aracne_clears_the_weakest_pair_of_every_triplet(adata, tolerance):
    information_GG = infer(adata, bins=4)
    expected = information_GG.copy()
    for a, b, c in itertools.permutations(range(14), 3):
        if information_GG[a, b] < (1 - tolerance) * min(information_GG[a, c], information_GG[b, c]):
            expected[a, b] = 0
    found = infer(adata, context="aracne", bins=4, tolerance=tolerance)
    np.testing.assert_array_equal(found, expected)
    assert 0 < (found > 0).sum() < (information_GG > 0).sum()


@pytest.mark.parametrize("context", ["none", "clr", "aracne"])
def test_a_constant_gene_scores_zero(adata, context):
    found = infer(adata, context=context)
    assert not found[5].any()
    assert not found[:, 5].any()


# stored by the authors of PIDC: mutual information in bits, and CLR as minet has it
STORED = [("G1", "G4", 0.2972651), ("G1", "G2", 0.1517650), ("G2", "G6", 0.0919363), ("G5", "G9", 0.0149177)]


def test_the_network_that_the_authors_of_pidc_stored_comes_out():
    lines = (Path(__file__).parent / "yeast1_10.tsv").read_text().splitlines()[2:]
    names = [line.split("\t")[0] for line in lines]
    x_CG = np.array([line.split("\t")[1:] for line in lines], dtype=float).T
    found = information(bin_genes(x_CG, "bayesian-blocks", None), np.arange(10)) / np.log(2)
    for one, other, expected in STORED:
        assert found[names.index(one), names.index(other)] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"binning": "equal"}, "binning is 'equal'; expected equal-frequency or"),
        ({"bins": 1}, "bins is 1; expected 2 to 255"),
        ({"bins": 5, "binning": "bayesian-blocks"}, "finds their number itself"),
        ({"context": "mrnet"}, "context is 'mrnet'"),
        ({"tolerance": 1.0, "context": "aracne"}, "tolerance is 1.0; expected 0 to less than 1"),
        ({"tolerance": 0.1}, "only context=aracne has one"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        MutualInformation(**settings)
