"""A truth out of listed pairs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bengrn.truths.pairs import pair_truth

NAMES = st.sampled_from("ABCDE")


def test_sources_are_the_regulators_and_all_names_the_targets():
    truth = pair_truth(["B", "A"], ["C", "B"])
    assert (truth.regulators, truth.targets) == (("A", "B"), ("A", "B", "C"))
    assert truth.edges.toarray().tolist() == [[False, True, False], [False, False, True]]


def test_a_pair_listed_twice_is_one_edge_and_counted():
    truth = pair_truth(["A", "A", "A"], ["B", "B", "C"])
    assert (truth.edges.nnz, dict(truth.losses)) == (2, {"pairs listed before": 1})


def test_rows_that_contradict_each_other_leave_the_sign_unknown():
    truth = pair_truth(["A", "A", "B"], ["B", "B", "C"], sign=[1, -1, -1])
    assert truth.sign.toarray().tolist() == [[0, 0, 0], [0, 0, -1]]
    assert truth.losses["contradictory signs"] == 1


def test_a_row_of_unknown_sign_contradicts_nothing():
    truth = pair_truth(["A", "A"], ["B", "B"], sign=[0, 1])
    assert truth.sign.toarray().tolist() == [[0, 1]]


def test_the_largest_effect_of_a_pair_stays():
    truth = pair_truth(["A", "A"], ["B", "B"], effect=[0.5, -2])
    assert truth.effect.toarray().tolist() == [[0, -2]]


def test_self_pairs_stay_in_the_edges_and_are_counted():
    truth = pair_truth(["A", "A"], ["A", "B"])
    assert (truth.edges.nnz, truth.losses["self-pairs"]) == (2, 1)


def test_pairs_with_genes_that_were_not_tested_are_left_out_and_counted():
    truth = pair_truth(["A", "X", "A"], ["B", "B", "Y"], regulators=["A"], targets=["A", "B"])
    assert (truth.edges.nnz, truth.losses["pairs outside the tested genes"]) == (1, 2)


def test_losses_of_the_reader_are_kept_and_added_to():
    truth = pair_truth(["A", "A"], ["B", "B"], losses={"pairs listed before": 2, "complexes": 3, "none": 0})
    assert dict(truth.losses) == {"pairs listed before": 3, "complexes": 3}


@given(st.lists(st.tuples(NAMES, NAMES, st.integers(-1, 1)), min_size=1, max_size=30))
def test_the_order_of_the_rows_changes_nothing(rows):
    if all(a == b for a, b, _ in rows):
        return
    one, other = (
        pair_truth([r[0] for r in some], [r[1] for r in some], sign=[r[2] for r in some])
        for some in (rows, rows[::-1])
    )
    assert (one.edges != other.edges).nnz == 0
    assert (one.sign != other.sign).nnz == 0
    assert one.losses == other.losses


@given(st.sets(st.tuples(NAMES, NAMES), min_size=1))
def test_every_listed_pair_is_an_edge_and_no_other(pairs):
    if all(a == b for a, b in pairs):
        return
    truth = pair_truth([a for a, _ in pairs], [b for _, b in pairs])
    row, column = np.nonzero(truth.edges.toarray())
    found = {(truth.regulators[r], truth.targets[c]) for r, c in zip(row, column, strict=True)}
    assert found == pairs


@pytest.mark.parametrize(
    ("source", "target", "more", "message"),
    [
        ([], [], {}, "no pair is listed"),
        (["A"], ["A"], {}, "all 1 pairs are self-pairs"),
        (["A"], ["B", "C"], {}, "1 source, 2 target"),
        (["A"], ["B"], {"sign": [1, 1]}, "2 sign"),
        (["A"], ["B"], {"effect": [float("nan")]}, "NaN"),
        (["A"], ["B"], {"regulators": ["X"], "targets": ["Y"]}, "none of the 1 pairs"),
    ],
)
def test_pairs_that_make_no_truth_are_refused(source, target, more, message):
    with pytest.raises(ValueError, match=message):
        pair_truth(source, target, **more)
