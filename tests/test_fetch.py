import gzip
import hashlib
import io
import os
import tarfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bengrn.errors import FetchError
from bengrn.fetch import content_digest, fetch, unpack
from bengrn.values import Remote

CONTENT = bytes(range(256)) * 2000
CHUNK = 1 << 16


@pytest.fixture(autouse=True)
def _folders(tmp_path, monkeypatch):
    (tmp_path / "mirror").mkdir()
    monkeypatch.setenv("BENGRN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("BENGRN_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("BENGRN_DATA", str(tmp_path / "mirror"))
    return tmp_path / "mirror"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.asked.append(asked)
        if self.path != "/data.bin":
            self.send_error(404)
            return
        start = int(asked[6:-1]) if asked and server.ranges else 0
        body = server.content[start:]
        self.send_response(206 if start else 200)
        if start:
            size = len(server.content)
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut = server.cuts.pop(0) if server.cuts else len(body)
        self.wfile.write(body[:cut])

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as one:
        one.content, one.asked, one.cuts, one.ranges = CONTENT, [], [], True
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def remote_at(server, name="data.bin", content=CONTENT):
    url = f"http://127.0.0.1:{server.server_port}/{name}" if server else f"http://127.0.0.1:9/{name}"
    return Remote(url, hashlib.sha256(content).hexdigest(), len(content), f"some/{name}")


def unknown_at(server):
    return Remote(remote_at(server).url, "", 0)


def cached(tmp_path, remote, suffix=""):
    return tmp_path / "cache" / remote.sha256[:16] / f"data.bin{suffix}"


def left_behind(tmp_path):
    return {one.suffix for one in (tmp_path / "cache").rglob("*") if one.is_file()} - {".lock"}


def test_a_file_is_downloaded_once(server):
    remote = remote_at(server)
    assert fetch(remote).read_bytes() == CONTENT
    fetch(remote)
    assert server.asked == [None]


def test_many_at_once_download_once(server):
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(fetch, [remote_at(server)] * 4))
    assert len(set(paths)) == len(server.asked) == 1


def test_an_interrupted_download_goes_on_where_it_stopped(server, tmp_path):
    remote = remote_at(server)
    part = cached(tmp_path, remote, ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT[:1000])
    assert fetch(remote).read_bytes() == CONTENT
    assert server.asked == ["bytes=1000-"]


def test_a_connection_that_breaks_off_is_taken_up_again(server):
    server.cuts = [2 * CHUNK + 5]
    assert fetch(remote_at(server)).read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={2 * CHUNK}-"]


def test_a_server_without_ranges_starts_anew(server, tmp_path):
    server.ranges = False
    remote = remote_at(server)
    part = cached(tmp_path, remote, ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 1000)
    assert fetch(remote).read_bytes() == CONTENT


def test_a_stale_part_is_thrown_away(server, tmp_path):
    remote = remote_at(server)
    part = cached(tmp_path, remote, ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 1000)
    assert fetch(remote).read_bytes() == CONTENT
    assert server.asked == ["bytes=1000-", None]


def test_a_download_with_another_checksum_is_refused_and_not_kept(server, tmp_path):
    remote = remote_at(server)
    server.content = b"y" + CONTENT[1:]
    with pytest.raises(FetchError, match=r"does not have the sha256 .*BENGRN_DATA/some/data.bin"):
        fetch(remote)
    assert left_behind(tmp_path) == set()


def test_a_truncated_download_is_refused_and_can_go_on_later(server, tmp_path):
    remote = remote_at(server)
    server.cuts = [CHUNK + 5] * 3
    with pytest.raises(FetchError, match="cannot be downloaded"):
        fetch(remote)
    assert not cached(tmp_path, remote).exists()
    assert cached(tmp_path, remote, ".part").stat().st_size == 3 * CHUNK


def test_a_missing_page_is_named_with_its_status(server):
    with pytest.raises(FetchError, match=r"404 Not Found. Download it elsewhere .*some/none.bin"):
        fetch(remote_at(server, "none.bin"))


def test_offline_says_what_to_download_and_where_to_put_it():
    message = r"http://127.0.0.1:9/data.bin \(0.5 MB\) .*put it at \$BENGRN_DATA/some/data.bin"
    with pytest.raises(FetchError, match=message) as caught:
        fetch(remote_at(None))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense/data.bin", "https://[bad/data.bin"])
