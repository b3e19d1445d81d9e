import graphlib
from collections import Counter

import numpy as np
import pytest

from bengrn_datasets.simulator.recipe import (
    collapse,
    cut_out,
    draw_circuit,
    draw_rates,
    without_cycles,
)

LISTED = [
    ("A", "B", 1),
    ("A", "B", 1),
    ("A", "C", -1),
    ("A", "C", 1),
    ("B", "C", 0),
    ("C", "C", 1),
    ("C", "A", 1),
    ("B", "D", -1),
]


def pairs(edges):
    return list(zip(edges.source, edges.target, strict=True))


@pytest.fixture(scope="module")
def tangle():
    """600 random rows among 150 genes, of 40 regulators, with cycles."""
    rng = np.random.default_rng(1)
    source, target = rng.integers(0, 40, 600), rng.integers(0, 150, 600)
    return [
        (f"g{a:03d}", f"g{b:03d}", int(s))
        for a, b, s in zip(source, target, rng.integers(-1, 2, 600), strict=True)
    ]


def cut(listed, **settings):
    given = {"genes": 100, "regulators": 25, "max_regulators": 4, "seed": 0, **settings}
    return cut_out(without_cycles(collapse(listed)), **given)


def test_rows_collapse_to_unique_edges_with_the_sign_they_agree_on():
    edges = collapse(LISTED)
    assert dict(zip(pairs(edges), edges.sign, strict=True)) == {
        ("A", "B"): 1,
        ("A", "C"): 0,
        ("B", "C"): 0,
        ("B", "D"): -1,
        ("C", "A"): 1,
        ("C", "C"): 1,
    }
    assert edges.losses == {"pairs listed before": 2}


def test_the_evidence_is_how_often_an_edge_is_listed_with_a_sign():
    edges = collapse(LISTED)
    assert edges.evidence == (2, 2, 0, 1, 1, 1)


def test_cycles_go_at_their_weakest_edge_and_are_counted():
    # A -> C -> A loses C -> A (listed once, A -> C twice); then A -> B -> C -> A is broken too
    edges = without_cycles(collapse(LISTED))
    assert pairs(edges) == [("A", "B"), ("A", "C"), ("B", "C"), ("B", "D")]
    assert edges.losses == {
        "pairs listed before": 2,
        "self-pairs, which cannot be simulated": 1,
        "edges removed to break cycles": 1,
    }


def test_the_subnetwork_has_as_many_genes_and_regulators_as_asked_for(tangle):
    edges = cut(tangle)
    assert (len(edges.genes()), len(set(edges.source))) == (100, 25)


def test_no_target_has_more_regulators_than_asked_for(tangle):
    assert max(Counter(cut(tangle, max_regulators=3).target).values()) == 3


@pytest.mark.parametrize("seed", range(5))
def test_the_subnetwork_is_in_one_piece(tangle, seed):
    edges = cut(tangle, seed=seed)
    found, before = {edges.source[0]}, 0
    while len(found) > before:
        before = len(found)
        found |= {gene for pair in pairs(edges) if found & set(pair) for gene in pair}
    assert found == set(edges.genes())


def test_the_subnetwork_has_only_listed_edges_and_no_cycle(tangle):
    edges = cut(tangle)
    assert set(pairs(edges)) <= {(source, target) for source, target, _ in tangle}
    sorter = graphlib.TopologicalSorter()
    for source, target in pairs(edges):
        sorter.add(target, source)
    sorter.prepare()  # raises where there is a cycle


def test_edges_and_losses_add_up_to_the_listed_rows(tangle):
    edges = cut(tangle)
    assert len(edges) + sum(edges.losses.values()) == len(tangle)


def test_the_same_seed_gives_the_same_network_and_another_seed_another(tangle):
    assert cut(tangle) == cut(tangle)
    assert cut(tangle) != cut(tangle, seed=1)


def test_the_order_of_the_rows_changes_nothing(tangle):
    assert cut(tangle[::-1]) == cut(tangle)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"regulators": 41}, "only .* regulators in one piece; expected at least 41"),
        ({"genes": 151}, "25 regulators reach only .* genes; expected at least 151"),
        ({"genes": 26}, "cannot be held together by 26 genes"),
        ({"max_regulators": 1}, "max_regulators is 1; raise it"),
    ],
)
def test_what_a_network_cannot_give_is_refused(tangle, settings, message):
    with pytest.raises(ValueError, match=message):
        cut(tangle, **settings)


def test_strengths_lie_between_1_and_5_with_the_sign_of_the_edge(tangle):
    edges = cut(tangle)
    circuit = draw_circuit(edges, 0)
    assert (np.abs(circuit.strength_E) >= 1).all()
    assert (np.abs(circuit.strength_E) <= 5).all()
    assert ((circuit.strength_E < 0) == (np.array(edges.sign) < 0)).all()


def test_a_known_strength_replaces_the_drawn_one():
    circuit = draw_circuit(without_cycles(collapse(LISTED)), 0, strengths={("B", "C"): -7.0})
    names = np.array(circuit.genes)
    known = (names[circuit.regulator_E] == "B") & (names[circuit.target_E] == "C")
    assert circuit.strength_E[known].tolist() == [-7.0]


def test_genes_without_edges_can_be_added():
    circuit = draw_circuit(without_cycles(collapse(LISTED)), 0, genes=("A", "Z"))
    assert circuit.genes == ("A", "B", "C", "D", "Z")
    assert circuit.masters.tolist() == [0, 4]


def test_rates_are_low_or_high_by_a_fair_coin(tangle):
    circuit = draw_circuit(cut(tangle), 0)
    rates_MB = draw_rates(circuit, 200, 0)
    low = (rates_MB >= 0.2) & (rates_MB <= 0.5)
    high = (rates_MB >= 0.7) & (rates_MB <= 1)
    assert rates_MB.shape == (len(circuit.masters), 200)
    assert (low | high).all()
    # the spread of a fair coin's share in at least 1,000 throws is below 0.016
    assert abs(high.mean() - 0.5) < 0.06
