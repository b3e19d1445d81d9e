import csv
import dataclasses
import inspect

import numpy as np
import pytest
from scipy import sparse

from bengrn.request import Selection
from bengrn.tasks.frozen import freeze
from bengrn_datasets.beeline import simulated as beeline
from bengrn_datasets.beeline.files import COMMITS, remote
from bengrn_datasets.beeline.read import read_expression, read_network, read_times

TRUTHS = {truth.name: truth for truth in beeline.bengrn_truths()}
CELLS = {cells.name: cells for cells in beeline.bengrn_datasets()}

# tables 1 and 2 of Pratapa et al. 2020: genes, edges; counted by hand: self-pairs, activations
SIZES = {
    "beeline-dyn-li": (7, 8, 1, 7),
    "beeline-dyn-cy": (6, 6, 0, 3),
    "beeline-dyn-ll": (18, 19, 1, 18),
    "beeline-dyn-bf": (7, 12, 2, 7),
    "beeline-dyn-bfc": (10, 18, 3, 13),
    "beeline-dyn-tf": (8, 20, 3, 10),
    "beeline-mcad": (5, 14, 1, 3),
    "beeline-vsc": (8, 15, 0, 0),
    "beeline-hsc": (11, 30, 4, 15),
    "beeline-gsd": (19, 79, 3, None),
}
TRAJECTORIES = {
    "beeline-dyn-li": 1,
    "beeline-dyn-bf": 2,
    "beeline-dyn-tf": 3,
    "beeline-hsc": 4,
    "beeline-vsc": 5,
}


def written(path, text):
    path.write_text(text)
    return path


@pytest.fixture
def small(tmp_path):
    """Write files of three genes and four cells, in upstream's format."""
    return {
        "network": written(tmp_path / "refNetwork.csv", "Gene1,Gene2,Type\ng1,g2,+\ng2,g3,-\ng3,g3,+\n"),
        "expression": written(
            tmp_path / "ExpressionData.csv",
            ",E1_0_5,E2_1_0,E3_1_5,E4_2_0\ng2,0.5,0,1,2\ng1,1,2,3,4\ng3,0,0,0,9\n",
        ),
        "pseudotime": written(
            tmp_path / "PseudoTime.csv",
            "PseudoTime1,PseudoTime2\nE2_1_0,4.5,NA\nE1_0_5,NA,0.25\nE3_1_5,5,6\nE4_2_0,NA,7\n",
        ),
    }


def test_ten_networks_are_offered_each_with_cells_of_the_same_name():
    assert set(TRUTHS) == set(CELLS) == set(SIZES)
    assert all(truth.data == name for name, truth in TRUTHS.items())


def test_declarations_live_in_the_plug_in_and_have_a_card():
    for declared in (*TRUTHS.values(), *CELLS.values()):
        assert declared.__module__ == beeline.__name__
        assert len(inspect.getdoc(declared).splitlines()) >= 3
        assert dataclasses.is_dataclass(declared)
        assert declared.organism == "simulated"


def test_every_address_names_a_commit_and_a_digest():
    for declared in (*TRUTHS.values(), *CELLS.values()):
        for file in declared.files.values():
            assert file.url.startswith("https://raw.githubusercontent.com/Murali-group/Beeline/")
            assert file.url.split("/")[5] in COMMITS.values()
            assert len(file.sha256) == 64
            assert file.bytes > 0
            assert file.path.startswith("beeline/inputs/")


def test_spaces_and_plus_signs_of_upstream_are_quoted_in_addresses():
    url = remote("GENELink_mDC_TFs500/Non-Specific/BL--network.csv").url
    assert url.endswith("/Dataset/Benchmark%20Dataset/Non-Specific%20Dataset/mDC/TFs%2B500/BL--network.csv")


@pytest.mark.parametrize("name", SIZES)
def test_networks_have_the_published_genes_and_edges(name, real_files):
    truth = TRUTHS[name]().load(real_files(TRUTHS[name]))
    genes, edges, selves, ups = SIZES[name]
    assert (len(truth.regulators), len(truth.targets), truth.edges.nnz) == (genes, genes, edges)
    assert truth.losses.get("self-pairs", 0) == selves
    assert truth.sign.nnz == edges
    if ups is not None:
        assert (truth.sign.data > 0).sum() == ups


