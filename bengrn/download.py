"""One file over the network, taken up again where it stopped. Only `fetch` asks for this."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from bengrn.errors import FetchError
from bengrn.values import Remote

__all__ = ["download", "size_text"]

_CHUNK = 1 << 16  # what a cut connection may lose
_TIMEOUTS = (10.0, 60.0)  # seconds to connect, and between two pieces
_ATTEMPTS = 3  # a dropped connection is taken up again where it stopped


def size_text(remote: Remote) -> str:
    """Return the size of a file, in words."""
    if not remote.bytes:
        return "size unknown"
    about = "" if remote.sha256 else "about "
    if remote.bytes >= 1e9:
        return f"{about}{remote.bytes / 1e9:.1f} GB"
    return f"{about}{remote.bytes / 1e6:.1f} MB"


def download(remote: Remote, target: Path, advice: str, *, progress: bool) -> None:
    """Download a file into place through pooch, which checks the sha256 where it is known.

    Parameters
    ----------
    remote, target
        What, and where to.
    advice
        What to do where this fails: the end of the error's line.
    progress
        Whether to draw a progress bar on stderr.

    Raises
    ------
    FetchError
        If the server does not give the file, or gives another one.
    """
    import pooch

    part = target.with_name(target.name + ".part")
    if not remote.sha256:
        part.unlink(missing_ok=True)  # nothing would tell whether it belongs to what is there today
    if shutil.disk_usage(target.parent).free < remote.bytes:
        raise OSError(0, "too little free space")
    pooch.get_logger().setLevel("WARNING")  # it would announce every file on stderr
    known = f"sha256:{remote.sha256}" if remote.sha256 else None

    def downloader(url: str, output_file: str, _pooch: Any) -> None:
        _resume(url, part, remote, advice, progress=progress)
        part.replace(output_file)

    for last in (not part.exists(), True):  # a stale part may spoil the first attempt
        try:
            pooch.retrieve(remote.url, known, target.name, target.parent, downloader=downloader)
        except ValueError as error:  # pooch's word for another checksum
            if last:
                raise FetchError(
                    f"{remote.url} does not have the sha256 {remote.sha256[:12]}… that was declared: the "
                    f"file has changed there. Update the plug-in, or get the old one. {advice}"
                ) from error
        else:
            return


def _resume(url: str, part: Path, remote: Remote, advice: str, *, progress: bool) -> None:
    """Bring `part` to its full size, going on where an earlier attempt stopped."""
    import requests

    failure, tag = "the connection was cut", ""
    total = remote.bytes if remote.sha256 else 0  # 0: the server will say
    for _ in range(_ATTEMPTS):
        have = part.stat().st_size if part.exists() else 0
        if total and have == total:
            return
        if total and have > total:
            part.unlink()
            have = 0
        # without this, a server may compress, and a range would count compressed bytes
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        headers |= {"If-Range": tag} if have and tag else {}
        try:
            with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUTS) as answer:
                if answer.status_code == requests.codes.requested_range_not_satisfiable:
                    part.unlink()
                    continue
                if answer.status_code not in (requests.codes.ok, requests.codes.partial_content):
                    raise FetchError(
                        f"{url} ({size_text(remote)}) cannot be downloaded: the server answers "
                        f"{answer.status_code} {answer.reason}. {advice}"
                    )
                goes_on = answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
                kept = have if goes_on else 0
                tag = answer.headers.get("ETag", "")
                total = total or kept + int(answer.headers.get("Content-Length", 0))
                with part.open("ab" if kept else "wb") as sink:
                    _copy(answer.iter_content(_CHUNK), sink, total, progress=progress)
            if not total:  # neither we nor the server knew the size, and nothing was cut
                return
        except (requests.RequestException, ValueError) as error:  # ValueError: an url that is none
            failure = type(error).__name__
            if not part.exists() or part.stat().st_size <= have:
                break  # nobody answers: no use in asking again
    if not part.exists() or part.stat().st_size != total:
        raise FetchError(
            f"{url} ({size_text(remote)}) is not at hand and cannot be downloaded ({failure}). {advice}"
        )


def _copy(pieces: Iterator[bytes], sink: IO[bytes], total: int, *, progress: bool) -> None:
    """Write the pieces, with a progress bar on stderr if wanted."""
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    name = Path(sink.name).stem
    columns = (TextColumn("{task.description}"), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not progress, transient=True) as bar:
        task = bar.add_task(name, total=total or None, completed=sink.tell())
        for piece in pieces:
            sink.write(piece)
            bar.update(task, advance=len(piece))
