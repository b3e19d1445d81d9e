"""Heads of noise: the same for the same seed, whatever the order of genes, with hubs of their own."""

import anndata
import numpy as np
import pytest

from bengrn_methods.random_heads import RandomHeads

GENES = [f"g{number:03d}" for number in range(200)]


@pytest.fixture
def adata():
    data = anndata.AnnData(np.ones((2, len(GENES)), dtype=np.float32))
    data.var_names = GENES
    return data


def _heads(method, adata, regulators=GENES, seed=0):
    return dict(method.heads(adata, regulators=regulators, seed=seed))


def test_there_are_as_many_heads_as_asked_for(adata):
    assert len(_heads(RandomHeads(count=5), adata, GENES[:2])) == 5


def test_heads_and_seeds_differ(adata):
    method = RandomHeads(count=2)
    scores = [head.scores for seed in (0, 1) for head in _heads(method, adata, seed=seed).values()]
    for first in range(4):
        for second in range(first):
            # hubs differ, too: even the means over rows are unrelated
            means = np.log(scores[first]).mean(axis=0), np.log(scores[second]).mean(axis=0)
            assert abs(np.corrcoef(*means)[0, 1]) < 0.3


def test_the_order_of_genes_and_regulators_does_not_matter(adata):
    order = np.random.default_rng(0).permutation(len(GENES))
    method, turned = RandomHeads(count=2), [GENES[place] for place in order]
    straight = _heads(method, adata)["head001"]
    permuted = _heads(method, adata[:, turned], turned)["head001"]
    np.testing.assert_array_equal(permuted.scores, straight.scores[order][:, order])


@pytest.mark.parametrize(("hubs", "share"), [(0.0, 0.0), (1.0, 2 / 3), (3.0, 18 / 19)])
def test_hubs_are_as_strong_as_asked_for(adata, hubs, share):
    # variance of log scores: rows and columns hubs^2 each, single pairs 1 (all over 4)
    shares = []
    for head in _heads(RandomHeads(count=20, hubs=hubs), adata).values():
        x_RT = 2 * np.log(head.scores.astype(np.float64))
        rest = x_RT - x_RT.mean(axis=0) - x_RT.mean(axis=1)[:, None] + x_RT.mean()
        shares.append((rest.var(), x_RT.var()))
    rest, total = np.mean(shares, axis=0)
    assert rest == pytest.approx(1, rel=0.03)
    assert 1 - rest / total == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize(("settings", "said"), [({"count": 1}, "at least 2"), ({"hubs": -1.0}, "0 or more")])
def test_settings_that_make_no_heads_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        RandomHeads(**settings)
