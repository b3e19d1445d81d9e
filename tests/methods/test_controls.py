"""The controls know nothing, only expression, or everything, and say so exactly."""

import anndata
import numpy as np
import pytest
from scipy import sparse

from bengrn.plugin import Truth
from bengrn_methods.controls import (
    Degrees,
    DegreeSwap,
    Edges,
    Expression,
    OracleDegrees,
    Random,
    TruthItself,
)

GENES = ("STAT1", "IRF1", "GAPDH", "NEUROD1", "INS")
COUNTS_CG = np.array([[1, 0, 9, 0, 0], [3, 1, 6, 0, 10], [0, 0, 5, 0, 5]], dtype=np.float32)


@pytest.fixture
def pancreas():
    adata = anndata.AnnData(sparse.csr_array(COUNTS_CG))
    adata.var_names = list(GENES)
    adata.obs["total_counts"] = COUNTS_CG.sum(axis=1)
    return adata


@pytest.fixture
def truth():
    edges = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    return Truth(sparse.csr_array(edges), ("IRF1", "STAT1", "PDX1"), ("STAT1", "INS", "IAPP"))


def test_random_gives_the_same_scores_for_the_same_seed(pancreas):
    first = Random().infer(pancreas, regulators=["STAT1", "IRF1"], seed=3)
    second = Random().infer(pancreas, regulators=["STAT1", "IRF1"], seed=3)
    np.testing.assert_array_equal(first.scores, second.scores)


def test_random_gives_other_scores_for_another_seed(pancreas):
    first = Random().infer(pancreas, regulators=["STAT1"], seed=3)
    second = Random().infer(pancreas, regulators=["STAT1"], seed=4)
    assert not np.any(first.scores == second.scores)


def test_random_scores_a_pair_alike_wherever_its_genes_stand(pancreas):
    whole = Random().infer(pancreas, regulators=["STAT1", "IRF1"], seed=3)
    order = [4, 2, 0, 3, 1]
    permuted = Random().infer(pancreas[:, order], regulators=["IRF1", "STAT1"], seed=3)
    np.testing.assert_array_equal(permuted.scores, whole.scores[::-1][:, order])


def test_random_is_uniform_and_never_zero():
    adata = anndata.AnnData(np.ones((1, 4000), dtype=np.float32))
    scores = Random().infer(adata, regulators=list(adata.var_names[:5]), seed=0).scores
    assert scores.min() > 0
    assert scores.max() <= 1
    # 20,000 draws: the mean's standard error is 0.002
    assert scores.mean() == pytest.approx(0.5, abs=0.01)
    assert np.corrcoef(scores)[0, 1] == pytest.approx(0, abs=0.08)


def test_expression_is_the_mean_log_normalised_expression_of_the_target(pancreas):
    network = Expression().infer(pancreas, regulators=["STAT1", "INS"], seed=0)
    # depths are 10, 20 and 10
    expected = [
        (np.log1p(1000) + np.log1p(1500)) / 3,
        np.log1p(500) / 3,
        (np.log1p(9000) + np.log1p(3000) + np.log1p(5000)) / 3,
        0,
        2 * np.log1p(5000) / 3,
    ]
    np.testing.assert_allclose(network.scores, [expected, expected], rtol=1e-6)


def test_expression_holds_one_row_in_memory_whatever_the_number_of_regulators(pancreas):
    network = Expression().infer(pancreas, regulators=list(GENES), seed=0)
    assert network.scores.strides[0] == 0


def test_truth_scores_one_at_its_edges_among_the_regulators_and_genes_asked_for(pancreas, truth):
    network = TruthItself().from_truth(pancreas, truth, regulators=["STAT1", "IRF1"], seed=0)
    # IRF1 -> INS lies inside; STAT1 -> IAPP and PDX1 -> STAT1 lie outside
    expected = np.zeros((2, 5))
    expected[1, GENES.index("INS")] = 1
    np.testing.assert_array_equal(network.scores.toarray(), expected)


def test_truth_predicts_nothing_but_the_true_edges(pancreas, truth):
    network = TruthItself().from_truth(pancreas, truth, regulators=["STAT1", "IRF1"], seed=0)
    assert network.scores.nnz == 1


def test_truth_offers_no_inference_without_the_answer():
    assert not hasattr(TruthItself, "infer")


@pytest.mark.parametrize("control", [Random(), Expression()])
def test_a_regulator_that_is_no_gene_is_refused(pancreas, control):
    with pytest.raises(ValueError, match=r"1 of 2 regulators are not among the 5 genes, 'PDX1'"):
        control.infer(pancreas, regulators=["STAT1", "PDX1"], seed=0)


@pytest.mark.parametrize("control", [Random(), Expression()])
def test_data_without_cells_are_refused(pancreas, control):
    with pytest.raises(ValueError, match="got 0 cells x 5 genes; expected at least 1"):
        control.infer(pancreas[:0], regulators=["STAT1"], seed=0)


def _edges(tmp_path, rows):
    path = tmp_path / "other.tsv"
    path.write_text("source\ttarget\n" + "".join(f"{source}\t{target}\n" for source, target in rows))
    return path


