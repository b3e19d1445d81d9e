"""`bengrn scale`: a table, a file, JSON; and one line where something is wrong."""

import json

import pytest

SMALL = ("--cells", "30", "--genes", "20", "--repeats", "1", "--cpus", "1")


def test_a_sweep_prints_a_table_and_writes_a_file(bengrn, tmp_path, method_file):
    method_file()
    ran = bengrn("scale", "./mine.py", *SMALL, "--cells", "30,60")
    assert ran.code == 0, ran.err
    assert "Table S4, 1,000 cells x 4,000 genes" in ran.out
    assert "run 1" in ran.err
    written = json.loads((tmp_path / "reports" / "scale" / "mine.json").read_text())
    assert [(one["cells"], one["genes"]) for one in written["points"]] == [(30, 20), (60, 20)]
    assert written["limits"]["cpus"] == 1
    assert written["method"]["name"] == "mine"


def test_own_data_and_a_preset_are_named_in_the_file(bengrn, tmp_path, data_file):
    ran = bengrn(
        "scale", "mutual-information:clr", *SMALL, "--data", data_file, "--regulators", "5", "--json"
    )
    assert ran.code == 0, ran.err
    result = json.loads(ran.out)
    assert result["regulators"] == 5
    assert result["data"]["name"] == str(data_file)
    assert (tmp_path / "reports" / "scale" / "mutual-information-clr.json").exists()


def test_where_nothing_could_be_measured_it_ends_with_1(bengrn, method_file):
    method_file("raise ValueError('never')")
    ran = bengrn("scale", "./mine.py", *SMALL)
    assert ran.code == 1
    assert "ValueError: never" in ran.out
    assert "time: undefined." in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pidk",), "There is no method 'pidk'. Did you mean 'pidc'?"),
        (("pidc", "--cells", "a,b"), "--cells is 'a,b'; expected different numbers"),
        (("pidc", "--genes", "2,9"), "--genes is 2,9; expected different numbers of at least 3"),
        (("pidc", "--set", "binsy=3"), "binsy"),
        (("knnsmoothing2",), "The method 'knnsmoothing2' infers no network; expected one that does."),
        (("pidc", "--time-limit", "0"), "--time-limit is 0"),
    ],
)
def test_bad_input_is_one_line(bengrn, tmp_path, arguments, said):
    ran = bengrn("scale", *arguments)
    assert ran.code == 2
    assert said in ran.message
    assert ran.message.count("\n") == 0
    assert not (tmp_path / "reports").exists()
