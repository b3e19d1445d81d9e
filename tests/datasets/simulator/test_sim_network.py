import numpy as np
import pytest

from bengrn_datasets.simulator.network import GeneCircuit


def circuit(*pairs, genes="ABCDEF", strength=None, hill=None):
    place = {name: position for position, name in enumerate(genes)}
    regulator = [place[pair[0]] for pair in pairs]
    target = [place[pair[1]] for pair in pairs]
    strength = [2.0] * len(pairs) if strength is None else strength
    hill = [2.0] * len(pairs) if hill is None else hill
    return GeneCircuit(tuple(genes), regulator, target, strength, hill)


def test_masters_are_the_genes_without_regulators():
    assert circuit("BA", "BC", "CD", genes="ABCDE").masters.tolist() == [1, 4]


def test_layers_are_counted_from_the_genes_without_targets():
    # the longest path down decides: A -> B -> C -> D; E -> D is one step, though E is a master; F is alone
    levels = circuit("AB", "BC", "CD", "AD", "ED").levels()
    assert [level.tolist() for level in levels] == [[0], [1], [2, 4], [3, 5]]


def test_every_regulator_lies_in_an_earlier_layer_than_its_targets():
    rng = np.random.default_rng(0)
    names = [f"g{position}" for position in range(60)]
    pairs = [(names[a], names[b]) for a in range(60) for b in range(a + 1, 60) if rng.random() < 0.05]
    made = circuit(*pairs, genes=names)
    layer = np.empty(60, int)
    for depth, members in enumerate(made.levels()):
        layer[members] = depth
    assert (layer[made.regulator_E] < layer[made.target_E]).all()
    assert sorted(np.concatenate(made.levels())) == list(range(60))


def test_edges_are_grouped_by_target():
    made = circuit("AC", "AB", "BC")
    start, order = made.incoming()
    assert [order[start[gene] : start[gene + 1]].tolist() for gene in range(3)] == [[], [1], [0, 2]]


def test_a_network_without_edges_is_all_masters():
    made = circuit(genes="AB")
    assert made.masters.tolist() == [0, 1]
    assert [level.tolist() for level in made.levels()] == [[0, 1]]


def test_a_cycle_is_named():
    with pytest.raises(ValueError, match=r"a cycle, (B -> C -> D -> B|C -> D -> B -> C|D -> B -> C -> D);"):
        circuit("AB", "BC", "CD", "DB", "DE")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: circuit("AA"), "A -> A is a self-loop"),
        (lambda: circuit("AB", "AB"), "A -> B is listed twice"),
        (lambda: circuit("AB", strength=[0]), "A -> B has strength 0"),
        (lambda: circuit("AB", strength=[np.nan]), "A -> B has a strength that is not finite"),
        (lambda: circuit("AB", hill=[0]), "A -> B has no positive Hill exponent"),
        (lambda: circuit("AB", hill=[2, 2]), r"shapes \(1,\), \(1,\), \(1,\), \(2,\)"),
        (lambda: GeneCircuit(("A", "A"), [], [], [], []), "gene A is listed twice"),
        (lambda: GeneCircuit((), [], [], [], []), "no genes"),
        (lambda: GeneCircuit(("A",), [0], [1], [1.0], [2.0]), "target_E holds the position 1"),
        (lambda: GeneCircuit(("A", "B"), [0.5], [1], [1.0], [2.0]), "regulator_E holds something else"),
    ],
)
def test_an_impossible_network_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_arrays_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        circuit("AB").strength_E[0] = 3
