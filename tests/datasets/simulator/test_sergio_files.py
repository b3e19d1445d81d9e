from pathlib import Path

import numpy as np
import pytest

from bengrn_datasets.simulator.files import (
    read_bifurcation,
    read_circuit,
    read_dot,
    read_interactions,
    read_pairs,
    read_rates,
)

# gene 1 is activated by 0 and repressed by 2, gene 3 is activated by 1
INTERACTIONS = "1.0,2.0,0.0,2.0,1.5,-3.0,2.0,2.0\n3,1,1,4.5,1\n"
RATES = "2.0,0.5,0.25\n0,1,2\n"

DOT = """digraph "tiny-1" {
\trankdir=LR;
\t"lone";
\t"a" [position="231,158"];
\t"a" -> "b" [value="+"];
\t"b" -> "c" [value="-"];
\t"c" -> "c" [value="+-"];
\t"c" -> "a" [value="?"];
}"""


@pytest.fixture
def write(tmp_path):
    def written(text: str, name: str = "input.txt") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_interactions_are_read_edge_by_edge(write):
    edges = read_interactions(write(INTERACTIONS))
    assert edges.regulator == (0, 2, 1)
    assert edges.target == (1, 1, 3)
    assert edges.strength == (1.5, -3.0, 4.5)
    assert edges.hill == (2.0, 2.0, 1.0)


def test_rates_are_read_by_gene(write):
    assert read_rates(write(RATES)) == {2: (0.5, 0.25), 0: (1.0, 2.0)}


def test_a_circuit_has_the_rates_in_the_order_of_its_masters(write):
    circuit, rates_MB = read_circuit(write(INTERACTIONS, "grn.txt"), write(RATES, "rates.txt"))
    assert circuit.genes == ("G0", "G1", "G2", "G3")
    assert circuit.masters.tolist() == [0, 2]
    assert rates_MB.tolist() == [[1, 2], [0.5, 0.25]]


def test_a_bifurcation_matrix_is_read_with_blank_lines_at_the_end(write):
    assert read_bifurcation(write("0\t0.2\n0\t0\n\n"), 2).tolist() == [[0, 0.2], [0, 0]]


def test_pairs_have_no_header(write):
    assert read_pairs(write("1,85\n1,3\n")) == [(1, 85), (1, 3)]


def test_a_dot_network_is_read_whole_with_its_signs(write):
    network = read_dot(write(DOT))
    assert network.genes == ("a", "b", "c", "lone")
    assert network.edges == (("a", "b", 1), ("b", "c", -1), ("c", "c", 0), ("c", "a", 0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,0,2,1.5,2,2\n", "input.txt, line 1 has 7 values; expected a target"),
        ("1,0\n", "line 1 has 2 values"),
        ("1\n", "line 1 has 1 values"),
        (INTERACTIONS + "1,1,0,2,2\n", "line 3 is a second row of gene 1, after input.txt, line 1"),
        ("1,2,0,0,1,1,2,2\n", "line 1 lists a regulator of gene 1 twice"),
        ("1,1,0,0,2\n", "line 1 has a strength of 0"),
        ("1,1,0,1,-2\n", "Hill exponent that is not above 0"),
        ("1,1,0.5,1,2\n", "line 1 names gene 0.5; expected a whole number"),
        ("1,1,x,1,2\n", "line 1 holds 'x'; expected a number"),
        ("1,1,0,nan,2\n", "line 1 holds 'nan'"),
        ("\n\n", "input.txt is empty"),
    ],
)
def test_malformed_interactions_are_refused_by_line(write, text, message):
    with pytest.raises(ValueError, match=message):
        read_interactions(write(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,1,2\n2,1\n", "line 2 has 1 rates; expected one per cell type, 2"),
        ("0\n", "line 1 has 0 rates; expected one per cell type, at least 1"),
        ("0,1,0\n", "line 1 has the production rate 0; expected more than 0"),
        ("0,1,-2\n", "production rate -2"),
        ("0,1\n0,2\n", "line 2 is a second row of gene 0"),
        ("", "input.txt is empty"),
    ],
)
def test_malformed_rates_are_refused_by_line(write, text, message):
    with pytest.raises(ValueError, match=message):
        read_rates(write(text))


@pytest.mark.parametrize(
    ("interactions", "rates", "message"),
    [
        (INTERACTIONS, "0,1\n", r"gene 2 has neither regulators in grn.txt nor rates in rates.txt"),
        (INTERACTIONS, "0,1\n2,1\n1,1\n", "gene 1 has regulators in grn.txt and a rate in rates.txt"),
        ("1,1,0,2,2\n", "0,1\n5,1\n", "grn.txt and rates.txt lack gene 2; expected 0 to 5"),
        ("0,1,1,2,2\n1,1,0,2,2\n", "2,1\n", "cycle"),
    ],
)
def test_files_that_disagree_are_refused(write, interactions, rates, message):
    with pytest.raises(ValueError, match=message):
        read_circuit(write(interactions, "grn.txt"), write(rates, "rates.txt"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0\t1\n", "input.txt has 1 rows; expected one per cell type, 2"),
        ("0\t1\t0\n0\t0\t0\n", "line 1 must hold 2 migration rates"),
        ("0\t-1\n0\t0\n", "line 1 must hold 2 migration rates of at least 0"),
        ("0,1\n0,0\n", "line 1 holds '0,1'"),
    ],
)
def test_a_malformed_bifurcation_matrix_is_refused(write, text, message):
    with pytest.raises(ValueError, match=message):
        read_bifurcation(write(text), 2)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('"a" -> "b" [value="!"];', r"line 5 has the sign '!'"),
        ('"a" -> "b";', r"line 5 is '\"a\" -> \"b\";'; expected"),
        ('"a" -> "b" [value="+"];\n"a" -> "b" [value="+"];', "line 6 lists a -> b again"),
    ],
)
def test_a_malformed_dot_network_is_refused_by_line(write, line, message):
    with pytest.raises(ValueError, match=message):
        read_dot(write(DOT.replace('"a" -> "b" [value="+"];', line)))


def test_a_dot_network_without_edges_is_refused(write):
    with pytest.raises(ValueError, match="holds no edge"):
        read_dot(write('digraph "x" {\n"a";\n}'))


def test_three_numbers_are_no_pair(write):
    with pytest.raises(ValueError, match="line 2 has 3 values; expected a regulator and a target"):
        read_pairs(write("1,2\n1,2,3\n"))


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "input.txt"
    path.write_bytes(np.full(8, 0xFF, np.uint8).tobytes())
    with pytest.raises(ValueError, match=r"input.txt is not text \(byte 0\)"):
        read_pairs(path)
