"""The five knock-downs of H1 cells: small files of the same format, and the real one where it is at hand."""

import os
from pathlib import Path

import anndata
import numpy as np
import pytest
from scipy import sparse

from bengrn_datasets.screens.vcc_h1 import VccH1Cells, VccH1Screen, read_vcc

needs_file = pytest.mark.skipif(not os.environ.get("BENGRN_DATA"), reason="needs the file: set BENGRN_DATA")


def write(path, *, column="target_gene"):
    """Write 120 controls and 60 cells of two knock-downs; TMSB4X represses ENO1."""
    rng = np.random.default_rng(0)
    label_C = np.repeat(["non-targeting", "TMSB4X", "MED12"], [120, 60, 60])
    mean_CG = np.full((240, 10), 8.0)
    mean_CG[label_C == "TMSB4X", 0], mean_CG[label_C == "TMSB4X", 1] = 0.4, 16.0
    order = rng.permutation(240)
    adata = anndata.AnnData(X=sparse.csr_matrix(rng.poisson(mean_CG)[order].astype(np.float32)))
    adata.var_names = ["TMSB4X", "ENO1", *(f"GENE{number}" for number in range(8))]
    adata.var["gene_id"] = [f"ENSG{number:011}" for number in range(10)]
    adata.obs_names = [f"cell{number}" for number in range(240)]
    adata.obs[column] = label_C[order]
    adata.obs["guide_id"] = [f"{label}_P1" for label in label_C[order]]
    adata.obs["batch"] = [f"Flex_{number % 2 + 1}_{number % 16 + 1:02}" for number in range(240)]
    adata.write_h5ad(path)
    return {"screen": path}


@pytest.fixture
def small(tmp_path):
    return write(tmp_path / "small.h5ad")


def test_counts_labels_and_pools_are_read(small):
    adata = read_vcc(small["screen"])
    assert adata.shape == (240, 10)
    assert isinstance(adata.X, sparse.csr_array)
    assert adata.X.dtype == np.float32
    assert set(adata.obs["pool"]) == {"Flex_1", "Flex_2"}
    assert adata.obs["batch"].nunique() == 16
    assert adata.var.loc["ENO1", "ensembl"] == "ENSG00000000001"


def test_the_data_are_the_control_cells_unless_all_are_asked_for(small):
    assert set(VccH1Cells().load(small).obs["perturbation"]) == {"non-targeting"}
    assert VccH1Cells(cells="all").load(small).n_obs == 240


def test_a_planted_knock_down_is_found_with_its_sign(small):
    truth = VccH1Screen().load(small)
    row, column = truth.regulators.index("TMSB4X"), truth.targets.index("ENO1")
    assert truth.edges[row, column]
    assert truth.sign[row, column] == -1


@pytest.mark.parametrize("batch", ["pool", "batch", "none"])
def test_every_setting_of_the_batch_works(small, batch):
    assert VccH1Screen(batch=batch).load(small).regulators == ("MED12", "TMSB4X")


def test_a_file_without_its_columns_is_refused(tmp_path):
    paths = write(tmp_path / "other.h5ad", column="label")
    with pytest.raises(ValueError, match=r"other\.h5ad lacks obs\['target_gene'\]"):
        VccH1Screen().load(paths)


@pytest.mark.parametrize("content", [b"", b"no h5ad"])
def test_a_broken_file_is_one_clear_line(tmp_path, content):
    path = tmp_path / "broken.h5ad"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.h5ad cannot be read as h5ad") as caught:
        VccH1Cells().load({"screen": path})
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def real():
    from bengrn.fetch import fetch

    remote = VccH1Screen.files["screen"]
    place = Path(os.environ["BENGRN_DATA"]) / remote.path
    if not place.is_file() and not place.with_name(f"{place.name}.gz").is_file():
        pytest.skip(f"{place.name} is not in BENGRN_DATA")
    return {"screen": fetch(remote)}


@pytest.fixture(scope="module")
def derived(real):
    return VccH1Screen().screen(real, null_groups=10)


@needs_file
def test_the_screen_has_100_cells_of_each_of_five_knock_downs_and_controls(real):
    adata = VccH1Cells(cells="all").load(real)
    assert adata.shape == (600, 1_000)
    assert adata.obs["perturbation"].value_counts().to_dict() == dict.fromkeys(
        ("MED12", "SRC", "STAT1", "TET1", "TMSB4X", "non-targeting"), 100
    )
    assert (adata.obs["batch"].nunique(), adata.obs["pool"].nunique()) == (48, 3)
    assert VccH1Cells().load(real).shape == (100, 1_000)


@needs_file
def test_the_knock_down_of_tmsb4x_is_seen_in_the_counts(real):
    adata = VccH1Cells(cells="all").load(real)
    counts = adata.X[:, [adata.var_names.get_loc("TMSB4X")]].toarray().ravel()
    mean = {label: counts[adata.obs["perturbation"] == label].mean() for label in ("TMSB4X", "non-targeting")}
    assert mean["TMSB4X"] == pytest.approx(4.0, abs=0.05)
    assert mean["non-targeting"] == pytest.approx(126.5, abs=0.05)


@needs_file
def test_med12_has_nearly_all_edges(derived):
    truth, _ = derived
    assert truth.edges.shape == (5, 1_000)
    degree = dict(zip(truth.regulators, np.diff(truth.edges.indptr).tolist(), strict=True))
    assert degree == {"MED12": 47, "SRC": 0, "STAT1": 0, "TET1": 2, "TMSB4X": 2}


@needs_file
def test_only_tmsb4x_can_be_checked(real, derived):
    checked = {row.name: row for row in derived[1].rows if row.log2_fold is not None}
    assert set(checked) == {"TMSB4X"}
    assert checked["TMSB4X"].log2_fold == pytest.approx(np.log2(4.0 / 126.5), abs=0.15)
    assert derived[0].losses == {"perturbed genes that cannot be checked, kept": 4}
    assert VccH1Screen(**VccH1Screen.presets["checked"]).load(real).regulators == ("TMSB4X",)


@needs_file
def test_controls_against_controls_hold_their_level(derived):
    assert derived[1].calibration.below_05 == pytest.approx(0.05, abs=0.015)
