import gzip
import os
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy import sparse

from bengrn.request import Selection
from bengrn.tasks.frozen import freeze
from bengrn_datasets.gwps.controls import GwpsControls
from bengrn_datasets.gwps.remotes import BULK, ESSENTIAL, P_VALUES
from bengrn_datasets.gwps.tables import read_checks, read_p_values
from bengrn_datasets.gwps.truth import Gwps, bengrn_datasets, bengrn_truths

# TP53, GAPDH, MYC, GATA1 are measured; SPI1 only perturbed; KLF1 only in the cells
A, B, C, D = "ENSG00000141510", "ENSG00000111640", "ENSG00000136997", "ENSG00000102145"
E, F = "ENSG00000066336", "ENSG00000105610"
COLUMNS = [f"4_TP53_P1P2_{A}", "0_non-targeting_non-targeting_non-targeting", f"2_GAPDH_P1P2_{B}"]
COLUMNS += [f"3_MYC_P1P2_{C}", f"1_SPI1_P1_{E}", f"5_TP53_P2_{A}"]
P = {
    A: [0.0, 1, 0.5, 0.03, 0.001, 0],
    B: [0.001, 1, 0.0, 0.2, 0.5, 0],
    C: [0.02, 1, 0.6, 0.0, 0.9, 0],
    D: [0.3, 1, 0.004, 0.04, 0.002, 0.001],
}
# rows in another order than the columns above: SPI1, TP53, GAPDH, MYC
BULK_ROWS = [COLUMNS[4], COLUMNS[0], COLUMNS[2], COLUMNS[3]]
CHECKS = {"num_cells_filtered": [200, 100, 49, 80], "fold_expr": [np.nan, 0.1, 0.1, 0.6]}
CHANGE = [[-1.5, 0, 0, 0.2], [-9, -2, 1, 0], [0, -9, 0, -0.5], [3, 0, -9, np.inf]]

RNG = np.random.default_rng(0)
CELL_GENES = [D, F, C, B, A]
GUIDES = np.where(np.arange(300) % 4 == 0, "non-targeting", B)
COUNTS = RNG.poisson(2.0, (300, 5)).astype(np.float32)


def write_frame(stored, part, index, names, **columns):
    """Write obs or var as the upstream files hold it: an anndata 0.7 data frame."""
    group = stored.create_group(part)
    group.attrs.update({"_index": index, "encoding-type": "dataframe", "encoding-version": "0.1.0"})
    group.create_dataset(index, data=list(names), dtype=h5py.string_dtype("utf-8"))
    for name, values in columns.items():
        if np.asarray(values).dtype.kind == "U":
            categories, codes = np.unique(values, return_inverse=True)
            group[f"__categories/{name}"] = categories.astype("S")
            values = codes.astype(np.int8)  # noqa: PLW2901 - what stands for the text
        group[name] = values


def write_cells(path, guides=GUIDES, x=COUNTS):
    with h5py.File(path, "w") as stored:
        if sparse.issparse(x):
            group = stored.create_group("X")
            group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": x.shape})
            group["data"], group["indices"], group["indptr"] = x.data, x.indices, x.indptr
        else:
            stored["X"] = x
        write_frame(stored, "obs", "cell_barcode", [f"cell-{one}" for one in range(300)], gene_id=guides)
        write_frame(stored, "var", "gene_id", CELL_GENES, gene_name=["GATA1", "KLF1", "MYC", "GAPDH", "TP53"])
    return path


@pytest.fixture
def paths(tmp_path):
    p_values = tmp_path / Path(P_VALUES.path).name
    lines = [["", *COLUMNS], *([gene, *map(str, values)] for gene, values in P.items())]
    p_values.write_bytes(gzip.compress("\n".join(map(",".join, lines)).encode()))
    bulk = tmp_path / "bulk.h5ad"
    with h5py.File(bulk, "w") as stored:
        stored["X"] = np.array(CHANGE, np.float32)
        write_frame(stored, "obs", "gene_transcript", BULK_ROWS, **CHECKS)
        write_frame(stored, "var", "gene_id", [A, B, C, D], gene_name=["TP53", "GAPDH", "MYC", "GATA1"])
    return {"p_values": p_values, "bulk": bulk, "cells": write_cells(tmp_path / "cells.h5ad")}


def pairs(truth, what="edges"):
    """Return (row, column) -> value of a matrix of the truth."""
    stored = sparse.coo_array(getattr(truth, what))
    places = zip(stored.row, stored.col, stored.data, strict=True)
    return {(truth.regulators[row], truth.targets[column]): value for row, column, value in places}


def test_an_edge_leads_from_the_perturbed_gene_to_the_measured_one(paths):
    truth = Gwps(regulators="all").load(paths)
    assert set(pairs(truth)) == {(A, B), (A, C), (B, D), (C, A), (C, D), (E, A), (E, D)}
    assert truth.losses["self-pairs"] == 3


