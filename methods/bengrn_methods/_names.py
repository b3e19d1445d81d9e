"""What every method does with names: find the regulators, and draw seeds that follow a gene."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["check_cells", "positions", "seed_for"]


def positions(genes: Sequence[str], regulators: Sequence[str]) -> npt.NDArray[np.intp]:
    """Return where each regulator stands among the genes, shape (R,).

    Raises
    ------
    ValueError
        If there is no regulator, or one is not among the genes.
    """
    if len(regulators) == 0:
        raise ValueError("got no regulators; expected at least one of the genes. Name some.")
    index = {name: position for position, name in enumerate(genes)}
    missing = [name for name in regulators if name not in index]
    if missing:
        raise ValueError(
            f"{len(missing)} of {len(regulators)} regulators are not among the {len(genes)} genes, "
            f"{missing[0]!r} first; expected gene names of the data. Restrict them to var_names."
        )
    return np.array([index[name] for name in regulators], dtype=np.intp)


def check_cells(adata: "AnnData", at_least: int = 2) -> None:
    """Refuse data with fewer cells than a method can learn from.

    Raises
    ------
    ValueError
        If there are fewer than `at_least` cells.
    """
    if adata.n_obs < at_least:
        raise ValueError(
            f"got {adata.n_obs} cells x {adata.n_vars} genes; expected at least {at_least} cells. "
            "Choose more cells."
        )


def seed_for(seed: int, name: str) -> int:
    """Return a seed in [0, 2^32) of this gene's own.

    It hangs on the gene's name and not on its place, so that neither the order of the genes nor
    the number of worker processes changes a random draw.
    """
    digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
    entropy = (seed, int.from_bytes(digest, "little"))
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])
