"""Draws as a file of their own: too many numbers for a record, and named after what they are."""

import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bengrn.digests import digest_json, digest_matrix
from bengrn.errors import StoreError
from bengrn.stats.drawn import Drawn
from bengrn.stats.interval import scale_named
from bengrn.whole import write_whole

__all__ = ["draws_digest", "read_draws", "write_draws"]

# of the file: raised when it is written in another way
_LAYOUT = 1
_FACTS = ("value", "n_regulators", "n_effective", "direction", "as_ratio")
_BROKEN = (
    OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def draws_digest(draws: Mapping[str, Drawn]) -> str:
    """Return the content address of draws: equal for equal draws, whoever made them."""
    parts = {name: {**_facts(one), "draws": digest_matrix(one.draws_D)} for name, one in draws.items()}
    return digest_json({"layout": _LAYOUT, "draws": parts})


def write_draws(draws: Mapping[str, Drawn], path: Path) -> None:
    """Write draws whole or not at all: an npz with an array of shape (D,) per metric, and facts as JSON.

    Raises
    ------
    StoreError
        If the folder cannot be written or the disk is full.
    """
    about = json.dumps({"layout": _LAYOUT, "draws": {name: _facts(one) for name, one in draws.items()}})
    arrays: dict[str, Any] = {f"draws/{name}": one.draws_D for name, one in draws.items()}

    def write(work: Path) -> None:
        np.savez_compressed(work, about=np.array(about), **arrays)

    write_whole(path, write)


def read_draws(path: Path, digest: str) -> dict[str, Drawn]:
    """Read what `write_draws` wrote.

    Raises
    ------
    StoreError
        If there is no such file, or it is damaged, or holds other draws than those of the digest.
    """
    advice = "Copy it again, or run the method again with --force."
    if not path.is_file():
        raise StoreError(f"{path} is not there: draws belong to records and are copied with them. {advice}")
    try:
        draws = _read(path)
        found = draws_digest(draws)
    except _BROKEN as error:
        raise StoreError(f"{path} is no whole file of draws ({type(error).__name__}). {advice}") from error
    if found != digest:
        raise StoreError(f"{path} holds other draws than its record says. {advice}")
    return draws


def _read(path: Path) -> dict[str, Drawn]:
    """Read the arrays and facts; what is wrong with them shows in their digest."""
    # opened here: numpy leaves the handle of a broken file open
    with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
        about = json.loads(str(file["about"]))
        if about["layout"] > _LAYOUT:
            raise StoreError(
                f"{path} has layout {about['layout']}; this version reads {_LAYOUT}. Update bengrn."
            )
        return {
            name: Drawn(
                draws_D=file[f"draws/{name}"],
                scale=scale_named(facts["scale"], facts["unit"]),
                **{fact: facts[fact] for fact in _FACTS},
            )
            for name, facts in about["draws"].items()
        }


def _facts(one: Drawn) -> dict[str, Any]:
    """Return all of a metric's draws that is no array."""
    return {**{fact: getattr(one, fact) for fact in _FACTS}, "scale": one.scale.name, "unit": one.scale.unit}
