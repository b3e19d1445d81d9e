"""How fast a pass and its gradient are, beside torch's own transformer layers of the same shape.

Run with `pytest tests/benchmarks/test_scprint_step_speed.py --benchmark-only`. CPU time, both alternating in
one run, so that other load on the machine hits both alike.
"""

import json
import statistics
import time

import pytest
import torch
from torch import nn

from scprint_model.batch import Batch
from scprint_model.losses.zinb import zinb_loss
from scprint_model.model import ScPrint
from scprint_model.sizes import size

CLASSES = (("cell_type", 424), ("sex", 2))
GENES = 2200


def _batch(cells=1):
    generator = torch.Generator().manual_seed(0)
    counts = torch.poisson(torch.full((cells, GENES), 1.5), generator=generator)
    genes = torch.stack([torch.randperm(5000, generator=generator)[:GENES] for _ in range(cells)])
    zeros = torch.zeros(cells, dtype=torch.long)
    return Batch(genes, counts, counts.sum(dim=1) * 2, torch.zeros(cells, 2, dtype=torch.long), zeros, zeros)


def _seconds(work):
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.mark.parametrize("name", ["small", "medium"])
def test_a_pass_costs_what_its_transformer_costs(benchmark, name):
    torch.set_num_threads(1)
    config = size(name, genes=5000, classes=CLASSES, dropout=0.0, layers=2)
    model, batch = ScPrint(config), _batch()
    layer = nn.TransformerEncoderLayer(
        config.d_model, config.heads, 4 * config.d_model, dropout=0.0, activation="gelu", batch_first=True,
        norm_first=True,
    )  # fmt: skip
    peer = nn.TransformerEncoder(layer, config.layers, enable_nested_tensor=False)
    tokens = torch.randn(1, GENES + config.cell_tokens, config.d_model)

    def ours():
        told = model(batch).expression
        zinb_loss(batch.counts, told.mean, told.dispersion, told.zero_logits).backward()

    def theirs():
        peer(tokens).square().mean().backward()

    for work in (ours, theirs):
        work()
    pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(7)]
    benchmark.pedantic(ours, rounds=1)
    mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    benchmark.extra_info["ratio"] = json.dumps({"ours s": mine, "torch s": other, "ratio": mine / other})
    # the decoder and the tokens are a sixth of a block each; a mask or a copy too many would show
    assert mine / other < 1.3
