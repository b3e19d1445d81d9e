"""One forest for all targets: what its trees explain is added up as written down."""

import anndata
import numpy as np
import pytest

from bengrn.testing import method_checks
from bengrn_methods.forest.codes import code_features
from bengrn_methods.forest.data import make_work, tabulate
from bengrn_methods.forest.shared_trees import BLOCK, explain_block, grow_shared, make_trees
from bengrn_methods.genie3_shared import SharedGENIE3, _by_rank

N_CELLS, N_REGULATORS = 60, 5

test_genie3_shared_conforms = method_checks("genie3-shared", settings={"ntrees": 500})


@pytest.fixture
def regulators():
    return np.random.default_rng(0).poisson(3, size=(N_CELLS, N_REGULATORS)).astype(np.float32)


def grow(x_CR, n_trees, least=1):
    data = _by_rank(tabulate(code_features(x_CR)))
    trees = make_trees(n_trees, len(x_CR))
    work = make_work(data, np.arange(x_CR.shape[1], dtype=np.int32), 0)
    grow_shared(trees, least, data, work)
    return trees


def cuts(trees, tree):
    """Yield the feature of each cut and the cells on its left and right."""
    for node in range(trees.n_nodes_B[tree]):
        feature = trees.feature_BM[tree, node]
        if feature >= 0:
            start, stop = trees.start_BM[tree, node], trees.stop_BM[tree, node]
            middle = trees.start_BM[tree, trees.right_BM[tree, node]]
            yield feature, trees.cells_BN[tree, start:middle], trees.cells_BN[tree, middle:stop]


@pytest.mark.parametrize("least", [1, 4])
def test_every_cut_parts_the_values_of_its_feature_and_leaves_enough_cells(regulators, least):
    trees = grow(regulators, 20, least)
    for tree in range(20):
        for feature, left, right in cuts(trees, tree):
            assert regulators[left, feature].max() < regulators[right, feature].min()
            assert min(len(left), len(right)) >= least


def test_leaves_of_full_trees_hold_equal_cells_and_together_all(regulators):
    trees = grow(regulators, 5)
    for tree in range(5):
        leaves = np.flatnonzero(trees.feature_BM[tree, : trees.n_nodes_B[tree]] < 0)
        sizes = 0
        for leaf in leaves:
            cells = trees.cells_BN[tree, trees.start_BM[tree, leaf] : trees.stop_BM[tree, leaf]]
            assert len(np.unique(regulators[cells], axis=0)) == 1
            sizes += len(cells)
        assert sizes == N_CELLS


def test_what_a_tree_explains_is_added_up_over_its_cuts_from_the_definition(regulators):
    y_CK = np.random.default_rng(1).normal(size=(N_CELLS, BLOCK)).astype(np.float32)
    trees = grow(regulators, 7)
    found = np.zeros((N_REGULATORS, BLOCK), dtype=np.float32)
    explain_block(y_CK, trees, np.empty((2 * N_CELLS, BLOCK), dtype=np.float32), found)
    expected = np.zeros((N_REGULATORS, BLOCK))
    for tree in range(7):
        for feature, left, right in cuts(trees, tree):
            both = np.concatenate([left, right])
            expected[feature] += len(both) * y_CK[both].var(axis=0, dtype=float)
            expected[feature] -= len(left) * y_CK[left].var(axis=0, dtype=float)
            expected[feature] -= len(right) * y_CK[right].var(axis=0, dtype=float)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_full_trees_explain_all_variance_that_the_regulators_tell_apart():
    rng = np.random.default_rng(2)
    counts = np.column_stack([np.arange(40), rng.poisson(4, size=(40, 90))]).astype(np.float32)
    adata = anndata.AnnData(counts)
    network = SharedGENIE3(ntrees=3, normalize="counts").infer(adata, regulators=["0", "1"], seed=0)
    # two blocks of targets; genes 0 and 1 explain themselves in part
    np.testing.assert_allclose(network.scores[:, 2:].sum(axis=0), 1, rtol=1e-4)


def test_groups_of_trees_change_nothing(regulators, monkeypatch):
    adata = anndata.AnnData(regulators)
    whole = SharedGENIE3(ntrees=30).infer(adata, regulators=["0", "3"], seed=0)
    monkeypatch.setattr("bengrn_methods.genie3_shared._TREE_BYTES", 36 * N_CELLS * 7)
    parts = SharedGENIE3(ntrees=30).infer(adata, regulators=["0", "3"], seed=0)
    np.testing.assert_allclose(parts.scores, whole.scores, rtol=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ntrees": 0}, "ntrees is 0; expected at least 1"),
        ({"min_leaf": 0}, "min_leaf is 0; expected at least 1"),
        ({"bins": "1"}, "bins is '1'; expected 256 or exact"),
        ({"normalize": "z"}, "normalize is 'z'; expected log or counts"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        SharedGENIE3(**settings)