def test_an_url_that_is_none_is_one_clear_error(url):
    with pytest.raises(FetchError, match=r"data\.bin"):
        fetch(Remote(url, "0" * 64, 5, "some/data.bin"))


def test_the_mirror_is_asked_before_the_network(mirror):
    (mirror / "some").mkdir()
    (mirror / "some/data.bin").write_bytes(CONTENT)
    assert fetch(remote_at(None)) == mirror / "some/data.bin"


def test_a_packed_mirror_file_is_unpacked_into_the_cache(mirror, tmp_path):
    (mirror / "some").mkdir()
    (mirror / "some/data.bin.gz").write_bytes(gzip.compress(CONTENT, mtime=0))
    path = fetch(remote_at(None))
    assert path.read_bytes() == CONTENT
    assert path.is_relative_to(tmp_path / "cache")


def test_a_mirror_file_with_another_checksum_is_refused(mirror):
    (mirror / "some").mkdir()
    (mirror / "some/data.bin").write_bytes(b"other")
    found = hashlib.sha256(b"other").hexdigest()[:12]
    with pytest.raises(FetchError, match=rf"data.bin has sha256 {found}…, expected .*delete or replace"):
        fetch(remote_at(None))


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (gzip.compress(CONTENT, mtime=0)[:-500], "truncated"),
        (b"no gzip at all", "truncated or no gzip"),
        (gzip.compress(b"other", mtime=0), "has sha256"),
    ],
)
def test_a_broken_packed_mirror_file_is_refused_and_leaves_nothing(mirror, tmp_path, packed, message):
    (mirror / "some").mkdir()
    (mirror / "some/data.bin.gz").write_bytes(packed)
    with pytest.raises(FetchError, match=f"data.bin.gz .*{message}"):
        fetch(remote_at(None))
    assert left_behind(tmp_path) == set()


def test_a_mirror_that_is_no_folder_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("BENGRN_DATA", str(tmp_path / "typo"))
    with pytest.raises(FetchError, match="not a folder"):
        fetch(remote_at(None))


def test_a_verified_file_is_not_hashed_again(mirror, monkeypatch):
    (mirror / "some").mkdir()
    (mirror / "some/data.bin").write_bytes(CONTENT)
    fetch(remote_at(None))
    monkeypatch.setattr("bengrn.fetch.file_digest", lambda path: pytest.fail("hashed again"))
    fetch(remote_at(None))


def test_a_verified_file_that_changed_is_refused(mirror):
    (mirror / "some").mkdir()
    (mirror / "some/data.bin").write_bytes(CONTENT)
    fetch(remote_at(None))
    (mirror / "some/data.bin").write_bytes(b"y" + CONTENT[1:])
    with pytest.raises(FetchError, match="has sha256"):
        fetch(remote_at(None))


def test_a_spoilt_file_in_the_cache_is_fetched_anew(server):
    path = fetch(remote_at(server))
    path.write_bytes(b"spoilt")
    assert fetch(remote_at(server)).read_bytes() == CONTENT


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_cache_is_one_clear_error(server, tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir(mode=0o500)
    monkeypatch.setenv("BENGRN_CACHE", str(tmp_path / "locked"))
    with pytest.raises(FetchError, match=r"cannot be written into the cache .*BENGRN_CACHE"):
        fetch(remote_at(server))


def test_a_cache_below_a_file_is_one_clear_error(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BENGRN_CACHE", str(tmp_path / "file"))
    with pytest.raises(FetchError, match="cannot be written into the cache"):
        fetch(remote_at(server))


def test_a_full_disk_is_one_clear_error(server, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: _Full())
    with pytest.raises(FetchError, match="too little free space"):
        fetch(remote_at(server))


class _Full:
    free = 0


@pytest.mark.parametrize("path", ["../data.bin", "/etc/passwd"])
def test_a_declared_path_outside_the_mirror_is_refused(mirror, path):
    with pytest.raises(FetchError, match="relative path"):
        fetch(Remote("http://127.0.0.1:9/x", "0" * 64, 5, path))


def zip_of(path, names):
    with zipfile.ZipFile(path, "w") as packed:
        for name in names:
            packed.writestr(name, b"content")


def tar_of(path, names, kind=tarfile.REGTYPE):
    with tarfile.open(path, "w:gz") as packed:
        for name in names:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            member.size = 7 if kind == tarfile.REGTYPE else 0
            packed.addfile(member, io.BytesIO(b"content"))


@pytest.mark.parametrize("pack", [zip_of, tar_of])
def test_an_archive_is_unpacked(tmp_path, pack):
    pack(tmp_path / "archive", ["a.txt", "deep/b.txt"])
    folder = unpack(tmp_path / "archive", tmp_path / "out")
    assert (folder / "deep/b.txt").read_bytes() == b"content"


@pytest.mark.parametrize("pack", [zip_of, tar_of])
@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "a/../../evil.txt", "C:/evil.txt"])
def test_an_archive_that_leads_outside_is_refused_and_leaves_nothing(tmp_path, pack, name):
    pack(tmp_path / "archive", ["good.txt", name])
    with pytest.raises(FetchError, match="outside its folder"):
        unpack(tmp_path / "archive", tmp_path / "inner/out")
    assert list((tmp_path / "inner").iterdir()) == []
    assert not (tmp_path / "evil.txt").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_an_archive_are_refused(tmp_path, kind):
    tar_of(tmp_path / "archive", ["link"], kind)
    with pytest.raises(FetchError, match="link or device"):
        unpack(tmp_path / "archive", tmp_path / "out")