def test_the_network_of_gonads_lists_seven_pairs_twice(real_files):
    truth = TRUTHS["beeline-gsd"]().load(real_files(TRUTHS["beeline-gsd"]))
    assert truth.losses["pairs listed before"] == 7
    assert "contradictory signs" not in truth.losses


@pytest.mark.parametrize("name", SIZES)
def test_cells_are_2000_of_exactly_the_genes_of_the_network(name, real_files):
    adata = CELLS[name]().load(real_files(CELLS[name]))
    truth = TRUTHS[name]().load(real_files(TRUTHS[name]))
    assert adata.shape == (2_000, SIZES[name][0])
    assert set(adata.var_names) == set(truth.targets)
    assert isinstance(adata.X, sparse.csr_array)
    assert adata.X.dtype == np.float32
    assert 0 < adata.X.max() < 3.6


@pytest.mark.parametrize(("name", "count"), TRAJECTORIES.items())
def test_every_trajectory_is_a_column_and_every_cell_is_on_one(name, count, real_files):
    adata = CELLS[name]().load(real_files(CELLS[name]))
    assert list(adata.obs) == [f"pseudotime_{number}" for number in range(1, count + 1)]
    assert adata.obs.notna().any(axis=1).all()


@pytest.mark.parametrize("name", ["beeline-gsd", "beeline-hsc", "beeline-vsc", "beeline-mcad"])
def test_dropout_sets_half_of_the_values_below_a_genes_median_to_zero(name, real_files):
    files = real_files(CELLS[name])
    whole, dropped = (CELLS[name](dropout=one).load(files) for one in ("none", "50"))
    assert list(whole.obs_names) == list(dropped.obs_names)
    whole_CG, dropped_CG = whole.X.toarray(), dropped.X.toarray()
    gone_CG = (dropped_CG == 0) & (whole_CG > 0)
    assert np.array_equal(dropped_CG[~gone_CG], whole_CG[~gone_CG])
    assert (whole_CG <= np.median(whole_CG, axis=0))[gone_CG].all()
    assert gone_CG.mean() == pytest.approx(0.25, abs=0.01)


def test_the_first_edge_of_the_linear_network_points_from_g2_to_g3(real_files):
    files = real_files(TRUTHS["beeline-dyn-li"])
    truth = TRUTHS["beeline-dyn-li"]().load(files)
    with files["network"].open() as handle:
        assert list(csv.reader(handle))[1] == ["g2", "g3", "+"]
    assert truth.edges[truth.regulators.index("g2"), truth.targets.index("g3")]
    assert not truth.edges[truth.regulators.index("g3"), truth.targets.index("g2")]


def test_a_network_is_read_with_its_signs(small):
    truth = TRUTHS["beeline-dyn-li"]().load(small)
    assert truth.edges.toarray().astype(int).tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 1]]
    assert truth.sign.toarray().tolist() == [[0, 1, 0], [0, 0, -1], [0, 0, 1]]
    assert truth.losses == {"self-pairs": 1}


def test_expression_is_turned_to_cells_by_genes(small):
    adata = CELLS["beeline-dyn-bf"]().load(small)
    assert list(adata.var_names) == ["g2", "g1", "g3"]
    assert adata.X.toarray().tolist() == [[0.5, 1, 0], [0, 2, 0], [1, 3, 0], [2, 4, 9]]


def test_times_are_brought_to_the_order_of_the_cells(small):
    adata = CELLS["beeline-dyn-bf"]().load(small)
    assert adata.obs["pseudotime_1"].tolist() == pytest.approx([np.nan, 4.5, 5, np.nan], nan_ok=True)
    assert adata.obs["pseudotime_2"].tolist() == pytest.approx([0.25, np.nan, 6, 7], nan_ok=True)


def test_time_alone_is_the_trajectory_and_time_beside_others_is_time(tmp_path):
    alone = read_times(written(tmp_path / "a.csv", ",Time\nc1,3\n"), ["c1"])
    beside = read_times(written(tmp_path / "b.csv", "Cell ID,PseudoTime,Time\nc1,0.5,24\n"), ["c1"])
    assert {name: column.tolist() for name, column in alone.items()} == {"pseudotime_1": [3]}
    assert {name: column.tolist() for name, column in beside.items()} == {"pseudotime_1": [0.5], "time": [24]}


