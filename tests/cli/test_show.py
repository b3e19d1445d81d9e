"""What there is, said by the program; and what is broken."""

import pytest


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("methods", ["genie3", "grnboost2", "pearson", "random", "control"]),
        ("truths", ["omnipath"]),
        ("datasets", ["pancreas"]),
        ("metrics", ["ap_ratio", "epr", "odds_ratio_topk"]),
    ],
)
def test_lists_name_what_there_is(bengrn, command, names):
    ran = bengrn(command)
    assert ran.code == 0, ran.err
    assert all(name in ran.out for name in names)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("methods", "genie3"), ["ntrees=1000", "genie3:paper", "Huynh-Thu"]),
        (("truths", "omnipath"), ["min_references=0", "omnipath:transcriptional", "licence"]),
        (("datasets", "pancreas"), ["CC BY 4.0", "human", "pancreatic A cell"]),
        (("metrics", "epr"), ["Early precision ratio", "chance"]),
    ],
)
def test_cards_say_what_one_must_know(bengrn, arguments, said):
    ran = bengrn(*arguments)
    assert ran.code == 0, ran.err
    assert all(text in ran.out for text in said), ran.out


def test_methods_are_listed_by_where_they_come_from(bengrn):
    ran = bengrn("methods")
    rows = [line.split() for line in ran.out.splitlines() if line.split()[1:2] == ["bengrn"]]
    origin = {row[0]: row[2] for row in rows}
    asked = {"genie3": "paper", "pidc": "published", "truth": "control", "random": "control"}
    assert {name: origin[name] for name in asked} == asked
    order = [["paper", "published", "own", "control"].index(one) for one in origin.values()]
    assert order == sorted(order)
    assert "paper: benchmarked in the scPRINT paper (" in ran.out


def test_presets_stand_in_the_list_of_methods(bengrn):
    assert "clr, aracne" in next(row for row in bengrn("methods").out.splitlines() if "Butte" in row)


def test_what_is_shipped_needs_no_fetching(bengrn):
    assert "nothing to fetch" in bengrn("datasets", "fetch", "omnipath").out


def test_fetching_something_unknown_suggests_the_nearest(bengrn):
    ran = bengrn("datasets", "fetch", "omnipth")
    assert ran.code == 2
    assert "Did you mean 'omnipath'?" in ran.message


def test_doctor_finds_all_well(bengrn):
    ran = bengrn("doctor")
    assert ran.code == 0, ran.out
    assert "All is well." in ran.out


def test_doctor_finds_a_broken_record(bengrn, tmp_path):
    (tmp_path / "reports" / "records").mkdir(parents=True)
    (tmp_path / "reports" / "records" / "abc-1.json").write_text("{")
    ran = bengrn("doctor")
    assert ran.code == 1
    assert "broken record" in ran.out


def test_a_broken_plugin_is_named_and_the_program_goes_on(bengrn, tmp_path):
    site = tmp_path / "site"
    info = site / "bad_plugin-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bad-plugin\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[bengrn]\nbad = bad_plugin\n")
    (site / "bad_plugin.py").write_text("raise RuntimeError('not today')\n")
    env = {"PYTHONPATH": str(site)}
    listed = bengrn("methods", "-v", env=env)
    assert listed.code == 0
    assert "pearson" in listed.out
    assert "bad of bad-plugin: RuntimeError: not today" in listed.out
    ran = bengrn("doctor", env=env)
    assert ran.code == 1
    assert "not today" in ran.out
