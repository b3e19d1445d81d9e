"""Gene tokens from peptides: which peptide, which embedding, which bins."""

import gzip

import numpy as np
import pytest
import torch

from scprint_model.errors import CheckpointError, ConfigError, VocabularyError
from scprint_model.gene_tokens.esm2 import embed_proteins
from scprint_model.gene_tokens.fasta import Peptide, first_peptides
from scprint_model.gene_tokens.pool import average_pool
from scprint_model.gene_tokens.table import GeneTable, make_table
from scprint_model.vocabulary import Vocabulary

HUMAN, MOUSE = "NCBITaxon:9606", "NCBITaxon:10090"
FASTA = """>ENSP1.1 pep chromosome:GRCh38:1:1:9:1 gene:ENSG00000000001.4 transcript:ENST1 gene_symbol:A
MKV
LAY
>ENSP2.1 pep gene:ENSG00000000001.4 transcript:ENST2
MMMM
>ENSP3.1 pep gene:ENSG00000000002.1
MK*V
>ENSP4.1 pep gene:ENSG00000000002.1
MKWW
>ENSMUSP1.1 pep gene:ENSMUSG00000000001.2
MGGG
>nothing said of its gene
MVV
"""
GENES = Vocabulary(
    ("ENSG00000000001", "ENSG00000000002", "ENSG00000000003", "ENSMUSG00000000001"),
    ("A", "B", "C", "a"),
    (HUMAN,) * 3 + (MOUSE,),
    np.array([1, 2, 3, 1], np.int32),
)
TOKENS = ["<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWCXBUZO.-", "<null_1>", "<mask>"]


@pytest.fixture
def fasta(tmp_path):
    """Write the peptides, packed."""
    path = tmp_path / "pep.fa.gz"
    path.write_bytes(gzip.compress(FASTA.encode()))
    return path


@pytest.fixture(scope="module")
def esm(tmp_path_factory):
    """Save an ESM2 model of random weights, 12 features wide, with the real one's letters."""
    pytest.importorskip("transformers")
    from transformers import EsmConfig, EsmModel, EsmTokenizer

    folder = tmp_path_factory.mktemp("esm")
    (folder / "vocab.txt").write_text("\n".join(TOKENS))
    torch.manual_seed(0)
    config = EsmConfig(
        vocab_size=len(TOKENS),
        hidden_size=12,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=20,
        pad_token_id=1,
        mask_token_id=32,
        position_embedding_type="rotary",
        token_dropout=True,
        emb_layer_norm_before=False,
    )
    EsmModel(config, add_pooling_layer=False).save_pretrained(folder)
    EsmTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def test_the_first_peptide_without_a_stop_stands_for_its_gene(fasta):
    assert first_peptides([fasta]) == [
        Peptide("ENSG00000000001", HUMAN, "MKVLAY"),
        Peptide("ENSG00000000002", HUMAN, "MKWW"),
        Peptide("ENSMUSG00000000001", MOUSE, "MGGG"),
    ]


def test_headers_of_uniprot_name_symbol_and_organism(tmp_path):
    (tmp_path / "u.fa").write_text(">sp|P04637|P53_HUMAN Tumour OS=Homo sapiens OX=9606 GN=TP53 PE=1\nMEEP\n")
    assert first_peptides([tmp_path / "u.fa"]) == [Peptide("TP53", HUMAN, "MEEP")]


def test_a_header_may_hold_the_sign_that_begins_one(tmp_path):
    (tmp_path / "x.fa").write_text(">ENSP1 gene:ENSG00000000001.1 3'->5' exonuclease\nMKV\n")
    assert first_peptides([tmp_path / "x.fa"]) == [Peptide("ENSG00000000001", HUMAN, "MKV")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("MKV", "no FASTA file"),
        (">x gene:ENSG1\nMK1\n", "has no sequence"),
        (">x\nMKV\n", "No peptide names its gene"),
    ],
)
def test_files_that_are_no_peptides_are_refused(tmp_path, content, message):
    (tmp_path / "x.fa").write_text(content)
    with pytest.raises(VocabularyError, match=message):
        first_peptides([tmp_path / "x.fa"])


@pytest.mark.parametrize(
    ("features", "width"), [(1280, 1024), (1024, 128), (1024, 256), (7, 3), (5, 5), (5, 1)]
)
def test_pooling_equals_that_of_torch(features, width):
    values = np.random.default_rng(0).normal(size=(4, features))
    expected = torch.nn.functional.adaptive_avg_pool1d(torch.from_numpy(values), width).numpy()
    np.testing.assert_allclose(average_pool(values, width), expected, rtol=1e-12)


