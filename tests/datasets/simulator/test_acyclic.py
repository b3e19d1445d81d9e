import graphlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bengrn_datasets.simulator.acyclic import break_cycles

edges = st.lists(st.tuples(st.sampled_from("ABCDEFG"), st.sampled_from("ABCDEFG")), max_size=30, unique=True)


def split(listed):
    return [one for one, _ in listed], [other for _, other in listed]


def is_acyclic(listed):
    """Whether Python's own sorter finds an order."""
    sorter = graphlib.TopologicalSorter()
    for source, target in listed:
        sorter.add(target, source)
    try:
        sorter.prepare()
    except graphlib.CycleError:
        return False
    return True


def reached(listed, start):
    found = {start}
    while more := {target for source, target in listed if source in found} - found:
        found |= more
    return found


@given(edges)
def test_what_is_kept_has_no_cycle(listed):
    result = break_cycles(*split(listed))
    assert is_acyclic([listed[edge] for edge in result.kept])


@given(edges)
def test_every_edge_is_kept_or_removed(listed):
    result = break_cycles(*split(listed))
    assert sorted([*result.kept, *result.removed]) == list(range(len(listed)))


@given(edges)
def test_an_acyclic_network_is_left_alone(listed):
    forward = [(source, target) for source, target in listed if source < target]
    assert len(break_cycles(*split(forward)).removed) == 0


@given(edges, st.data())
def test_a_removed_edge_closes_a_cycle_of_edges_at_least_as_certain(listed, data):
    evidence = data.draw(st.lists(st.integers(1, 3), min_size=len(listed), max_size=len(listed)))
    result = break_cycles(*split(listed), evidence)
    for edge in result.removed:
        source, target = listed[edge]
        stronger = [listed[one] for one in result.kept if evidence[one] >= evidence[edge]]
        assert source in reached(stronger, target)


@given(edges, st.randoms(use_true_random=False))
def test_the_order_of_the_list_changes_nothing(listed, random):
    removed = {listed[edge] for edge in break_cycles(*split(listed)).removed}
    random.shuffle(listed)
    assert {listed[edge] for edge in break_cycles(*split(listed)).removed} == removed


def test_the_weakest_edge_of_a_cycle_goes():
    result = break_cycles(["A", "B", "C"], ["B", "C", "A"], [3, 1, 2])
    assert result.removed.tolist() == [1]


def test_a_self_pair_goes_and_its_gene_stays():
    result = break_cycles(["A", "A"], ["A", "B"])
    assert result.removed.tolist() == [0]


def test_one_edge_that_closes_many_cycles_goes_alone():
    # A -> B1..B5 -> C, and C -> A closes five cycles
    listed = [*(("A", f"B{n}") for n in range(5)), *((f"B{n}", "C") for n in range(5)), ("C", "A")]
    assert break_cycles(*split(listed)).removed.tolist() == [10]


def test_few_edges_of_a_hidden_order_are_lost():
    # an acyclic network of 60 genes in a random order of names, and 10 edges against it
    rng = np.random.default_rng(0)
    names = [f"g{number}" for number in rng.permutation(60)]
    pairs = {tuple(sorted(rng.choice(60, 2, replace=False))) for _ in range(500)}
    against = [(names[b], names[a]) for a, b in sorted(pairs)[::45]]
    along = [(names[a], names[b]) for a, b in sorted(pairs)]
    assert len(break_cycles(*split([*along, *against])).removed) <= len(against)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((["A"], ["B", "C"]), "1 sources, 2 targets"),
        ((["A"], ["B"], [1.0, 2.0]), "2 evidences"),
        ((["A"], ["B"], [float("nan")]), "evidence is NaN"),
    ],
)
def test_impossible_columns_are_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        break_cycles(*columns)
