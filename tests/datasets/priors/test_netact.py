import gzip
import os
import struct
from pathlib import Path

import pytest

from bengrn.fetch import fetch
from bengrn_datasets.priors.netact import NetActHuman, NetActMouse


def _int(*numbers):
    return struct.pack(f">{len(numbers)}i", *numbers)


def _char(text):
    return _int(9, -1) if text is None else _int(0x00040009, len(text)) + text.encode()


def _strings(texts):
    return _int(16, len(texts)) + b"".join(map(_char, texts))


def _lists(tmp_path, lists):
    """Write a named list of names, as R's save does."""
    body = _int(0x402, 1) + _char("hDB") + _int(0x213, len(lists)) + b"".join(lists.values())
    body += _int(0x402, 1) + _char("names") + _strings(lists) + _int(254, 254)
    path = tmp_path / "hDB.rdata"
    path.write_bytes(gzip.compress(b"RDX2\nX\n" + _int(2, 0x030600, 0x020300) + body))
    return {"lists": path}


@pytest.fixture
def real(tmp_path, monkeypatch):
    """Read a real database."""
    if not os.environ.get("BENGRN_DATA"):
        pytest.skip("needs NetAct: set BENGRN_DATA")
    monkeypatch.setenv("BENGRN_CACHE", str(tmp_path / "cache"))

    def paths(source):
        (remote,) = source.files.values()
        if not (Path(os.environ["BENGRN_DATA"]) / remote.path).is_file():
            pytest.skip(f"{remote.path} is not in BENGRN_DATA")
        return {"lists": fetch(remote)}

    return paths


def test_a_factor_regulates_the_targets_listed_under_its_name(tmp_path):
    paths = _lists(tmp_path, {"AATF": _strings(["BAX", "MYC"]), "MYC": _strings(["MYC", "TERT", "TERT"])})
    truth = NetActHuman().load(paths)
    assert truth.regulators == ("AATF", "MYC")
    assert truth.targets == ("AATF", "BAX", "MYC", "TERT")
    assert truth.edges.toarray().astype(int).tolist() == [[0, 1, 1, 0], [0, 0, 1, 1]]
    assert truth.losses == {"pairs listed before": 1, "self-pairs": 1}


def test_no_sign_is_known(tmp_path):
    assert NetActMouse().load(_lists(tmp_path, {"Aatf": _strings(["Bax"])})).sign is None


@pytest.mark.parametrize(
    "entry",
    [_strings([]), _strings(["BAX", None]), _strings(["BAX", ""]), _int(14, 1) + struct.pack(">d", 1)],
    ids=["empty", "missing", "no name", "numbers"],
)
def test_an_entry_that_is_no_list_of_names_is_refused(tmp_path, entry):
    with pytest.raises(ValueError, match=r"hDB\.rdata: the entry 'AATF' is no list of gene names; expected"):
        NetActHuman().load(_lists(tmp_path, {"AATF": entry, "MYC": _strings(["TERT"])}))


def test_an_empty_list_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no pair is listed"):
        NetActHuman().load(_lists(tmp_path, {}))


def test_a_cut_file_is_refused(tmp_path):
    paths = _lists(tmp_path, {"AATF": _strings(["BAX", "MYC"])})
    paths["lists"].write_bytes(paths["lists"].read_bytes()[:-12])
    with pytest.raises(ValueError, match=r"hDB\.rdata is a broken R data file"):
        NetActHuman().load(paths)


@pytest.mark.parametrize(
    ("source", "golden"),
    [(NetActHuman(), (16_364, 875, 4_455, 44)), (NetActMouse(), (19_113, 895, 5_434, 63))],
    ids=["human", "mouse"],
)
def test_the_real_databases_have_the_known_numbers(real, source, golden):
    truth = source.load(real(source))
    targets = (truth.edges.sum(axis=0) > 0).sum()
    assert golden == (truth.edges.nnz, len(truth.regulators), targets, truth.losses["self-pairs"])
    assert "pairs listed before" not in truth.losses


@pytest.mark.filterwarnings("ignore")  # of the oracle
@pytest.mark.parametrize("source", [NetActHuman(), NetActMouse()], ids=["human", "mouse"])
def test_the_real_databases_are_read_as_rdata_reads_them(real, source):
    paths = real(source)
    (there,) = pytest.importorskip("rdata").read_rda(paths["lists"]).values()
    truth = source.load(paths)
    rows, columns = truth.edges.nonzero()
    here = {(truth.regulators[row], truth.targets[column]) for row, column in zip(rows, columns, strict=True)}
    assert here == {(str(factor), str(target)) for factor, targets in there.items() for target in targets}
