"""Screens out of anybody's h5ad: which column and label are meant, and what is refused."""

import anndata
import numpy as np
import pytest
from scipy import sparse

from bengrn.errors import DataError, TruthError
from bengrn.screens.file import read_screen, screen_from_file
from bengrn.screens.truth import ScreenRule

SYMBOLS = ["TP53", "MYC", "STAT1", "GATA1", "KLF1", "BAK1", "JAK2", "IRF1"]
ENSEMBL = {
    "TP53": "ENSG00000141510", "MYC": "ENSG00000136997", "STAT1": "ENSG00000115415",
    "GATA1": "ENSG00000102145", "KLF1": "ENSG00000105610", "BAK1": "ENSG00000030110",
    "JAK2": "ENSG00000096968", "IRF1": "ENSG00000125347",
}  # fmt: skip


def planted(labels=("non-targeting", "STAT1", "KLF1"), column="perturbation", names=SYMBOLS):
    """Return 200 controls and 80 cells of each other label; STAT1 activates IRF1."""
    rng = np.random.default_rng(0)
    label_C = np.repeat(labels, [200, *[80] * (len(labels) - 1)]).astype(object)
    mean_CG = np.full((len(label_C), len(SYMBOLS)), 4.0)
    for position, symbol in enumerate(SYMBOLS):
        hit_C = np.array([symbol in str(label).split("+") or label == ENSEMBL[symbol] for label in label_C])
        mean_CG[hit_C, position] *= 0.1
        if symbol == "STAT1":
            mean_CG[hit_C, SYMBOLS.index("IRF1")] *= 0.3
    adata = anndata.AnnData(X=sparse.csr_matrix(rng.poisson(mean_CG).astype(np.float32)))
    adata.var_names = names
    adata.obs_names = [f"c{number}" for number in range(len(label_C))]
    if column:
        adata.obs[column] = label_C
    adata.obs["total_counts"] = 1000.0
    return adata


@pytest.fixture
def write(tmp_path):
    def write(adata):
        adata.write_h5ad(tmp_path / "screen.h5ad")
        return tmp_path / "screen.h5ad"

    return write


def edges_of(truth):
    found = sparse.coo_array(truth.edges)
    return {(truth.regulators[r], truth.targets[c]) for r, c in zip(found.row, found.col, strict=True)}


def test_a_screen_becomes_a_truth_without_a_word(write):
    truth, report = screen_from_file(write(planted()))
    assert edges_of(truth) == {("STAT1", "IRF1")}
    assert (truth.organism, truth.id_kind, truth.version) == ("human", "symbol", "screen.h5ad, perturbation")
    assert report.calibration.groups == 10


@pytest.mark.parametrize(
    ("column", "control"),
    [("gene", "NT"), ("Target_Gene", "Non-Targeting"), ("condition", "ctrl"), ("grna_target", "control")],
)
def test_usual_columns_and_controls_are_recognised(write, column, control):
    screen = read_screen(write(planted((control, "STAT1"), column)))
    assert (screen.column, screen.control) == (column, control)


def test_a_column_without_a_control_is_passed_over(write):
    adata = planted(column="gene")
    adata.obs["condition"] = "stimulated"
    assert read_screen(write(adata)).column == "gene"


def test_two_columns_that_say_the_same_are_no_question(write):
    adata = planted()
    adata.obs["gene"] = adata.obs["perturbation"].to_numpy()
    assert read_screen(write(adata)).column == "perturbation"


def test_labels_with_the_control_stand_for_the_other_gene(write):
    adata = planted(("ctrl", "STAT1+ctrl", "ctrl+KLF1", "KLF1+BAK1"), "condition")
    truth, _ = screen_from_file(write(adata))
    assert truth.regulators == ("KLF1", "STAT1")
    assert truth.losses["cells with several perturbed genes"] == 80
    assert "cells without a perturbation" not in truth.losses


def test_symbols_find_genes_that_are_named_by_ids(write):
    adata = planted(names=[ENSEMBL[one] for one in SYMBOLS])
    truth, _ = screen_from_file(write(adata))
    assert edges_of(truth) == {(ENSEMBL["STAT1"], ENSEMBL["IRF1"])}
    assert truth.id_kind == "ensembl"


