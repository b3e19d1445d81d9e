"""Batches for training, validation and prediction, one after another, read ahead by threads."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scprint_model.corpus.collate import Collator
from scprint_model.corpus.sample import Sampler
from scprint_model.errors import ConfigError

if TYPE_CHECKING:
    from scprint_model.batch import Batch
    from scprint_model.corpus.read import Corpus

_AHEAD = 2  # batches that each thread may have ready


def batches(
    corpus: "Corpus",
    rows: npt.ArrayLike,
    *,
    sampler: Sampler,
    collator: Collator,
    batch: int,
    seed: int,
    rank: int = 0,
    ranks: int = 1,
    workers: int = 0,
    start: int = 0,
) -> Iterator["Batch"]:
    """Yield the batches of one process.

    Every process draws the ``ranks * batch`` cells of a step and takes its own part of them: no cell of a
    step reaches two processes unless the sampler drew it twice, and together they see what one process with
    the whole batch would see, down to the genes of each cell. The sequence hangs on (seed, step, rank) alone.

    Parameters
    ----------
    corpus, rows
        The corpus, and the cells of it that ``sampler`` draws from, shape (N,).
    sampler, collator
        Which cells, and which genes of them.
    batch
        Cells of a batch of one process.
    seed
        Of all draws.
    rank, ranks
        Which process this is, of how many.
    workers
        Threads that read ahead; 0: read when asked. The compiled reader holds no lock, so that they scale.
    start
        The first step; a run that goes on passes the number of steps it has made.

    Yields
    ------
    Batch
        Ends where the sampler ends; a process gets none of a last step that is too small for it.
    """
    row_N = np.asarray(rows, np.int64)
    if batch < 1 or not 0 <= rank < ranks or workers < 0 or start < 0:
        message = f"batch {batch}, rank {rank} of {ranks}, workers {workers} or start {start} is impossible."
        raise ConfigError(message)

    def read(step: int) -> "Batch | None":
        places = sampler.draw(step, ranks * batch, seed)
        generator = np.random.default_rng([seed, step, 3])
        context = collator.context_of(generator)
        seeds = generator.integers(0, 2**64, size=ranks * batch, dtype=np.uint64)
        ours = slice(rank * batch, (rank + 1) * batch)
        mine = row_N[places[ours]]
        if not len(mine):  # no more cells, or fewer than there are processes
            return None
        return corpus.collate(mine, collator=collator, context=context, seeds=seeds[ours][: len(mine)])

    return _one_by_one(read, start) if not workers else _ahead(read, start, workers)


def _one_by_one(read: Callable[[int], "Batch | None"], start: int) -> Iterator["Batch"]:
    for step in count(start):
        made = read(step)
        if made is None:
            return
        yield made


def _ahead(read: Callable[[int], "Batch | None"], start: int, workers: int) -> Iterator["Batch"]:
    """Read the next steps in threads, hand them out in order."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix="corpus")
    try:
        waiting: deque[Future[Batch | None]] = deque()
        steps = count(start)
        while True:
            while len(waiting) < _AHEAD * workers:
                waiting.append(pool.submit(read, next(steps)))
            made = waiting.popleft().result()
            if made is None:
                return
            yield made
    finally:
        pool.shutdown(cancel_futures=True)
