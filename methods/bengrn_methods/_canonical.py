"""One order for the same data: what is drawn afterwards cannot hang on how they were stored."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["canonical_cells", "canonical_genes"]


def canonical_genes(genes: Sequence[str]) -> npt.NDArray[np.intp]:
    """Return the places of the genes in the order of their names, shape (G,)."""
    return np.array(sorted(range(len(genes)), key=genes.__getitem__), dtype=np.intp)


def canonical_cells(x_CG: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Return the places of the cells in the order of a hash of their values, shape (C,).

    Put the genes in order first. Equal cells may stand in either order: nothing tells them apart.
    """
    rows_CG = np.ascontiguousarray(x_CG)
    digests = [hashlib.blake2b(x_G, digest_size=16).digest() for x_G in rows_CG]
    return np.array(sorted(range(len(digests)), key=digests.__getitem__), dtype=np.intp)
