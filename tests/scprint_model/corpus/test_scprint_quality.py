"""What is measured of cells, in human and mouse spelling."""

import numpy as np
import pytest
from scipy import sparse

from scprint_model.corpus.format import Flag
from scprint_model.corpus.quality import Quality, genes_of_kind
from scprint_model.corpus.settings import Settings


@pytest.mark.parametrize(
    ("kind", "yes", "no"),
    [
        ("mitochondrial", ["MT-ND1", "mt-Co1"], ["MTOR", "Mt1", "MT1A"]),
        ("ribosomal", ["RPS3", "Rpl13a", "RPLP0", "Rpsa"], ["RPS6KA1", "Rps6kb1", "RPSAP58", "RPP30"]),
        ("haemoglobin", ["HBA1", "HBB", "Hba-a1", "Hbb-bs", "HBG2", "Hbq1a"], ["HBEGF", "HBP1", "Hbs1l"]),
    ],
)
def test_kinds_of_genes_are_found_in_either_spelling(kind, yes, no):
    assert genes_of_kind(yes, kind).all()
    assert not genes_of_kind(no, kind).any()


def _measured(x_CG, symbols):
    return Quality.measure(sparse.csr_array(np.asarray(x_CG, float)), symbols)


def test_shares_are_of_the_cells_total():
    quality = _measured([[1, 1, 2, 4], [0, 0, 0, 3]], ["MT-ND1", "RPS3", "HBA1", "ACTB"])
    assert quality.counts.tolist() == [8, 3]
    assert quality.genes.tolist() == [4, 1]
    assert quality.mitochondrial.tolist() == [1 / 8, 0]
    assert quality.ribosomal.tolist() == [1 / 8, 0]
    assert quality.haemoglobin.tolist() == [1 / 4, 0]


def test_mouse_cells_measure_as_human_ones_do():
    x_CG = np.random.default_rng(0).poisson(2, (6, 4))
    human = _measured(x_CG, ["MT-ND1", "RPS3", "HBA1", "ACTB"])
    mouse = _measured(x_CG, ["mt-Nd1", "Rps3", "Hba-a1", "Actb"])
    for name in Quality.__annotations__:
        np.testing.assert_array_equal(getattr(human, name), getattr(mouse, name))


def test_the_top_share_is_of_the_twenty_highest_genes():
    x_CG = np.r_[np.full(20, 3), np.full(40, 1)][None]
    assert _measured(x_CG, [f"g{n}" for n in range(60)]).top.tolist() == [pytest.approx(60 / 100)]


def test_outliers_are_flagged_by_their_reason():
    x_CG = np.random.default_rng(1).poisson(20, (60, 40))
    x_CG[0] *= 50  # too many counts
    x_CG[1, 5:] = 0  # too few genes, and all in the highest
    x_CG[2, 0] = 500  # mitochondrial
    flags = _measured(x_CG, ["MT-ND1", *(f"g{n}" for n in range(39))]).flags(Settings(deviations=8))
    assert flags[0] & Flag.COUNTS
    assert flags[1] & Flag.GENES
    assert flags[1] & Flag.TOP
    assert flags[2] & Flag.MITOCHONDRIAL
    assert (flags[3:] & ~np.uint8(Flag.MITOCHONDRIAL) == 0).all()


def test_a_mitochondrial_share_above_the_limit_is_flagged_even_if_common():
    x_CG = np.random.default_rng(1).poisson(20, (60, 4))
    assert (_measured(x_CG, ["MT-ND1", "a", "b", "c"]).flags(Settings()) & Flag.MITOCHONDRIAL).all()