def test_pooled_bins_are_those_of_the_formula():
    assert average_pool(np.arange(5.0)[None], 3).tolist() == [[0.5, 2.0, 3.5]]  # 0-1, 1-3, 3-4


def test_features_cannot_be_pooled_to_more():
    with pytest.raises(ConfigError, match="5 features cannot be pooled to 6"):
        average_pool(np.zeros((1, 5)), 6)


def test_a_protein_is_the_mean_of_its_residues_in_the_last_layer(esm):
    from transformers import AutoTokenizer, EsmModel

    sequences = ["MKVLAY", "MG", "MKWWLLLAAA"]
    found = embed_proteins(sequences, model=str(esm))
    model = EsmModel.from_pretrained(esm, add_pooling_layer=False).eval()
    tokenizer = AutoTokenizer.from_pretrained(esm)
    for row, sequence in zip(found, sequences, strict=True):
        with torch.no_grad():
            hidden = model(**tokenizer(sequence, return_tensors="pt")).last_hidden_state[0]
        assert len(hidden) == len(sequence) + 2
        np.testing.assert_allclose(row, hidden[1:-1].mean(dim=0), atol=1e-5)


@pytest.mark.parametrize("residues", [1, 12, 1000])
def test_batches_change_no_embedding(esm, residues):
    sequences = ["MKVLAY", "MG", "MKWWLLLAAA", "M"]
    whole = embed_proteins(sequences, model=str(esm))
    np.testing.assert_allclose(embed_proteins(sequences, model=str(esm), residues=residues), whole, atol=1e-5)


def test_a_long_protein_is_cut(esm):
    long = embed_proteins(["MKVLAYGG"], model=str(esm), longest=6)
    np.testing.assert_allclose(long, embed_proteins(["MKVLAY"], model=str(esm)), atol=1e-6)


def test_a_folder_without_a_model_is_refused_in_one_line(tmp_path):
    with pytest.raises(CheckpointError, match=r"protein model .* cannot be read") as caught:
        embed_proteins(["MK"], model=str(tmp_path))
    assert "\n" not in str(caught.value)


def test_the_whole_way_gives_one_row_per_gene_with_a_protein(esm, fasta):
    made = make_table([fasta], GENES, model=str(esm), width=4)
    assert made.table.genes == ("ENSG00000000001", "ENSG00000000002", "ENSMUSG00000000001")
    assert made.vocabulary.genes == made.table.genes
    assert made.vocabulary.position.tolist() == [1, 2, 1]
    assert made.without == 1
    expected = average_pool(embed_proteins(["MKVLAY", "MKWW", "MGGG"], model=str(esm)), 4)
    np.testing.assert_allclose(made.table.values, expected, atol=1e-5)


def test_peptides_of_other_genes_are_refused(esm, fasta):
    other = Vocabulary(("ENSG00000000009",), ("X",), (HUMAN,))
    with pytest.raises(VocabularyError, match="No peptide is of a gene"):
        make_table([fasta], other, model=str(esm))


def test_a_saved_table_aligns_by_name(tmp_path):
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    GeneTable(("c", "a", "b"), values, {"model": "tiny"}).save(tmp_path / "t.safetensors")
    table = GeneTable.load(tmp_path / "t.safetensors")
    assert table.about == {"model": "tiny"}
    aligned = table.align(Vocabulary(("a", "c"), ("", ""), ("h", "h")))
    assert aligned.tolist() == [[2, 3], [0, 1]]


def test_a_gene_without_an_embedding_is_refused():
    table = GeneTable(("a",), np.zeros((1, 2), np.float32))
    with pytest.raises(VocabularyError, match=r"1 genes have no embedding \(b, ...\)"):
        table.align(Vocabulary(("a", "b"), ("", ""), ("h", "h")))


def test_a_file_that_is_no_table_is_refused(tmp_path):
    (tmp_path / "t.safetensors").write_bytes(b"x" * 20)
    with pytest.raises(VocabularyError, match="no table of gene tokens"):
        GeneTable.load(tmp_path / "t.safetensors")


@pytest.mark.parametrize(
    ("values", "message"), [(np.zeros((2, 2)), "names 1 genes"), (np.full((1, 2), np.nan), "not finite")]
)
def test_impossible_tables_are_refused(values, message):
    with pytest.raises(VocabularyError, match=message):
        GeneTable(("a",), values)
