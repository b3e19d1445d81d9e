import csv
import inspect
from pathlib import Path

import numpy as np
import pytest

from bengrn.tasks.naming import name_data
from bengrn_datasets.beeline import real as beeline_real
from bengrn_datasets.beeline.evidence import ChipMouse, MdcChip, StringMouse

TRUTHS = {truth.name: truth for truth in beeline_real.bengrn_truths()}
CELLS = {cells.name: cells for cells in beeline_real.bengrn_datasets()}

# regulators, genes, edges: counted in the files by hand
NETWORKS = {
    "beeline-hesc-specific": (34, 815, 4_545),
    "beeline-hesc-nonspecific": (283, 760, 3_441),
    "beeline-hesc-string": (343, 517, 4_257),
    "beeline-mdc-specific": (20, 448, 756),
    "beeline-mdc-nonspecific": (250, 643, 3_067),
    "beeline-mdc-string": (264, 487, 4_815),
    "beeline-mesc-specific": (88, 977, 29_613),
    "beeline-mesc-nonspecific": (516, 896, 6_893),
    "beeline-mesc-string": (495, 648, 7_762),
    "beeline-mesc-lofgof": (34, 775, 4_169),
    "beeline-small-hesc": (45, 49, 375),
    "beeline-small-thp1": (44, 45, 335),
    "beeline-small-mef": (40, 40, 666),
    "beeline-small-mes-pe": (45, 47, 616),
    "beeline-small-mes-retinoic": (8, 12, 54),
}
SHAPES = {
    "beeline-mdc": (383, 821),
    "beeline-small-hesc": (758, 49),
    "beeline-small-thp1": (960, 45),
    "beeline-small-mef": (373, 40),
    "beeline-small-mes-pe": (456, 47),
    "beeline-small-mes-retinoic": (1_886, 12),
}


def network_file(tmp_path, text):
    path = tmp_path / "BL--network.csv"
    path.write_text(text)
    return {"network": path}


def test_every_network_and_panel_is_declared_with_a_card():
    assert set(TRUTHS) == set(NETWORKS)
    assert set(CELLS) == set(SHAPES)
    for declared in (*TRUTHS.values(), *CELLS.values()):
        assert declared.__module__ == beeline_real.__name__
        assert len(inspect.getdoc(declared).splitlines()) >= 3


def test_a_truth_names_its_own_cells_where_they_are_offered():
    own = {name: truth.data for name, truth in TRUTHS.items() if truth.data in CELLS}
    assert all(CELLS[data].organism == TRUTHS[name].organism for name, data in own.items())
    assert {data for name, data in own.items() if "-mdc-" in name} == {"beeline-mdc"}
    assert all(TRUTHS[name].data == "" for name in TRUTHS if "-hesc-" in name or "-mesc-" in name)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_have_the_edges_that_their_files_hold(name, real_files):
    truth = TRUTHS[name]().load(real_files(TRUTHS[name]))
    assert (len(truth.regulators), len(truth.targets), truth.edges.nnz) == NETWORKS[name]
    assert truth.sign is None
    assert truth.directed is ("string" not in name)


@pytest.mark.parametrize("name", SHAPES)
def test_cells_have_the_documented_shape_and_unique_names(name, real_files):
    adata = CELLS[name]().load(real_files(CELLS[name]))
    assert adata.shape == SHAPES[name]
    assert adata.var_names.is_unique
    assert adata.obs_names.is_unique
    assert (adata.X.data >= 0).all()


def test_only_the_panel_in_retinoic_acid_holds_counts(real_files):
    for name, cells in CELLS.items():
        values = cells().load(real_files(cells)).X.data
        whole = bool((values == np.rint(values)).all())
        assert whole is (cells.values == "counts")
        assert whole is (name == "beeline-small-mes-retinoic")


def test_36_cells_in_retinoic_acid_have_no_counts(real_files):
    adata = CELLS["beeline-small-mes-retinoic"]().load(real_files(CELLS["beeline-small-mes-retinoic"]))
    assert (adata.X.sum(axis=1) == 0).sum() == 36


def test_dendritic_cells_are_of_one_two_four_and_six_hours(real_files):
    adata = CELLS["beeline-mdc"]().load(real_files(CELLS["beeline-mdc"]))
    assert adata.obs["time"].value_counts().to_dict() == {1: 96, 2: 96, 4: 95, 6: 96}


@pytest.mark.parametrize("name", [name for name, truth in TRUTHS.items() if truth.data])
def test_regulators_of_a_truth_with_cells_are_among_their_genes(name, real_files):
    truth = TRUTHS[name]().load(real_files(TRUTHS[name]))
    adata = CELLS[truth_data(name)]().load(real_files(CELLS[truth_data(name)]))
    assert set(truth.targets) <= set(adata.var_names)


def truth_data(name):
    return TRUTHS[name].data


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ("beeline-mdc-specific", MdcChip),
        ("beeline-mdc-nonspecific", ChipMouse),
        ("beeline-mdc-string", StringMouse),
    ],
)
def test_a_cut_is_the_whole_network_among_the_genes_of_the_cells(cut, whole, real_files):
    genes = set(CELLS["beeline-mdc"]().load(real_files(CELLS["beeline-mdc"])).var_names)
    pairs = []
    for source in (TRUTHS[cut], whole):
        truth = source().load(real_files(source))
        row, column = truth.edges.nonzero()
        named = {(truth.regulators[r], truth.targets[c]) for r, c in zip(row, column, strict=True)}
        pairs.append({pair for pair in named if set(pair) <= genes and len(set(pair)) == 2})
    assert pairs[0] == pairs[1]


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("beeline-small-hesc", {"string-400": 204, "string-700": 54, "string-900": 23}),
        ("beeline-small-mef", {"string-400": 171, "string-700": 68, "string-900": 30}),
        ("beeline-small-mes-pe", {"string-400": 198, "string-700": 72, "string-900": 23}),
    ],
)
def test_string_presets_of_a_panel_hold_every_pair_both_ways(name, counts, real_files):
    assert set(TRUTHS[name].presets) == set(counts)
    for preset, settings in TRUTHS[name].presets.items():
        truth = TRUTHS[name](**settings).load(real_files(TRUTHS[name]))
        assert truth.edges.nnz == 2 * counts[preset]
        assert truth.regulators == truth.targets
        assert not truth.directed
        assert (truth.edges != truth.edges.T).nnz == 0


