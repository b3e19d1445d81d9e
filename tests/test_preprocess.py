"""Counts, cells and genes: what is taken, and each refusal."""

import anndata
import numpy as np
import pytest
from scipy import sparse

from bengrn.counts import log_normalized
from bengrn.errors import DataError, UnknownNameError
from bengrn.preprocess import choose_cells, choose_genes, take_counts


def test_counts_keep_their_values_and_total(counts):
    taken = take_counts(counts)
    assert (taken.X != counts.X).nnz == 0
    assert np.array_equal(taken.obs["total_counts"], np.asarray(counts.X.sum(axis=1)).ravel())


def test_a_total_that_the_data_bring_is_kept(counts):
    counts.obs["total_counts"] = 5000.0
    assert set(take_counts(counts).obs["total_counts"]) == {5000.0}


def test_a_total_of_just_these_genes_may_be_rounded(counts):
    counts.obs["total_counts"] = np.asarray(counts.X.sum(axis=1)).ravel() * (1 - 1e-5)
    assert take_counts(counts).n_obs == counts.n_obs


@pytest.mark.parametrize(
    ("total", "found"),
    [
        (lambda depth: depth * 0, "is 0 for the cell 'cell0', whose counts add up to"),
        (np.log1p, "150 such cells"),
        (lambda depth: np.where(np.arange(len(depth)) == 3, np.nan, depth), "is nan for the cell 'cell3'"),
        (lambda depth: np.where(np.arange(len(depth)) == 3, np.inf, depth), "is inf for the cell 'cell3'"),
        (lambda depth: -depth, "is -"),
        (lambda depth: depth.astype(int).astype(str), "such as '"),
        (lambda depth: depth > 0, "holds bool values, such as"),
    ],
)
def test_a_total_that_is_no_depth_is_refused(counts, total, found):
    counts.obs["total_counts"] = total(np.asarray(counts.X.sum(axis=1)).ravel())
    with pytest.raises(DataError, match=rf"obs\['total_counts'\].*{found}.*Remove or rename") as refused:
        take_counts(counts)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("cells", "genes"), [(0, 60), (150, 0)])
def test_data_without_cells_or_genes_are_called_that(counts, cells, genes):
    with pytest.raises(DataError, match=f"have {cells} cells and {genes} genes; expected some of both"):
        take_counts(counts[:cells, :genes].copy())


def test_counts_of_seen_or_not_are_taken_as_ones(counts):
    seen = counts.X > 0
    counts.X = sparse.csr_array(seen)
    taken = take_counts(counts).X
    assert (seen != taken).nnz == 0


def test_a_sparse_matrix_that_stores_nothing_is_zeros_only(counts):
    counts.X = sparse.csr_array(counts.shape, dtype=np.float32)
    with pytest.raises(DataError, match="zeros only"):
        take_counts(counts)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda x: x + 0.5, "not whole numbers"),
        (lambda x: x - 3, "negative values"),
        (lambda x: np.where(x > 5, np.nan, x), "NaN"),
        (lambda x: np.where(x > 5, np.inf, x), "infinite"),
        (lambda x: x * 0, "zeros only"),
    ],
)
def test_what_is_not_counts_is_refused_by_name(counts, change, found):
    counts.X = change(counts.X.toarray())
    with pytest.raises(DataError, match=rf"Layer 'X' holds .*{found}.*No other layer holds counts"):
        take_counts(counts)


def test_the_layer_that_does_hold_counts_is_named(counts):
    counts.layers["counts"] = counts.X.copy()
    counts.X = np.log1p(counts.X.toarray())
    with pytest.raises(DataError, match="Use --layer counts"):
        take_counts(counts)
    assert take_counts(counts, "counts").X.sum() == counts.layers["counts"].sum()


def test_raw_counts_are_found_in_raw(counts):
    counts.raw = counts.copy()
    counts.X = np.log1p(counts.X.toarray())
    with pytest.raises(DataError, match="Use --layer raw"):
        take_counts(counts)
    assert take_counts(counts, "raw").n_vars == counts.n_vars


def test_an_unknown_layer_lists_those_there_are(counts):
    with pytest.raises(DataError, match="no layer 'spliced'"):
        take_counts(counts, "spliced")


@pytest.mark.filterwarnings("ignore:Variable names are not unique")
def test_repeated_gene_names_are_refused(counts):
    counts.var_names = ["TP53", "TP53", *counts.var_names[2:]]
    with pytest.raises(DataError, match="1 gene names are repeated, 'TP53' first"):
        take_counts(counts)


def test_an_unknown_cell_type_lists_those_that_exist(counts):
    with pytest.raises(UnknownNameError, match=r"no cell type 'C'.*A \(110\), B \(40\)"):
        choose_cells(counts, cell_type="C", cells=None, min_cells=2)


def test_too_few_cells_are_refused(counts):
    with pytest.raises(DataError, match="40 cells of type 'B'; expected at least 100"):
        choose_cells(counts, cell_type="B", cells=None, min_cells=100)


def test_the_same_cells_are_drawn_every_time(counts):
    first = choose_cells(counts, cell_type=None, cells=20, min_cells=2)
    second = choose_cells(counts, cell_type=None, cells=20, min_cells=2)
    assert list(first.obs_names) == list(second.obs_names)
    assert first.n_obs == 20


def test_gene_order_in_the_file_does_not_change_the_choice(counts):
    names = sorted(counts.var_names)
    turned = counts[:, ::-1].copy()
    chosen = choose_genes(counts, names, genes=10, selection="expressed")
    assert choose_genes(turned, names[::-1], genes=10, selection="expressed") == chosen


def test_variable_genes_are_those_that_vary_beyond_their_mean():
    rng = np.random.default_rng(0)
    mean = rng.uniform(1, 30, size=80)
    x = rng.poisson(mean, size=(200, 80))
    x[:, 7] = rng.negative_binomial(0.5, 0.5 / (0.5 + mean[7]), size=200)
    adata = anndata.AnnData(X=sparse.csr_array(x.astype(np.float32)))
    adata.var_names = [f"G{number}" for number in range(80)]
    assert choose_genes(adata, list(adata.var_names), genes=1, selection="variable") == ["G7"]


def test_asking_for_fewer_cells_than_the_minimum_names_the_option(counts):
    with pytest.raises(DataError, match="--cells 5 asks for fewer than --min-cells 100"):
        choose_cells(counts, cell_type=None, cells=5, min_cells=100)


def _continuous(values):
    adata = anndata.AnnData(np.array(values, np.float32))
    adata.uns["values"] = "continuous"
    return adata


def test_continuous_expression_need_not_be_whole_and_stays_as_it_is():
    taken = take_counts(_continuous([[0.5, 0], [1.25, 3]]))
    assert taken.uns["values"] == "continuous"
    np.testing.assert_array_equal(log_normalized(taken), [[0.5, 0], [1.25, 3]])


def test_negative_expression_is_refused():
    with pytest.raises(DataError, match=r"negative values \(down to -1\); expected expression"):
        take_counts(_continuous([[-1, 0], [1, 3]]))


def test_continuous_genes_are_chosen_by_their_variance():
    values = np.array([[0.1, 5, 1], [0.1, 1, 2], [0.2, 5, 1], [0.1, 1, 2]])
    taken = take_counts(_continuous(values))
    assert choose_genes(taken, list(taken.var_names), genes=2, selection="variable") == ["1", "2"]
