import gzip
import os
from pathlib import Path

import pytest

from bengrn.fetch import fetch
from bengrn_datasets.priors.trrust import TrrustHuman, TrrustMouse

ROWS = """\
AATF\tBAX\tRepression\t22909821
AATF\tMYC\tActivation\t20549547;11111111
AATF\tMYC\tRepression\t20549547
AR\tAR\tUnknown\t1;2;3
AR\tKLK3\tUnknown\t4
AR\tKLK3\tActivation\t5
"""


def _small(tmp_path, text=ROWS, pack=str.encode):
    path = tmp_path / "trrust.tsv"
    path.write_bytes(pack(text))
    return {"pairs": path}


def _signs(truth):
    stored = truth.sign.tocoo()
    return {
        (truth.regulators[row], truth.targets[column]): int(sign)
        for row, column, sign in zip(stored.row, stored.col, stored.data, strict=True)
    }


@pytest.fixture
def real(tmp_path, monkeypatch):
    """Read a real table."""
    if not os.environ.get("BENGRN_DATA"):
        pytest.skip("needs TRRUST: set BENGRN_DATA")
    monkeypatch.setenv("BENGRN_CACHE", str(tmp_path / "cache"))

    def load(source):
        (remote,) = source.files.values()
        if not (Path(os.environ["BENGRN_DATA"]) / remote.path).is_file():
            pytest.skip(f"{remote.path} is not in BENGRN_DATA")
        return source.load({"pairs": fetch(remote)})

    return load


def test_a_pair_in_several_rows_is_one_edge(tmp_path):
    truth = TrrustHuman().load(_small(tmp_path))
    assert truth.edges.nnz == 4
    assert truth.losses["pairs listed before"] == 2


def test_activation_is_plus_repression_minus_and_a_contradiction_unknown(tmp_path):
    truth = TrrustHuman().load(_small(tmp_path))
    assert _signs(truth) == {("AATF", "BAX"): -1, ("AR", "KLK3"): 1}
    assert truth.losses["contradictory signs"] == 1


def test_references_are_different_pubmed_ids_over_all_rows_of_a_pair(tmp_path):
    truth = TrrustHuman(min_references=2).load(_small(tmp_path))
    assert truth.regulators == ("AATF", "AR")
    assert truth.targets == ("AATF", "AR", "KLK3", "MYC")
    assert truth.losses["rows with fewer references than asked for"] == 1


def test_a_packed_table_is_read(tmp_path):
    truth = TrrustMouse().load(_small(tmp_path, pack=lambda text: gzip.compress(text.encode())))
    assert (truth.edges.nnz, truth.organism) == (4, "mouse")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        (
            "TF\tTarget\tMode\tPubMed\n",
            "line 1 has the mode 'Mode'; expected Activation, Repression, Unknown",
        ),
        (ROWS + "AR\tTP53\tinhibits\t6\n", "line 7 has the mode 'inhibits'"),
        (ROWS + "AR\tTP53\tUnknown\n", "line 7 has 3 filled columns"),
        (ROWS + "AR\t\tUnknown\t6\n", "line 7 has 3 filled columns"),
        ("AATF,BAX,Repression,1\n", "line 1 has 1 filled columns"),
        ("AR\tAR\tUnknown\t1\n", "self-pairs"),
    ],
)
def test_another_table_is_refused_in_one_line(tmp_path, text, said):
    with pytest.raises(ValueError, match=said) as caught:
        TrrustHuman().load(_small(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_cut_file_is_refused(tmp_path):
    paths = _small(tmp_path, pack=lambda text: gzip.compress(text.encode())[:-12])
    with pytest.raises(ValueError, match=r"trrust\.tsv is broken .* replace it"):
        TrrustHuman().load(paths)


def test_more_references_than_any_pair_has_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no pair has 4 references, the most is 3"):
        TrrustHuman(min_references=4).load(_small(tmp_path))


def test_a_limit_below_one_is_refused():
    with pytest.raises(ValueError, match="min_references is 0; expected 1 or more"):
        TrrustHuman(min_references=0)


@pytest.mark.parametrize(
    ("source", "golden"),
    [
        # listed rows, pairs, factors, targets, activated, repressed, contradictory, self-pairs
        (TrrustHuman(), (9_396, 8_427, 795, 2_492, 2_937, 1_715, 207, 24)),
        (TrrustMouse(), (7_057, 6_490, 827, 2_092, 2_727, 1_240, 110, 28)),
    ],
    ids=["human", "mouse"],
)
def test_the_real_tables_have_the_known_numbers(real, source, golden):
    truth = real(source)
    pairs = truth.edges.nnz
    signs = truth.sign.data
    assert golden == (
        pairs + truth.losses["pairs listed before"],
        pairs,
        len(truth.regulators),
        (truth.edges.sum(axis=0) > 0).sum(),
        (signs > 0).sum(),
        (signs < 0).sum(),
        truth.losses["contradictory signs"],
        truth.losses["self-pairs"],
    )


def test_1294_human_pairs_have_two_references(real):
    assert real(TrrustHuman(min_references=2)).edges.nnz == 1_294
