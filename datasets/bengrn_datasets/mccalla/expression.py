"""The cells that the lists of McCalla et al. are scored on, brought back to counts.

Four tables (Liu, Chen, Semrau, Duren) hold logarithms of counts, three (Han, Tran, Zhao) the square root of
counts over the depth of the cell, one (Yan) the counts of the Single Cell Expression Atlas. Duren's and the
last four were not at hand when this was written: their readers follow the public code that writes and reads
them, and check what comes out.
"""

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from bengrn.plugin import Dataset, Remote, hookimpl
from bengrn_datasets.mccalla.expression_files import read_counts_mtx, read_logged, read_rooted
from bengrn_datasets.mccalla.expression_table import Table, as_adata
from bengrn_datasets.mccalla.files import RELEASE, check_blob, source_file

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["DATASETS"]

_ZIP = Remote(f"{RELEASE}expression_data.zip", sha256="", bytes=0, path="mccalla/expression_data.zip")
_MTX = "scRNA/E-GEOD-36552.aggregated_filtered_counts.mtx"


@dataclass(frozen=True, kw_only=True)
class _Expression(abc.ABC):
    """What all tables share."""

    name: ClassVar[str]
    description: ClassVar[str]
    files: ClassVar[Mapping[str, Remote]]
    shape: ClassVar[tuple[int, int]]  # cells, genes
    blob: ClassVar[str] = ""
    organism: ClassVar[str]
    licence: ClassVar[str]
    citation: ClassVar[str]
    cell_type: ClassVar[str] = ""

    def load(self, paths: Mapping[str, Path]) -> "AnnData":
        """Read counts (C, G), CSR float32; genes are named by symbol.

        Raises
        ------
        ValueError
            If the table is not the one declared, is damaged, or does not hold what it should.
        """
        if self.blob:
            check_blob(paths["table"], self.blob)
        adata = as_adata(self._read(paths))
        if adata.shape != self.shape:
            raise ValueError(
                f"the table has {adata.n_obs} cells x {adata.n_vars} genes; expected {self.shape[0]} x "
                f"{self.shape[1]}: it is another version, or transposed"
            )
        return adata

    @abc.abstractmethod
    def _read(self, paths: Mapping[str, Path]) -> Table:
        """Read the table of counts."""


class _Logged(_Expression):
    def _read(self, paths: Mapping[str, Path]) -> Table:
        return read_logged(paths["table"])


class _Rooted(_Expression):
    member: ClassVar[str] = ""

    def _read(self, paths: Mapping[str, Path]) -> Table:
        return read_rooted(paths["table"], self.member)


class _Counted(_Expression):
    def _read(self, paths: Mapping[str, Path]) -> Table:
        return read_counts_mtx(paths["table"], paths["genes"], paths["cells"])


_LOGS = """
The tables are called log2 but those at hand hold the logarithm of the logarithm, log2(log2(count + 1) + 1):
undone twice, every value is whole; undone once, as benGRN does, a count of 3 reads 2.0 and 1,023 reads 10.0.
What makes all values whole decides. Genes found in less than 1 % of the cells had been left out by the maker.
"""
_ROOTS = """
The table holds sqrt(count x 10,000 / depth), six decimals. Squares are divided by the smallest of their cell,
taken for a count of one, and rounded; a table in which most ratios are not whole is refused. Only genes that
the release kept are in, so that a cell's depth is that of its kept genes.
"""
_ATLAS = """
The filtered counts of the Single Cell Expression Atlas, under Ensembl ids. They are sums of estimates over
transcripts and not whole: rounded here. The scPRINT paper kept 28,466 of the 28,549 genes.
"""
_GITHUB = "data public, without a licence; the table: MIT (benGRN)"


def _declare(
    name: str,
    parent: type[_Expression],
    shape: tuple[int, int],
    files: Mapping[str, Remote] | Remote,
    summary: str,
    citation: str,
    **more: str,
) -> type[Dataset]:
    """Return the data set of one table."""
    cells, genes = shape
    notes = {_Logged: _LOGS, _Rooted: _ROOTS, _Counted: _ATLAS}[parent]
    files = {"table": files} if isinstance(files, Remote) else files
    unseen = "" if files["table"].sha256 else "\nThe file was not at hand when its reader was written.\n"
    body: dict[str, Any] = {
        "organism": "human",
        "licence": _GITHUB,
        **more,
        "__doc__": f"{cells:,} cells x {genes:,} genes: {summary}.\n{notes}{unseen}",
        "__module__": __name__,
        "name": f"mccalla-{name}",
        "description": f"{summary}, {cells:,} cells x {genes:,} genes",
        "files": files,
        "shape": shape,
        "citation": citation,
    }
    made = type(f"McCalla{name.capitalize()}", (parent,), body)
    return cast("type[Dataset]", dataclass(frozen=True, kw_only=True)(made))


