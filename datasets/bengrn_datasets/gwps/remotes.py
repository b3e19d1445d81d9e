"""Where the files of Replogle et al. 2022 lie, and which of them the settings of a source need."""

from collections.abc import Mapping
from typing import Any

from bengrn.plugin import Remote

__all__ = ["BULK", "CITATION", "ESSENTIAL", "GENOME_WIDE", "P_VALUES", "files_by_settings"]

CITATION = "Replogle et al. 2022, Cell 185:2559 (doi:10.1016/j.cell.2022.05.013)"

# digests as two or more independent users of the files report them beside the publisher's md5
P_VALUES = Remote(
    url="https://plus.figshare.com/ndownloader/files/38349308",
    # not seen here; its publisher gives the md5 abb0310e87d65c442e663e3d6364e2ca
    sha256="",
    bytes=488_720_141,
    path="gwps/anderson-darling p-values, BH-corrected.csv.gz",
)
BULK = Remote(
    url="https://ndownloader.figshare.com/files/35773217",
    sha256="37e48c474d8b5dead4151f96ea8f5fe7bbe6beb10eeea48685b740c3f74490a2",
    bytes=374_587_922,
    path="gwps/K562_gwps_normalized_bulk_01.h5ad",
)
ESSENTIAL = Remote(
    url="https://plus.figshare.com/ndownloader/files/35773219",
    sha256="3e5a63a9e892b21029bb55fca4e12517a49aad7af6c14133ca63d12cf68c6cee",
    bytes=10_661_879_995,
    path="gwps/K562_essential_raw_singlecell_01.h5ad",
)
GENOME_WIDE = Remote(
    url="https://plus.figshare.com/ndownloader/files/35775507",
    sha256="b697ef7fedcec2972ec334608f86f2a29cb25e70c81b6725195f4cda60a9de2c",
    bytes=65_830_941_948,
    path="gwps/K562_gwps_raw_singlecell_01.h5ad",
)


class _Files:
    """The files that an instance needs under its settings; of the class, under the default settings."""

    def __init__(self, files: Mapping[str, Remote]) -> None:
        self._files = files

    def __get__(self, instance: Any, owner: type) -> Mapping[str, Remote]:
        chosen = owner() if instance is None else instance
        return {name: self._files[name] for name in chosen.needed_files()}


def files_by_settings(**files: Remote) -> Any:
    """Return a class variable `files` out of those that the instance's `needed_files()` names."""
    return _Files(files)
