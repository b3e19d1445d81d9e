"""Truths and data out of their sources: files fetched, read, checked and, where that is slow, kept."""

import dataclasses
import lzma
import time
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bengrn.digests import digest_json, file_digest
from bengrn.errors import DataError, TruthError
from bengrn.fetch import cache_folder, fetch
from bengrn.resolve import Chosen
from bengrn.truth_table import read_truth
from bengrn.truths.stored import keep_truth, kept_truth
from bengrn.values import Remote, Truth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["check_organisms", "load_data", "load_truth"]

# what reading a broken file ends in
_BROKEN = (ValueError, OSError, EOFError, KeyError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
# a truth that was quicker to read than this is read again
_SLOW_SECONDS = 1.0


def load_truth(chosen: Chosen, *, progress: bool = False) -> Truth:
    """Load a truth from its source's files or from a table.

    What takes longer than a second is kept in the cache, under a key of the source's code and settings
    and of its files' content, and is read from there the next time.

    Raises
    ------
    FetchError
        If a file is missing or not what was declared.
    TruthError, DataError
        If it cannot be read.
    """
    if chosen.declared is None:
        return read_truth(Path(chosen.asked.reference))
    paths = _fetch_all(chosen, progress=progress)
    unknown = _digests_not_declared(chosen.instance.files, paths)
    key = digest_json({"truth": chosen.identity(), "files": unknown})
    folder = cache_folder() / "truths" / key[:32]
    kept = kept_truth(folder)
    if kept is not None:
        return kept
    began = time.monotonic()
    truth: Truth = _load(chosen, paths)
    if unknown:
        found = ", ".join(f"{name} sha256 {digest[:12]}" for name, digest in unknown.items())
        truth = dataclasses.replace(truth, version="; ".join(filter(None, [truth.version, found])))
    if time.monotonic() - began > _SLOW_SECONDS:
        keep_truth(truth, folder)
    return truth


def load_data(chosen: Chosen, *, progress: bool = False) -> "AnnData":
    """Load expression from a data set's files or from an h5ad.

    Raises
    ------
    FetchError
        If a file is missing or not what was declared.
    DataError
        If it cannot be read.
    """
    if chosen.declared is not None:
        adata = _load(chosen, _fetch_all(chosen, progress=progress))
        adata.uns["values"] = getattr(chosen.instance, "values", "counts")
        return adata
    import anndata

    path = Path(chosen.asked.reference)
    if path.suffix != ".h5ad":
        raise DataError(f"{path.name} is not an .h5ad file. Give single-cell counts as h5ad.")
    try:
        with warnings.catch_warnings():
            # repeated names are refused later, with a line that says what to do
            warnings.filterwarnings("ignore", message=".*names are not unique")
            return anndata.read_h5ad(path)
    except Exception as error:
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path.name} cannot be read as h5ad ({line}). Is it whole?") from error


def check_organisms(truth: Chosen, loaded: Truth, data: Chosen) -> None:
    """Refuse a truth and a data set of different species.

    Raises
    ------
    DataError
        If both say what they are, and it differs.
    """
    organism = getattr(data.instance, "organism", loaded.organism)
    if loaded.organism and organism != loaded.organism:
        raise DataError(
            f"The truth {truth.name!r} is of the organism {loaded.organism!r}, the data {data.name!r} of "
            f"{organism!r}; expected one organism. Name other data with --data, or another truth."
        )


def _fetch_all(chosen: Chosen, *, progress: bool) -> dict[str, Path]:
    return {name: fetch(remote, progress=progress) for name, remote in chosen.instance.files.items()}


def _digests_not_declared(files: Mapping[str, Remote], paths: Mapping[str, Path]) -> dict[str, str]:
    """Return the digests of the files that came without one."""
    return {name: file_digest(paths[name]) for name, remote in files.items() if not remote.sha256}


def _load(chosen: Chosen, paths: Mapping[str, Path]) -> Any:
    """Load a source from the local copies of its files."""
    try:
        return chosen.instance.load(paths)
    except ImportError as error:
        extra = getattr(chosen.instance, "extra", "")
        advice = f"pip install 'bengrn[{extra}]'" if extra else f"pip install {error.name}"
        raise DataError(f"{chosen.name} needs {error.name}, which is not installed: {advice}.") from error
    except _BROKEN as error:
        kind = TruthError if chosen.declared and chosen.declared.kind == "truth" else DataError
        said = " ".join(str(error).split()) or type(error).__name__
        if not isinstance(error, ValueError):  # not a sentence of the plug-in's own
            said += f" ({type(error).__name__}); a file may be cut short or of another version"
        raise kind(f"{chosen.name} cannot be loaded: {said}") from error
