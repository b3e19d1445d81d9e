"""One truth in the place of a prediction of another."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bengrn.errors import TruthError
from bengrn.truths.compare import compare_published, compare_truths, on_shared_pairs, transpose
from bengrn.truths.pairs import pair_truth

NAMES = "ABCDE"
PAIRS = st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), min_size=3).filter(
    lambda pairs: any(a != b for a, b in pairs)
)


def _truth(pairs, **more):
    return pair_truth([a for a, _ in pairs], [b for _, b in pairs], organism="simulated", **more)


A = _truth(["AB", "AC", "BC", "BB"])
B = _truth(["AB", "CA", "BB", "AD"])


def test_strict_counts_match_hand_computation():
    # tested by both: regulators A, B; targets A, B, C; without (A, A) and (B, B) four pairs
    overlap = compare_truths(A, _truth(["AB", "BA", "AC", "AD"]))
    assert (overlap.regulators, overlap.targets, overlap.pairs) == (2, 3, 4)
    assert (overlap.edges, overlap.edges_other, overlap.shared) == (3, 3, 2)
    assert overlap.precision == overlap.recall == pytest.approx(2 / 3)
    assert overlap.random_precision == pytest.approx(3 / 4)
    assert overlap.jaccard == pytest.approx(2 / 4)


def test_published_counts_keep_self_pairs_and_untested_genes():
    # the names shared are A, B, C: 3 x 3 - 3 pairs; A has AB AC BC BB, B has AB CA BB
    overlap = compare_published(A, B)
    assert (overlap.pairs, overlap.edges, overlap.edges_other, overlap.shared) == (6, 4, 3, 2)


@given(PAIRS, PAIRS)
def test_strict_counts_match_sets_of_pairs(one, other):
    a, b = _truth(one), _truth(other)
    regulators = set(a.regulators) & set(b.regulators)
    targets = set(a.targets) & set(b.targets)
    universe = {(r, t) for r in regulators for t in targets if r != t}
    if not regulators or not targets:
        with pytest.raises(TruthError, match="share"):
            compare_truths(a, b)
        return
    overlap = compare_truths(a, b)
    assert overlap.pairs == len(universe)
    assert overlap.edges == len(universe & one)
    assert overlap.edges_other == len(universe & other)
    assert overlap.shared == len(universe & one & other)


@given(PAIRS)
def test_a_truth_is_all_of_itself(pairs):
    truth = _truth(pairs)
    overlap = compare_truths(truth, truth)
    assert overlap.precision == overlap.recall == overlap.jaccard == 1


@given(PAIRS)
def test_transposing_twice_changes_nothing(pairs):
    truth = _truth(pairs)
    twice = transpose(transpose(truth))
    np.testing.assert_array_equal(twice.edges.toarray(), truth.edges.toarray())


def test_genes_limit_the_universe():
    assert compare_truths(A, B, genes=["A", "B"]).targets == 2


def test_different_organisms_are_refused():
    with pytest.raises(TruthError, match="simulated and human"):
        compare_truths(A, pair_truth(["A"], ["B"]))


def test_truths_without_a_shared_regulator_are_refused():
    with pytest.raises(TruthError, match="0 tested regulators"):
        compare_truths(_truth(["AB"]), _truth(["BA"]))


@pytest.mark.skipif("BENGRN_DATA" not in os.environ, reason="BENGRN_DATA names no folder of real files")
@pytest.mark.parametrize(
    ("turned", "precision", "recall"),
    [
        (False, 0.05196431366411019, 0.007354732947874438),
        (True, 0.015495382688996712, 0.0021931281983119558),
    ],
)
def test_table_s7_comes_out_to_the_last_digit(turned, precision, recall):
    """As recorded by the original library, on the 7,465 genes of Han; OmniPath with the names it has."""
    from bengrn.registry import build_registry
    from bengrn.request import Named
    from bengrn.resolve import choose
    from bengrn.sources import load_truth

    genes = Path(os.environ["BENGRN_DATA"]) / "mccalla/TF_target_lists/han_GSE107552.targets.txt"
    registry = build_registry()
    mccalla, omnipath = (
        load_truth(choose(registry, "truth", Named(*name)))
        for name in (("mccalla-human-full", ""), ("omnipath", "published"))
    )
    overlap = compare_published(
        transpose(mccalla) if turned else mccalla, omnipath, genes=genes.read_text().split()
    )
    assert overlap.regulators == 5421
    assert (overlap.precision, overlap.recall) == (precision, recall)
    assert overlap.random_precision == 0.0015363581970075373


def test_published_counts_refuse_two_species_too():
    with pytest.raises(TruthError, match="simulated and human"):
        compare_published(A, pair_truth(["A"], ["B"]))


def test_two_truths_on_their_shared_pairs_have_the_same_genes_in_the_same_order():
    targets = {"targets": ["z", "y", "x"], "organism": "simulated"}
    one = pair_truth(["b", "a", "c"], ["x", "y", "z"], **targets)
    other = pair_truth(["a", "b"], ["z", "x"], targets=["x", "z"], organism="simulated")
    here, there = on_shared_pairs(one, other)
    assert (here.regulators, here.targets) == (there.regulators, there.targets) == (("a", "b"), ("x", "z"))
    assert here.edges.toarray().tolist() == [[False, False], [True, False]]
    assert there.edges.toarray().tolist() == [[False, True], [True, False]]