def test_ids_find_genes_that_are_named_by_symbols(write):
    truth, _ = screen_from_file(write(planted(("NT", ENSEMBL["STAT1"]), "gene")))
    assert edges_of(truth) == {("STAT1", "IRF1")}


def test_a_column_of_symbols_is_used(write):
    adata = planted(names=[f"probe{number}" for number in range(8)])
    adata.var["gene_name"] = SYMBOLS
    truth, _ = screen_from_file(write(adata), organism="human")
    assert edges_of(truth) == {("probe2", "probe7")}


def test_the_rule_the_batch_and_the_layer_are_handed_on(write):
    adata = planted()
    adata.layers["counts"] = adata.X.copy()
    adata.X = np.log1p(adata.X.toarray())
    adata.obs["lane"] = "a"
    path = write(adata)
    truth, report = screen_from_file(path, layer="counts", batch="lane", rule=ScreenRule(alpha=0.01))
    assert report.rule.alpha == 0.01
    assert truth.edges.nnz == 1
    with pytest.raises(DataError, match="counts"):
        screen_from_file(path)


def two_columns():
    adata = planted()
    adata.obs["gene"] = adata.obs["perturbation"].to_numpy()[::-1]
    return adata


@pytest.mark.parametrize(
    ("adata", "arguments", "said"),
    [
        (
            planted(column="what"),
            {},
            "No column of screen.h5ad looks like perturbed genes (what, total_counts)",
        ),
        (planted(), {"column": "pertubation"}, "Did you mean 'perturbation'?"),
        (planted(("wild", "STAT1")), {}, "No label looks like that of control cells"),
        (planted(("wild", "STAT1")), {}, "obs['perturbation']: STAT1, wild"),
        (planted(), {"control": "NTC"}, "No cell is labelled 'NTC'"),
        (planted(("NT", "control", "STAT1")), {}, "could be the control: NT, control"),
        (two_columns(), {}, "could hold the perturbed genes: perturbation, gene"),
    ],
)
def test_what_is_not_clear_is_asked_in_one_line(write, adata, arguments, said):
    with pytest.raises(DataError) as caught:
        screen_from_file(write(adata), **arguments)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_naming_the_column_and_the_control_settles_it(write):
    assert read_screen(write(two_columns()), column="gene").column == "gene"
    assert read_screen(write(planted(("NT", "control", "STAT1"))), control="NT").control == "NT"


@pytest.mark.parametrize("content", [None, b"", b"no h5ad at all"])
def test_a_file_that_is_missing_or_broken_is_one_clear_line(tmp_path, content):
    path = tmp_path / "broken.h5ad"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.h5ad") as caught:
        screen_from_file(path)
    assert "\n" not in str(caught.value)


def test_a_screen_of_controls_alone_is_refused(write):
    with pytest.raises(TruthError, match="Every labelled cell is a control"):
        screen_from_file(write(planted(("NT",))))


def test_a_label_in_another_case_is_the_gene_that_the_data_spell_otherwise(write):
    mouse = planted()
    mouse.var_names = ["Trp53", *[name.capitalize() for name in SYMBOLS[1:]]]
    truth, report = screen_from_file(write(mouse), null_groups=0)
    assert truth.organism == "mouse"
    assert truth.regulators == ("Klf1", "Stat1")
    assert all(row.log2_fold is not None for row in report.rows)


def test_two_guides_of_one_gene_are_one_gene(write):
    screen = read_screen(write(planted(labels=("non-targeting", "STAT1+STAT1", "KLF1"))))
    assert set(screen.labels) == {"non-targeting", "STAT1", "KLF1"}
    assert screen.several == 0


def test_missing_labels_of_any_kind_are_missing(write):
    import pandas as pd

    adata = planted()
    adata.obs["condition"] = pd.array([1, None] * (adata.n_obs // 2), dtype="Int64")
    assert read_screen(write(adata)).column == "perturbation"


def test_an_organism_that_there_is_not_is_refused(write):
    with pytest.raises(DataError, match="There is no organism 'klingon'"):
        screen_from_file(write(planted()), organism="klingon")
