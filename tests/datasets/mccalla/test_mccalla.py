import dataclasses
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from bengrn.fetch import fetch
from bengrn_datasets.mccalla.files import LISTS, check_blob
from bengrn_datasets.mccalla.truths import TRUTHS, bengrn_truths, read_pairs
from bengrn_datasets.omnipath import shipped_edges

MIRROR = os.environ.get("BENGRN_DATA", "")
UNSEEN = {"mccalla-human-chip", "mccalla-human-encode"}
# pairs, regulators, targets that have an edge, self-pairs
COUNTS = {
    "mccalla-human-full": (12_986, 35, 6_529, 19),
    "mccalla-mouse-full": (11_634, 47, 6_109, 15),
    "mccalla-mdc-full": (76_929, 23, 9_371, 0),
    "mccalla-yeast-full": (2_876, 115, 1_657, 23),
    "mccalla-human-ko": (201_805, 179, 21_002, 98),
    "mccalla-human-escape": (107_255, 47, 19_595, 18),
    "mccalla-human-logof": (104_139, 55, 16_325, 27),
    "mccalla-human-nishiyama": (155_057, 173, 17_848, 92),
    "mccalla-human-lit": (330, 39, 111, 3),
    "mccalla-mouse-chip": (197_597, 54, 31_367, 23),
    "mccalla-mouse-ko": (201_873, 179, 21_019, 98),
    "mccalla-mouse-encode": (95_065, 10, 26_313, 7),
    "mccalla-mouse-escape": (107_266, 47, 19_624, 18),
    "mccalla-mouse-logof": (104_144, 55, 16_328, 27),
    "mccalla-mouse-nishiyama": (155_084, 173, 17_854, 92),
    "mccalla-mouse-lit": (267, 35, 90, 0),
    "mccalla-mdc-chip": (204_551, 29, 20_405, 0),
    "mccalla-mdc-ko": (191_548, 106, 12_287, 39),
    "mccalla-yeast-chip": (29_369, 171, 5_919, 39),
    "mccalla-yeast-ko": (34_282, 284, 5_687, 125),
    "mccalla-yeast-hu": (14_254, 268, 2_736, 89),
    "mccalla-yeast-macisaac": (4_113, 116, 2_022, 16),
    "mccalla-yeast-yeastract-c3": (3_930, 120, 2_143, 20),
    "mccalla-yeast-yeastract-t2": (4_400, 120, 2_287, 25),
}


def in_mirror(path):
    """Return the local path of a file of the mirror; skip where there is none."""
    here = Path(MIRROR) / path
    if not MIRROR or not (here.is_file() or here.with_name(here.name + ".gz").is_file()):
        pytest.skip(f"needs {path}: set BENGRN_DATA")
    return here


def load(name, **settings):
    """Load a truth from the mirror, or from the package where it is shipped; skip without a mirror."""
    declared = TRUTHS[name]
    for remote in declared.files.values():
        in_mirror(remote.path)
    return declared(**settings).load({key: fetch(one) for key, one in declared.files.items()})


@lru_cache(maxsize=6)
def pairs_in(name):
    """Return the pairs of a list."""
    return pairs_of(load(name))


def pairs_of(truth):
    found = truth.edges.tocoo()
    regulators, targets = np.array(truth.regulators, object), np.array(truth.targets, object)
    return set(zip(regulators[found.row], targets[found.col], strict=True))


def upper(pairs):
    return {(one.upper(), other.upper()) for one, other in pairs}


def test_every_list_is_offered_once():
    names = [declared.name for declared in bengrn_truths()]
    assert sorted(names) == sorted({*COUNTS, *UNSEEN})


@pytest.mark.parametrize("name", COUNTS)
def test_a_list_has_its_pairs_regulators_targets_and_self_pairs(name):
    pairs = pairs_in(name)
    sources, targets = {one for one, _ in pairs}, {other for _, other in pairs}
    assert (len(pairs), len(sources), len(targets), sum(a == b for a, b in pairs)) == COUNTS[name]


@pytest.mark.parametrize("name", [name for name in COUNTS if name.endswith("full")])
def test_full_lists_need_no_file(name):
    assert TRUTHS[name].files == {}
    assert TRUTHS[name]().load({}).edges.nnz == COUNTS[name][0]


