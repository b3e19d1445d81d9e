"""Truths as tables: ours come back whole, anybody's are read with care."""

import numpy as np
import pytest

from bengrn.errors import StoreError, TruthError
from bengrn.truth_table import read_truth, write_truth
from bengrn.truths.pairs import pair_truth


def _read(tmp_path, text, name="truth.tsv"):
    (tmp_path / name).write_text(text)
    return read_truth(tmp_path / name)


def test_a_truth_comes_back_whole_with_genes_that_have_no_edge(tmp_path):
    truth = pair_truth(
        ["A", "A", "B"],
        ["B", "C", "B"],
        sign=[1, -1, 0],
        effect=[0.5, -2, 1],
        regulators=["A", "B", "Z"],
        targets=["B", "C", "Y"],
        organism="simulated",
        version="v1",
    )
    write_truth(truth, tmp_path / "t.parquet")
    back = read_truth(tmp_path / "t.parquet")
    assert (back.regulators, back.targets) == (truth.regulators, truth.targets)
    for what in ("edges", "sign", "effect"):
        np.testing.assert_array_equal(getattr(back, what).toarray(), getattr(truth, what).toarray())
    assert (back.organism, back.version, back.losses) == ("simulated", "v1", truth.losses)


def test_a_written_truth_is_a_plain_table_to_others(tmp_path):
    import pandas as pd

    write_truth(pair_truth(["A"], ["B"], sign=[-1]), tmp_path / "t.parquet")
    assert pd.read_parquet(tmp_path / "t.parquet").to_dict("records") == [
        {"source": "A", "target": "B", "sign": -1}
    ]


def test_a_plain_table_cannot_be_written(tmp_path):
    with pytest.raises(StoreError, match="which genes were tested"):
        write_truth(pair_truth(["A"], ["B"]), tmp_path / "t.tsv")


@pytest.mark.parametrize(("words", "signs"), [(("+", "-"), [1, -1]), (("Activation", "Repression"), [1, -1])])
def test_signs_may_be_words(tmp_path, words, signs):
    truth = _read(tmp_path, f"source\ttarget\tsign\nTP53\tMDM2\t{words[0]}\nMYC\tBAX\t{words[1]}\n")
    assert sorted(truth.sign.data.tolist(), reverse=True) == signs


def test_mouse_genes_are_told_from_human_ones(tmp_path):
    assert _read(tmp_path, "source\ttarget\nTrp53\tMdm2\nMyc\tBax\n").organism == "mouse"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source\ttarget\nTP53\tMDM2\nTP53\tMDM2\n", "lists 1 edges more than once, TP53 to MDM2 first"),
        ("source\ttarget\tsign\nTP53\tMDM2\t1\nTP53\tMDM2\t-1\n", "contradictory signs"),
        ("source\ttarget\nTP53\tTP53\nMYC\tMYC\n", "all 2 pairs are self-pairs"),
        ("source\ttarget\nTP53\tMDM2\nMYC\tBAX\nTrp53\tMdm2\nSox2\tNanog\n", "expected one species"),
        ("source\ttarget\tsign\nTP53\tMDM2\tup\n", "the sign 'up'"),
        ("source\ttarget\n", "holds no edges"),
        ("regulator\tvalue\nTP53\t1\n", "expected source, target"),
    ],
)
def test_bad_tables_are_one_line(tmp_path, text, said):
    with pytest.raises(TruthError) as caught:
        _read(tmp_path, text)
    assert said in str(caught.value)
    assert str(caught.value).startswith("truth.tsv")
    assert "\n" not in str(caught.value)


def test_a_truncated_parquet_is_one_line(tmp_path):
    write_truth(pair_truth(["A"], ["B"]), tmp_path / "t.parquet")
    whole = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(whole[:-10])
    with pytest.raises(TruthError, match=r"t\.parquet cannot be read as a table"):
        read_truth(tmp_path / "t.parquet")


def test_names_that_are_no_genes_leave_the_species_open(tmp_path):
    truth = _read(tmp_path, "source\ttarget\nG1\tG2\nG2\tG3\n")
    assert (truth.organism, truth.targets) == ("", ("G1", "G2", "G3"))


def test_spaces_around_names_do_not_count(tmp_path):
    assert _read(tmp_path, "source\ttarget\nTP53 \t MDM2\n").targets == ("MDM2", "TP53")


def test_a_truth_without_an_edge_can_be_written(tmp_path):
    from scipy import sparse

    from bengrn.values import Truth

    empty = sparse.csr_array((1, 2), dtype=bool)
    write_truth(Truth(empty, ("A",), ("B", "C"), sign=empty.astype(np.int8)), tmp_path / "t.parquet")
    with pytest.raises(TruthError, match="holds no edges"):
        read_truth(tmp_path / "t.parquet")
