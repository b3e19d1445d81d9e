"""What is measured of each cell, and which cells are outliers of their data set."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from scprint_model.corpus.format import Flag
from scprint_model.corpus.settings import Settings

Floats = npt.NDArray[np.float64]

# human and mouse spell them differently: MT-ND1 and mt-Nd1, RPS3 and Rps3, HBA1 and Hba-a1
_KINDS = {
    "mitochondrial": re.compile(r"mt-", re.IGNORECASE),
    # not the kinases RPS6KA1, RPS6KB1, ... of the same first letters
    "ribosomal": re.compile(r"(rp[sl](?!6k)\d|rplp\d|rpsa$)", re.IGNORECASE),
    # not HBEGF, HBP1, HBS1L
    "haemoglobin": re.compile(r"hb[abdegmqz](\d+[ab]?|-\w+)?$", re.IGNORECASE),
}
TOP = 20


def genes_of_kind(symbols: Sequence[str], kind: str) -> npt.NDArray[np.bool_]:
    """Return which symbols, human or mouse, are ``mitochondrial``, ``ribosomal`` or ``haemoglobin``."""
    return np.array([_KINDS[kind].match(symbol) is not None for symbol in symbols], bool)


@dataclass(frozen=True, eq=False)
class Quality:
    """Measures of C cells.

    Attributes
    ----------
    counts, genes
        (C,): total counts and expressed genes.
    top
        Share of the counts in the 20 highest genes.
    mitochondrial, ribosomal, haemoglobin
        Share of the counts in such genes.
    """

    counts: Floats
    genes: Floats
    top: Floats
    mitochondrial: Floats
    ribosomal: Floats
    haemoglobin: Floats

    @classmethod
    def measure(cls, x_CG: sparse.csr_array, symbols: Sequence[str]) -> Self:
        """Measure cells.

        Parameters
        ----------
        x_CG
            Raw counts over all measured genes; no stored zeros.
        symbols
            (G,) symbols of the genes.
        """
        total = np.asarray(x_CG.sum(axis=1), float).ravel()
        share = {}
        for kind in _KINDS:
            part = x_CG @ genes_of_kind(symbols, kind).astype(float)
            share[kind] = part / np.maximum(total, 1)
        top = _top(x_CG) / np.maximum(total, 1)
        return cls(total, np.diff(x_CG.indptr).astype(float), top, **share)

    @classmethod
    def joined(cls, parts: Sequence["Quality"]) -> "Quality":
        """Return the measures of all cells of several blocks."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__annotations__))

    def kept(self, mask: npt.NDArray[np.bool_]) -> "Quality":
        """Return the measures of some cells."""
        return Quality(*(getattr(self, name)[mask] for name in type(self).__annotations__))

    def flags(self, settings: Settings) -> npt.NDArray[np.uint8]:
        """Return (C,) bits of :class:`~scprint_model.corpus.format.Flag`, for the outliers of a data set."""
        far = settings.deviations
        mt = _far(self.mitochondrial, settings.mt_deviations) | (self.mitochondrial > settings.mt_most)
        flags = np.zeros(len(self.counts), np.uint8)
        for flag, outlier in (
            (Flag.COUNTS, _far(np.log1p(self.counts), far)),
            (Flag.GENES, _far(np.log1p(self.genes), far)),
            (Flag.TOP, _far(self.top, far)),
            (Flag.MITOCHONDRIAL, mt),
        ):
            flags[outlier] |= np.uint8(flag)
        return flags


def _far(values: Floats, deviations: float) -> npt.NDArray[np.bool_]:
    """Return which values lie more than so many median absolute deviations from the median."""
    centre = np.median(values)
    distance = np.abs(values - centre)
    far: npt.NDArray[np.bool_] = distance > deviations * np.median(distance)
    return far


def _top(x_CG: sparse.csr_array) -> Floats:
    """Return the counts of the 20 highest genes of each cell."""
    sums = np.zeros(x_CG.shape[0])
    for cell in range(len(sums)):
        counts = x_CG.data[x_CG.indptr[cell] : x_CG.indptr[cell + 1]]
        sums[cell] = (counts if len(counts) <= TOP else np.partition(counts, len(counts) - TOP)[-TOP:]).sum()
    return sums