def test_a_truncated_archive_is_refused(tmp_path):
    tar_of(tmp_path / "whole", ["a.txt"])
    (tmp_path / "archive").write_bytes((tmp_path / "whole").read_bytes()[:-20])
    with pytest.raises(FetchError, match="broken archive"):
        unpack(tmp_path / "archive", tmp_path / "out")


def test_a_file_of_unknown_digest_is_taken_as_it_comes(server):
    path = fetch(unknown_at(server))
    assert path.read_bytes() == CONTENT


def test_a_file_of_unknown_digest_is_taken_from_the_mirror(mirror):
    (mirror / "data.bin").write_bytes(b"anything")
    assert fetch(Remote("http://127.0.0.1:9/data.bin", "", 0)).read_bytes() == b"anything"


def test_a_file_of_unknown_digest_is_downloaded_once(server):
    remote = unknown_at(server)
    fetch(remote)
    fetch(remote)
    assert len(server.asked) == 1


def test_a_cut_download_of_unknown_digest_goes_on_where_it_stopped(server):
    server.cuts = [CHUNK]
    assert fetch(unknown_at(server)).read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={CHUNK}-"]


def test_without_a_digest_another_packed_file_is_noticed(mirror):
    remote = Remote("http://127.0.0.1:9/data.bin", "", 0, "some/data.bin")
    (mirror / "some").mkdir()
    for content in (b"first", b"second and longer"):
        (mirror / "some/data.bin.gz").write_bytes(gzip.compress(content))
        assert fetch(remote).read_bytes() == content
        assert content_digest(remote) == hashlib.sha256(content).hexdigest()


def test_without_a_digest_a_download_does_not_go_on_from_an_older_part(server, tmp_path):
    remote = unknown_at(server)
    folder = tmp_path / "cache" / ("url-" + hashlib.sha256(remote.url.encode()).hexdigest())[:16]
    folder.mkdir(parents=True)
    (folder / "data.bin.part").write_bytes(b"of yesterday")
    assert fetch(remote).read_bytes() == CONTENT
    assert server.asked == [None]


def test_a_file_that_is_not_at_hand_has_no_digest(mirror):
    assert content_digest(Remote("http://127.0.0.1:9/none.bin", "", 0)) == "absent"


def test_a_file_without_an_address_says_how_to_get_it(mirror):
    remote = Remote("https://example.org/page", "0" * 64, 5, "some/x.h5ad", by_hand="unpack x from y")
    with pytest.raises(FetchError, match=r"unpack x from y \(https://example.org/page\).*some/x\.h5ad"):
        fetch(remote)


def test_a_missing_file_names_its_address_its_size_and_its_place(mirror):
    with pytest.raises(FetchError, match=r"about 10\.7 GB.*gwps/cells\.h5ad"):
        fetch(Remote("http://127.0.0.1:9/cells.h5ad", "", 10_700_000_000, "gwps/cells.h5ad"))
