import numpy as np
import pytest

from bengrn_datasets.simulator.network import GeneCircuit
from bengrn_datasets.simulator.steady_state import simulate_steady_state


def masters(n):
    return GeneCircuit(tuple(f"g{position}" for position in range(n)), [], [], [], [])


def circuit(*edges, hill=2.0):
    """Make a circuit of edges such as ("AB", 3.0)."""
    names = sorted({name for pair, _ in edges for name in pair})
    source, target = ([names.index(pair[end]) for pair, _ in edges] for end in (0, 1))
    return GeneCircuit(tuple(names), source, target, [k for _, k in edges], [hill] * len(edges))


@pytest.mark.parametrize(
    ("noise_type", "per_level"),
    [("sp", 0.5), ("dpd", 1.0), ("spd", 2.0)],  # E (noise amplitude)^2 / 2P at the mean
)
def test_a_master_alone_has_the_moments_of_its_linear_equation(noise_type, per_level):
    """Euler's step of dx = (p - l x) dt + noise: the mean is p / l; the variance as derived here.

    v' = (1 - l dt)^2 v + q^2 dt E a^2, with E a^2 = 2 p (dpd), p (sp), nearly 4 p (spd), has the fixed
    point q^2 E a^2 / (l (2 - l dt)). The chain begins without variance and comes to it like exp(-2 l t).
    """
    rate, decay, q, dt, cells = 16.0, 0.8, 0.5, 0.01, 1000
    x_CG = simulate_steady_state(
        masters(64), np.full((64, 8), rate), cells=cells, decay=decay, noise=q, noise_type=noise_type, seed=1
    )
    mean, time = rate / decay, 15 * cells * dt
    v = q**2 * per_level * mean / (1 - decay * dt / 2)
    v *= 1 - (1 - np.exp(-2 * decay * time)) / (2 * decay * time)
    # 512 chains; autocorrelation exp(-l t) of the level, exp(-2 l t) of its square
    independent = 512 * time * decay / 2
    assert x_CG.mean() == pytest.approx(mean, abs=5 * np.sqrt(v / independent))
    assert ((x_CG - mean) ** 2).mean() == pytest.approx(v, rel=5 * np.sqrt(2 / independent / 2))


def test_levels_are_those_of_the_hill_functions_where_there_is_no_noise():
    # A stands at 2 and 1; its half response is 1.5, so that A's share is 4 / 6.25 and 1 / 3.25
    made = circuit(("AB", 3.0), ("AC", -3.0), ("AD", 1.0), ("BD", -2.0))
    x_CG = simulate_steady_state(made, [[1.6, 0.8]], cells=3, noise=0, seed=0)
    share = np.array([4 / 6.25, 1 / 3.25])
    b, c = 3 * share / 0.8, 3 * (1 - share) / 0.8
    half = b.mean()
    d = (share + 2 * half**2 / (half**2 + b**2)) / 0.8
    assert np.allclose(x_CG, np.repeat(np.stack([[2, 1], b, c, d], axis=1), 3, axis=0), rtol=1e-5)


def test_hill_exponents_other_than_two_are_followed():
    x_CG = simulate_steady_state(circuit(("AB", 3.0), hill=3.5), [[1.6, 0.8]], cells=1, noise=0, seed=0)
    share = np.array([2, 1]) ** 3.5 / (np.array([2, 1]) ** 3.5 + 1.5**3.5)
    assert np.allclose(x_CG[:, 1], 3 * share / 0.8, rtol=1e-5)


def test_decay_and_noise_may_differ_between_genes():
    x_CG = simulate_steady_state(masters(2), [[2.0], [2.0]], cells=50, decay=[1, 4], noise=[0, 1], seed=0)
    assert np.allclose(x_CG[:, 0], 2, rtol=1e-5)
    assert x_CG[:, 1].std() > 0.1


def test_cells_of_a_type_follow_each_other():
    x_CG = simulate_steady_state(masters(1), [[1.0, 100.0, 10_000.0]], cells=40, seed=0)
    assert x_CG.shape == (120, 1)
    assert x_CG.dtype == np.float32
    assert np.array_equal(np.digitize(x_CG[:, 0], [20, 2_000]), np.repeat([0, 1, 2], 40))


def test_a_target_varies_with_its_regulator_from_cell_to_cell():
    # a slow target of a slow regulator, twenty times: the cells are the same moments of both
    names = [f"{kind}{number:02d}" for kind in "AB" for number in range(20)]
    made = GeneCircuit(tuple(names), np.arange(20), np.arange(20, 40), np.full(20, 50.0), np.full(20, 2.0))
    x_CG = simulate_steady_state(
        made, np.full((20, 1), 2.0), cells=400, noise=[1.0] * 20 + [0.1] * 20, seed=0
    )
    r = np.corrcoef(x_CG.T)[:20, 20:]
    assert np.diag(r).mean() > 0.5
    assert abs(r[~np.eye(20, dtype=bool)].mean()) < 0.1


