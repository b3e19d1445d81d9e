"""Gene networks from a model's attention: cells stream through it, and memory does not grow with them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from scipy import sparse
from torch import Tensor

from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.networks.passes import Run, combined
from scprint_model.networks.settings import NetworkSettings
from scprint_model.networks.sparsify import strongest
from scprint_model.predict.cells import Cells
from scprint_model.predict.contexts import Context
from scprint_model.predict.stream import Progress, numpy_of, silent

__all__ = ["GeneNetwork", "NetworkSettings", "head_networks", "infer_network"]

Scores: TypeAlias = npt.NDArray[np.float32] | sparse.csr_array


@dataclass(frozen=True, eq=False)
class GeneNetwork:
    """Scores of regulators on targets: a row regulates its column.

    Attributes
    ----------
    scores
        (R, T) float32, dense or, with ``top``, CSR.
    regulators, targets
        Names as the data have them.
    cells_of_target
        (T,) in how many cells each target was shown; 0: its scores are 0 and mean nothing.
    tokens
        How many tokens attention was spread over; 1 / this is what all alike would get.
    attention
        The back end that ran.
    """

    scores: Scores
    regulators: tuple[str, ...]
    targets: tuple[str, ...]
    cells_of_target: npt.NDArray[np.int64]
    tokens: int
    attention: str


def infer_network(
    pretrained: Pretrained,
    cells: Cells,
    *,
    context: Context | None = None,
    settings: NetworkSettings | None = None,
    regulators: Sequence[str] | None = None,
    chosen: npt.NDArray[np.int64] | None = None,
    progress: Progress = silent,
) -> GeneNetwork:
    """Infer one network from all heads.

    Parameters
    ----------
    pretrained, cells
        The model, and cells lined up with its genes.
    context
        Which genes cells are shown. ``list`` and ``all`` give a network of those genes; drawn contexts one of
        all genes of data and model, each gene from the cells that showed it. None: ``all``.
    settings
        How attention becomes a network.
    regulators
        Rows, of those that are in the network; None: all.
    chosen
        Which cells; None: all.
    progress
        Shows how many batches are done.

    Raises
    ------
    VocabularyError
        If no regulator is in the network.
    ConfigError
        If settings contradict each other, or there are more genes than the context holds.
    """
    how = settings or NetworkSettings()
    run = Run(pretrained, cells, context or Context(how="all"), how, chosen, progress)
    rows = run.places_of(regulators)
    merged = how.combine == "mean" and (how.mean, how.normalise) in {
        ("attention", "softmax"),
        ("product", "none"),
    }
    merged = merged and not how.apc
    divisor = len(run.heads) if how.combine == "mean" and not merged else 1
    total: Tensor | None = None
    for means, heads in run.passes(merged=merged):
        blocks = run.blocks(means, heads[:1] if merged else heads, rows)
        if how.thins and len(heads) == len(run.heads):
            # block by block: a network of all genes is never dense
            kept = [_thinned(numpy_of(one / divisor), run) for one in blocks]
            return _named(run, sparse.csr_array(sparse.hstack(kept)), rows)
        part = torch.cat(list(blocks), dim=1)
        total = part if total is None else combined(total, part, how.combine)
    assert total is not None  # noqa: S101 - a run has at least one head
    scores = numpy_of(total / divisor)
    return _named(run, _thinned(scores, run) if how.thins else scores, rows)


def head_networks(
    pretrained: Pretrained,
    cells: Cells,
    *,
    context: Context | None = None,
    settings: NetworkSettings | None = None,
    regulators: Sequence[str] | None = None,
    chosen: npt.NDArray[np.int64] | None = None,
    progress: Progress = silent,
) -> Iterator[tuple[str, GeneNetwork]]:
    """Yield a network per head, one by one; arguments as of :func:`infer_network`. None is kept.

    Yields
    ------
    name, network
        Names are ``layer2.head0``, both from 0.
    """
    how = settings or NetworkSettings()
    run = Run(pretrained, cells, context or Context(how="all"), how, chosen, progress)
    rows = run.places_of(regulators)
    for means, heads in run.passes(merged=False):
        for layer, number in heads:
            dense = numpy_of(torch.cat(list(run.blocks(means, [(layer, number)], rows)), dim=1))
            kept = _thinned(dense, run) if how.thins else dense
            yield f"layer{layer}.head{number}", _named(run, kept, rows)
            del dense, kept


def _thinned(scores_RT: npt.NDArray[np.float32], run: Run) -> sparse.csr_array:
    """Leave out pairs, as the settings say, of some or all targets."""
    how = run.settings
    least = 1 / run.tokens if how.least == "uniform" else how.least
    dense = scores_RT if least is None else np.where(scores_RT >= least, scores_RT, np.float32(0))
    found = sparse.csr_array(dense) if how.top is None else strongest(dense, how.top, of="target")
    found.eliminate_zeros()
    return found


def _named(run: Run, scores: Scores, rows: npt.NDArray[np.int64]) -> GeneNetwork:
    """Return scores with their names."""
    names = tuple(run.genes[row] for row in rows)
    return GeneNetwork(scores, names, run.genes, run.cells_of_gene, run.tokens, run.attention)
