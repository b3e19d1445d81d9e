"""The ECCITE-seq knock-outs: small files of the same format, and the real one where it is at hand."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from bengrn_datasets.screens.papalexi import PapalexiCells, PapalexiScreen, read_eccite

pytest.importorskip("rdata")
needs_file = pytest.mark.skipif(not os.environ.get("BENGRN_DATA"), reason="needs the file: set BENGRN_DATA")
IS_OBJECT, HAS_ATTRIBUTES, HAS_TAG = 1 << 8, 1 << 9, 1 << 10


def integer(*values):
    return struct.pack(f">{len(values)}i", *values)


def text(value):
    return integer(9 | 64 << 12, len(value)) + value.encode()


def pairs(attributes):
    """Return R's pairlist of attributes."""
    return b"".join(integer(2 | HAS_TAG, 1) + text(name) + value for name, value in attributes) + integer(254)


def vector(values, attributes=(), flags=0):
    """Return an R vector of text, whole numbers, numbers, or packed R objects."""
    flags |= HAS_ATTRIBUTES if attributes else 0
    first = values[0] if len(values) else 0
    if isinstance(first, bytes):
        kind, body = 19, b"".join(values)
    elif isinstance(first, str):
        kind, body = 16, b"".join(map(text, values))
    elif isinstance(first, float):
        kind, body = 14, struct.pack(f">{len(values)}d", *values)
    else:
        kind, body = 13, integer(*values)
    return integer(kind | flags, len(values)) + body + (pairs(attributes) if attributes else b"")


def named(**parts):
    return vector(list(parts.values()), [("names", vector(list(parts)))])


def frame(**columns):
    length = len(next(iter(columns.values())))
    attributes = [
        ("names", vector(list(columns))),
        ("class", vector(["data.frame"])),
        ("row.names", vector([str(number) for number in range(length)])),
    ]
    return vector([vector(one) for one in columns.values()], attributes, IS_OBJECT)


def triplets(matrix, names):
    """Return an object of R's class dgTMatrix."""
    stored = sparse.coo_array(matrix)
    slots = [
        ("i", vector(stored.row.tolist())),
        ("j", vector(stored.col.tolist())),
        ("Dim", vector(list(matrix.shape))),
        ("Dimnames", vector([vector(names), integer(254)])),
        ("x", vector(stored.data.astype(float).tolist())),
        ("factors", vector([])),
        ("class", vector(["dgTMatrix"], [("package", vector(["Matrix"]))])),
    ]
    return integer(25 | IS_OBJECT | HAS_ATTRIBUTES) + pairs(slots)


GUIDES = {"JAK2g1": "JAK2", "PDL1g1": "CD274", "NTg1": "non-targeting", "NTg2": "non-targeting"}


