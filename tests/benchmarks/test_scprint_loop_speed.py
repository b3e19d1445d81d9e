"""What the training loop costs beside the passes and the update that it is for.

Run with `pytest tests/benchmarks/test_scprint_loop_speed.py --benchmark-only`. CPU time, both alternating in
one run, so that other load hits both alike. The batch lies ready: reading has a benchmark of its own.
"""

import json
import statistics
import threading
import time
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import torch

from scprint_model.batch import Batch
from scprint_model.labels import LabelSpace
from scprint_model.objective import compute_losses
from scprint_model.objective_settings import Objective
from scprint_model.train.config import TrainConfig
from scprint_model.train.distributed import world
from scprint_model.train.loop import train
from scprint_model.train.optimiser import make_optimiser
from scprint_model.train.setup import set_up
from scprint_model.vocabulary import Vocabulary

GENES, CONTEXT, CELLS, STEPS = 15_000, 400, 8, 4


@dataclass
class Ready:
    """One batch, again and again."""

    dataset_names = ("one",)
    labels = (LabelSpace("cell_type", tuple(f"t{number}" for number in range(50))),)
    vocabulary = Vocabulary(
        tuple(f"ENSG{number:011d}" for number in range(GENES)),
        ("",) * GENES,
        ("NCBITaxon:9606",) * GENES,
        np.arange(1, GENES + 1, dtype=np.int32),
    )

    def describe(self):
        return {}

    def validation(self):
        return []

    def training(self, *, shard, shards, start, workers):
        return repeat(_batch())


def _batch():
    generator = torch.Generator().manual_seed(0)
    counts = torch.poisson(torch.full((CELLS, CONTEXT), 1.5), generator=generator)
    genes = torch.stack([torch.randperm(GENES, generator=generator)[:CONTEXT] for _ in range(CELLS)])
    zeros = torch.zeros(CELLS, dtype=torch.long)
    return Batch(genes, counts, counts.sum(dim=1) * 2, zeros[:, None], zeros, zeros)


def _seconds(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def test_the_loop_costs_little_beside_its_passes(benchmark, tmp_path):
    settings = {"threads": 1, "device": "cpu", "save_every": 10**9, "steps": 10**9, "log_every": 10}
    config = TrainConfig.from_dict({"corpus": "none", "train": settings})
    with world(config.train) as place:
        run = set_up(config, tmp_path / "run", place, Ready())
        optimiser, batch = make_optimiser(run.model, config.train), _batch()
        no_groups = {"cell_type": torch.zeros(0, 50, dtype=torch.bool)}

        def bare():
            for _ in range(STEPS):
                compute_losses(run.model, batch, Objective(), hierarchies=no_groups)["total"].backward()
                torch.nn.utils.clip_grad_norm_(run.model.parameters(), 100)
                optimiser.step()
                optimiser.zero_grad(set_to_none=True)

        stop = threading.Event()

        def steps(of):
            """Train until so many steps are done, then stop at the next look."""
            until = run.progress.step + of
            genuine = stop.is_set
            stop.is_set = lambda: run.progress.step >= until
            try:
                run.taken_up = True
                run.save = lambda: None
                train(run, asked=stop)
            finally:
                stop.is_set = genuine

        for work in (bare, lambda: steps(STEPS)):
            work()
        pairs = [(_seconds(lambda: steps(STEPS)), _seconds(bare)) for _ in range(9)]
        benchmark.pedantic(bare, rounds=1)
    loop, passes = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    benchmark.extra_info["ratio"] = json.dumps({"loop s": loop, "passes s": passes, "ratio": ratio})
    assert ratio < 1.05