OTHER = [("STAT1", "IRF1"), ("STAT1", "INS"), ("STAT1", "STAT1"), ("IRF1", "INS"), ("MYC", "GAPDH")]


ASKED = {"regulators": ["STAT1", "IRF1"], "seed": 0}


def test_degrees_are_those_of_another_truth_among_the_task_s_genes(pancreas, tmp_path):
    network = Degrees(of=_edges(tmp_path, OTHER)).infer(pancreas, **ASKED)
    # out: STAT1 2, IRF1 1, itself not counted; in: IRF1 1, INS 2; MYC is no regulator of the task
    np.testing.assert_array_equal(network.scores, [[0, 2, 0, 0, 4], [0, 1, 0, 0, 2]])


def test_degrees_may_be_those_of_all_that_another_truth_lists(pancreas, tmp_path):
    network = Degrees(of=_edges(tmp_path, OTHER), among="list").infer(pancreas, **ASKED)
    np.testing.assert_array_equal(network.scores, [[0, 2, 2, 0, 4], [0, 1, 1, 0, 2]])


@pytest.mark.parametrize(
    ("preset", "expected"), [("out", [[2] * 5, [1] * 5]), ("in", [[0, 1, 0, 0, 2], [0, 1, 0, 0, 2]])]
)
def test_degrees_may_be_those_of_one_end_alone(pancreas, tmp_path, preset, expected):
    network = Degrees(of=_edges(tmp_path, OTHER), **Degrees.presets[preset]).infer(pancreas, **ASKED)
    np.testing.assert_array_equal(network.scores, expected)


def test_edges_of_another_truth_weigh_one_each(pancreas, tmp_path):
    network = Edges(of=_edges(tmp_path, OTHER)).infer(pancreas, **ASKED)
    # self-pairs are never scored: that STAT1 lists itself does no harm
    np.testing.assert_array_equal(network.scores.toarray(), [[1, 1, 0, 0, 1], [0, 0, 0, 0, 1]])


def test_edges_by_degree_are_the_edges_with_the_degrees_as_weights(pancreas, tmp_path):
    control = Edges(of=_edges(tmp_path, OTHER), **Edges.presets["by-degree"])
    network = control.infer(pancreas, **ASKED)
    np.testing.assert_array_equal(network.scores.toarray(), [[0, 2, 0, 0, 4], [0, 0, 0, 0, 2]])


@pytest.mark.parametrize("control", [Degrees, Edges])
def test_a_gene_of_another_truth_is_found_under_a_former_name(tmp_path, control):
    adata = anndata.AnnData(np.ones((1, 3), dtype=np.float32))
    adata.var_names = ["RELA", "CXCL8", "TP53"]
    other = _edges(tmp_path, [("RELA", "IL8"), ("RELA", "TNF")])
    scores = sparse.csr_array(control(of=other).infer(adata, regulators=["RELA", "TP53"], seed=0).scores)
    np.testing.assert_array_equal(scores.toarray(), [[0, 1, 0], [0, 0, 0]])


@pytest.mark.parametrize("control", [Degrees, Edges])
def test_without_another_truth_they_say_how_to_name_one(control):
    with pytest.raises(ValueError, match=rf"name its file: --set {control.name}.of=FILE"):
        control()


@pytest.mark.parametrize("control", [Degrees, Edges])
def test_another_truth_of_other_genes_is_refused(pancreas, tmp_path, control):
    made = control(of=_edges(tmp_path, [("YAL001C", "YBR002W")]))
    with pytest.raises(ValueError, match=r"no edge of the 1 regulators or none to the 5 genes"):
        made.infer(pancreas, regulators=["STAT1"], seed=0)


def test_oracle_degrees_are_those_of_the_truth(pancreas, truth):
    network = OracleDegrees().from_truth(pancreas, truth, regulators=["STAT1", "IRF1"], seed=0)
    # IRF1 -> INS, STAT1 -> IAPP, PDX1 -> STAT1: every out-degree is 1; in: STAT1 1, INS 1
    np.testing.assert_array_equal(network.scores, [[1, 0, 0, 0, 1], [1, 0, 0, 0, 1]])


def test_a_degree_swap_has_the_degrees_of_the_truth_and_other_edges():
    adata = anndata.AnnData(np.ones((1, 30), dtype=np.float32))
    adata.var_names = [f"g{one}" for one in range(30)]
    names = tuple(adata.var_names)
    edges = np.random.default_rng(0).random((30, 30)) < 0.1
    truth = Truth(sparse.csr_array(edges), names, names)
    np.fill_diagonal(edges, 0)
    first, again, other = (
        DegreeSwap().from_truth(adata, truth, regulators=names, seed=seed).scores.toarray()
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.sum(axis=0), edges.sum(axis=0))
    np.testing.assert_array_equal(first.sum(axis=1), edges.sum(axis=1))
    assert not np.diag(first).any()
    assert (first * edges).sum() < 0.5 * edges.sum()
    assert (first == again).all()
    assert (first != other).any()
