import os
from collections import Counter
from pathlib import Path

import pytest

from bengrn_datasets.priors.regnetwork import RegNetwork, read_regnetwork

HEADER = "#TF ID Target ID Up or Down or Unknown\n"
ROWS = "A 1 B 2 -->\nA 1 C 3 --|\nB 2 C 3 -/-\nB 2 D 4 -p\nC 3 C 3 -->\nA 1 C 3 -->\n"


@pytest.fixture
def load(tmp_path):
    def loaded(text: str):
        path = tmp_path / "regnetwork.txt"
        path.write_text(text)
        return RegNetwork().load({"edges": path})

    return loaded


@pytest.fixture(scope="module")
def upstream():
    folder = os.environ.get("BENGRN_DATA")
    if not folder:
        pytest.skip("needs the upstream file: set BENGRN_DATA")
    path = Path(folder) / "regnetwork/new_kegg.human.reg.direction.txt"
    if not path.is_file():
        pytest.skip(f"{path.name} is not in BENGRN_DATA")
    return path


def test_signs_are_up_down_or_unknown(tmp_path):
    path = tmp_path / "regnetwork.txt"
    path.write_text(HEADER + ROWS)
    assert read_regnetwork(path) == [
        ("A", "B", 1),
        ("A", "C", -1),
        ("B", "C", 0),
        ("B", "D", 0),
        ("C", "C", 1),
        ("A", "C", 1),
    ]


def test_a_contradicted_sign_is_unknown(load):
    truth = load(HEADER + ROWS)
    assert truth.regulators == ("A", "B", "C")
    assert truth.targets == ("A", "B", "C", "D")
    assert truth.sign.toarray().tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]


def test_what_is_listed_twice_or_with_itself_is_counted(load):
    assert load(HEADER + ROWS).losses == {
        "pairs listed before": 1,
        "self-pairs": 1,
        "contradictory signs": 1,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "A 1 B 2\n", "regnetwork.txt, line 2 is 'A 1 B 2'; expected regulator"),
        (HEADER + "A 1 B 2 -->\nA 1 B 2 ==>\n", "line 3 is 'A 1 B 2 ==>'"),
        (HEADER + "A x B 2 -->\n", "line 2"),
        (HEADER, "regnetwork.txt lists no regulation"),
    ],
)
def test_a_malformed_line_is_refused(load, text, message):
    with pytest.raises(ValueError, match=message):
        load(text)


def test_upstream_has_3950_edges_of_294_regulators_over_983_genes(upstream):
    truth = RegNetwork().load({"edges": upstream})
    assert (truth.edges.nnz, len(truth.regulators), len(truth.targets)) == (3_950, 294, 983)


def test_upstream_rows_have_their_signs(upstream):
    signs = Counter(sign for _, _, sign in read_regnetwork(upstream))
    assert signs == {1: 3_862, -1: 80, 0: 12}


def test_upstream_lists_four_pairs_twice_with_opposite_signs_and_five_self_pairs(upstream):
    truth = RegNetwork().load({"edges": upstream})
    assert truth.losses == {"pairs listed before": 4, "self-pairs": 5, "contradictory signs": 4}
    assert (truth.sign.data > 0).sum() == 3_858
    assert (truth.sign.data < 0).sum() == 76
