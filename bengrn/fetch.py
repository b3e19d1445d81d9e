"""The only code that downloads: a file is looked for in the mirror, the cache, then the network."""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from bengrn.archives import unpack
from bengrn.digests import file_digest
from bengrn.download import download, size_text
from bengrn.errors import FetchError
from bengrn.values import Remote

__all__ = ["CACHE", "MIRROR", "cache_folder", "content_digest", "fetch", "is_at_hand", "unpack"]

MIRROR = "BENGRN_DATA"
CACHE = "BENGRN_CACHE"

_CHUNK = 1 << 16
_LOCK_SECONDS = 3600.0


def cache_folder() -> Path:
    """Return where fetched files are kept: `$BENGRN_CACHE`, else the user's cache folder."""
    chosen = os.environ.get(CACHE)
    if chosen:
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("bengrn"))


def fetch(remote: Remote, *, progress: bool = False) -> Path:
    """Return the local path of a file whose plain bytes have the declared sha256.

    Looked for in the mirror `$BENGRN_DATA` (as is, or as `NAME.gz`, which is unpacked into the
    cache), in the cache, then on the network, where an interrupted download is continued. A file is
    hashed once; afterwards its size and time of change vouch for it. Several processes may ask at
    once: one fetches, the others wait.

    Parameters
    ----------
    remote
        What to fetch.
    progress
        Whether to draw a progress bar on stderr during a download.

    Raises
    ------
    FetchError
        If a file is missing, broken or not what was declared, or the cache cannot be written.
    """
    place = _place(remote)
    mirror = _mirror_folder()
    if mirror is not None and (mirror / place).is_file():
        return _from_mirror(mirror / place, remote)
    target = _cached(remote, place.name)
    packed = _packed(mirror, place)
    # a digest vouches for what was unpacked; without one, the packed file must be the same as then
    origin = packed if packed is not None and not remote.sha256 else target
    if target.is_file() and _is_verified(origin, target, remote):
        return target
    with _cache_errors(target, remote):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target):
            if target.is_file() and _is_verified(origin, target, remote):
                return target
            if target.is_file() and origin is target and _is_declared(target, target, remote):
                return target
            target.unlink(missing_ok=True)
            if packed is not None:
                _unpack_gzip(packed, target, remote)
            elif remote.by_hand:
                raise FetchError(
                    f"{place.name} ({size_text(remote)}) cannot be downloaded by a program: {remote.by_hand} "
                    f"({remote.url}). Put it at ${MIRROR}/{place}."
                )
            else:
                advice = f"Download it elsewhere and put it at ${MIRROR}/{place}."
                download(remote, target, advice, progress=progress)
            _vouch(origin, target, file_digest(target))
    return target


def _packed(mirror: Path | None, place: PurePosixPath) -> Path | None:
    """Return the mirror's `NAME.gz`, if there is one."""
    packed = None if mirror is None else mirror / f"{place}.gz"
    return packed if packed is not None and packed.is_file() else None


