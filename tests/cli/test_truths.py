"""What one does with truths besides scoring."""

import pytest

from bengrn.truth_table import read_truth, write_truth
from bengrn.truths.pairs import pair_truth

TABLES = {
    "a.tsv": "source\ttarget\tsign\nTP53\tMDM2\t1\nTP53\tBAX\t1\nMYC\tBAX\t-1\nMYC\tMYC\t1\n",
    "b.tsv": "source\ttarget\nTP53\tMDM2\nMYC\tMDM2\nBAX\tTP53\n",
}


@pytest.fixture(autouse=True)
def _tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text)


def test_a_card_says_what_a_truth_is_and_counts_its_edges(bengrn):
    ran = bengrn("truths", "omnipath")
    assert ran.code == 0, ran.err
    for text in ("--set min_references=0", "180,535 of 114,928,758 pairs", "AR 6,357", "left out"):
        assert text in ran.out


def test_settings_change_the_numbers_of_a_card(bengrn):
    ran = bengrn("truths", "omnipath", "--set", "interactions=transcriptional")
    assert "interactions of other types" in ran.out


def test_a_table_has_a_card_of_numbers(bengrn):
    ran = bengrn("truths", "./a.tsv")
    assert "3 of 6 pairs (0.5)" in ran.out
    assert "1 more, never scored" in ran.out
    assert "2 activating, 1 repressing" in ran.out


def test_a_card_of_something_large_that_is_not_at_hand_says_how_to_fetch_it(bengrn, monkeypatch):
    monkeypatch.delenv("BENGRN_DATA", raising=False)
    ran = bengrn("truths", "gwps")
    assert ran.code == 0
    assert "bengrn datasets fetch gwps" in ran.out


def test_an_unknown_name_suggests_the_nearest(bengrn):
    ran = bengrn("truths", "omnipaht")
    assert ran.code == 2
    assert "Did you mean 'omnipath'" in ran.err or "omnipath" in ran.err


def test_comparing_prints_both_directions_and_the_wrong_way_round(bengrn):
    ran = bengrn("truths", "compare", "./a.tsv", "./b.tsv")
    assert ran.code == 0, ran.err
    rows = [line.split() for line in ran.out.splitlines()[1:]]
    # regulators MYC, TP53; targets BAX, MDM2, MYC, TP53 less what b did not name
    assert rows[0][:2] == ["./a.tsv", "./b.tsv"]
    assert rows[1][:3] == ["./a.tsv", "-T", "./b.tsv"]


def test_comparing_one_truth_is_refused(bengrn):
    ran = bengrn("truths", "compare", "./a.tsv")
    assert ran.code == 2
    assert "two truths or more" in ran.err


def test_a_picture_of_degrees_is_drawn(bengrn, tmp_path):
    ran = bengrn("truths", "plot", "./a.tsv", "./b.tsv", "--out", "degrees.svg")
    assert ran.code == 0, ran.err
    assert "targets per regulator" in (tmp_path / "degrees.svg").read_text()


def test_a_split_is_written_with_what_was_tested(bengrn, tmp_path):
    ran = bengrn("truths", "split", "omnipath", "--out", "parts", "--seed", "1")
    assert ran.code == 0, ran.err
    train, test = (read_truth(tmp_path / "parts" / f"{part}.parquet") for part in ("train", "test"))
    assert not {*train.regulators, *train.targets} & {*test.regulators, *test.targets}
    assert f"{len(train.regulators):,} regulators" in ran.out


def test_a_gene_that_is_listed_twice_is_one_gene(bengrn, tmp_path):
    (tmp_path / "genes.txt").write_text("TP53\nTP53\nMDM2\nMYC\nBAX\n")
    (tmp_path / "once.txt").write_text("TP53\nMDM2\nMYC\nBAX\n")
    twice, once = (
        bengrn("truths", "compare", "./a.tsv", "./b.tsv", "--genes", name)
        for name in ("genes.txt", "once.txt")
    )
    assert twice.code == 0, twice.err
    assert twice.out == once.out


def test_a_comparison_that_is_impossible_does_not_hide_the_others(bengrn, tmp_path):
    for name, target in (("v", "MDM2"), ("w", "BAX")):
        truth = pair_truth(["TP53"], [target], regulators=["TP53", "MYC"], targets=["BAX", "MDM2"])
        write_truth(truth, tmp_path / f"{name}.parquet")
    ran = bengrn("truths", "compare", "./v.parquet", "./w.parquet")
    assert ran.code == 0, ran.err
    assert "nothing shared" in ran.out


def test_settings_of_one_of_two_truths_are_its_own(bengrn):
    ran = bengrn("truths", "compare", "./a.tsv", "omnipath", "--set", "omnipath.min_references=2")
    assert ran.code == 0, ran.err


def test_the_parts_of_a_split_share_no_gene_under_another_name(bengrn, tmp_path):
    from bengrn.tasks.naming import name_truth

    assert bengrn("truths", "split", "mccalla-human-full", "--out", "parts").code == 0
    parts = [
        name_truth(read_truth(tmp_path / "parts" / f"{one}.parquet"), [])[0] for one in ("train", "test")
    ]
    assert not {*parts[0].regulators, *parts[0].targets} & {*parts[1].regulators, *parts[1].targets}
    assert "training genes, share 0.5, seed 0" in parts[0].version


@pytest.mark.parametrize(
    "arguments", [("plot", "omnipath", "--out", "x.doc"), ("split", "omnipath", "--seed", "-1")]
)
def test_options_that_cannot_be_used_are_refused(bengrn, arguments):
    ran = bengrn("truths", *arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_a_truth_is_written_to_a_file_that_is_read_back_whole(bengrn, tmp_path):
    ran = bengrn("truths", "export", "mccalla-human-full", "--out", "full.parquet")
    assert ran.code == 0, ran.err
    truth = read_truth(tmp_path / "full.parquet")
    assert (truth.edges.nnz, len(truth.regulators), len(truth.targets)) == (12_986, 35, 6_532)


def test_a_truth_is_written_on_the_pairs_that_another_tested(bengrn, tmp_path):
    (tmp_path / "other.tsv").write_text(
        "source\ttarget\nSOX2\tNANOG\nSOX2\tPOU5F1\nNANOG\tSOX2\nMDM2\tTP53\n"
    )
    ran = bengrn(
        "truths", "export", "mccalla-human-full", "--tested-by", "other.tsv", "--out", "both.parquet"
    )
    assert ran.code == 0, ran.err
    truth = read_truth(tmp_path / "both.parquet")
    assert truth.regulators == ("NANOG", "SOX2")
    assert set(truth.targets) <= {"SOX2", "NANOG", "POU5F1", "MDM2", "TP53"}