_ALL = [
    _declare(
        "liu",
        _Logged,
        (72, 23_153),
        source_file(
            "scRNA/liu_rna_filtered_log2.tsv.gz",
            "889ad4cdcf3aef2e7a1b719080c616abc34ca8c2d99a1cc96984d0f38a3596e3",
            2_508_921,
        ),
        "human morula and blastocyst (scCAT-seq)",
        "Liu et al. 2019, Nat Commun 10:470",
    ),
    _declare(
        "chen",
        _Logged,
        (385, 8_595),
        source_file(
            "scRNA/chen_rna_filtered_log2.tsv.gz",
            "0c383bfb2390ca145e94f984fdd11f1399ade610482469e082836014542aa11e",
            313_568,
        ),
        "human embryonic stem cells H1 (SNARE-seq)",
        "Chen et al. 2019, Nat Biotechnol 37:1452 (GSE126074)",
    ),
    _declare(
        "semrau",
        _Logged,
        (384, 10_243),
        source_file(
            "scRNA/semrau_rna_filtered_log2.tsv.gz",
            "48f1adf7822fdbea0620aa1130cb6d13a7297a5cf91bf6f4629f5f9bb4e506cd",
            649_465,
        ),
        "mouse embryonic stem cells, 96 h of retinoic acid (SCRB-seq)",
        "Semrau et al. 2017, Nat Commun 8:1096 (GSM2098553)",
        organism="mouse",
    ),
    _declare(
        "duren",
        _Logged,
        (464, 15_299),
        source_file("scRNA/duren_rna_filtered_log2.tsv.gz"),
        "mouse embryonic stem cells, 4 days of retinoic acid",
        "Duren et al. 2018, PNAS 115:7723 (GSE115968)",
        organism="mouse",
        blob="27e9ca445df8736fbe66d9c24f277820429c2d3e",
    ),
    _declare(
        "han",
        _Rooted,
        (5_520, 7_465),
        source_file("scRNA/human_han_GSE107552.csv.gz"),
        "human pluripotent stem cells differentiating",
        "Han et al. 2018, Genome Biol 19:47 (GSE107552)",
        blob="6a7b4ae5a93036b9993c7b1ce7e0fe1d6968682b",
    ),
    _declare(
        "tran",
        _Rooted,
        (2_369, 6_618),
        source_file("scRNA/mouse_tran_A2S.csv.gz"),
        "mouse fibroblasts reprogrammed to pluripotency, A2S medium",
        "Tran et al. 2019, Cell Rep 27:1726",
        organism="mouse",
        blob="9fc08576be8813568e8ccfbb85df28c851444a85",
    ),
    _declare(
        "zhao",
        _Rooted,
        (36_199, 8_442),
        _ZIP,
        "mouse fibroblasts reprogrammed to pluripotency by chemicals",
        "Zhao et al. 2018, Cell Stem Cell 23:31 (GSE114952)",
        organism="mouse",
        member="zhao_GSE114952",
        licence="CC BY 4.0 (doi:10.5281/zenodo.5907528)",
    ),
    _declare(
        "yan",
        _Counted,
        (115, 28_549),
        {
            "table": source_file(_MTX),
            "genes": source_file(
                f"{_MTX}_rows", "ba64bc6f33194bea0378d3819e606c86eae3f57acfd53dac83e61c72d984d8d6", 913_568
            ),
            "cells": source_file(
                f"{_MTX}_cols", "1015964211bdb682757f0fc913a7b806fc477c6b42ad75d87d9e85e322ab641b", 1_150
            ),
        },
        "human embryo before implantation, and embryonic stem cells",
        "Yan et al. 2013, Nat Struct Mol Biol 20:1131 (E-GEOD-36552)",
        blob="7b17df7d7256c3bcf4b24ff212a6de86b41ea7db",
        licence="EMBL-EBI terms of use (open)",
    ),
]
DATASETS: Mapping[str, type[Dataset]] = {declared.name: declared for declared in _ALL}


@hookimpl
def bengrn_datasets() -> "Sequence[type[Dataset]]":
    """Offer every table."""
    return _ALL
