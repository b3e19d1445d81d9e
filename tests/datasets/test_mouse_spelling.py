"""Upper-cased names of mouse genes."""

import pytest

from bengrn_datasets.mouse_spelling import by_rule, respell


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["TRP53", "MYC"], ["Trp53", "Myc"]),
        (["Trp53", "NOTAGENE"], ["Trp53", "Notagene"]),
        (["0610010K14RIK"], ["0610010K14Rik"]),
        (["AARS"], ["Aars1"]),  # a previous symbol
        (["AARS", "AARS1"], ["Aars", "Aars1"]),  # both one gene: the current name has it
        (["HIST1H1C", "AW146020", "2-MAR"], ["Hist1h1c", "AW146020", "2-MAR"]),
        ([], []),
    ],
)
def test_names_get_their_spelling_back(given, expected):
    assert list(respell(given).names) == expected


def test_names_that_no_table_knows_and_dates_are_counted():
    respelled = respell(["TRP53", "NOTAGENE", "2-MAR"])
    assert (respelled.ruled, respelled.dates) == (2, 1)


@pytest.mark.parametrize(
    ("name", "spelt"),
    [
        ("HIST1H1C", "Hist1h1c"),
        ("1110008L16RIK", "1110008L16Rik"),
        ("2610044O15RIK8", "2610044O15Rik8"),
        ("AW146020", "AW146020"),
        ("C80913", "C80913"),
        ("LOC100861615", "LOC100861615"),
        ("GM5506", "Gm5506"),
        ("D10JHU81E", "D10Jhu81e"),
        ("H2-KE6", "H2-Ke6"),
        ("A630020A06", "A630020A06"),
        ("2-MAR", "2-MAR"),
    ],
)
def test_unknown_names_are_spelled_as_mouse_symbols_are(name, spelt):
    assert by_rule(name) == spelt
