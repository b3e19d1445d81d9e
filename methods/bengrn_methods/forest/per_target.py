"""Networks made of one regression per target: the regulators predict it, their importances score.

Memory, in bytes, for C cells, G genes, R regulators: 4 C G for the values, twice that while they are put in
order; C R for their codes (2 C R if a regulator has more than 256), three times that while they are made;
4 R G for the scores, twice that at the end; per thread about 100 C.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from bengrn.plugin import KeptRows, kept_rows, track, workers
from bengrn_methods.forest.data import Data
from bengrn_methods.forest.prepared import Prepared, Target

__all__ = ["Explain", "explain_targets"]

Found = tuple[int, npt.NDArray[np.float64]]

Explain = Callable[[Data, Target], npt.NDArray[np.float64]]
"""From the coded regulators and a target that varies to the importances of all R, without the GIL."""


def explain_targets(explain: Explain, prepared: Prepared, *, seed: int) -> KeptRows:
    """Explain every gene by the regulators, as many at a time as there are processors.

    A target depends on its name, the data and the seed: neither threads nor the order of genes and cells
    change it. Finished targets are kept: a run that was killed goes on with the others.

    Returns
    -------
    KeptRows
        Importances by target and regulator, in the order of the names. A regulator does not explain
        itself; a constant target, or one without regulators, scores 0.
    """
    n_targets, n_regulators = len(prepared.genes), len(prepared.regulators)
    kept = kept_rows("scores", (n_targets, n_regulators))
    already, missing = kept.n_done, kept.missing

    def work(target: Target) -> Found:
        if target.y_C.min() == target.y_C.max() or len(target.features) == 0:
            return target.number, np.zeros(n_regulators)
        return target.number, explain(prepared.data, target)

    found = _in_threads(work, prepared.targets(missing, seed))
    for number, importances_R in track(found, "targets", n_targets, already=already):
        kept.store(number, importances_R)
    return kept


def _in_threads(work: Callable[[Target], Found], targets: Iterator[Target]) -> Iterator[Found]:
    """Yield the results in order; only a few targets wait or lie finished at a time."""
    running = deque[Future[Found]]()
    with ThreadPoolExecutor(workers()) as pool:
        try:
            for target in targets:
                running.append(pool.submit(work, target))
                if len(running) > 4 * workers():
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:  # on an error the others are not waited for
            for one in running:
                one.cancel()
