import pytest

from bengrn.tasks.naming import name_truth
from bengrn_datasets.beeline.evidence import (
    ChipMouse,
    HepG2Chip,
    MdcChip,
    MescLofGof,
    StringHuman,
    StringMouse,
)

BY_RULE = "names spelled by rule, unknown to the gene table (nothing left out)"
DATES = "names that a spreadsheet made a date (nothing left out)"


def _small(tmp_path, text):
    path = tmp_path / "network.csv"
    path.write_text(text)
    return {"pairs": path}


@pytest.fixture
def real(real_files):
    """Read a real network."""
    return lambda source: source.load(real_files(source))


def test_a_row_that_stands_twice_is_one_edge_and_counted(tmp_path):
    truth = StringHuman().load(_small(tmp_path, "Gene1,Gene2\nTP53,MDM2\nTP53,MDM2\nMYC,TP53\nTP53,MYC\n"))
    assert truth.edges.nnz == 3
    assert truth.losses == {"pairs listed before": 1}


def test_only_first_names_are_tested_as_regulators(tmp_path):
    truth = StringHuman().load(_small(tmp_path, "Gene1,Gene2\nTP53,MDM2\nMYC,NA\n"))
    assert truth.regulators == ("MYC", "TP53")
    assert truth.targets == ("MDM2", "MYC", "NA", "TP53")


def test_string_has_no_direction_and_binding_has():
    assert not StringHuman.directed
    assert not StringMouse.directed
    assert all(source.directed for source in (HepG2Chip, ChipMouse, MdcChip, MescLofGof))


def test_mouse_names_get_their_spelling_back(tmp_path):
    text = "Gene1,Gene2\nTRP53,MDM2\nPOU5F1,1110008P14RIK\nAES,2-MAR\n"
    truth = MescLofGof().load(_small(tmp_path, text))
    assert truth.regulators == ("Aes", "Pou5f1", "Trp53")
    assert {"Mdm2", "1110008P14Rik", "2-MAR"} < set(truth.targets)
    assert truth.losses[DATES] == 1


def test_two_names_of_one_mouse_gene_stay_two_until_a_task_joins_them(tmp_path):
    truth = MescLofGof().load(_small(tmp_path, "Gene1,Gene2\nSP1,GYG\nSP1,GYG1\n"))
    assert truth.targets == ("Gyg", "Gyg1", "Sp1")
    assert name_truth(truth, [])[0].targets == ("Gyg1", "Sp1")


def test_a_score_below_the_limit_is_no_edge(tmp_path):
    text = "Gene1,Gene2,Score\nSPI1,MYC,101\nSPI1,TRP53,300.5\n"
    assert MdcChip().load(_small(tmp_path, text)).edges.nnz == 2
    strong = MdcChip(min_score=300).load(_small(tmp_path, text))
    assert strong.targets == ("Spi1", "Trp53")
    assert strong.losses["pairs of lower scores"] == 1
    with pytest.raises(ValueError, match=r"no pair has a score of 500, the best is 300\.5"):
        MdcChip(min_score=500).load(_small(tmp_path, text))


@pytest.mark.parametrize(
    ("source", "text", "said"),
    [
        (StringHuman(), "", "has 0 lines; expected a header"),
        (StringHuman(), "Gene1,Gene2\n", "lists no pair"),
        (StringHuman(), "source,target\nA,B\n", "has the columns source, target; expected Gene1"),
        (StringHuman(), "Gene1,Gene2\nA,B,C\n", "line 2: 'A,B,C' is no row"),
        (StringHuman(), "Gene1,Gene2\nA,\n", "line 2: 'A,' is no row"),
        (StringHuman(), "Gene1,Gene2\nA,A\n", "self-pairs"),
        (MdcChip(), "Gene1,Gene2\nA,B\n", "expected Score among them"),
        (MdcChip(), "Gene1,Gene2,Score\nA,B,strong\n", "a score that is no number"),
        (MdcChip(), "Gene1,Gene2,Score\nA,B,\n", "a score that is no number"),
    ],
)
def test_another_table_is_refused_in_one_line(tmp_path, source, text, said):
    with pytest.raises(ValueError, match=said) as caught:
        source.load(_small(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_packed_file_that_is_broken_is_refused(tmp_path):
    path = tmp_path / "network.csv"
    path.write_bytes(b"\x1f\x8b\x08\x00broken")
    with pytest.raises(ValueError, match=r"network\.csv is no text"):
        HepG2Chip().load({"pairs": path})


@pytest.mark.parametrize(
    ("source", "golden"),
    [
        # listed rows, pairs, regulators, targets, self-pairs, names spelled by rule
        (StringHuman(), (198_285, 99_149, 1_489, 8_712, 3, 0)),
        (StringMouse(), (157_134, 78_567, 1_350, 7_636, 0, 519)),
        (HepG2Chip(), (342_862, 342_862, 84, 16_822, 39, 0)),
        (ChipMouse(), (100_139, 100_139, 1_455, 17_830, 149, 2_358)),
        (MdcChip(), (30_658, 30_658, 36, 11_091, 8, 377)),
        (MescLofGof(), (104_796, 104_201, 55, 16_522, 27, 3_970)),
    ],
    ids=["string-human", "string-mouse", "hepg2-chip", "chip-mouse-nonspecific", "mdc-chip", "mesc-lofgof"],
)
def test_the_real_networks_have_the_known_numbers(real, source, golden):
    truth = real(source)
    pairs, lost = truth.edges.nnz, truth.losses
    assert golden == (
        pairs + lost.get("pairs listed before", 0),
        pairs,
        len(truth.regulators),
        (truth.edges.sum(axis=0) > 0).sum(),
        lost.get("self-pairs", 0),
        lost.get(BY_RULE, 0),
    )


@pytest.mark.parametrize(("source", "both"), [(StringHuman(), 36_010), (StringMouse(), 24_108)])
def test_a_real_pair_of_two_regulators_is_listed_both_ways(real, source, both):
    truth = real(source)
    column = {name: position for position, name in enumerate(truth.targets)}
    square = truth.edges[:, [column[name] for name in truth.regulators]]
    assert (square != square.T).nnz == 0
    assert square.nnz - square.diagonal().sum() == both


def test_16_names_of_the_real_lof_gof_network_are_dates(real):
    assert real(MescLofGof()).losses[DATES] == 16
