"""Tables of edges as other tools write them: whose columns are known, what is refused."""

import numpy as np
import pytest
from scipy import sparse

from bengrn.edge_table import read_network
from bengrn.errors import NetworkError, TruthError
from bengrn.truth_table import read_truth

TP53, MDM2, BAX = "ENSG00000141510", "ENSG00000135679", "ENSG00000087088"


def _network(tmp_path, text, name="net.tsv"):
    (tmp_path / name).write_text(text)
    return read_network(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("net.tsv", "regulatoryGene\ttargetGene\tweight"),
        ("net.tsv", "TF\ttarget\timportance"),
        ("net.tsv", "Gene1\tGene2\tEdgeWeight"),
        ("rankedEdges.csv", "Gene1\tGene2\tEdgeWeight"),
        ("net.txt", "SOURCE,Target,Weight"),
    ],
)
def test_the_columns_of_other_tools_are_known(tmp_path, name, header):
    separator = "," if "," in header else "\t"
    network = _network(tmp_path, header + "\n" + separator.join(["TP53", "MDM2", "0.5"]) + "\n", name)
    assert (network.regulators, network.targets) == (("TP53",), ("MDM2",))
    assert network.scores.toarray().tolist() == [[0.5]]


@pytest.mark.parametrize("row", ["1\tTP53\tMDM2\t0.5", "TP53\tMDM2\t0.5\t7"])
def test_a_row_with_more_fields_than_the_header_is_refused(tmp_path, row):
    with pytest.raises(NetworkError, match=r"net\.tsv has rows with more fields than its header .*\(3\)"):
        _network(tmp_path, f"source\ttarget\tweight\n{row}\n")


def test_ensembl_ids_of_a_truth_become_symbols(tmp_path):
    (tmp_path / "t.tsv").write_text(f"source\ttarget\n{TP53}.3\t{MDM2}\n{MDM2}\t{BAX}\n")
    truth = read_truth(tmp_path / "t.tsv")
    edges = {(truth.regulators[a], truth.targets[b]) for a, b in np.argwhere(truth.edges.toarray())}
    assert edges == {("TP53", "MDM2"), ("MDM2", "BAX")}


def test_an_unknown_id_of_a_truth_stays_as_it_is(tmp_path):
    (tmp_path / "t.tsv").write_text(f"source\ttarget\n{TP53}\tENSG00000999999\n")
    assert set(read_truth(tmp_path / "t.tsv").targets) == {"TP53", "ENSG00000999999"}


def test_a_truth_of_numbers_names_its_file(tmp_path):
    (tmp_path / "t.tsv").write_text("source\ttarget\n1\t2\n")
    with pytest.raises(TruthError, match=r"t\.tsv: Gene names such as '1' are neither"):
        read_truth(tmp_path / "t.tsv")


@pytest.mark.filterwarnings("error")
def test_repeated_names_in_an_h5ad_network_are_our_line_alone(tmp_path, counts, recwarn):
    counts.varp["GRN"] = sparse.csr_array((counts.n_vars, counts.n_vars), dtype=np.float32)
    counts.var.index = ["TP53", "TP53", *counts.var_names[2:]]
    counts.write_h5ad(tmp_path / "net.h5ad")
    with pytest.raises(NetworkError, match="named twice: 'TP53'"):
        read_network(tmp_path / "net.h5ad")
    assert not recwarn


@pytest.mark.parametrize("header", ["source\ttarget", "TF,gene", "source\ttarget\tsign"])
def test_a_list_of_edges_is_a_network_whose_edges_weigh_one(tmp_path, header):
    separator = "," if "," in header else "\t"
    more = [separator + "-1"] if "sign" in header else [""]
    row = separator.join(["TP53", "MDM2"]) + more[0]
    network = _network(tmp_path, f"{header}\n{row}\n")
    assert (network.scores.toarray().tolist(), network.signed) == ([[1]], False)


@pytest.mark.parametrize("third", ["confidence", "effect"])
def test_a_column_that_could_be_a_weight_is_not_passed_over(tmp_path, third):
    with pytest.raises(NetworkError, match=r"expected source, target, weight"):
        _network(tmp_path, f"source\ttarget\t{third}\nTP53\tMDM2\t0.5\n")


@pytest.mark.parametrize("weight", ["inf", "-inf", "1e39"])
def test_a_weight_without_end_is_refused_with_its_file(tmp_path, weight, recwarn):
    with pytest.raises(NetworkError, match=r"net\.tsv: 1 weights are infinite or beyond 3e\+38"):
        _network(tmp_path, f"source\ttarget\tweight\nTP53\tMDM2\t{weight}\n")
    assert not recwarn
