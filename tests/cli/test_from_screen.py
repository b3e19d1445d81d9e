"""A truth of one's own, out of a perturbation screen."""

import anndata
import numpy as np
import pytest
from scipy import sparse

from bengrn.truth_table import read_truth

GENES = ("TP53", "MDM2", "CDKN1A", "ACTB", "GAPDH", "MYC")


@pytest.fixture
def screen(tmp_path):
    """150 control cells, 80 with TP53 knocked down, which takes MDM2 and CDKN1A with it."""
    generator = np.random.default_rng(0)
    mean = np.array([8.0, 6, 6, 30, 30, 8])
    control = generator.poisson(mean, (150, 6))
    perturbed = generator.poisson(mean * [0.1, 0.3, 0.3, 1, 1, 1], (80, 6))
    adata = anndata.AnnData(sparse.csr_array(np.vstack([control, perturbed]), dtype=np.float32))
    adata.var_names = list(GENES)
    adata.obs["gene"] = ["non-targeting"] * 150 + ["TP53"] * 80
    adata.obs["total_counts"] = 1000.0
    adata.write_h5ad(tmp_path / "screen.h5ad")
    return tmp_path / "screen.h5ad"


def test_the_report_shows_every_perturbation_and_the_truth_holds_the_effects(bengrn, screen, tmp_path):
    ran = bengrn("truths", "from-screen", screen, "--out", tmp_path / "t.parquet")
    assert ran.code == 0, ran.err
    assert "TP53" in ran.out
    assert "Controls against controls" in ran.out
    truth = read_truth(tmp_path / "t.parquet")
    assert truth.regulators == ("TP53",)
    assert set(truth.targets) == set(GENES)
    _, column = truth.edges.nonzero()
    assert {"MDM2", "CDKN1A"} <= {truth.targets[one] for one in column}


def test_a_rule_can_be_changed(bengrn, screen, tmp_path):
    ran = bengrn("truths", "from-screen", screen, "--set", "min_cells=100", "--out", tmp_path / "t.parquet")
    assert ran.code == 2
    assert "None of the 1 perturbations has 100 cells" in ran.message


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--column", "guide"), "no obs['guide']"),
        (("--control", "ctrl"), "ctrl"),
        (("--set", "alpha=2"), "alpha is 2"),
        (("--set", "nonsense=1"), "no setting 'nonsense'"),
        (("--out", "truth.tsv"), "which genes were tested"),
    ],
)
def test_bad_input_is_one_line(bengrn, screen, more, said):
    ran = bengrn("truths", "from-screen", screen, *more)
    assert ran.code == 2
    assert said in ran.message
    assert len([line for line in ran.message.splitlines() if line]) == 1


def test_a_file_that_is_no_screen_is_one_line(bengrn, tmp_path):
    (tmp_path / "x.h5ad").write_text("nothing")
    ran = bengrn("truths", "from-screen", tmp_path / "x.h5ad")
    assert ran.code == 2
    assert "cannot be read as h5ad" in ran.message
