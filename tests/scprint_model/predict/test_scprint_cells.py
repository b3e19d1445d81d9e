"""Cells lined up with a model: by name, counts only, and never changed."""

import anndata
import numpy as np
import pytest
from scipy import sparse

from scprint_model.errors import CorpusError, VocabularyError
from scprint_model.predict.cells import line_up


def test_counts_come_in_the_order_of_the_vocabulary_whatever_the_columns(tiny_pretrained, tiny_adata):
    vocabulary, adata = tiny_pretrained().vocabulary, tiny_adata()
    cells = line_up(adata, vocabulary)
    assert cells.rows.tolist() == list(range(24))
    assert cells.genes == vocabulary.genes[:24]
    expected = adata[:, list(cells.genes)].X.toarray()
    np.testing.assert_array_equal(cells.counts(np.array([5, 2])), expected[[5, 2]])


def test_the_depth_counts_all_genes_also_those_that_the_model_does_not_know(tiny_pretrained, tiny_adata):
    adata = tiny_adata()
    vocabulary = tiny_pretrained().vocabulary
    np.testing.assert_allclose(line_up(adata, vocabulary).depth, np.asarray(adata.X.sum(axis=1)).ravel())
    adata.obs["total_counts"] = 777.0
    assert set(line_up(adata, vocabulary, depth="total_counts").depth) == {777.0}


def test_symbols_versions_and_other_names_find_the_same_genes(tiny_pretrained, tiny_adata):
    vocabulary, adata = tiny_pretrained().vocabulary, tiny_adata()
    by_symbol = line_up(tiny_adata(symbols=True), vocabulary)
    versions = [f"{name}.7" if name.startswith("ENS") else name for name in adata.var_names]
    by_version = line_up(adata, vocabulary, gene_names=versions)
    assert by_symbol.rows.tolist() == by_version.rows.tolist() == list(range(24))
    assert by_version.genes == vocabulary.genes[:24]  # names stay those of the data


def test_the_organism_is_that_of_the_genes_unless_the_cells_name_one(tiny_pretrained, tiny_adata):
    vocabulary, adata = tiny_pretrained().vocabulary, tiny_adata()
    assert line_up(adata, vocabulary).organism == "NCBITaxon:9606"
    adata.obs["organism_ontology_term_id"] = "NCBITaxon:10090"
    with pytest.raises(VocabularyError, match="9606"):
        line_up(adata, vocabulary)
    adata.obs["organism_ontology_term_id"] = ["NCBITaxon:9606", "NCBITaxon:10090"] * 6
    with pytest.raises(CorpusError, match="2 organisms"):
        line_up(adata, vocabulary)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a[:0], "0 cells"),
        (lambda a: anndata.AnnData(np.log1p(a.X.toarray()), a.obs, a.var), "no count"),
        (lambda a: anndata.AnnData(-a.X.toarray(), a.obs, a.var), "at least 0"),
        (lambda a: anndata.AnnData(a.X.toarray() * np.float32("nan"), a.obs, a.var), "nan"),
    ],
    ids=["empty", "normalised", "negative", "nan"],
)
def test_what_is_no_raw_count_is_refused_in_one_line(change, message, tiny_pretrained, tiny_adata):
    with pytest.raises(CorpusError, match=message) as found:
        line_up(change(tiny_adata()), tiny_pretrained().vocabulary)
    assert "\n" not in str(found.value)


def test_fractions_far_down_in_the_data_are_found_when_they_are_read(tiny_pretrained, tiny_adata):
    adata = tiny_adata(cells=1200)
    adata.X = adata.X.toarray()
    adata.X[1] += 0.5  # between the cells that are looked at beforehand
    cells = line_up(adata, tiny_pretrained().vocabulary)
    with pytest.raises(CorpusError, match="no count"):
        cells.counts(np.arange(8))
    taken = line_up(adata, tiny_pretrained().vocabulary, fractions=True)
    assert taken.counts(np.arange(8)).shape == (8, 24)


def test_no_gene_of_the_model_is_an_error_that_says_what_was_seen(tiny_pretrained, tiny_adata):
    adata = tiny_adata()
    adata.var_names = [f"probe{number}" for number in range(26)]
    with pytest.raises(VocabularyError, match="probe0"):
        line_up(adata, tiny_pretrained().vocabulary)


def test_missing_layers_and_columns_are_named(tiny_pretrained, tiny_adata):
    vocabulary = tiny_pretrained().vocabulary
    with pytest.raises(CorpusError, match="raw"):
        line_up(tiny_adata(), vocabulary, layer="raw")
    with pytest.raises(CorpusError, match="depths"):
        line_up(tiny_adata(), vocabulary, depth="depths")


@pytest.mark.parametrize(
    ("value", "message"),
    [("many", "no numbers"), (np.nan, "missing"), (-3.0, "negative"), (np.inf, "infinite")],
)
def test_a_depth_that_is_none_is_refused(value, message, tiny_pretrained, tiny_adata):
    adata = tiny_adata()
    adata.obs["depth"] = [value] * adata.n_obs
    with pytest.raises(CorpusError, match=message):
        line_up(adata, tiny_pretrained().vocabulary, depth="depth")


def test_counts_in_raw_are_hinted_at_and_taken_when_asked_for(tiny_pretrained, tiny_adata, tmp_path):
    vocabulary, adata = tiny_pretrained().vocabulary, tiny_adata()
    expected = line_up(adata, vocabulary)
    adata.raw = adata.copy()
    adata.X = sparse.csr_array(np.log1p(adata.X.toarray()))
    adata.write_h5ad(tmp_path / "raw.h5ad")
    for one in (adata, anndata.read_h5ad(tmp_path / "raw.h5ad", backed="r")):
        with pytest.raises(CorpusError, match="layer=raw"):
            line_up(one, vocabulary)
        found = line_up(one, vocabulary, layer="raw")
        np.testing.assert_array_equal(found.counts(np.arange(12)), expected.counts(np.arange(12)))
        np.testing.assert_array_equal(found.depth, expected.depth)
    with pytest.raises(CorpusError, match="raw has 26 genes, not the 5"):
        line_up(adata[:, :5].copy(), vocabulary, layer="raw")


def test_backed_files_give_the_same_counts_in_any_order(tiny_pretrained, tiny_adata, tmp_path):
    adata, vocabulary = tiny_adata(), tiny_pretrained().vocabulary
    wanted = np.array([7, 1, 11])
    for name, matrix in (("csr", sparse.csr_matrix(adata.X)), ("dense", adata.X.toarray())):
        path = tmp_path / f"{name}.h5ad"
        anndata.AnnData(matrix, adata.obs, adata.var).write_h5ad(path)
        backed = line_up(anndata.read_h5ad(path, backed="r"), vocabulary)
        memory = line_up(adata, vocabulary)
        np.testing.assert_array_equal(backed.counts(wanted), memory.counts(wanted))
        np.testing.assert_array_equal(backed.depth, memory.depth)
