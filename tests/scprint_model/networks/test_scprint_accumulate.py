"""What is added up over cells, against everything kept and averaged."""

import numpy as np
import pytest
import torch

from scprint_model.errors import ConfigError
from scprint_model.networks.accumulate import MeanAttention, MeanProduct, MeanQueryKey

CELLS, HEADS, KEY_HEADS, TOKENS, WIDTH = 6, 4, 2, 150, 8
ALL = [(layer, head) for layer in range(2) for head in range(HEADS)]


@pytest.fixture
def layers():
    generator = torch.Generator().manual_seed(3)
    made = [torch.randn(CELLS, n, TOKENS, WIDTH, generator=generator) for n in (HEADS, KEY_HEADS) * 2]
    return [(made[0], made[1]), (made[2], made[3])]


def _pass(means, layers, sizes=(4, 2)):
    first = 0
    for size in sizes:
        means.start(torch.arange(TOKENS), size)
        for layer, (q, k) in enumerate(layers):
            means(layer, q[first : first + size], k[first : first + size])
        first += size
    return means


def _kept(layers, head):
    """Return all queries and keys of a head in float64; two query heads share one of keys."""
    q, k = layers[head[0]]
    return q[:, head[1]].double(), k[:, head[1] // 2].double()


@pytest.mark.parametrize("head", ALL)
def test_the_means_are_those_of_everything_kept(head, layers):
    q, k = _kept(layers, head)
    logits = q @ k.transpose(1, 2) / WIDTH**0.5
    query, key = _pass(MeanQueryKey(TOKENS, ALL), layers).means(head)
    torch.testing.assert_close(query.double(), q.mean(dim=0), atol=1e-6, rtol=0)
    torch.testing.assert_close(key.double(), k.mean(dim=0), atol=1e-6, rtol=0)
    product = _pass(MeanProduct(TOKENS, ALL, merged=False), layers).mean(head)
    torch.testing.assert_close(product.double(), logits.mean(dim=0), atol=1e-5, rtol=0)
    attention = _pass(MeanAttention(TOKENS, ALL, merged=False), layers).mean(head)
    torch.testing.assert_close(attention.double(), logits.softmax(dim=-1).mean(dim=0), atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", [MeanProduct, MeanAttention])
def test_merged_heads_are_the_mean_of_the_heads(kind, layers):
    apart = _pass(kind(TOKENS, ALL, merged=False), layers)
    merged = _pass(kind(TOKENS, ALL, merged=True), layers)
    mean = torch.stack([apart.mean(head) for head in ALL]).mean(dim=0)
    torch.testing.assert_close(merged.mean(ALL[0]), mean, atol=1e-6, rtol=0)


def test_the_three_are_different_quantities(layers):
    query, key = _pass(MeanQueryKey(TOKENS, ALL), layers).means((0, 0))
    product = _pass(MeanProduct(TOKENS, ALL, merged=False), layers).mean((0, 0))
    of_means = query @ key.T / WIDTH**0.5
    assert np.corrcoef(product.flatten(), of_means.flatten())[0, 1] < 0.9


def test_only_the_wanted_heads_are_held(layers):
    means = _pass(MeanProduct(TOKENS, [(1, 2)], merged=False), layers)
    assert list(means._sums) == [(1, 2)]
    assert _pass(MeanQueryKey(TOKENS, [(1, 2)]), layers).layers == [1]


def test_a_gene_is_divided_by_the_cells_that_showed_it(layers):
    (q, k), _ = layers
    means = MeanQueryKey(5, [(0, 0)])
    places = torch.tensor([[0, 1, 2], [0, 3, -1]])
    means.start(places, 2)
    means(0, q[:2, :, :3], k[:2, :, :3])
    assert means.counts.tolist() == [2, 1, 1, 1, 0]
    assert means.seen.tolist() == [True, True, True, True, False]
    query, key = means.means((0, 0))
    torch.testing.assert_close(query[0], (q[0, 0, 0] + q[1, 0, 0]) / 2)
    torch.testing.assert_close(key[3], k[1, 0, 1])
    assert not query[4].any()


@pytest.mark.parametrize("kind", [MeanProduct, MeanAttention])
def test_exact_means_refuse_cells_with_different_genes(kind):
    with pytest.raises(ConfigError, match="query-key"):
        kind(3, [(0, 0)], merged=False).start(torch.tensor([[0, 1, 2], [0, 2, 1]]), 2)