def test_the_universe_is_what_was_perturbed_times_what_was_tested(paths):
    truth = Gwps(regulators="all").load(paths)
    assert (truth.regulators, truth.targets) == ((A, B, C, E), (A, B, C, D))
    assert (truth.organism, truth.id_kind, truth.directed) == ("human", "ensembl", True)


def test_only_the_first_column_of_a_gene_counts(paths):
    truth = Gwps(regulators="all").load(paths)
    assert (A, D) not in pairs(truth)
    assert truth.losses["further columns of a perturbed gene"] == 1
    assert truth.losses["columns of controls"] == 1


def test_the_default_keeps_regulators_with_cells_and_a_knock_down(paths):
    truth = Gwps().load(paths)
    assert truth.regulators == (A,)
    assert set(pairs(truth)) == {(A, B), (A, C)}
    assert truth.losses["regulators with too few cells"] == 1  # GAPDH: 49
    assert truth.losses["regulators that were not knocked down"] == 1  # MYC: 0.6 is left
    assert truth.losses["regulators whose knock-down was not measured"] == 1  # SPI1


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"min_cells": 49}, (A, B)),
        ({"max_remaining": 0.6}, (A, C)),
        ({"min_cells": 0, "max_remaining": 1.0}, (A, B, C)),
    ],
)
def test_the_limits_of_the_checks_can_be_set(paths, settings, expected):
    assert Gwps(**settings).load(paths).regulators == expected


def test_the_strict_preset_asks_for_p_values_below_one_percent(paths):
    truth = Gwps(**Gwps.presets["strict-p"], regulators="all").load(paths)
    assert set(pairs(truth)) == {(A, B), (B, D), (E, A), (E, D)}


def test_effects_are_the_changes_and_a_target_that_falls_is_activated(paths):
    truth = Gwps(regulators="all", effects=True).load(paths)
    effect, sign = pairs(truth, "effect"), pairs(truth, "sign")
    assert (effect[A, B], sign[A, B]) == (-2, 1)
    assert (effect[C, A], sign[C, A]) == (3, -1)
    assert truth.edges.nnz == 7
    assert (C, D) not in effect  # infinite upstream
    assert truth.losses["edges without an effect size"] == 1


def test_the_strongest_edges_are_those_of_the_largest_magnitude(paths):
    truth = Gwps(regulators="all", effects=True, strongest=0.5).load(paths)
    assert pairs(truth, "effect") == {(C, A): 3, (A, B): -2, (E, A): -1.5}
    assert set(pairs(truth)) == {(C, A), (A, B), (E, A)}
    assert truth.losses["edges of a weaker effect"] == 3


def test_edges_tied_at_the_cut_stay(paths):
    with h5py.File(paths["bulk"], "a") as stored:
        stored["X"][...] = np.ones((4, 4))
    assert Gwps(regulators="all", effects=True, strongest=0.1).load(paths).edges.nnz == 7


def test_the_tf_preset_keeps_transcription_factors(paths, monkeypatch):
    factors = frozenset({"TP53", "SPI1", "GATA1"})
    monkeypatch.setattr("bengrn.plugin.transcription_factors", lambda organism: factors, raising=False)
    truth = Gwps(**Gwps.presets["tf"], regulators="all").load(paths)
    assert truth.regulators == (A, E)
    assert truth.losses["regulators that are no transcription factor"] == 2


def test_the_published_preset_is_square_transposed_and_keeps_self_pairs(paths):
    truth = Gwps(**Gwps.presets["published"]).load(paths)
    assert truth.regulators == truth.targets == tuple(sorted(CELL_GENES))
    expected = {(A, A), (B, A), (C, A), (B, B), (D, B), (A, C), (C, C), (D, C)}  # measured, perturbed
    assert set(pairs(truth)) == expected
    assert truth.losses["edges outside the genes of the cells"] == 2  # SPI1 is not among them


def test_effects_move_with_their_edges(paths):
    settings = {**Gwps.presets["published"], "effects": True}
    assert pairs(Gwps(**settings).load(paths), "effect")[B, A] == -2


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"p_values", "bulk"}),
        ({"regulators": "all"}, {"p_values"}),
        ({"regulators": "all", "effects": True}, {"p_values", "bulk"}),
        (Gwps.presets["published"], {"p_values", "cells"}),
    ],
)
def test_only_the_files_that_the_settings_need_are_asked_for(settings, expected):
    assert set(Gwps(**settings).files) == expected


def test_the_classes_name_the_files_of_the_default_settings():
    assert Gwps.files == {"p_values": P_VALUES, "bulk": BULK}
    assert GwpsControls.files == {"essential": ESSENTIAL}


