"""Places, transcription factors, orthologs; and that the shipped tables are what the tools make."""

import lzma
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bengrn.errors import DataError
from bengrn.genes import Place, gene_places, gene_table, orthologs, transcription_factors

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("organism", "symbol", "place"),
    [  # as Ensembl's gene pages say, GRCh38 and GRCm39
        ("human", "TP53", Place("17", 7_661_779, "protein_coding")),
        ("human", "SOX2", Place("3", 181_711_925, "protein_coding")),
        ("human", "MT-CO1", Place("MT", 5_904, "protein_coding")),
        ("human", "XIST", Place("X", 73_820_649, "lncRNA")),
        ("mouse", "Trp53", Place("11", 69_471_185, "protein_coding")),
        ("mouse", "mt-Co1", Place("MT", 5_328, "protein_coding")),
    ],
)
def test_genes_lie_where_ensembl_says(organism, symbol, place):
    assert gene_places(organism)[symbol] == place


@pytest.mark.parametrize(("organism", "count", "nowhere"), [("human", 41_276, 20), ("mouse", 56_091, 131)])
def test_almost_all_genes_with_an_id_have_a_place(organism, count, nowhere):
    places = gene_places(organism)
    assert len(places) == count
    assert places.keys() <= gene_table(organism).genes.keys()
    assert sum(place.start is None for place in places.values()) == nowhere


@pytest.mark.parametrize(
    ("organism", "count", "some"),
    [
        # of 1,639, two have lost their name (AC008770.3 and AC138696.1)
        ("human", 1_637, {"TP53", "TBXT", "BMAL1", "ZFTA", "PHF19", "DUX1"}),
        ("mouse", 1_804, {"Trp53", "Pou5f1", "Bmal1", "Macroh2a1"}),
    ],
)
def test_transcription_factors_have_current_symbols(organism, count, some):
    factors = transcription_factors(organism)
    assert len(factors) == count
    assert some <= factors <= gene_table(organism).genes.keys()


@pytest.mark.parametrize("ask", [gene_places, transcription_factors])
def test_lists_of_other_organisms_are_refused(ask):
    with pytest.raises(DataError, match="'yeast'; there is one for human, mouse"):
        ask("yeast")


@pytest.mark.parametrize(("namesakes", "count"), [(False, 16_458), (True, 17_021)])
def test_orthologs_are_pairs_of_genes_and_each_is_in_one(namesakes, count):
    pairs = orthologs(namesakes=namesakes)
    assert len(pairs) == len(set(pairs.values())) == count
    assert pairs.keys() <= gene_table("human").genes.keys()
    assert set(pairs.values()) <= gene_table("mouse").genes.keys()


def test_orthologs_have_the_symbols_of_today():
    found = orthologs()
    assert (found["TP53"], found["BMAL1"], found["ATP5F1A"]) == ("Trp53", "Bmal1", "Atp5f1a")


def test_genes_with_several_orthologs_pair_by_name_only_when_asked_for():
    assert "NANOG" not in orthologs()
    assert orthologs(namesakes=True)["NANOG"] == "Nanog"


def test_a_copy_is_no_ortholog_where_the_gene_itself_is_there():
    pairs = orthologs(namesakes=True)
    assert "MYCN" not in pairs  # Ensembl 105 pairs it with Mycs
    assert "ABCG2" not in pairs  # with Abcg3


OURS = (
    "genes_human", "genes_mouse", "places_human", "places_mouse", "tfs_human", "tfs_mouse", "orthologs_human"
)  # fmt: skip


def test_all_tables_together_are_small():
    tables = list((ROOT / "bengrn" / "data").glob("*.tsv.xz"))
    assert {path.name for path in tables} >= {f"{one}.tsv.xz" for one in OURS}
    assert sum(path.stat().st_size for path in tables) < 2_500_000


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("BENGRN_DATA"), reason="needs the sources: set BENGRN_DATA")
def test_the_shipped_tables_are_what_the_tools_make(tmp_path):
    for tool in ("build_gene_table.py", "build_gene_lists.py"):
        subprocess.run([sys.executable, ROOT / "tools" / tool, "--out", tmp_path], check=True, cwd=ROOT)
    for path in (ROOT / "bengrn" / "data" / f"{one}.tsv.xz" for one in OURS):
        assert lzma.decompress((tmp_path / path.name).read_bytes()) == lzma.decompress(path.read_bytes())
