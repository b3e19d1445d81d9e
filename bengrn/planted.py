"""A small planted network with counts: the known answer of the conformance kit."""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from bengrn.values import Truth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Planted", "planted"]

_HUBS = 3
_TARGETS_PER_HUB = 8
_BYSTANDERS = 5
# little noise: else many targets together tell more of a hub than the hub tells of one target
_NOISE = 0.3
_DEPTH = 10_000.0


@dataclass(frozen=True, eq=False)
class Planted:
    """Counts made from a known network, and the regulators to ask for."""

    adata: "AnnData"
    truth: Truth
    regulators: tuple[str, ...]

    def permuted(self, *, genes: bool) -> "Planted":
        """Return the same data with its genes, or its cells, in another order."""
        rng = np.random.default_rng(1)
        order = rng.permutation(self.adata.n_vars if genes else self.adata.n_obs)
        adata = self.adata[:, order] if genes else self.adata[order]
        return dataclasses.replace(self, adata=adata.copy())

    def without_cells(self) -> "Planted":
        """Return the data with no cell left."""
        return dataclasses.replace(self, adata=self.adata[:0].copy())


def planted(
    *, regulators: Literal["all", "some", "one"], constant_gene: bool = False, cells: int = 120
) -> Planted:
    """Simulate counts in which a few hubs each drive their own targets.

    A target follows one hub closely, while a hub can be guessed only from its many targets together:
    a method that weighs predictors against each other scores hub -> target above target -> hub.

    Parameters
    ----------
    regulators
        Ask for all genes, for the hubs and some targets, or for one hub.
    constant_gene
        Whether the last bystander is 0 in every cell.
    cells
        C.
    """
    from anndata import AnnData

    rng = np.random.default_rng(0)
    hub_C = rng.normal(size=(cells, _HUBS))
    noise = rng.normal(size=(cells, _HUBS * _TARGETS_PER_HUB))
    target_C = np.repeat(hub_C, _TARGETS_PER_HUB, axis=1) + _NOISE * noise
    bystander_C = rng.normal(size=(cells, _BYSTANDERS))
    level = np.exp(3.0 + 0.8 * np.concatenate([hub_C, target_C, bystander_C], axis=1))
    counts = rng.poisson(level).astype(np.float32)
    if constant_gene:
        counts[:, -1] = 0
    # names whose alphabetical order mixes the roles, so that no method can go by position
    names = [f"G{number:02d}" for number in rng.permutation(counts.shape[1])]
    hubs = names[:_HUBS]
    edges = np.zeros((len(names), len(names)), dtype=bool)
    for hub in range(_HUBS):
        first = _HUBS + hub * _TARGETS_PER_HUB
        edges[hub, first : first + _TARGETS_PER_HUB] = True
    adata = AnnData(X=sparse.csr_array(counts))
    adata.var_names = names
    adata.obs_names = [f"cell{number}" for number in range(cells)]
    adata.obs["total_counts"] = _DEPTH  # as if thousands of other genes had been counted
    asked = {"all": tuple(names), "some": tuple(names[: _HUBS + 4]), "one": (hubs[0],)}[regulators]
    truth = Truth(sparse.csr_array(edges), tuple(names), tuple(names), organism="simulated")
    return Planted(adata, truth.restrict(asked, names), asked)