@pytest.mark.parametrize("one", [one for one in LISTS if one.shipped], ids=lambda one: one.cells)
def test_a_shipped_list_is_that_of_the_source(one):
    in_mirror(one.remote.path)
    source, target = read_pairs(fetch(one.remote).read_bytes(), "source")
    assert pairs_of(TRUTHS[f"mccalla-{one.cells}-full"]().load({})) == set(zip(source, target, strict=True))


def test_only_one_list_repeats_pairs():
    assert load("mccalla-yeast-macisaac").losses["pairs listed before"] == 40


@pytest.mark.parametrize(
    ("name", "organism"),
    [("mccalla-mdc-full", "mouse"), ("mccalla-yeast-full", "yeast"), ("mccalla-human-full", "human")],
)
def test_a_list_knows_its_organism(name, organism):
    assert TRUTHS[name]().load({}).organism == organism


@pytest.mark.parametrize("cells", ["mdc", "yeast"])
def test_full_is_what_is_bound_and_changed(cells):
    bound, changed = (pairs_in(f"mccalla-{cells}-{kind}") for kind in ("chip", "ko"))
    assert pairs_in(f"mccalla-{cells}-full") == bound & changed


def test_83_pairs_of_mouse_full_are_there_for_the_letters_hit():
    bound, changed = (pairs_in(f"mccalla-mouse-{kind}") for kind in ("chip", "ko"))
    named_hit = {pair for pair in bound if "hit" in pair[1]}
    assert pairs_in("mccalla-mouse-full") == (bound & changed) | named_hit
    assert len(named_hit - changed) == 83


@pytest.mark.parametrize("cells", ["human", "mouse"])
def test_ko_is_the_union_of_its_two_sources(cells):
    sources = [pairs_in(f"mccalla-{cells}-{kind}") for kind in ("logof", "nishiyama")]
    assert pairs_in(f"mccalla-{cells}-ko") == sources[0] | sources[1]


def test_mouse_chip_is_the_union_of_its_two_sources():
    sources = [pairs_in(f"mccalla-mouse-{kind}") for kind in ("encode", "escape")]
    assert pairs_in("mccalla-mouse-chip") == sources[0] | sources[1]


@pytest.mark.parametrize(
    ("human", "mouse", "share"),
    [("full", "full", 0.827), ("full", "ko", 0.952), ("ko", "ko", 0.924), ("escape", "escape", 0.945)],
)
def test_human_lists_are_mostly_mouse_lists_in_upper_case(human, mouse, share):
    here = pairs_in(f"mccalla-human-{human}")
    twins = here & upper(pairs_in(f"mccalla-mouse-{mouse}"))
    assert round(len(twins) / len(here), 3) == share


def test_six_regulators_hold_72_percent_of_human_full():
    truth = load("mccalla-human-full")
    degrees = sorted(truth.edges.sum(axis=1), reverse=True)
    assert round(sum(degrees[:6]) / sum(degrees), 3) == 0.716


@pytest.mark.parametrize(
    ("name", "genes", "edges", "regulators"),
    [  # as the published notebooks of benGRN print for the cells of Han, Tran and Zhao
        ("mccalla-human-full", "han_GSE107552", 8_463, 31),
        ("mccalla-mouse-full", "sridharan_A2S", 7_162, 31),
        ("mccalla-mouse-full", "zhao_GSE114952", 9_019, 34),
    ],
)
def test_a_list_has_the_published_edges_among_the_genes_of_a_data_set(name, genes, edges, regulators):
    measured = set(in_mirror(f"mccalla/TF_target_lists/{genes}.targets.txt").read_text().split())
    inside = {pair for pair in pairs_in(name) if measured.issuperset(pair)}
    assert (len(inside), len({one for one, _ in inside})) == (edges, regulators)


def test_the_overlap_with_omnipath_is_as_table_s7_of_the_paper_prints_it():
    measured = set(in_mirror("mccalla/TF_target_lists/han_GSE107552.targets.txt").read_text().split())
    ends = [shipped_edges()[column].cast("string").to_pylist() for column in ("source", "target")]
    genes = measured & {*ends[0], *ends[1]}
    known = {pair for pair in zip(*ends, strict=True) if genes.issuperset(pair)}
    pairs = {pair for pair in pairs_in("mccalla-human-full") if genes.issuperset(pair)}
    shared, transposed = len(pairs & known), len({pair[::-1] for pair in pairs} & known)
    assert len(genes) == 5_421
    assert (round(shared / len(pairs), 4), round(shared / len(known), 4)) == (0.0520, 0.0074)
    assert (round(transposed / len(pairs), 4), round(transposed / len(known), 4)) == (0.0155, 0.0022)
    assert round(len(known) / len(genes) ** 2, 5) == 0.00154


