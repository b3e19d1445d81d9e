"""How fast attention becomes a network, beside everything kept and averaged, and beside one bare product.

Run with `pytest tests/benchmarks/test_attention_speed.py --benchmark-only`. Times are CPU seconds of one
thread; the ways take turns, so that a load hits all alike.
"""

import json
import statistics
import time

import pytest
import torch

from scprint_model.networks.accumulate import MeanAttention, MeanProduct, MeanQueryKey
from scprint_model.networks.head import gene_attention

TOKENS, HEADS, CELLS, WIDTH = 1000, 8, 8, 64
ALL = [(0, head) for head in range(HEADS)]
TURNS = 5


@pytest.fixture(scope="module")
def qk():
    generator = torch.Generator().manual_seed(0)
    shape = (CELLS, HEADS, TOKENS, WIDTH)
    return torch.randn(shape, generator=generator), torch.randn(shape, generator=generator) / 2


def _kept_attention(q, k):
    return torch.softmax(q @ k.transpose(-1, -2) * WIDTH**-0.5, dim=-1).mean(dim=0)


def _kept_products(q, k):
    return (q @ k.transpose(-1, -2)).mean(dim=0) * WIDTH**-0.5


def _one_product(q, k):
    """Multiply all cells side by side, and no more: the least that the sum of products can take."""
    q, k = (x.permute(1, 2, 0, 3).reshape(HEADS, TOKENS, CELLS * WIDTH) for x in (q, k))
    return q @ k.transpose(-1, -2) * (WIDTH**-0.5 / CELLS)


def _added(kind, q, k, **settings):
    means = kind(TOKENS, ALL, **settings)
    means.start(torch.arange(TOKENS), CELLS)
    means(0, q, k)
    return means


def _query_key(q, k):
    means = _added(MeanQueryKey, q, k)
    rows = slice(0, TOKENS)
    return torch.stack([gene_attention(means, head, rows, before=0, normalise="softmax") for head in ALL])


def _matrices(kind, q, k):
    means = _added(kind, q, k, merged=False)
    return torch.stack([means.mean(head) for head in ALL])


def _turns(ways, q, k):
    """Return the median CPU seconds of each way, all of them taking turns."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times = {name: [] for name in ways}
        for turn in range(TURNS + 1):
            for name, way in ways.items():
                start = time.process_time()
                way(q, k)
                if turn:  # the first warms up
                    times[name].append(time.process_time() - start)
    finally:
        torch.set_num_threads(threads)
    return {name: statistics.median(one) for name, one in times.items()}


def test_exact_means_are_fast_and_right(benchmark, qk, capsys):
    ways = {
        "attention, everything kept": _kept_attention,
        "attention, added up in tiles": lambda q, k: _added(MeanAttention, q, k, merged=False),
        "products, everything kept": _kept_products,
        "products, one bare product": _one_product,
        "products, added up": lambda q, k: _added(MeanProduct, q, k, merged=False),
        "query-key, added up and multiplied": _query_key,
    }
    seconds = benchmark.pedantic(_turns, (ways, *qk), rounds=1, iterations=1)
    with capsys.disabled():
        print("\n" + json.dumps({name: round(one, 4) for name, one in seconds.items()}, indent=1))  # noqa: T201
    torch.testing.assert_close(_matrices(MeanAttention, *qk), _kept_attention(*qk), atol=1e-6, rtol=0)
    torch.testing.assert_close(_matrices(MeanProduct, *qk), _kept_products(*qk), atol=1e-5, rtol=0)
    assert seconds["attention, added up in tiles"] < 0.5 * seconds["attention, everything kept"]
    assert seconds["products, added up"] < 1.5 * seconds["products, one bare product"]
    assert seconds["products, added up"] < 0.5 * seconds["products, everything kept"]


def test_drawn_contexts_cost_little_more_than_fixed_ones(benchmark, qk):
    q, k = qk
    places = torch.stack([torch.randperm(4 * TOKENS)[:TOKENS].sort().values for _ in range(CELLS)])

    def drawn(q, k):
        means = MeanQueryKey(4 * TOKENS, ALL)
        means.start(places, CELLS)
        means(0, q, k)

    ways = {"fixed": lambda q, k: _added(MeanQueryKey, q, k), "drawn": drawn}
    seconds = benchmark.pedantic(_turns, (ways, q, k), rounds=1, iterations=1)
    benchmark.extra_info.update(seconds)
    # beside the forward pass, some 100 ms a cell at this size, either is nothing
    assert seconds["drawn"] < 0.2 * CELLS
