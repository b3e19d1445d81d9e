"""Where the files of DREAM 4 and 5 lie, and how their archives and tables are read.

The challenges' own archives are behind a login (https://www.synapse.org/Synapse:syn3049712 and syn2787209);
the addresses are those of a public repository that holds them unchanged.
"""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from bengrn.plugin import Remote

__all__ = ["dream_file", "member", "split_rows"]

_COPY = (
    "https://raw.githubusercontent.com/FinAminToastCrunch/OptimalBrainDissection/"
    "0572f3b559e53c7a5051d679a17167ee4959003e/"
)


def dream_file(upstream: str, sha256: str, size: int, *, folder: str) -> Remote:
    """Return a file of the copy, which lies in `folder` of a mirror under its own name."""
    return Remote(_COPY + quote(upstream), sha256, size, f"{folder}/{Path(upstream).name}")


def member(archive: Path, name: str) -> str:
    """Return the text of a file in a zip archive.

    Raises
    ------
    ValueError
        If the archive is broken or has no such file.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            return opened.read(name).decode()
    except KeyError as error:
        raise ValueError(f"{archive.name} holds no {name!r}; is it another archive?") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(f"{archive.name} is a broken zip archive ({error}); delete or replace it") from error


def split_rows(lines: Sequence[str], columns: int, where: str) -> list[list[str]]:
    """Return the fields of lines with tabs, quotes removed; empty lines are left out.

    Raises
    ------
    ValueError
        If a line has another number of fields.
    """
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = [field.strip().strip('"') for field in line.split("\t")]
        if len(row) != columns or not all(row):
            raise ValueError(
                f"{where}, line {number}: {len(row)} fields ({row.count('')} empty), expected {columns}. "
                "Is the file cut short?"
            )
        rows.append(row)
    return rows
