"""Raw counts are found wherever a file keeps them, and nothing else is taken for them."""

import gzip

import anndata
import numpy as np
import pytest
from scipy import sparse

from scprint_model.corpus.h5ad import open_cells
from scprint_model.corpus.settings import Source
from scprint_model.errors import CorpusError, VocabularyError


def _read(source, tmp_path):
    with open_cells(source, tmp_path) as file:
        return file.place, np.concatenate([block.toarray() for _, block in file.blocks(7)])


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_matrix, np.asarray])
def test_every_form_of_storage_reads_alike(cells, write, tmp_path, form):
    adata = cells()
    expected = adata.X.toarray()
    adata.X = form(expected)
    place, counts = _read(Source(path=write(adata)), tmp_path)
    assert place == "X"
    np.testing.assert_array_equal(counts, expected)


def test_a_packed_file_reads_as_the_plain_one(cells, write, tmp_path):
    path = write(cells())
    packed = tmp_path / "packed.h5ad.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    np.testing.assert_array_equal(
        _read(Source(path=packed), tmp_path)[1], _read(Source(path=path), tmp_path)[1]
    )


@pytest.mark.parametrize("place", ["raw", "counts"])
def test_counts_are_found_beside_normalised_values(cells, write, tmp_path, place):
    adata = cells()
    expected = adata.X.toarray()
    if place == "raw":
        adata.raw = adata.copy()
    else:
        adata.layers["counts"] = adata.X.copy()
    adata.X = sparse.csr_matrix(np.log1p(expected))
    found, counts = _read(Source(path=write(adata)), tmp_path)
    assert found == place
    np.testing.assert_array_equal(counts, expected)


def test_a_named_layer_is_taken(cells, write, tmp_path):
    adata = cells()
    adata.layers["spliced"] = adata.X * 2
    found, counts = _read(Source(path=write(adata), counts="spliced"), tmp_path)
    assert found == "spliced"
    np.testing.assert_array_equal(counts, adata.X.toarray() * 2)


@pytest.mark.parametrize(
    ("value", "message"),
    [(0.5, "not whole numbers"), (-1, "negative"), (np.nan, "not finite"), (2.0**33, "counts of 8.59e")],
)
def test_values_that_are_no_counts_are_refused(cells, write, tmp_path, value, message):
    adata = cells()
    adata.X = adata.X.astype(np.float64)
    adata.X[19, 0] = value
    with pytest.raises(CorpusError, match=message):
        _read(Source(path=write(adata), counts="X"), tmp_path)
    with pytest.raises(CorpusError, match=f"has no raw counts: X holds .*{message}"):
        _read(Source(path=write(adata)), tmp_path)


def test_genes_are_named_by_the_column_that_fits(cells, write, tmp_path, vocabulary):
    adata = cells()
    adata.var["ensembl_id"] = list(adata.var_names)
    adata.var_names = [str(number) for number in range(adata.n_vars)]
    with open_cells(Source(path=write(adata)), tmp_path) as file:
        assert len(file.align(vocabulary).columns) == 24


def test_symbols_align_as_ids_do(cells, write, tmp_path, vocabulary):
    adata = cells()
    by_id = dict(zip(vocabulary.genes, vocabulary.symbols, strict=True))
    ids = list(adata.var_names)
    with open_cells(Source(path=write(adata)), tmp_path) as file:
        expected = file.align(vocabulary).row_of_column
    adata.var_names = [by_id.get(name, name) for name in ids]
    with open_cells(Source(path=write(adata, "symbols")), tmp_path) as file:
        np.testing.assert_array_equal(file.align(vocabulary).row_of_column, expected)


def test_genes_of_another_species_are_refused(cells, write, tmp_path, vocabulary):
    adata = cells()
    del adata.obs["organism_ontology_term_id"]
    source = Source(path=write(adata), organism="NCBITaxon:10090")
    with (
        open_cells(source, tmp_path) as file,
        pytest.raises(VocabularyError, match=r"one\.h5ad: None of the 25"),
    ):
        file.align(vocabulary)


def test_the_organism_is_that_of_uns_where_no_column_tells_it(cells, write, tmp_path):
    adata = cells()
    del adata.obs["organism_ontology_term_id"]
    adata.uns["organism_ontology_term_id"] = "NCBITaxon:9606"
    with open_cells(Source(path=write(adata)), tmp_path) as file:
        assert file.organism == "NCBITaxon:9606"


def test_the_file_tells_its_organism_rather_than_the_source(cells, write, tmp_path):
    with open_cells(Source(path=write(cells()), organism="NCBITaxon:10090"), tmp_path) as file:
        assert file.organism == "NCBITaxon:9606"


def test_cells_of_two_organisms_are_refused(cells, write, tmp_path):
    adata = cells()
    adata.obs["organism_ontology_term_id"] = ["NCBITaxon:9606", "NCBITaxon:10090"] * 10
    source = Source(path=write(adata))
    with (
        pytest.raises(CorpusError, match=r"several organisms .*: split the file"),
        open_cells(source, tmp_path),
    ):
        pass


def test_a_file_without_an_organism_is_refused(cells, write, tmp_path):
    adata = cells()
    del adata.obs["organism_ontology_term_id"]
    source = Source(path=write(adata))
    with pytest.raises(CorpusError, match="name its organism"), open_cells(source, tmp_path):
        pass


def test_genes_that_were_filled_in_are_not_measured(cells, write, build):
    adata = cells()
    adata.uns["unseen_genes"] = np.array(["ENSG00000000007"], dtype=object)
    corpus = build(write(adata))
    assert corpus.measured[0].sum() == 23
    assert not corpus.measured[0, 7]


@pytest.mark.filterwarnings("ignore:.*without encoding metadata")
def test_a_file_without_tables_is_refused(tmp_path):
    import h5py

    with h5py.File(tmp_path / "x.h5ad", "w") as made:
        made.update({"obs": np.arange(3), "var": np.arange(3), "X": np.ones((3, 3))})
    with (
        pytest.raises(CorpusError, match="obs or var is no table"),
        open_cells(Source(path=tmp_path / "x.h5ad"), tmp_path),
    ):
        pass


@pytest.mark.parametrize("content", [b"no hdf5", b""])
def test_a_file_that_is_no_h5ad_is_refused(tmp_path, content):
    (tmp_path / "x.h5ad").write_bytes(content)
    source = Source(path=tmp_path / "x.h5ad")
    with pytest.raises(CorpusError, match=r"x\.h5ad is no h5ad file"), open_cells(source, tmp_path):
        pass


def test_an_unnamed_layer_is_refused_with_those_there_are(cells, write, tmp_path):
    source = Source(path=write(cells()), counts="spliced")
    with pytest.raises(CorpusError, match="has no 'spliced'; it has X"), open_cells(source, tmp_path):
        pass


def test_an_old_file_without_types_of_its_parts_reads(cells, tmp_path):
    import h5py

    adata = cells()
    path = tmp_path / "old.h5ad"
    adata.write_h5ad(path)
    with h5py.File(path, "r+") as stored:
        for name in ("encoding-type", "encoding-version"):
            del stored["X"].attrs[name]
        del stored.attrs["encoding-type"]
        stored["X"].attrs["h5sparse_format"] = "csr"
        stored["X"].attrs["h5sparse_shape"] = stored["X"].attrs["shape"]
        del stored["X"].attrs["shape"]
    np.testing.assert_array_equal(_read(Source(path=path), tmp_path)[1], anndata.AnnData(adata.X).X.toarray())