def test_human_symbols_only_leaves_691_pairs_out():
    truth = load("mccalla-human-full", symbols="human")
    assert truth.losses["pairs with a name that is no human symbol"] == 691
    assert truth.edges.nnz == 12_295


def test_human_symbols_only_keeps_names_that_are_or_were_human():
    everything, chosen = load("mccalla-human-full"), load("mccalla-human-full", symbols="human")
    gone = {*everything.targets} - {*chosen.targets}
    assert {"SOX2", "FAM92A1"} <= {*chosen.targets}  # FAM92A1 is CIBAR1 now
    assert any(name.endswith("RIK") for name in gone)
    assert pairs_of(chosen) <= pairs_of(everything)


def test_the_preset_asks_for_human_symbols():
    declared = TRUTHS["mccalla-human-full"]
    assert declared(**declared.presets["human-symbols-only"]).symbols == "human"


def test_only_human_lists_have_a_choice_of_symbols():
    settings = {name: [one.name for one in dataclasses.fields(TRUTHS[name])] for name in TRUTHS}
    assert all(
        (fields == ["symbols"]) == name.startswith("mccalla-human") for name, fields in settings.items()
    )


@pytest.mark.parametrize("name", [name for name in TRUTHS if name.startswith("mccalla-human")])
def test_the_card_of_a_human_list_says_whether_it_is_mostly_mouse(name):
    assert ("Mostly mouse" in TRUTHS[name].__doc__) is (name != "mccalla-human-encode")


@pytest.mark.parametrize("name", sorted(UNSEEN))
def test_a_list_never_seen_is_known_by_its_git_object(name, tmp_path):
    path = tmp_path / "hESC.txt"
    path.write_text("SOX2\tNANOG\n")
    with pytest.raises(ValueError, match=r"is the git object .*, expected .* replace it"):
        TRUTHS[name]().load({"pairs": path})


def test_a_git_object_is_recognised(tmp_path):
    path = tmp_path / "hello.txt"
    path.write_bytes(b"hello\n")
    check_blob(path, "ce013625030ba8dba906f756967f9e9ca394464a")  # echo hello | git hash-object --stdin


def test_the_git_object_of_a_list_at_hand_is_its_own():
    remote = next(one.remote for one in LISTS if (one.cells, one.kind) == ("human", "full"))
    in_mirror(remote.path)
    check_blob(fetch(remote), "d1d052c914596fcd81ace3cf8aaea08636a20c8d")


def test_a_third_column_is_left_out():
    assert read_pairs(b"Chd2\tSox2\t623\nChd2\tMyc\t1000\n", "list") == (["Chd2", "Chd2"], ["Sox2", "Myc"])


def test_names_are_taken_literally():
    text = b'NA\t"A\r\nnull\titQ(UUG)B\r\n'
    assert read_pairs(text, "list") == (["NA", "null"], ['"A', "itQ(UUG)B"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "list is empty"),
        (b"\n\n", "list is empty"),
        (b"SOX2 NANOG\n", "a line of 1 columns"),
        (b"a\tb\tc\td\n", "a line of 4 columns"),
        (b"a\tb\nc\td\te\n", "Expected 2 columns, got 3"),
        (b"a\tb\nc\n", "Expected 2 columns, got 1"),
        (b"a\t\n\tb\n", "has 2 empty names"),
        (b"a\tb\nc\t\xff\xfe\n", "invalid UTF8"),
    ],
)
def test_a_list_with_other_columns_is_refused_in_one_line(content, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_pairs(content, "list")
    assert "expected lines of regulator, tab, target" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_list_of_self_pairs_is_refused(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("SOX2\tSOX2\n")
    with pytest.raises(ValueError, match="self-pairs"):
        TRUTHS["mccalla-human-ko"]().load({"pairs": path})


def test_degrees_follow_the_lines(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("A\tB\nA\tC\nB\tA\nA\tB\n")
    truth = TRUTHS["mccalla-mouse-lit"]().load({"pairs": path})
    assert truth.regulators == ("A", "B")
    assert np.array_equal(truth.edges.toarray(), [[False, True, True], [True, False, False]])
