"""Heads that know nothing: what a selection of heads makes out of noise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Method, Network, hookimpl
from bengrn_methods._names import check_cells, positions

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["RandomHeads"]


@dataclass(frozen=True, kw_only=True)
class RandomHeads:
    """Offer heads of noise, each with popular regulators and targets of its own, as attention has them.

    Whatever a selection scores with these heads it owes to the truth that it was shown. Selected by genes
    that are not scored they are chance; selected as published they are not (see `docs/heads.md`). `hubs` is
    how much a head's popular genes stand out against the noise of single pairs; 0 for noise alone.
    """

    name: ClassVar[str] = "random-heads"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = "control of this project"

    count: int = 64
    hubs: float = 1.0

    def __post_init__(self) -> None:
        """Refuse fewer heads than can be selected among."""
        if self.count < 2:
            raise ValueError(f"count is {self.count}; expected at least 2 heads")
        if self.hubs < 0:
            raise ValueError(f"hubs is {self.hubs:g}; expected 0 or more")

    def heads(
        self, adata: "AnnData", *, regulators: Sequence[str], seed: int
    ) -> Iterator[tuple[str, Network]]:
        """Yield log-normal scores; a pair keeps its scores when genes are permuted."""
        genes = [str(name) for name in adata.var_names]
        positions(genes, regulators)
        check_cells(adata, at_least=1)
        places = [np.argsort(np.argsort(np.array(names))) for names in (regulators, genes)]
        for number in range(self.count):
            scores_RT = self._noise(np.random.default_rng([seed, number]), *map(len, places))
            yield f"head{number:03d}", Network(scores_RT[np.ix_(*places)], tuple(regulators), tuple(genes))

    def _noise(self, generator: np.random.Generator, rows: int, columns: int) -> npt.NDArray[np.float32]:
        """Return positive scores with hubs, shape (R, T), for genes in the order of their names."""
        x_RT = generator.standard_normal((rows, columns), np.float32)
        x_RT += self.hubs * generator.standard_normal((rows, 1), np.float32)
        x_RT += self.hubs * generator.standard_normal(columns, np.float32)
        x_RT /= 2  # the largest score is no more than some hundred times the median
        return np.exp(x_RT, out=x_RT)


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer the control."""
    return [RandomHeads]