def parts_of(x_CG, guide_CU, genes):
    cells = x_CG.shape[0]
    return {
        "response_matrix": triplets(x_CG.T, genes),
        "grna_matrix": triplets(guide_CU.T, list(GUIDES)),
        "extra_covariates": frame(bio_rep=["rep_1"] * (cells // 2) + ["rep_2"] * (cells - cells // 2)),
        "grna_target_data_frame": frame(grna_id=list(GUIDES), grna_target=list(GUIDES.values())),
    }


def save(path, parts):
    body = integer(2 | HAS_TAG, 1) + text("lowmoi_example_data") + named(**parts) + integer(254)
    header = b"RDX2\nX\n" + integer(2, 4 << 16, 2 << 16 | 3 << 8)
    path.write_bytes(gzip.compress(header + body, mtime=0))
    return path


@pytest.fixture
def small(tmp_path):
    """Six cells, three genes; the third has 3 of 4 counts of one guide, the fifth none, the sixth a tie."""
    x_CG = np.array([[1, 0, 2], [0, 3, 0], [4, 0, 0], [0, 0, 5], [1, 1, 1], [2, 2, 2]])
    guide_CU = np.array([[9, 1, 0, 0], [0, 8, 2, 0], [0, 0, 3, 1], [1, 0, 0, 4], [0, 0, 0, 0], [5, 5, 0, 0]])
    return save(tmp_path / "small.rda", parts_of(x_CG, guide_CU, ["JAK2", "IRF1", "MYC"]))


def test_counts_guides_and_replicates_are_read(small):
    adata = read_eccite(small)
    assert isinstance(adata.X, sparse.csr_array)
    assert adata.X.dtype == np.float32
    assert adata.X.toarray()[:2].tolist() == [[1, 0, 2], [0, 3, 0]]
    assert list(adata.var_names) == ["JAK2", "IRF1", "MYC"]
    assert adata.obs["replicate"].tolist() == ["rep_1"] * 3 + ["rep_2"] * 3


@pytest.mark.parametrize(("share", "third"), [(0.8, ""), (0.75, "non-targeting"), (0.0, "non-targeting")])
def test_a_cell_has_the_perturbation_of_the_guide_that_is_clearly_its_own(small, share, third):
    perturbations = read_eccite(small, share).obs["perturbation"].tolist()
    assert perturbations == ["JAK2", "CD274", third, "non-targeting", "", ""]


def test_the_data_are_the_control_cells_unless_all_are_asked_for(small):
    assert list(PapalexiCells().load({"screen": small}).obs["guide"]) == ["NTg2"]
    assert PapalexiCells(cells="all").load({"screen": small}).n_obs == 6


def test_a_planted_knock_out_is_found(tmp_path):
    rng = np.random.default_rng(0)
    guide = np.repeat([0, 1, 2, 3], [80, 80, 100, 100])
    mean_CG = np.full((360, 12), 6.0)
    mean_CG[guide == 0, 0], mean_CG[guide == 0, 1] = 1.0, 2.0
    genes = ["JAK2", "IRF1", *(f"GENE{number}" for number in range(10))]
    order = rng.permutation(360)
    path = save(
        tmp_path / "planted.rda", parts_of(rng.poisson(mean_CG)[order], np.eye(4)[guide[order]] * 5, genes)
    )
    truth, report = PapalexiScreen().screen({"screen": path}, null_groups=4)
    found = sparse.coo_array(truth.edges)
    assert [(truth.regulators[r], truth.targets[c]) for r, c in zip(found.row, found.col, strict=True)] == [
        ("JAK2", "IRF1")
    ]
    assert truth.regulators == ("CD274", "JAK2")
    assert PapalexiScreen(unmeasured="drop").load({"screen": path}).regulators == ("JAK2",)
    assert report.calibration.groups == 4


@pytest.mark.parametrize(
    "content", [b"", b"RDX2\nX\n", b"something else", gzip.compress(b"RDX2\nX\nabc", mtime=0)]
)
def test_a_broken_file_is_one_clear_line(tmp_path, content):
    path = tmp_path / "broken.rda"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.rda cannot be read as R data") as caught:
        read_eccite(path)
    assert "\n" not in str(caught.value)


def test_a_file_cut_short_is_one_clear_line(tmp_path, small):
    path = tmp_path / "cut.rda"
    path.write_bytes(small.read_bytes()[:-40])
    with pytest.raises(ValueError, match="cannot be read as R data") as caught:
        read_eccite(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", ["grna_matrix", "grna_target_data_frame", "extra_covariates"])
def test_a_list_that_lacks_a_part_is_refused(tmp_path, missing):
    parts = parts_of(np.eye(4), np.eye(4), ["A", "B", "C", "D"])
    del parts[missing]
    with pytest.raises(ValueError, match=rf"lacks a part of the screen.*{missing}"):
        read_eccite(save(tmp_path / "part.rda", parts))


def test_a_guide_without_a_target_is_refused(tmp_path):
    parts = parts_of(np.eye(4), np.eye(4), ["A", "B", "C", "D"])
    parts["grna_target_data_frame"] = frame(grna_id=["JAK2g1"], grna_target=["JAK2"])
    with pytest.raises(ValueError, match="a guide without a target, 'PDL1g1'"):
        read_eccite(save(tmp_path / "guide.rda", parts))


@pytest.fixture(scope="module")
def real():
    from bengrn.fetch import fetch

    remote = PapalexiScreen.files["screen"]
    place = Path(os.environ["BENGRN_DATA"]) / remote.path
    if not place.is_file() and not place.with_name(f"{place.name}.gz").is_file():
        pytest.skip(f"{place.name} is not in BENGRN_DATA")
    return {"screen": fetch(remote)}


@pytest.fixture(scope="module")
def derived(real):
    return PapalexiScreen().screen(real, null_groups=20)


@needs_file
def test_the_screen_has_20729_cells_of_25_targets_and_controls(real):
    adata = PapalexiCells(cells="all", min_guide_share=0).load(real)
    assert adata.shape == (20_729, 299)
    assert adata.obs["perturbation"].nunique() == 26
    assert adata.obs["guide"].nunique() == 107  # of 110; three are the strongest of no cell
    assert (adata.obs["perturbation"] == "").sum() == 0
    assert adata.obs["replicate"].value_counts().tolist() == [9_428, 6_001, 5_300]


@needs_file
@pytest.mark.parametrize(("share", "controls"), [(0.8, 1_923), (0.0, 2_386)])
def test_1923_cells_are_clearly_controls(real, share, controls):
    assert PapalexiCells(min_guide_share=share).load(real).shape == (controls, 299)


@needs_file
def test_24_of_25_perturbations_are_regulators(derived):
    truth, report = derived
    assert len(truth.regulators) == 24
    assert [row.name for row in report.rows if not row.passed] == ["SPI1"]
    assert truth.losses == {
        "cells without a perturbation": 4_537,
        "perturbations of too few cells": 1,
        "perturbed genes that cannot be checked, kept": 15,
        "measured genes seen in too few cells": 139,
    }


@needs_file
def test_the_edges_are_those_of_the_interferon_pathway(derived):
    truth, _ = derived
    degree = dict(zip(truth.regulators, np.diff(truth.edges.indptr).tolist(), strict=True))
    assert truth.edges.shape == (24, 160)
    assert truth.edges.nnz == 430
    assert {name for name, edges in degree.items() if edges > 30} == {
        "IFNGR1", "IFNGR2", "IRF1", "JAK2", "SMAD4", "STAT1"
    }  # fmt: skip
    assert sum(edges == 0 for edges in degree.values()) == 14


@needs_file
def test_every_measured_knock_out_lowers_its_own_gene(derived):
    checked = {row.name: row for row in derived[1].rows if row.log2_fold is not None}
    assert set(checked) == {
        "CMTM6", "IFNGR2", "JAK2", "NFKBIA", "STAT1", "STAT2", "STAT3", "TNFRSF14", "UBE2L6"
    }  # fmt: skip
    assert all(row.log2_fold < -0.35 and row.on_target_p < 1e-9 for row in checked.values())


@needs_file
def test_the_pathway_activates_stat1(derived):
    truth, _ = derived
    column = truth.targets.index("STAT1")
    for name in ("IFNGR1", "IFNGR2", "JAK2"):
        assert truth.sign[truth.regulators.index(name), column] == 1


@needs_file
def test_controls_against_controls_hold_their_level(derived):
    calibration = derived[1].calibration
    assert calibration.below_05 == pytest.approx(0.05, abs=0.015)
    assert calibration.groups_with_edges <= 4


@needs_file
def test_the_checked_preset_keeps_the_nine_measured_genes(real):
    assert len(PapalexiScreen(**PapalexiScreen.presets["checked"]).load(real).regulators) == 9
