import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from bengrn.fetch import fetch
from bengrn_datasets.priors.dorothea import DorotheaHuman, DorotheaMouse

COLUMNS = {
    "tf": ["AR", "AR", "SP1", "E2F1", "E2F1"],
    "confidence": ["A", "A", "C", "E", "E"],
    "target": ["KLK3", "TP53", "MYC", "MYC", "AR"],
    "mor": [1.0, -1.0, 1.0, 1.0, -1.0],
}


def _int(*numbers):
    return struct.pack(f">{len(numbers)}i", *numbers)


def _char(text):
    return _int(9, -1) if text is None else _int(0x00040009, len(text)) + text.encode()


def _column(values):
    if values and isinstance(values[0], float):
        return _int(14, len(values)) + struct.pack(f">{len(values)}d", *values)
    return _int(16, len(values)) + b"".join(map(_char, values))


def _table(tmp_path, **changes):
    """Write a tibble as R's save does."""
    columns = {name: column for name, column in {**COLUMNS, **changes}.items() if column is not None}
    body = _int(0x402, 1) + _char("dorothea_hs") + _int(0x313, len(columns))
    body += b"".join(_column(column) for column in columns.values())
    rows = _int(13, 2, -(2**31), -len(COLUMNS["tf"]))
    for name, value in {
        "names": _column(list(columns)),
        "row.names": rows,
        "class": _column(["tbl_df", "tbl", "data.frame"]),
    }.items():
        body += _int(0x402, 1) + _char(name) + value
    path = tmp_path / "dorothea_hs.rda"
    path.write_bytes(gzip.compress(b"RDX2\nX\n" + _int(2, 0x030600, 0x020300) + body + _int(254, 254)))
    return {"pairs": path}


@pytest.fixture
def real(tmp_path, monkeypatch):
    """Read a real table."""
    if not os.environ.get("BENGRN_DATA"):
        pytest.skip("needs DoRothEA: set BENGRN_DATA")
    monkeypatch.setenv("BENGRN_CACHE", str(tmp_path / "cache"))

    def load(source):
        (remote,) = source.files.values()
        if not (Path(os.environ["BENGRN_DATA"]) / remote.path).is_file():
            pytest.skip(f"{remote.path} is not in BENGRN_DATA")
        return source.load({"pairs": fetch(remote)})

    return load


def test_the_factors_of_the_chosen_levels_are_tested_against_their_genes(tmp_path):
    truth = DorotheaHuman().load(_table(tmp_path))
    assert truth.regulators == ("AR", "SP1")
    assert truth.targets == ("AR", "KLK3", "MYC", "SP1", "TP53")
    assert truth.edges.toarray().astype(int).tolist() == [[0, 1, 0, 0, 1], [0, 0, 1, 0, 0]]
    assert truth.losses == {"pairs of other levels": 2}


def test_the_sign_is_the_mode_of_regulation(tmp_path):
    truth = DorotheaHuman(levels="A").load(_table(tmp_path))
    assert truth.targets == ("AR", "KLK3", "TP53")
    assert truth.sign.toarray().tolist() == [[0, 1, -1]]


def test_a_weight_between_zero_and_one_keeps_its_sign(tmp_path):
    truth = DorotheaHuman(levels="A").load(_table(tmp_path, mor=[0.5, -0.25, 1.0, 1.0, 1.0]))
    assert truth.sign.toarray().tolist() == [[0, 1, -1]]


@pytest.mark.parametrize("levels", ["", "F", "abc", "AA", "A,B", "all"])
def test_levels_that_are_not_different_letters_from_a_to_e_are_refused(levels):
    with pytest.raises(ValueError, match="expected one or more of the letters ABCDE"):
        DorotheaHuman(levels=levels)


def test_the_presets_are_usable_settings():
    made = {name: DorotheaMouse(**settings).levels for name, settings in DorotheaMouse.presets.items()}
    assert made == {"A": "A", "AB": "AB", "ABC": "ABC", "all": "ABCDE"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mor": None}, "has the columns tf, confidence, target; expected DoRothEA's table"),
        ({"target": [1.0] * 5}, "has the columns tf, confidence, target, mor; expected DoRothEA's table"),
        ({"tf": ["AR", None, "SP1", "E2F1", "E2F1"]}, "missing values"),
        ({"mor": [1.0, np.nan, 1.0, 1.0, 1.0]}, "missing values"),
        ({"confidence": ["A", "A", "high", "E", "E"]}, "the confidence 'high'; expected one of ABCDE"),
        ({"tf": [], "confidence": [], "target": [], "mor": None}, "expected DoRothEA's table"),
        ({"tf": ["AR"]}, "differ in length"),
        ({"confidence": ["E"] * 5}, "no pair has a confidence of ABC"),
        ({"confidence": ["A", "E", "E", "E", "E"], "target": ["AR"] * 5}, "self-pairs"),
    ],
    ids=["no mor", "numbers", "no factor", "no sign", "words", "empty", "lengths", "no such level", "self"],
)
def test_another_table_is_refused_in_one_line(tmp_path, changes, said):
    with pytest.raises(ValueError, match=said) as caught:
        DorotheaHuman().load(_table(tmp_path, **changes))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "golden"),
    [
        # listed rows, pairs, factors, targets
        (DorotheaHuman(levels="A"), (454_504, 5_434, 96, 2_690)),
        (DorotheaHuman(levels="AB"), (454_504, 6_408, 118, 3_254)),
        (DorotheaHuman(), (454_504, 13_223, 271, 5_321)),
        (DorotheaHuman(levels="ABCDE"), (454_504, 454_504, 1_333, 20_295)),
        (DorotheaMouse(), (386_758, 12_895, 273, 5_130)),
        (DorotheaMouse(levels="ABCDE"), (386_758, 386_758, 1_113, 17_829)),
    ],
    ids=["human A", "human AB", "human ABC", "human all", "mouse ABC", "mouse all"],
)
def test_the_real_tables_have_the_known_numbers(real, source, golden):
    truth = real(source)
    pairs = truth.edges.nnz
    listed = pairs + truth.losses.get("pairs of other levels", 0)
    assert golden == (listed, pairs, len(truth.regulators), (truth.edges.sum(axis=0) > 0).sum())
    assert not {"pairs listed before", "self-pairs"} & set(truth.losses)


def test_every_real_pair_has_a_sign(real):
    sign = real(DorotheaHuman(levels="ABCDE")).sign
    assert ((sign.data > 0).sum(), (sign.data < 0).sum()) == (410_583, 43_921)
