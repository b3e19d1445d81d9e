"""The frozen task: the same for every method, blind to file order, and honest about what it dropped."""

import numpy as np
import pytest
from scipy import sparse

from bengrn.edge_table import read_truth
from bengrn.errors import DataError
from bengrn.request import Selection
from bengrn.tasks.frozen import FrozenTask, freeze
from bengrn.values import Truth

EVERYTHING = Selection(genes=None, cells=None)


@pytest.fixture
def truth(truth_file):
    return read_truth(truth_file)


def test_genes_are_those_that_the_truth_tested(counts, truth):
    task = freeze(counts, truth, EVERYTHING)
    assert set(task.adata.var_names) == set(truth.targets)
    assert set(task.truth.regulators) == set(truth.regulators)


def test_order_of_genes_in_the_file_does_not_change_the_digest(counts, truth):
    turned = counts[:, ::-1].copy()
    assert freeze(turned, truth, EVERYTHING).digest == freeze(counts, truth, EVERYTHING).digest


def test_one_count_changes_the_digest(counts, truth):
    other = counts.copy()
    other.X = other.X.copy()
    other.X.data[0] += 1
    assert freeze(other, truth, EVERYTHING).digest != freeze(counts, truth, EVERYTHING).digest


def test_the_depth_of_a_cell_counts_unselected_genes(counts, truth):
    task = freeze(counts, truth, EVERYTHING)
    assert np.array_equal(task.adata.obs["total_counts"], np.asarray(counts.X.sum(axis=1)).ravel())


def test_few_regulators_are_all_kept(counts, truth):
    task = freeze(counts, truth, Selection(genes=20))
    assert set(truth.regulators) <= set(task.adata.var_names)
    assert task.adata.n_vars == 20


def test_many_regulators_are_chosen_like_other_genes(counts):
    names = tuple(counts.var_names)
    square = Truth(sparse.csr_array(np.ones((len(names), len(names)))), names, names)
    task = freeze(counts, square, Selection(genes=20))
    assert task.report["regulators_forced"] == 0
    assert task.adata.n_vars == 20


def test_a_gene_seen_in_few_cells_is_left_out(counts, truth):
    dense = counts.X.toarray()
    position = list(counts.var_names).index("MDM2")
    dense[:, position] = 0
    dense[:9, position] = 5
    counts.X = sparse.csr_array(dense)
    assert "MDM2" not in freeze(counts, truth, EVERYTHING).adata.var_names


def test_a_previous_symbol_is_understood(counts, truth):
    counts.var_names = ["IL8" if name == "CXCL8" else name for name in counts.var_names]
    assert "CXCL8" in freeze(counts, truth, EVERYTHING).adata.var_names


def test_ensembl_ids_are_understood(counts, truth):
    known = {"TP53": "ENSG00000141510", "MDM2": "ENSG00000135679", "MYC": "ENSG00000136997",
             "CCND1": "ENSG00000110092", "E2F1": "ENSG00000101412"}  # fmt: skip
    few = counts[:, list(known)].copy()
    few.var_names = [f"{known[name]}.12" for name in few.var_names]
    task = freeze(few, truth, EVERYTHING)
    assert set(task.adata.var_names) == set(known)
    assert task.report["gene_ids"] == "ensembl"


def test_a_task_survives_saving(counts, truth, tmp_path):
    task = freeze(counts, truth, EVERYTHING)
    task.save(tmp_path / "task")
    again = FrozenTask.load(tmp_path / "task")
    assert again.digest == task.digest
    assert again.all_genes == task.all_genes
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_the_data_are_not_modified(counts, truth):
    before = counts.copy()
    freeze(counts, truth, Selection(genes=20))
    assert (before.X != counts.X).nnz == 0
    assert list(before.obs) == list(counts.obs)


def test_no_shared_gene_names_both_sides(counts, truth):
    counts.var_names = [f"LOC{number}" for number in range(counts.n_vars)]
    with pytest.raises(DataError):
        freeze(counts, truth, EVERYTHING)
