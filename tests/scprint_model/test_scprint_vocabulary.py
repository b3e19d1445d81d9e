"""Genes are found by name, whatever their order and spelling of ids."""

import numpy as np
import pytest

from scprint_model.errors import VocabularyError
from scprint_model.vocabulary import Vocabulary

HUMAN, MOUSE = "NCBITaxon:9606", "NCBITaxon:10090"
GENES = Vocabulary(
    ("ENSG00000000003", "ENSG00000000005", "ENSG00000000419", "ENSMUSG00000000001", "ENSMUSG00000000003"),
    ("TSPAN6", "TNMD", "DPM1", "Gnai3", "Pbsn"),
    (HUMAN,) * 3 + (MOUSE,) * 2,
    np.array([4, 5, 6, 1, 2], np.int32),
)


@pytest.mark.parametrize(
    "names",
    [
        ["ENSG00000000419", "ENSG00000000003"],
        ["ENSG00000000419.12", "ENSG00000000003.15"],
        ["DPM1", "TSPAN6"],
        ["DPM1", "ENSG00000000003.1"],
    ],
)
def test_ids_versions_and_symbols_find_the_same_rows(names):
    assert GENES.rows(names, HUMAN).row_of_column.tolist() == [2, 0]


def test_permuting_columns_permutes_rows():
    names = np.array(["TNMD", "other", "DPM1", "TSPAN6"])
    order = np.array([2, 0, 3, 1])
    rows = GENES.rows(names, HUMAN).row_of_column
    assert GENES.rows(names[order], HUMAN).row_of_column.tolist() == rows[order].tolist()


def test_the_first_of_duplicated_columns_counts():
    found = GENES.rows(["TNMD", "ENSG00000000005", "nothing", "DPM1"], HUMAN)
    assert found.row_of_column.tolist() == [1, -1, -1, 2]
    assert (found.unknown, found.duplicates) == (1, 1)
    assert found.columns.tolist() == [0, 3]


def test_a_gene_of_another_organism_is_not_found():
    assert GENES.rows(["Gnai3", "TNMD"], HUMAN).row_of_column.tolist() == [-1, 1]


def test_rows_of_an_organism_stand_together():
    assert (GENES.span(HUMAN), GENES.span(MOUSE)) == (slice(0, 3), slice(3, 5))


@pytest.mark.parametrize(
    ("names", "organism", "message"),
    [
        (["ENSMUSG00000000001"], HUMAN, f"1 are genes of {MOUSE}: set the organism"),
        (["ENSDARG00000000001"], HUMAN, "ids are of kind ENSDARG"),
        (["0", "1"], HUMAN, r"None of the 2 genes \(0, 1, ...\)"),
        (["TNMD"], "NCBITaxon:7955", "no gene of organism 'NCBITaxon:7955'; it has NCBITaxon:9606"),
    ],
)
def test_no_overlap_names_what_was_seen(names, organism, message):
    with pytest.raises(VocabularyError, match=message):
        GENES.rows(names, organism)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (((), (), ()), "at least one gene"),
        ((("a", "a"), ("", ""), ("h", "h")), "names a twice"),
        ((("a", "b"), ("",), ("h", "h")), "2 genes, but 1 of symbols"),
        ((("a", "b", "c"), ("", "", ""), ("h", "m", "h")), "mixes organisms"),
        ((("a",), ("",), ("h",), np.zeros(2)), "1 genes, but 2 of position"),
    ],
)
def test_impossible_tables_are_refused(parts, message):
    with pytest.raises(VocabularyError, match=message):
        Vocabulary(*parts)


def test_a_saved_vocabulary_is_the_same(tmp_path):
    GENES.save(tmp_path / "genes.json")
    again = Vocabulary.load(tmp_path / "genes.json")
    assert again.to_dict() == GENES.to_dict()
    assert again.digest == GENES.digest
    assert again.position.tolist() == [4, 5, 6, 1, 2]


def test_the_digest_is_that_of_genes_and_their_order():
    renamed = Vocabulary(GENES.genes, ("",) * 5, GENES.organism)
    shorter = GENES.subset([0, 1, 2, 4])
    assert renamed.digest == GENES.digest != shorter.digest


def test_a_broken_file_is_refused_in_one_line(tmp_path):
    (tmp_path / "genes.json").write_text('{"genes": ["a"]}')
    with pytest.raises(VocabularyError, match="no vocabulary"):
        Vocabulary.load(tmp_path / "genes.json")
    values = {"genes": ["a"], "symbols": [""], "organism": [["h", 1]], "position": ["first"]}
    with pytest.raises(VocabularyError, match="no vocabulary"):
        Vocabulary.from_dict(values)
    with pytest.raises(VocabularyError, match="cannot be read"):
        Vocabulary.load(tmp_path / "none.json")