def test_a_seed_gives_the_same_cells_whatever_the_number_of_threads(monkeypatch):
    made = circuit(("AC", 3.0), ("BC", -2.0), ("CD", 4.0), ("AE", 1.0), ("DF", 2.0))
    rates = np.linspace(0.5, 3, 34).reshape(2, 17)
    found = []
    for threads in ("1", "2", "5"):
        monkeypatch.setenv("BENGRN_CPUS", threads)
        found.append(simulate_steady_state(made, rates, cells=30, seed=7))
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_another_seed_gives_other_cells():
    first, second = (
        simulate_steady_state(masters(3), np.ones((3, 2)), cells=30, seed=seed) for seed in (1, 2)
    )
    assert not np.isclose(first, second).any(axis=1).all()


def test_an_unrelated_gene_changes_nothing_for_the_others():
    few = simulate_steady_state(masters(3), np.ones((3, 2)), cells=30, seed=1)
    more = simulate_steady_state(masters(4), np.ones((4, 2)), cells=30, seed=1)
    assert np.array_equal(few, more[:, :3])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rates_MB": [[1.0, 0.0]]}, "rate of A in cell type 1 is 0.0; it must be positive"),
        ({"rates_MB": [[1.0, -2.0]]}, "is -2.0; it must be positive"),
        ({"rates_MB": [[1.0, np.nan]]}, "is nan; it must be positive"),
        ({"rates_MB": [[1.0], [1.0]]}, r"shape \(2, 1\); expected \(1, B\)"),
        ({"rates_MB": [1.0]}, r"shape \(1,\); expected \(1, B\)"),
        ({"noise_type": "sd"}, "no noise type 'sd'; choose one of sp, spd, dpd"),
        ({"cells": 0}, "cells is 0; expected a whole number, at least 1"),
        ({"sampling_state": 1.5}, "sampling_state is 1.5"),
        ({"decay": 0}, "decay is 0.0; it must be positive"),
        ({"decay": [1, 2, 3]}, r"decay has the shape \(3,\); expected one number, or 2"),
        ({"noise": -1}, "noise is -1.0; it must be zero or positive"),
        ({"dt": 0}, "dt is 0; it must be positive"),
        ({"seed": -1}, "the seed is -1"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    given = {"rates_MB": [[1.0, 2.0]], "cells": 5, "seed": 0, **settings}
    with pytest.raises(ValueError, match=message):
        simulate_steady_state(circuit(("AB", 3.0)), given.pop("rates_MB"), **given)


def test_agrees_with_sergio_rs_as_well_as_with_itself(sergio_inputs, summaries, excess):
    rs = pytest.importorskip("sergio_rs", reason="the peer sergio_rs is not installed")
    made, _ = sergio_inputs(1)
    genes = [rs.Gene(name, 0.8) for name in made.genes]
    network = rs.GRN()
    for source, target, k in zip(made.regulator_E, made.target_E, made.strength_E, strict=True):
        network.add_interaction(genes[source], genes[target], k, None, 2)
    network.set_mrs()
    # it draws the masters' rates itself, and does not tell: two values far apart show which
    profile = rs.MrProfile.from_random(network, 9, (1.0, 1.00001), (5.0, 5.00001), 0)
    theirs = []
    for seed in range(5):
        table = rs.Sim(network, 300, 150, 15, 0.01, 1, seed).simulate(profile)
        assert table["Genes"].to_list() == list(made.genes)
        theirs.append(table[:, 1:].to_numpy().T)
    level_BM = np.stack(theirs)[:, :, made.masters].reshape(5, 9, 300, -1).mean(axis=(0, 2))
    rates_MB = np.where(level_BM.T * 0.8 < 3, 1.0, 5.0)
    ours = [summaries(simulate_steady_state(made, rates_MB, cells=300, seed=seed), 9) for seed in range(10)]
    theirs = [summaries(x_CG, 9) for x_CG in theirs]
    found = {name: excess(ours, theirs, name) for name in ours[0]}
    assert max(found.values()) < 1.3, found
    other = [
        summaries(simulate_steady_state(made, rates_MB, cells=300, noise_type="sp", seed=seed), 9)
        for seed in range(4)
    ]
    assert excess(ours, other, "variance") > 2, "the measure does not notice another noise"
