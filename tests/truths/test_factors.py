"""Transcription factors as a universe: rows go, chance is counted anew, nothing else changes."""

import numpy as np
import pytest
from scipy import sparse

from bengrn.errors import TruthError
from bengrn.tasks.universe import describe_universe
from bengrn.truths.factors import restrict_to_factors
from bengrn.values import Truth

TARGETS = ("TP53", "MYC", "GAPDH", "ACTB")
EDGES = np.array([[0, 1, 1, 0], [1, 0, 0, 0], [1, 1, 0, 1], [1, 0, 0, 0]], dtype=bool)


def _truth(regulators=("TP53", "MYC", "GAPDH", "ACTB"), **keywords):
    return Truth(sparse.csr_array(EDGES), regulators, TARGETS, **keywords)


def test_only_factors_stay_as_regulators_and_all_targets_stay():
    restricted = restrict_to_factors(_truth())
    assert (restricted.regulators, restricted.targets) == (("TP53", "MYC"), TARGETS)
    np.testing.assert_array_equal(restricted.edges.toarray(), EDGES[:2])


def test_chance_is_that_of_the_rows_that_are_left():
    before, after = (
        describe_universe(one)["random_precision"] for one in (_truth(), restrict_to_factors(_truth()))
    )
    assert (before, after) == pytest.approx((7 / 12, 3 / 6))


def test_the_losses_say_what_was_left_out():
    losses = restrict_to_factors(_truth(losses={"repeated": 2})).losses
    assert losses == {
        "repeated": 2,
        "regulators that are no transcription factor": 2,
        "edges of regulators that are no transcription factor": 4,
    }


def test_ensembl_ids_are_factors_as_well():
    # MYC
    restricted = restrict_to_factors(_truth(("ENSG00000136997", "GAPDH", "ACTB", "ALB"), id_kind="ensembl"))
    assert restricted.regulators == ("ENSG00000136997",)


def test_factors_of_mouse_are_those_of_mouse():
    assert restrict_to_factors(_truth(("Myc", "Gapdh", "Trp53", "Actb"), organism="mouse")).regulators == (
        "Myc",
        "Trp53",
    )


def test_restricting_twice_changes_nothing_more():
    once = restrict_to_factors(_truth())
    assert restrict_to_factors(once).regulators == once.regulators


@pytest.mark.parametrize("organism", ["yeast", "ecoli", "simulated"])
def test_an_organism_without_a_list_is_an_error(organism):
    with pytest.raises(
        TruthError, match=f"No list of transcription factors is known for the organism '{organism}'"
    ):
        restrict_to_factors(_truth(organism=organism))


def test_a_truth_without_a_factor_is_an_error():
    with pytest.raises(TruthError, match="None of the 4 regulators of the truth"):
        restrict_to_factors(_truth(("GAPDH", "ACTB", "ALB", "INS")))
