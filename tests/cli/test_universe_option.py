"""`--universe tf` on the command line: a title that says it, and what is refused."""

import pytest

SMALL = ("--nulls", "2", "--draws", "50")


@pytest.fixture
def network(tmp_path):
    (tmp_path / "net.csv").write_text("source,target,weight\nTP53,MDM2,3\nMYC,TP53,2\nMDM2,TP53,1\n")
    return tmp_path / "net.csv"


def test_the_title_says_that_rows_are_factors(bengrn, network):
    score = ("score", network, "--truth", "omnipath", *SMALL)
    assert "3 regulators x 3 targets" in bengrn(*score).out
    ran = bengrn(*score, "--universe", "tf")
    assert ran.code == 0, ran.err
    assert "2 transcription factors x 3 targets" in ran.out


def test_an_unknown_universe_is_one_line(bengrn, network):
    ran = bengrn("score", network, "--truth", "omnipath", "--universe", "tfs")
    assert (ran.code, ran.message) == (2, "bengrn: There is no universe 'tfs'. Did you mean 'tf'?")


def test_a_truth_without_a_list_of_factors_is_one_line(bengrn, tmp_path, data_file):
    (tmp_path / "made.tsv").write_text("source\ttarget\nX1\tX2\nX2\tX3\n")
    ran = bengrn("run", "-m", "random", "-t", "made.tsv", "-d", data_file, "--universe", "tf")
    assert ran.code == 2
    assert "No list of transcription factors is known for the organism ''" in ran.message
