"""The shipped gene sets: what is in them, under which names, and that the tool makes them."""

import lzma
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bengrn.enrichment.gene_sets import (
    chip_entries,
    chip_targets,
    hand_written,
    marker_sets,
    written_marker_sets,
)
from bengrn.errors import DataError
from bengrn.gene_table import shipped_lines
from bengrn.genes import gene_table

ROOT = Path(__file__).parents[2]


def test_the_chip_library_has_166_entries_of_95_names_with_2_to_1996_targets():
    sizes = [len(targets) for targets in chip_entries().values()]
    assert len(sizes) == 166
    assert len({entry.split(" ")[0] for entry in chip_entries()}) == 95
    assert (min(sizes), max(sizes)) == (2, 1996)
    assert sum(sizes) == 113_847


def test_every_factor_that_is_no_current_symbol_is_in_the_table_with_a_reason():
    names = {entry.split(" ")[0] for entry in chip_entries()}
    table = hand_written("tf_chip_names")
    assert {name for name, _, _ in table} == {name for name in names if name not in gene_table().genes}
    assert len(table) == 29
    assert all(reason for _, _, reason in table)
    assert all(not symbol or symbol in gene_table().genes for _, symbol, _ in table)


@pytest.mark.parametrize(
    ("factor", "entries"),
    [
        ("JUN", ("CJUN HELA-S3", "CJUN HEPG2", "CJUN HUVEC")),
        ("EP300", ("P300 HELA-S3",)),
        ("NR2C2", ("TR4 GM12878", "TR4 HELA-S3", "TR4 HEPG2", "TR4 K562")),
        ("REST", ("NRSF GM12878", "NRSF H1", "NRSF HELA-S3", "NRSF U87")),
        ("ESR1", ("Eralpha ECC1", "Eralpha T47D")),
        ("GATA1", ("GATA1 K562", "GATA1 PBDEFETAL")),
    ],
)
def test_entries_of_a_factor_are_merged_under_its_symbol(factor, entries):
    assert chip_targets().entries[factor] == entries


def test_what_cannot_be_mapped_is_counted():
    library = chip_targets()
    assert list(library.unmapped) == ["ESR K562"]
    assert len(library.targets) == 94
    assert sum(map(len, library.entries.values())) == 165


def test_targets_are_current_symbols_without_the_factor_itself():
    genes = gene_table().genes
    for factor, targets in chip_targets().targets.items():
        assert factor not in targets
        assert all(target in genes for target in targets)


def test_open_reading_frames_are_found_though_written_in_capitals():
    written = {target for targets in chip_entries().values() for target in targets}
    assert "C7ORF55" in written  # now C7orf55 is a former name of LUC7L2
    assert sum(map(len, chip_targets().targets.values())) > 85_000


def test_there_are_232_marker_sets_that_a_reader_by_name_takes_for_183():
    assert len(marker_sets()) == 232
    assert len(written_marker_sets()) == 183
    sizes = [len(set(line.split("\t")[2].split("|"))) for line in shipped_lines("markers", "human")[1]]
    assert min(sizes) == 1
    assert 130 < max(sizes) <= 134


def test_sets_of_one_name_are_kept_apart_by_tissue_and_then_by_number():
    assert sum(name.endswith(": Endothelial cells") for name in marker_sets()) == 9
    assert [name for name in marker_sets() if name.startswith("Kidney: Cancer")] == [
        "Kidney: Cancer stem cells",
        "Kidney: Cancer stem cells (2)",
        "Kidney: Cancer stem cells (3)",
    ]


@pytest.mark.parametrize(
    ("name", "marker"),
    [
        ("Immune system: gamma-delta T cells", "TRDV2"),
        ("Kidney: alpha-intercalated cells (Collecting duct system)", "SLC4A1"),
        ("Kidney: beta-intercalated cells (Collecting duct system)", "SLC26A4"),
    ],
)
def test_greek_letters_are_back_where_the_source_lost_them(name, marker):
    assert marker in marker_sets()[name]


@pytest.mark.parametrize(
    ("name", "symbol", "written"),
    [
        ("Immune system: Natural killer cells", "FCGR3A", "CD16"),
        ("Immune system: Natural killer cells", "NCR1", "NKp46"),
        ("Immune system: gamma-delta T cells", "TRAC", "Trac"),
        ("Immune system: Platelets", "ITGA2B", "CD41"),
        ("Eye: Rod photoreceptor cells", "RHO", "Rho"),  # of RHOD it is an alias
        ("Eye: Pericytes", "ABCC9", " Abcc9"),
        ("Immune system: Plasmacytoid Dendritic cells", "HLA-DRA", "HLA-DR"),
    ],
)
def test_markers_are_found_under_current_symbols(name, symbol, written):
    assert symbol in marker_sets()[name]
    assert any(written in line.split("\t")[2].split("|") for line in shipped_lines("markers", "human")[1])
    assert written not in marker_sets()[name]


def test_mouse_gets_the_sets_by_orthologs():
    assert "Gcg" in marker_sets("mouse")["Pancreas: Alpha cells"]
    assert len(chip_targets("mouse").targets) > 85
    assert chip_targets("mouse").targets.keys() <= gene_table("mouse").genes.keys()


def test_there_are_no_sets_of_yeast():
    with pytest.raises(DataError, match="yeast"):
        marker_sets("yeast")


@pytest.mark.skipif("BENGRN_DATA" not in os.environ, reason="BENGRN_DATA does not name a mirror")
def test_the_tool_makes_the_shipped_tables(tmp_path):
    tool = ROOT / "tools" / "build_gene_sets.py"
    subprocess.run([sys.executable, "-P", str(tool), "--out", str(tmp_path)], check=True, capture_output=True)
    for path in tmp_path.iterdir():
        shipped = ROOT / "bengrn" / "data" / path.name
        assert lzma.decompress(path.read_bytes()) == lzma.decompress(shipped.read_bytes())
    assert len(list(tmp_path.iterdir())) == 2
