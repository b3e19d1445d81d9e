"""The only code that downloads: a file is looked for in the mirror, the cache, then the network."""

import gzip
import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from bengrn.archives import unpack
from bengrn.digests import file_digest
from bengrn.errors import FetchError
from bengrn.values import Remote

__all__ = ["CACHE", "MIRROR", "cache_folder", "fetch", "unpack"]

MIRROR = "BENGRN_DATA"
CACHE = "BENGRN_CACHE"

_CHUNK = 1 << 16  # what a cut connection may lose
_TIMEOUTS = (10.0, 60.0)  # seconds to connect, and between two pieces
_ATTEMPTS = 3  # a dropped connection is taken up again where it stopped
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
    # named by content, so that two versions of a file never fight for one place
    target = cache_folder() / remote.sha256[:16] / place.name
    if _is_verified(target, target, remote):
        return target
    with _cache_errors(target, remote):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target):
            if target.is_file() and _verify(target, target, remote) == remote.sha256:
                return target
            target.unlink(missing_ok=True)
            packed = None if mirror is None else mirror / f"{place}.gz"
            if packed is not None and packed.is_file():
                _unpack_gzip(packed, target, remote)
            else:
                _download(remote, target, place, progress=progress)
            _vouch(target, target)
    return target


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
    note = cache_folder() / remote.sha256[:16] / path.name
    try:
        found = _verify(path, note, remote)
    except OSError as error:
        raise FetchError(f"{path} cannot be read ({error.strerror}). Check its permissions.") from error
    if found != remote.sha256:
        raise _wrong(path, found, remote)
    return path


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
        return path.stat().st_size == remote.bytes and json.loads(_note(note).read_text()) == _state(path)
    except (OSError, ValueError):
        return False


def _verify(path: Path, note: Path, remote: Remote) -> str:
    """Return the sha256 of a file, and remember it if it is the declared one."""
    if _is_verified(path, note, remote):
        return remote.sha256
    found = file_digest(path)
    if found == remote.sha256:
        _vouch(path, note)
    return found


def _vouch(path: Path, note: Path) -> None:
    """Remember that a file has been hashed; without a writable cache it is hashed again next time."""
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        fresh = _note(note).with_name(f"{_note(note).name}.{os.getpid()}")
        fresh.write_text(json.dumps(_state(path)))
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
            f"{target.name} ({_megabytes(remote)}) cannot be written into the cache {target.parent}: "
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


def _megabytes(remote: Remote) -> str:
    return f"{remote.bytes / 1e6:.1f} MB"


def _unpack_gzip(packed: Path, target: Path, remote: Remote) -> None:
    """Unpack a mirror's `NAME.gz` into the cache; all or nothing."""
    fresh = target.with_name(target.name + ".unpacking")
    state = hashlib.sha256()
    try:
        with gzip.open(packed, "rb") as source, fresh.open("wb") as sink:
            while piece := source.read(_CHUNK):
                state.update(piece)
                sink.write(piece)
        if state.hexdigest() != remote.sha256:
            raise _wrong(packed, state.hexdigest(), remote)
        fresh.replace(target)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FetchError(
            f"{packed} is truncated or no gzip file ({error}); expected {remote.bytes:,} plain bytes with "
            f"sha256 {remote.sha256[:12]}…. Delete or replace it."
        ) from error
    finally:
        fresh.unlink(missing_ok=True)


def _download(remote: Remote, target: Path, place: PurePosixPath, *, progress: bool) -> None:
    """Download a file through pooch, which checks the sha256 and renames it into place."""
    import pooch

    part = target.with_name(target.name + ".part")
    advice = f"Download it elsewhere and put it at ${MIRROR}/{place}."
    if shutil.disk_usage(target.parent).free < remote.bytes:
        raise OSError(0, "too little free space")
    pooch.get_logger().setLevel("WARNING")  # it would announce every file on stderr

    def downloader(url: str, output_file: str, _pooch: Any) -> None:
        _resume(url, part, remote, advice, progress=progress)
        part.replace(output_file)

    for last in (not part.exists(), True):  # a stale part may spoil the first attempt
        try:
            pooch.retrieve(
                remote.url, f"sha256:{remote.sha256}", target.name, target.parent, downloader=downloader
            )
        except ValueError as error:  # pooch's word for another checksum
            if last:
                raise FetchError(
                    f"{remote.url} does not have the sha256 {remote.sha256[:12]}… that was declared: the "
                    f"file has changed there. Update the plug-in, or put the old one at ${MIRROR}/{place}."
                ) from error
        else:
            return


def _resume(url: str, part: Path, remote: Remote, advice: str, *, progress: bool) -> None:
    """Bring `part` to its full size, going on where an earlier attempt stopped."""
    import requests

    failure = "the connection was cut"
    for _ in range(_ATTEMPTS):
        have = part.stat().st_size if part.exists() else 0
        if have == remote.bytes:
            return
        if have > remote.bytes:
            part.unlink()
            have = 0
        # without this, a server may compress, and a range would count compressed bytes
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        try:
            with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUTS) as answer:
                if answer.status_code == requests.codes.requested_range_not_satisfiable:
                    part.unlink()
                    continue
                if answer.status_code not in (requests.codes.ok, requests.codes.partial_content):
                    raise FetchError(
                        f"{url} ({_megabytes(remote)}) cannot be downloaded: the server answers "
                        f"{answer.status_code} {answer.reason}. {advice}"
                    )
                goes_on = answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
                with part.open("ab" if have and goes_on else "wb") as sink:
                    _copy(answer.iter_content(_CHUNK), sink, remote, progress=progress)
        except (requests.RequestException, ValueError) as error:  # ValueError: an url that is none
            failure = type(error).__name__
            if not part.exists() or part.stat().st_size <= have:
                break  # nobody answers: no use in asking again
    if not part.exists() or part.stat().st_size != remote.bytes:
        raise FetchError(
            f"{url} ({_megabytes(remote)}) is not at hand and cannot be downloaded ({failure}). {advice}"
        )


def _copy(pieces: Iterator[bytes], sink: IO[bytes], remote: Remote, *, progress: bool) -> None:
    """Write the pieces, with a progress bar on stderr if wanted."""
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    name = _place(remote).name
    columns = (TextColumn("{task.description}"), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not progress, transient=True) as bar:
        task = bar.add_task(name, total=remote.bytes, completed=sink.tell())
        for piece in pieces:
            sink.write(piece)
            bar.update(task, advance=len(piece))