def test_a_pair_that_contradicts_itself_is_an_edge_without_a_sign(small):
    written(small["network"], "Gene1,Gene2,Type\ng1,g2,+\ng1,g2,-\ng2,g1,+\n")
    truth = TRUTHS["beeline-dyn-li"]().load(small)
    assert truth.losses["contradictory signs"] == 1
    assert truth.edges.toarray().astype(int).tolist() == [[0, 1], [1, 0]]
    assert truth.sign.toarray().tolist() == [[0, 0], [1, 0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"refNetwork.csv has 0 lines; expected a header"),
        ("Gene1,Gene2,Type\n", r"lists no pair; expected rows of Gene1, Gene2, Type"),
        ("TF,Target,Type\ng1,g2,+\n", r"has the columns TF, Target, Type; expected Gene1 \(regulator\)"),
        (
            "Gene1,Gene2,Type\ng1,g2,+\ng2,g",
            r"line 3: 'g2,g' is no row of Gene1, Gene2, Type; is the file cut",
        ),
        ("Gene1,Gene2,Type\n,g2,+\n", r"line 2: ',g2,\+' is no row"),
        ("Gene1,Gene2,Type\ng1,g2,?\n", r"has the type '\?'; expected \+ \(activates\)"),
        ("Gene1,Gene2\ng1,g2\n", r"has no column Type; expected the sign"),
        ("Gene1,Gene2,Type\ng1,g1,+\n", r"all 1 pairs are self-pairs"),
    ],
)
def test_a_bad_network_is_refused_in_one_line(text, message, small):
    written(small["network"], text)
    with pytest.raises(ValueError, match=message) as caught:
        TRUTHS["beeline-dyn-li"]().load(small)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (",c1,c2\ng1,1,2\ng2,3\n", r"gene 'g2' has 1 values, expected 2 \(one per cell\); is the file cut"),
        (",c1,c2\ng1,1,2\ng2,3,x\n", r"gene 'g2' has a value that is no number"),
        (",c1,c2\ng1,1,-2\n", r"holds negative, infinite or missing values"),
        (",c1,c2\ng1,1,nan\n", r"holds negative, infinite or missing values"),
        (",c1,c2\ng1,1,inf\n", r"holds negative, infinite or missing values"),
        (",c1,c1\ng1,1,2\n", r"has the cell 'c1' more than once"),
        (",c1,c2\ng1,1,2\ng1,1,2\n", r"has the gene 'g1' more than once"),
    ],
)
def test_bad_expression_is_refused_in_one_line(text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        read_expression(written(tmp_path / "ExpressionData.csv", text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (",Time\nc1,1\n", r"has no row of 1 times for 1 of 2 cells, 'c2' first; expected the cells of the"),
        (",Time\nc1,1\nc2,soon\n", r"has a time that is no number"),
        (",A,B\nc1,1,2\nc2,1\n", r"has no row of 2 times for 1 of 2 cells"),
    ],
)
def test_times_of_other_cells_are_refused(text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        read_times(written(tmp_path / "PseudoTime.csv", text), ["c1", "c2"])


def test_columns_beyond_the_type_are_left_out(tmp_path):
    pairs = read_network(written(tmp_path / "n.csv", "Gene1,Gene2,Score\nA,B,3.5\n"))
    assert (pairs.source, pairs.target, pairs.sign) == (("A",), ("B",), None)


def test_a_gene_of_the_network_without_expression_is_no_candidate(small):
    cells = [f"c{number}" for number in range(40)]  # enough to call a gene expressed
    rows = [f"{gene}," + ",".join(str(1 + number % step) for number in range(40)) for gene, step in
            (("g1", 3), ("g2", 4), ("g9", 5))]  # fmt: skip
    written(small["expression"], "\n".join(["," + ",".join(cells), *rows]) + "\n")
    written(small["pseudotime"], "PseudoTime1\n" + "".join(f"{cell},1\n" for cell in cells))
    adata = CELLS["beeline-dyn-bf"]().load(small)
    adata.uns["values"] = "continuous"
    task = freeze(adata, TRUTHS["beeline-dyn-bf"]().load(small), Selection(min_cells=10))
    assert (task.truth.regulators, task.truth.targets) == (("g1", "g2"), ("g1", "g2"))
    assert task.report["truth_edges_not_measured"] == 2