def test_the_plugin_offers_both():
    assert [one.name for one in (*bengrn_truths(), *bengrn_datasets())] == ["gwps", "gwps-controls"]
    assert Gwps.data == GwpsControls.name


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"alpha": 0.0}, "alpha is 0.0"),
        ({"alpha": 1.5}, "at most 1"),
        ({"strongest": 0.0, "effects": True}, "strongest is 0.0"),
        ({"strongest": 0.5}, "set effects=true"),
        ({"max_remaining": 0.0}, "max_remaining is 0.0; expected a number above 0"),
        ({"min_cells": -1}, "min_cells is -1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        Gwps(**settings)


def test_checks_that_nothing_passes_are_refused_with_the_reasons(paths):
    with pytest.raises(ValueError, match=r"no perturbed gene is left .*4 regulators with too few cells"):
        Gwps(min_cells=1000).load(paths)


def test_a_level_that_no_pair_reaches_is_refused(paths):
    with pytest.raises(ValueError, match="no pair of two genes"):
        Gwps(alpha=1e-9, regulators="all").load(paths)


@pytest.mark.parametrize("layout", [np.asarray, sparse.csr_array])
def test_the_control_cells_are_read_as_counts(tmp_path, layout):
    path = write_cells(tmp_path / "cells.h5ad", x=layout(COUNTS))
    adata = GwpsControls().load({"essential": path})
    assert isinstance(adata.X, sparse.csr_array)
    assert adata.X.dtype == np.float32
    assert np.array_equal(adata.X.toarray(), COUNTS[::4])
    assert list(adata.obs_names[:2]) == ["cell-0", "cell-4"]
    assert np.array_equal(adata.obs["total_counts"], COUNTS[::4].sum(axis=1))
    assert set(adata.obs["cell_type"]) == {"K562"}
    assert list(adata.var_names) == CELL_GENES
    assert adata.var.loc[D, "symbol"] == "GATA1"


def test_a_file_without_control_cells_is_refused(tmp_path):
    path = write_cells(tmp_path / "cells.h5ad", guides=np.full(300, B))
    with pytest.raises(ValueError, match=f"no gene_id is 'non-targeting'; it is '{B}'"):
        GwpsControls().load({"essential": path})


def test_normalised_cells_are_refused(tmp_path):
    path = write_cells(tmp_path / "cells.h5ad", x=np.log1p(COUNTS))
    with pytest.raises(ValueError, match="expected raw counts"):
        GwpsControls().load({"essential": path})


def test_truth_and_cells_meet_in_a_task(paths):
    adata = GwpsControls().load({"essential": paths["cells"]})
    task = freeze(adata, Gwps(regulators="all").load(paths), Selection(cells=None, min_cells=50))
    assert task.truth.regulators == tuple(sorted([A, B, C]))
    assert task.truth.targets == tuple(sorted([A, B, C, D]))
    assert set(pairs(task.truth)) == {(A, B), (A, C), (B, D), (C, A), (C, D)}


def test_cells_named_by_symbols_meet_the_truth_as_well(paths):
    names = ["TP53", "GAPDH", "MYC", "GATA1", "SPI1"]
    adata = AnnData(sparse.csr_array(COUNTS), var=pd.DataFrame(index=names))
    adata.obs_names = [f"cell-{one}" for one in range(300)]
    task = freeze(adata, Gwps(regulators="all").load(paths), Selection(cells=None, min_cells=50))
    assert set(pairs(task.truth)) >= {("TP53", "GAPDH"), ("SPI1", "GATA1")}
    assert task.truth.edges.nnz == 7


def real(*remotes):
    """Return the paths of upstream files in the mirror, or skip."""
    folder = os.environ.get("BENGRN_DATA")
    missing = [one.path for one in remotes if not folder or not (Path(folder) / one.path).is_file()]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} in BENGRN_DATA")
    return [Path(str(folder)) / one.path for one in remotes]


@pytest.mark.slow
def test_the_published_matrix_of_the_real_files_has_1115065_edges():
    p_values, cells = real(P_VALUES, ESSENTIAL)
    truth = Gwps(**Gwps.presets["published"]).load({"p_values": p_values, "cells": cells})
    assert truth.edges.shape == (8_563, 8_563)
    assert truth.edges.nnz == 1_115_065
    assert (truth.edges.sum(axis=1) > 0).sum() == 5_530
    assert (truth.edges.sum(axis=0) > 0).sum() == 6_384


@pytest.mark.slow
def test_the_real_screen_of_essential_genes_has_10691_control_cells():
    (cells,) = real(ESSENTIAL)
    assert GwpsControls().load({"essential": cells}).shape == (10_691, 8_563)


@pytest.mark.slow
def test_every_real_column_is_a_row_of_the_pseudo_bulk():
    p_values, bulk = real(P_VALUES, BULK)
    found = read_p_values(p_values, alpha=0.05)
    assert found.losses["columns of controls"] == 585
    cells_R, _ = read_checks(bulk, found.columns)
    assert not np.isnan(cells_R).any()
