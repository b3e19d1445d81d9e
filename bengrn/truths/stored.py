"""A truth as files in a folder, and a cache of truths that take long to read."""

import contextlib
import dataclasses
import json
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scipy import sparse

from bengrn.values import Truth

__all__ = ["keep_truth", "kept_truth", "read_truth_folder", "truth_matrices", "write_truth_folder"]

_MATRICES = ("edges", "sign", "effect")
_FORMAT = "2"


def truth_matrices(truth: Truth) -> dict[str, sparse.csr_array]:
    """Return the matrices that a truth has: edges, and its signs and effects if known."""
    every = {what: getattr(truth, what) for what in _MATRICES}
    return {what: matrix for what, matrix in every.items() if matrix is not None}


def write_truth_folder(truth: Truth, folder: Path) -> None:
    """Write a truth into an existing folder, as `truth.json` and one npz per matrix."""
    for what, matrix in truth_matrices(truth).items():
        sparse.save_npz(folder / f"{what}.npz", matrix, compressed=False)
    plain: dict[str, Any] = {
        field.name: getattr(truth, field.name)
        for field in dataclasses.fields(truth)
        if field.name not in _MATRICES
    }
    plain["losses"] = dict(truth.losses)
    about = {"format": _FORMAT, "matrices": list(truth_matrices(truth)), **plain}
    (folder / "truth.json").write_text(json.dumps(about))


def read_truth_folder(folder: Path) -> Truth:
    """Read a truth that `write_truth_folder` wrote.

    Raises
    ------
    OSError, ValueError
        If the files are not whole.
    """
    about: Mapping[str, Any] = json.loads((folder / "truth.json").read_text())
    if about["format"] != _FORMAT:
        raise ValueError(f"{folder} holds a truth of format {about['format']}; expected {_FORMAT}")
    matrices = {what: sparse.csr_array(sparse.load_npz(folder / f"{what}.npz")) for what in about["matrices"]}
    plain = {name: value for name, value in about.items() if name not in {"format", "matrices"}}
    return Truth(**plain, **matrices)


def keep_truth(truth: Truth, folder: Path) -> None:
    """Write a truth into a new folder, all or nothing; a cache that cannot be written is no error."""
    with contextlib.suppress(OSError):
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".truth-", dir=folder.parent))
        try:
            write_truth_folder(truth, work)
            work.chmod(0o755)
            if folder.exists() and kept_truth(folder) is None:
                shutil.rmtree(folder)  # broken: it would be read in vain for ever
            work.rename(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def kept_truth(folder: Path) -> Truth | None:
    """Return a truth that `keep_truth` wrote; None if there is none, or it is not whole."""
    try:
        return read_truth_folder(folder)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None