def content_digest(remote: Remote) -> str:
    """Return the sha256 of a file: as declared, else of the copy at hand; "absent" without one."""
    if remote.sha256:
        return remote.sha256
    if not is_at_hand(remote):
        return "absent"
    path = fetch(remote)  # leaves a note of the digest
    try:
        return str(json.loads(_note(_cached(remote, path.name)).read_text())["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return file_digest(path)


def is_at_hand(remote: Remote) -> bool:
    """Whether a file is in the mirror or in the cache, so that fetching it needs no network."""
    place = _place(remote)
    mirror = _mirror_folder()
    near = [_cached(remote, place.name), *([mirror / place, mirror / f"{place}.gz"] if mirror else [])]
    return any(path.is_file() for path in near)


def _cached(remote: Remote, name: str) -> Path:
    """Return a file's place in the cache: by content, so that two versions never fight for it.

    Where the content is not known, by its address.
    """
    key = remote.sha256 or "url-" + hashlib.sha256(remote.url.encode()).hexdigest()
    return cache_folder() / key[:16] / name


def _place(remote: Remote) -> PurePosixPath:
    """Return where a file lies inside a mirror; refuse a place outside."""
    place = PurePosixPath(remote.path or remote.url.split("?")[0].rstrip("/").rsplit("/", 1)[-1])
    if place.is_absolute() or ".." in place.parts or not place.name:
        raise FetchError(f"A plug-in declares the file {str(place)!r}; expected a relative path.")
    return place


def _mirror_folder() -> Path | None:
    """Return the mirror folder, if one is set; refuse one that does not exist."""
    chosen = os.environ.get(MIRROR)
    if not chosen:
        return None
    folder = Path(chosen).expanduser()
    if not folder.is_dir():
        raise FetchError(f"${MIRROR} is {chosen}, which is not a folder. Correct or unset it.")
    return folder


def _from_mirror(path: Path, remote: Remote) -> Path:
    """Return a plain file of the mirror, checked."""
    try:
        if _is_declared(path, _cached(remote, path.name), remote):
            return path
    except OSError as error:
        raise FetchError(f"{path} cannot be read ({error.strerror}). Check its permissions.") from error
    raise _wrong(path, file_digest(path), remote)


def _wrong(path: Path, found: str, remote: Remote) -> FetchError:
    """Return the error of a mirror file with other bytes than declared."""
    return FetchError(
        f"{path} has sha256 {found[:12]}…, expected {remote.sha256[:12]}… "
        f"({remote.bytes:,} bytes). It is broken or another version: delete or replace it."
    )


def _note(path: Path) -> Path:
    """Return the sidecar that says which file has been hashed."""
    return path.with_name(path.name + ".verified")


def _state(path: Path) -> list[Any]:
    """Return what changes when a file does, short of reading it."""
    about = path.stat()
    return [str(path.resolve()), about.st_size, about.st_mtime_ns]


def _is_verified(path: Path, note: Path, remote: Remote) -> bool:
    """Whether the file was hashed before and has not changed since."""
    try:
        right_size = not remote.sha256 or path.stat().st_size == remote.bytes
        return right_size and json.loads(_note(note).read_text())["state"] == _state(path)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _is_declared(path: Path, note: Path, remote: Remote) -> bool:
    """Whether a file is the declared one; any file is where no digest is. Remembers it if so."""
    if _is_verified(path, note, remote):
        return True
    found = file_digest(path)
    same = not remote.sha256 or found == remote.sha256
    if same:
        _vouch(path, note, found)
    return same


def _vouch(path: Path, note: Path, sha256: str) -> None:
    """Remember that a file has been hashed; without a writable cache it is hashed again next time."""
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        fresh = _note(note).with_name(f"{_note(note).name}.{os.getpid()}")
        fresh.write_text(json.dumps({"state": _state(path), "sha256": sha256}))
        fresh.replace(_note(note))
    except OSError:
        return


@contextmanager
def _cache_errors(target: Path, remote: Remote) -> Iterator[None]:
    """Turn a full or unwritable cache into one line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise FetchError(
            f"{target.name} ({size_text(remote)}) cannot be written into the cache {target.parent}: "
            f"{reason}. Free space, or set ${CACHE} to a folder that can be written."
        ) from error


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Hold the lock of one file of the cache."""
    import filelock

    lock = target.with_name(target.name + ".lock")
    try:
        with filelock.FileLock(lock, timeout=_LOCK_SECONDS):
            yield
    except filelock.Timeout as error:
        raise FetchError(
            f"Another process has held {lock} for an hour. End it, or delete the lock."
        ) from error


def _unpack_gzip(packed: Path, target: Path, remote: Remote) -> None:
    """Unpack a mirror's `NAME.gz` into the cache; all or nothing."""
    fresh = target.with_name(target.name + ".unpacking")
    state = hashlib.sha256()
    try:
        with gzip.open(packed, "rb") as source, fresh.open("wb") as sink:
            while piece := source.read(_CHUNK):
                state.update(piece)
                sink.write(piece)
        if remote.sha256 and state.hexdigest() != remote.sha256:
            raise _wrong(packed, state.hexdigest(), remote)
        fresh.replace(target)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FetchError(
            f"{packed} is truncated or no gzip file ({error}); expected {remote.path or remote.url} "
            f"({size_text(remote)}), packed. Delete or replace it."
        ) from error
    finally:
        fresh.unlink(missing_ok=True)
