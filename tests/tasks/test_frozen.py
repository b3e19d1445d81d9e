"""The frozen task: the same for every method, blind to file order, and honest about what it dropped."""

import dataclasses
import resource
import signal

import numpy as np
import pytest
from scipy import sparse

from bengrn.errors import DataError, StoreError
from bengrn.request import Selection
from bengrn.tasks.frozen import FrozenTask, freeze
from bengrn.truth_table import read_truth
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
    assert again.digests == task.digests
    assert again.adata.X.dtype == task.adata.X.dtype
    assert again.digest == task.digest
    assert again.names == task.names
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_a_full_disk_is_one_line_and_leaves_nothing(counts, truth, tmp_path, capfd):
    task = freeze(counts, truth, EVERYTHING)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))  # the counts do not fit
    try:
        with pytest.raises(StoreError, match=r"tasks cannot be written \(.*\); make room.*--out") as full:
            task.save(tmp_path / "tasks" / "one")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert "\n" not in str(full.value)
    assert list((tmp_path / "tasks").iterdir()) == []
    assert capfd.readouterr().err == ""


def test_a_folder_that_cannot_be_made_is_one_line(counts, truth, tmp_path):
    (tmp_path / "tasks").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="cannot be written"):
        freeze(counts, truth, EVERYTHING).save(tmp_path / "tasks" / "one")


@pytest.mark.parametrize("what", ["sign", "effect"])
def test_a_sign_or_effect_of_the_truth_changes_the_digest(counts, truth, what):
    known = dataclasses.replace(truth, **{what: truth.edges.astype(np.float32)})
    assert freeze(counts, known, EVERYTHING).digest != freeze(counts, truth, EVERYTHING).digest
    assert (
        freeze(counts, known, EVERYTHING).digests["truth"]
        != freeze(counts, truth, EVERYTHING).digests["truth"]
    )


def test_data_that_lost_other_genes_get_another_digest(counts, truth):
    counts.obs["total_counts"] = 1e5
    fewer = counts[:, counts.var_names != "KLK3"].copy()  # a gene that the truth did not test
    counts.var_names = ["ENSG00000999999" if name == "KLK3" else name for name in counts.var_names]
    first, second = freeze(fewer, truth, EVERYTHING), freeze(counts, truth, EVERYTHING)
    assert first.digests == second.digests
    assert second.report["genes_lost"] == first.report["genes_lost"] + 1
    assert first.digest != second.digest


def test_a_truth_of_self_pairs_only_is_refused(counts):
    square = Truth(sparse.csr_array(np.eye(3)), ("TP53", "MYC", "JUN"), ("TP53", "MYC", "JUN"))
    with pytest.raises(DataError, match=r"0 true edges among the 6 candidate pairs.*at least 1.*--genes"):
        freeze(counts, square, EVERYTHING)


def test_every_gene_of_the_data_knows_its_name_in_the_task(counts, truth):
    new = {"CXCL8": "IL8", "GATA1": "ENSG00000102145.2", "GATA2": "ENSG00000999999"}
    counts.var_names = [new.get(name, name) for name in counts.var_names]
    names = freeze(counts, truth, EVERYTHING).names
    assert len(names) == counts.n_vars
    assert (names["IL8"], names["ENSG00000102145.2"], names["ENSG00000999999"]) == ("CXCL8", "GATA1", None)


def test_an_outdated_symbol_of_the_truth_matches_current_data(counts):
    old = Truth(sparse.csr_array(np.ones((2, 2))), ("RELA", "TP53"), ("IL8", "TNF"))
    task = freeze(counts, old, EVERYTHING)
    assert set(task.truth.targets) == {"CXCL8", "TNF"}
    assert task.report["truth_genes_renamed"] == 1


def test_an_outdated_symbol_that_data_and_truth_share_stays(counts):
    counts.var_names = ["IL8" if name == "CXCL8" else name for name in counts.var_names]
    old = Truth(sparse.csr_array(np.ones((2, 2))), ("RELA", "TP53"), ("IL8", "TNF"))
    assert "IL8" in freeze(counts, old, EVERYTHING).truth.targets


def test_two_names_of_one_gene_in_the_truth_become_one(counts):
    # CXCL8 and IL8 are one gene; they agree on RELA's sign, and not on TP53's; only one knows JUN's
    edges = [[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    sign = [[1, 1, 0], [1, -1, 1], [0, -1, 1]]
    truth = Truth(
        sparse.csr_array(np.array(edges)),
        ("RELA", "TP53", "JUN"),
        ("CXCL8", "IL8", "TNF"),
        sign=sparse.csr_array(np.array(sign, dtype=np.int8)),
    )
    merged = freeze(counts, truth, EVERYTHING).truth
    assert (merged.regulators, merged.targets) == (("JUN", "RELA", "TP53"), ("CXCL8", "TNF"))
    assert merged.edges.toarray().astype(int).tolist() == [[1, 1], [1, 0], [1, 1]]
    assert merged.sign.toarray().tolist() == [[-1, 1], [1, 0], [0, 1]]


def test_what_the_truth_asks_for_and_the_data_lack_is_counted(counts):
    edges = sparse.csr_array(np.array([[1, 1, 1], [0, 1, 0], [0, 1, 1]]))
    truth = Truth(edges, ("TP53", "JUN", "ZNF20"), ("MDM2", "FOS", "ZNF22"))
    report = freeze(counts, truth, EVERYTHING).report
    assert report["truth_regulators_not_measured"] == 1
    assert report["truth_targets_not_measured"] == 1
    assert report["truth_edges_not_measured"] == 3


def test_data_whose_every_name_is_lost_are_refused(counts, truth):
    counts.var_names = [f"ENSG00000999{number:03}" for number in range(counts.n_vars)]
    with pytest.raises(DataError, match=r"None of the 60 genes of the data \(such as 'ENSG00000999000'"):
        freeze(counts, truth, EVERYTHING)


def test_the_data_are_not_modified(counts, truth):
    before = counts.copy()
    freeze(counts, truth, Selection(genes=20))
    assert (before.X != counts.X).nnz == 0
    assert list(before.obs) == list(counts.obs)


def test_no_shared_gene_names_both_sides(counts, truth):
    counts.var_names = [f"LOC{number}" for number in range(counts.n_vars)]
    with pytest.raises(DataError):
        freeze(counts, truth, EVERYTHING)