def test_mouse_genes_are_spelt_as_mouse_genes(real_files):
    adata = CELLS["beeline-small-mef"]().load(real_files(CELLS["beeline-small-mef"]))
    truth = TRUTHS["beeline-small-mef"]().load(real_files(TRUTHS["beeline-small-mef"]))
    assert {"Trp53", "Ascl1", "Nr2f2"} <= set(adata.var_names) & set(truth.targets)
    assert set(adata.var_names) == set(truth.targets)


def test_nine_tenths_of_the_genes_of_dendritic_cells_are_known(real_files):
    adata = CELLS["beeline-mdc"]().load(real_files(CELLS["beeline-mdc"]))
    truth = TRUTHS["beeline-mdc-string"]().load(real_files(TRUTHS["beeline-mdc-string"]))
    facts = name_data(adata, truth)[2]
    assert facts["genes_mapped"] / adata.n_vars > 0.9


def test_a_network_is_read_with_mouse_names(tmp_path):
    files = network_file(tmp_path, "Gene1,Gene2,Score\nTRP53,MDM2,10\nMYC,TRP53,2\nMYC,MYC,1\n")
    truth = TRUTHS["beeline-mdc-specific"]().load(files)
    assert (truth.regulators, truth.targets) == (("Myc", "Trp53"), ("Mdm2", "Myc", "Trp53"))
    assert truth.edges.toarray().astype(int).tolist() == [[0, 1, 1], [1, 0, 0]]
    assert (truth.organism, truth.losses) == ("mouse", {"self-pairs": 1})


def test_human_names_stay_as_they_are(tmp_path):
    files = network_file(tmp_path, "Gene1,Gene2\nTP53,C4orf46\n")
    assert TRUTHS["beeline-hesc-specific"]().load(files).targets == ("C4orf46", "TP53")


def test_the_one_sign_of_a_panel_is_not_taken_for_signs(tmp_path):
    path = network_file(tmp_path, "Gene1,Gene2,Type\nSPI1,FOS,-\n")
    assert TRUTHS["beeline-small-thp1"]().load(path).sign is None


def test_a_panel_reads_the_network_that_was_chosen(tmp_path):
    files = {}
    for name, score in (("reference", "Type"), ("string-400", "x"), ("string-700", "x"), ("string-900", "x")):
        files[name] = Path(tmp_path / f"{name}.csv")
        files[name].write_text(f"Gene1,Gene2,{score}\nSOX2,{name[-3:].upper()},+\n")
    found = {
        name: TRUTHS["beeline-small-hesc"](network=name).load(files).regulators
        for name in ("reference", "string-700")
    }
    assert found == {"reference": ("SOX2",), "string-700": ("700", "SOX2")}


def test_cells_without_an_hour_in_their_names_are_refused(tmp_path):
    path = tmp_path / "BL--ExpressionData.csv"
    path.write_text(",LPS_1h_S1,control\nACTB,1,2\n")
    with pytest.raises(ValueError, match=r"cell names without an hour; expected such as LPS_4h_S12"):
        CELLS["beeline-mdc"]().load({"expression": path})


def test_pseudotime_of_other_cells_is_refused(tmp_path):
    files = {"expression": tmp_path / "ExpressionData.csv", "pseudotime": tmp_path / "PseudoTime.csv"}
    files["expression"].write_text(",a,b\nACTB,1,2\n")
    files["pseudotime"].write_text("PseudoTime1\na,0\nc,1\n")
    with pytest.raises(ValueError, match=r"no row of 1 times for 1 of 2 cells, 'b' first"):
        CELLS["beeline-small-hesc"]().load(files)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Gene1,Gene2\n", "lists no pair"),
        ("Gene1,Gene2\nMYC\n", r"line 2: 'MYC' is no row of Gene1, Gene2"),
        (",TF,Target\n0,1,2\n", r"has the columns , TF, Target; expected Gene1"),  # GENELink's Label.csv
        ("Gene1,Gene2\nMYC,MYC\n", "all 1 pairs are self-pairs"),
    ],
)
def test_a_bad_network_is_refused(text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        TRUTHS["beeline-mdc-specific"]().load(network_file(tmp_path, text))


@pytest.mark.parametrize("name", ["beeline-mdc-specific", "beeline-mdc-string"])
def test_networks_are_those_that_genelinks_own_indices_mean(name, real_files):
    network = real_files(TRUTHS[name])["network"]
    folder = network.parent
    if not (folder / "Label.csv").is_file():
        pytest.skip("needs the index files of GENELink beside the network")
    with (folder / "Target.csv").open() as handle:
        genes = {row["index"]: row["Gene"] for row in csv.DictReader(handle)}
    with (folder / "Label.csv").open() as handle:
        labelled = {(genes[row["TF"]], genes[row["Target"]]) for row in csv.DictReader(handle)}
    with network.open() as handle:
        assert labelled == {(row["Gene1"], row["Gene2"]) for row in csv.DictReader(handle)}
