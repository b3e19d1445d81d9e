import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from bengrn.fetch import fetch
from bengrn.genes import gene_table
from bengrn_datasets.mccalla.embryo import LiuEmbryo, YanEmbryo
from bengrn_datasets.mccalla.expression import DATASETS

rdata = pytest.importorskip("rdata")
MIRROR = os.environ.get("BENGRN_DATA", "")


def load(declared):
    """Load a data set from the mirror; skip where it is not."""
    if not MIRROR or not all((Path(MIRROR) / one.path).is_file() for one in declared.files.values()):
        pytest.skip(f"needs the files of {declared.name}: set BENGRN_DATA")
    return declared().load({key: fetch(one) for key, one in declared.files.items()})


@pytest.fixture
def liu(tmp_path):
    """Write the two files of Liu's embryo, 3 genes x 2 cells."""
    counts = pd.DataFrame({"c1": [0, 5, 2], "c2": [1, 0, 0]}, index=["ENSG1", "ENSG2", "ENSG3"])
    cells = pd.DataFrame({"sample.rna": ["c2", "c1"], "celltype": ["morula", "blastocyst"]}, index=["1", "2"])
    paths = {"counts": tmp_path / "counts.RDS", "cells": tmp_path / "cells.RDS"}
    rdata.write_rds(paths["counts"], counts)
    rdata.write_rds(paths["cells"], cells)
    return paths


@pytest.fixture
def yan(tmp_path):
    """Write the file of Yan's embryo, 2 genes x 2 cells."""
    path = tmp_path / "yan.rda"
    values = pd.DataFrame({"c1": [0.0, 7.0], "c2": [1.0, 0.5]}, index=["SOX2", "NANOG"])
    stages = pd.DataFrame({"cell_type1": pd.Categorical(["zygote", "blast"])}, index=["c1", "c2"])
    rdata.write_rda(path, {"yan": values, "ann": stages})
    return {"cells": path}


def test_liu_has_72_cells_25155_genes_and_two_stages():
    adata = load(LiuEmbryo)
    assert adata.shape == (72, 25_155)
    assert adata.obs["cell_type"].value_counts().to_dict() == {"blastocyst": 43, "morula": 29}
    assert adata.var_names.str.fullmatch(r"ENSG\d{11}").all()
    assert isinstance(adata.X, sparse.csr_array)
    assert np.array_equal(adata.X.data, np.rint(adata.X.data))


def test_yan_has_90_cells_20214_genes_and_six_stages():
    adata = load(YanEmbryo)
    assert adata.shape == (90, 20_214)
    stages = {"blast": 30, "8cell": 20, "16cell": 16, "4cell": 12, "2cell": 6, "zygote": 6}
    assert adata.obs["cell_type"].value_counts().to_dict() == stages
    assert YanEmbryo.values == "continuous"


def test_the_counts_of_mccalla_liu_are_the_raw_counts():
    table, raw = load(DATASETS["mccalla-liu"]), load(LiuEmbryo)
    assert list(table.obs_names) == list(raw.obs_names)
    genes = {row.tobytes() for row in np.ascontiguousarray(raw.X.toarray().T)}
    same = [row.tobytes() in genes for row in np.ascontiguousarray(table.X.toarray().T)]
    summed = ["COG8", "GOLGA8M", "LINC00484", "LINC01115", "LINC01422", "LINC01481", "LINC01505"]
    assert list(table.var_names[~np.array(same)]) == [*summed, "RAET1E-AS1", "RF00017"]


def test_genes_of_one_symbol_agree_between_mccalla_liu_and_the_raw_counts():
    table, raw = load(DATASETS["mccalla-liu"]), load(LiuEmbryo)
    symbols = pd.Series([gene_table("human").by_ensembl.get(one, "") for one in raw.var_names])
    once = symbols[~symbols.duplicated(keep=False)]
    once = once[once.isin(table.var_names)]
    here = table.X[:, table.var_names.get_indexer(once)].toarray()
    agree = (here == raw.X[:, once.index].toarray()).all(axis=0)
    assert len(agree) > 17_000
    assert (~agree).sum() < 20  # symbols that were given to another Ensembl id since, or sums of several


def test_liu_takes_each_stage_to_its_cell(liu):
    adata = LiuEmbryo().load(liu)
    assert adata.X.toarray().tolist() == [[0, 5, 2], [1, 0, 0]]
    assert adata.obs["cell_type"].to_dict() == {"c1": "blastocyst", "c2": "morula"}
    assert list(adata.var_names) == ["ENSG1", "ENSG2", "ENSG3"]


@pytest.mark.parametrize(
    ("scale", "expected"), [("rpkm", [[0, 7], [1, 0.5]]), ("log", [[0, 3], [1, 0.5849625]])]
)
def test_yan_is_given_as_asked(scale, expected, yan):
    adata = YanEmbryo(scale=scale).load(yan)
    assert np.allclose(adata.X.toarray(), expected)
    assert adata.X.dtype == np.float32
    assert adata.obs["cell_type"].to_dict() == {"c1": "zygote", "c2": "blast"}


@pytest.mark.parametrize(
    ("values", "message"),
    [([0.5, 1.0], "not whole"), ([-1.0, 1.0], "negative"), ([np.nan, 1.0], "missing or not finite")],
)
def test_counts_that_are_none_are_refused(values, message, liu):
    rdata.write_rds(liu["counts"], pd.DataFrame({"c1": values, "c2": [1.0, 1.0]}, index=["a", "b"]))
    with pytest.raises(ValueError, match=message):
        LiuEmbryo().load(liu)


def test_a_cell_without_a_stage_is_refused(liu):
    rdata.write_rds(liu["counts"], pd.DataFrame({"c1": [1], "c9": [1]}, index=["a"]))
    with pytest.raises(ValueError, match="1 cells without a stage, 'c9' first"):
        LiuEmbryo().load(liu)


def test_a_matrix_without_names_is_refused(liu):
    rdata.write_rds(liu["counts"], np.ones((2, 2)))
    with pytest.raises(ValueError, match="expected a matrix with names, or a data frame"):
        LiuEmbryo().load(liu)


def test_other_columns_are_refused(liu, yan):
    rdata.write_rds(liu["cells"], pd.DataFrame({"stage": ["a"]}, index=["1"]))
    with pytest.raises(ValueError, match=r"lacks the column sample.rna"):
        LiuEmbryo().load(liu)
    rdata.write_rda(yan["cells"], {"yan": 1})
    with pytest.raises(ValueError, match="lacks the object yan or ann"):
        YanEmbryo().load(yan)


@pytest.mark.parametrize("keep", [0, 10, 60])
def test_a_truncated_file_is_refused(keep, liu):
    liu["counts"].write_bytes(liu["counts"].read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"counts.RDS is (truncated or damaged|no R data file)"):
        LiuEmbryo().load(liu)
