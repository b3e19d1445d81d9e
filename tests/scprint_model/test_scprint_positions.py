"""Places on the genome: neighbours share a number; and the tables they are read from."""

import os
from pathlib import Path

import numpy as np
import pytest

from scprint_model.annotation import choose_genes, read_annotation
from scprint_model.errors import VocabularyError
from scprint_model.positions import Gene, number_places, places_of, with_positions

TABLE = (
    "gene_id\tsymbol\tbiotype\tchromosome\tstart\n"
    "ENSG00000000002\tB\tprotein_coding\t1\t15000\n"
    "ENSG00000000001\tA\tprotein_coding\t1\t5000\n"
    "ENSMUSG00000000001\ta\tprotein_coding\t2\t100\n"
    "ENSG00000000003\tC\tlncRNA\t1\t25001\n"
    "ENSG00000000004\tD\tprotein_coding\t10\t1\n"
    "ENSG00000000005\tE\tprotein_coding\t\t\n"
)


@pytest.fixture
def annotation(tmp_path):
    """Write and read a table of six genes."""
    (tmp_path / "genes.tsv").write_text(TABLE)
    return read_annotation(tmp_path / "genes.tsv")


def test_a_chain_of_neighbours_shares_a_place():
    starts = [1, 10_001, 20_001, 30_002, 5]
    assert number_places(["1", "1", "1", "1", "2"], starts).tolist() == [1, 1, 1, 2, 3]


def test_chromosomes_are_ordered_as_text():
    assert number_places(["2", "10", "X", "1"], [1, 1, 1, 1]).tolist() == [3, 2, 4, 1]


def test_the_order_of_the_genes_changes_no_place():
    chromosomes, starts = ["1", "1", "2", "1"], [50_000, 1, 9, 55_000]
    places = number_places(chromosomes, starts)
    back = number_places(chromosomes[::-1], starts[::-1])
    assert places.tolist() == back[::-1].tolist() == [2, 1, 3, 2]


def test_a_gap_of_exactly_ten_thousand_is_near():
    assert number_places(["1", "1"], [0, 10_000]).tolist() == [1, 1]
    assert number_places(["1", "1"], [0, 10_001]).tolist() == [1, 2]


def test_organisms_are_numbered_apart_and_unknown_places_are_zero(annotation):
    assert places_of(annotation) == {
        "ENSG00000000001": 1,
        "ENSG00000000002": 1,
        "ENSG00000000003": 2,
        "ENSG00000000004": 3,
        "ENSG00000000005": 0,
        "ENSMUSG00000000001": 1,
    }


def test_a_vocabulary_is_chosen_by_kind_with_human_first(annotation):
    genes = choose_genes(annotation)
    assert genes.genes == (
        *(f"ENSG0000000000{number}" for number in (1, 2, 4, 5)),
        "ENSMUSG00000000001",
    )
    assert genes.position.tolist() == [1, 1, 3, 0, 1]  # numbered among all genes, not the chosen ones
    assert genes.symbols == ("A", "B", "D", "E", "a")


def test_genes_of_all_kinds_can_be_chosen(annotation):
    chosen = choose_genes(annotation, organisms=["NCBITaxon:9606"], biotype=None)
    assert len(chosen) == 5


def test_a_symbol_is_given_to_the_gene_on_a_chromosome():
    human = "NCBITaxon:9606"
    genes = [
        Gene("ENSG00000000001", human, "RPS18", "", "HSCHR6_MHC_COX", 5),
        Gene("ENSG00000000002", human, "RPS18", "", "6", 5),
        Gene("ENSG00000000003", human, "RPS18", "", "Y", 5),
    ]
    made = choose_genes(genes, organisms=[human], biotype=None)
    assert made.symbols == ("", "RPS18", "")
    assert made.rows(["RPS18"], human).row_of_column.tolist() == [1]


def test_symbols_are_taken_from_a_second_table_where_the_first_has_none(tmp_path):
    mouse = "NCBITaxon:10090"
    (tmp_path / "bare.csv").write_text("ENSMUSG00000000001,Gnai3,5,2000,protein_coding\n")
    (tmp_path / "biomart.tsv").write_text(
        "ensembl_gene_id\thgnc_symbol\nENSMUSG00000000001\tENSMUSG00000000001\nENSMUSG00000000002\tX\n"
    )
    first, second = (read_annotation(tmp_path / name) for name in ("biomart.tsv", "bare.csv"))
    assert second == (Gene("ENSMUSG00000000001", mouse, "Gnai3", "protein_coding"),)
    made = choose_genes(first, organisms=[mouse], biotype=None, symbols=second)
    assert made.symbols == ("Gnai3", "X")


def test_a_gene_without_annotation_is_refused(annotation):
    genes = choose_genes([*annotation, Gene("ENSG00000000009", "NCBITaxon:9606", biotype="protein_coding")])
    with pytest.raises(VocabularyError, match="1 genes of the vocabulary are not in the annotation"):
        with_positions(genes, annotation)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name\tx\n1\t2\n", "no column of gene ids: name, x"),
        ("gene_id\n", "is empty"),
        ("gene_id\nENSG00000000001\nENSG00000000001\n", "names genes twice"),
        ("gene_id\nAT1G01010\n", "organism of gene 'AT1G01010'"),
        ("gene_id\tchromosome\tstart\nENSG00000000001\t1\tq13\n", "starts at 'q13'"),
    ],
)
def test_a_table_of_no_use_is_refused(tmp_path, content, message):
    (tmp_path / "genes.tsv").write_text(content)
    with pytest.raises(VocabularyError, match=message):
        read_annotation(tmp_path / "genes.tsv")


@pytest.mark.parametrize(
    ("name", "content"),
    [("genes.parquet", b"PAR1 and no more"), ("genes.tsv.gz", b"\x1f\x8b\x08" + b"x" * 99)],
)
def test_a_broken_table_is_refused_in_one_line(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(VocabularyError) as found:
        read_annotation(tmp_path / name)
    assert "\n" not in str(found.value)


def test_the_released_table_is_reproduced_gene_by_gene():
    import pandas as pd

    data = os.environ.get("BENGRN_DATA")
    file = Path(data or "") / "scprint" / "biomart_pos.parquet.gz"
    if data is None or not file.exists():
        pytest.skip("BENGRN_DATA holds no scprint/biomart_pos.parquet")
    places = places_of(genes := read_annotation(file))
    import gzip
    import io

    released = pd.read_parquet(io.BytesIO(gzip.decompress(file.read_bytes())))["pos"]
    ours = np.array([places[gene] for gene in released.index])
    np.testing.assert_array_equal(ours, released.to_numpy())
    most = [
        max(places[gene.id] for gene in genes if gene.organism == taxon)
        for taxon in sorted({gene.organism for gene in genes})
    ]
    assert most == [41_044, 47_136]
