import os
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from bengrn_datasets.pancreas import Pancreas

SHA256 = "95ae813b87d95757c1e1f1806016e52663eccfadaed22c7b58b6a306bd3f7312"


@pytest.fixture(scope="module")
def adata():
    return Pancreas().load({})


def test_the_cut_has_1335_cells_and_5931_genes(adata):
    assert adata.shape == (1_335, 5_931)


def test_values_are_counts_in_the_form_that_methods_get(adata):
    assert isinstance(adata.X, sparse.csr_array)
    assert adata.X.dtype == np.float32
    assert (adata.X.data > 0).all()
    assert np.array_equal(adata.X.data, np.rint(adata.X.data))


def test_total_counts_cover_more_than_the_chosen_genes(adata):
    kept_C = np.asarray(adata.X.astype(np.float64).sum(axis=1)).ravel()
    total_C = adata.obs["total_counts"].to_numpy()
    assert (total_C > kept_C).all()
    assert 0.5 < np.median(kept_C / total_C) < 1


def test_genes_are_named_by_unique_ensembl_ids_with_symbols(adata):
    assert adata.var_names.is_unique
    assert adata.var_names.str.fullmatch(r"ENSG\d{11}").all()
    assert adata.var.loc["ENSG00000254647", "symbol"] == "INS"


def test_cells_are_named_once_and_typed_by_the_cell_ontology(adata):
    assert adata.obs_names.is_unique
    ids = adata.obs.groupby("cell_type", observed=True)["cell_type_ontology_term_id"].unique()
    assert len(ids) == 9
    assert all(len(one) == 1 and re.fullmatch(r"CL:\d{7}", one[0]) for one in ids)


def test_four_studies_three_assays_and_many_donors_are_in(adata):
    counts = adata.obs[["dataset", "assay", "donor_id"]].nunique()
    assert (counts["dataset"], counts["assay"]) == (4, 3)
    assert counts["donor_id"] >= 15


def test_no_type_has_more_than_60_cells_of_a_study(adata):
    assert adata.obs.groupby(["cell_type", "dataset"], observed=True).size().max() == 60


def test_the_default_cell_type_has_172_cells(adata):
    assert (adata.obs["cell_type"] == Pancreas.cell_type).sum() == 172


def test_marker_genes_mark_their_cells(adata):
    gene = adata.var_names[adata.var["symbol"] == "GCG"]
    glucagon_C = np.asarray(adata[:, gene].X.sum(axis=1)).ravel() / adata.obs["total_counts"]
    by_type = glucagon_C.groupby(adata.obs["cell_type"], observed=True).median()
    assert by_type.idxmax() == "pancreatic A cell"


@pytest.mark.skipif(not os.environ.get("BENGRN_DATA"), reason="needs the source: set BENGRN_DATA")
@pytest.mark.filterwarnings("ignore")  # the source is of an older anndata format
def test_the_counts_are_those_of_the_source(adata):
    import anndata

    path = Path(os.environ["BENGRN_DATA"]) / "pancreas_cellxgene/pancreas_downsample200CT.h5ad"
    if not path.is_file():
        pytest.skip(f"{path.name} is not in BENGRN_DATA")
    source = anndata.read_h5ad(path)
    cells = source.obs_names.get_indexer(adata.obs_names)
    there = sparse.csr_array(source.raw.X)[cells]
    here = there[:, source.raw.var_names.get_indexer(adata.var_names)]
    assert (here != adata.X).nnz == 0
    assert np.array_equal(there.sum(axis=1), adata.obs["total_counts"])
    types = source.obs["cell_type"].iloc[cells].astype(str)
    assert (types.to_numpy() == adata.obs["cell_type"].astype(str).to_numpy()).all()
