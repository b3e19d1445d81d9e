"""Unpack zip and tar archives, and nothing outside the folder that was named."""

import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from bengrn.errors import FetchError

__all__ = ["unpack"]

_CHUNK = 1 << 20


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a zip or tar archive into a folder; all or nothing. An existing folder is returned as is.

    Raises
    ------
    FetchError
        If the archive is broken, or a member is a link, a device, or would land outside the folder.
    """
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for name, source in _members(archive):
                path = work / _inside(name, archive)
                path.parent.mkdir(parents=True, exist_ok=True)
                with source, path.open("wb") as sink:
                    shutil.copyfileobj(source, sink, _CHUNK)
            work.chmod(0o755)
            work.rename(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise FetchError(f"{archive} is a broken archive ({error}). Delete or replace it.") from error
    except OSError as error:
        raise FetchError(f"{archive} cannot be unpacked into {folder}: {error}.") from error
    return folder


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the name and the bytes of each file of an archive."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                if not info.is_dir():
                    yield info.filename, packed.open(info)
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isdir():
                _inside(member.name, archive)
                continue
            source = tar.extractfile(member) if member.isreg() else None
            if source is None:
                raise FetchError(f"{archive} holds a link or device, {member.name!r}; it is not unpacked.")
            yield member.name, source


def _inside(name: str, archive: Path) -> PurePosixPath:
    """Return a member's relative path; refuse one that leads outside."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
        raise FetchError(f"{archive} would write outside its folder, to {name!r}; it is not unpacked.")
    return path
