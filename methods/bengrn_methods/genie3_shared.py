"""GENIE3 with one forest for all targets: totally random trees, and what each cut explains of every gene."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Method, Network, hookimpl, track, workers
from bengrn_methods.forest.codes import Bins
from bengrn_methods.forest.data import Data, make_work
from bengrn_methods.forest.prepared import Normalization, prepare

if TYPE_CHECKING:
    from anndata import AnnData

    from bengrn_methods.forest.shared_trees import Trees

__all__ = ["SharedGENIE3"]

Block = npt.NDArray[np.float32]

# trees that are held at a time
_TREE_BYTES = 1 << 26


@dataclass(frozen=True, kw_only=True)
class SharedGENIE3:
    """Explain all genes, scaled to unit variance, by the same totally random trees.

    A cut of a regulator that parts the cells of a node explains some variance of every gene; a pair
    scores its mean over the trees. The trees know no target: that makes one forest do for all, a hundred
    times as fast as one each, and weaker at the top of the ranking (docs/genie3-shared.md).

    Parameters
    ----------
    ntrees
        Trees in all.
    min_leaf
        The fewest cells in a leaf.
    bins
        "256": regulators with more distinct values are cut into 256 parts; "exact": they are not.
    normalize
        What the forest sees: log-normalised counts, or the counts as they are.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.

    Notes
    -----
    A cut is drawn evenly among the ranks of a regulator's values that occur in the node. A gene that is a
    regulator as well takes part in the trees that explain it; the pair with itself scores 0.

    Memory in bytes for C cells, G genes and R regulators: 12 C G + C R + 8 R G + 64 MiB of trees.
    """

    name: ClassVar[str] = "genie3-shared"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "own"
    source: ClassVar[str] = (
        "this project, after Geurts et al. 2006, https://doi.org/10.1007/s10994-006-6226-1"
    )

    ntrees: int = 5000
    min_leaf: int = 1
    bins: Bins = "256"
    normalize: Normalization = "log"

    def __post_init__(self) -> None:
        """Validate the settings."""
        for setting in ("ntrees", "min_leaf"):
            if getattr(self, setting) < 1:
                raise ValueError(f"{setting} is {getattr(self, setting)}; expected at least 1.")
        for setting, choices in (("bins", ("256", "exact")), ("normalize", ("log", "counts"))):
            if getattr(self, setting) not in choices:
                raise ValueError(f"{setting} is {getattr(self, setting)!r}; expected {' or '.join(choices)}.")

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return the mean variance reduction; a constant target scores 0."""
        prepared = prepare(adata, regulators, normalize=self.normalize, bins=self.bins)
        blocks = list(_blocks(prepared.x_CG))
        gains = self._explain(_by_rank(prepared.data), blocks, seed)
        rows_TR = np.concatenate([gain_RK.T for gain_RK in gains])[: len(prepared.genes)]
        rows_TR /= np.float32(self.ntrees * len(prepared.x_CG))
        return prepared.network(rows_TR)

    def _explain(self, data: Data, blocks: Sequence[Block], seed: int) -> list[Block]:
        """Return what the regulators explain of each block of targets, (R, BLOCK) each, in sums."""
        from bengrn_methods.forest.shared_trees import BLOCK, explain_block, grow_shared, make_trees

        n_regulators, n_cells = data.code_PC.shape
        work = make_work(data, np.arange(n_regulators, dtype=np.int32), seed)
        gains = [np.zeros((n_regulators, BLOCK), dtype=np.float32) for _ in blocks]
        at_once = max(1, _TREE_BYTES // (36 * n_cells))
        groups = [min(at_once, self.ntrees - first) for first in range(0, self.ntrees, at_once)]

        def explained() -> Iterator[None]:
            with ThreadPoolExecutor(workers()) as pool:
                for n_trees in groups:
                    trees = make_trees(n_trees, n_cells)
                    grow_shared(trees, self.min_leaf, data, work)
                    yield from pool.map(
                        lambda pair, trees=trees: one(trees, *pair), zip(blocks, gains, strict=True)
                    )

        def one(trees: "Trees", y_CK: Block, gain_RK: Block) -> None:
            explain_block(y_CK, trees, np.empty((2 * n_cells, BLOCK), dtype=np.float32), gain_RK)

        for _ in track(explained(), "blocks of targets", len(groups) * len(blocks)):
            pass
        return gains


def _blocks(x_CG: npt.NDArray[np.float32]) -> Iterator[Block]:
    """Yield the targets in blocks, with mean 0 and variance 1; 0 for constant ones and behind the last."""
    from bengrn_methods.forest.shared_trees import BLOCK

    for first in range(0, x_CG.shape[1], BLOCK):
        y_CK = x_CG[:, first : first + BLOCK].astype(np.float64)
        y_CK -= y_CK.mean(axis=0)
        varies_K = np.ptp(x_CG[:, first : first + BLOCK], axis=0) > 0
        y_CK /= np.where(varies_K, y_CK.std(axis=0), np.inf)
        block_CK = np.zeros((len(x_CG), BLOCK), dtype=np.float32)
        block_CK[:, : y_CK.shape[1]] = y_CK
        yield block_CK


def _by_rank(data: Data) -> Data:
    """Return codes whose values are the codes themselves: random cuts are then even among ranks."""
    lengths = np.diff(data.first_P)
    ranks = [np.arange(length, dtype=np.float32) for length in lengths]
    return data._replace(lowest=np.concatenate(ranks))


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer GENIE3 with a shared forest."""
    return [SharedGENIE3]
