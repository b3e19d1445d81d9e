"""The folder of results: records for good, and a work folder that may be deleted at any time.

records/KEY-N.json     one record per attempt; never overwritten
draws/DIGEST.npz       scores in draws of regulators, for comparisons; `keys.draws` of a record names them.
                       Named after their content: stores are merged by copying records and draws.
work/tasks/DIGEST/     frozen tasks
work/networks/KEY/     inferred networks, so that a new metric needs no new inference
work/partial/KEY/      finished rows of a network until it is whole, so that a killed run goes on
work/jobs/KEY.json     jobs, for `bengrn exec KEY`
"""

import contextlib
import errno
import itertools
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from bengrn.digests import digest_matrix
from bengrn.errors import NetworkError, StoreError
from bengrn.record import Record
from bengrn.stats.drawn import Drawn
from bengrn.stats.stored import draws_digest, read_draws, write_draws
from bengrn.values import Network

__all__ = ["Store", "write_text"]

_KEY_LETTERS = 20
_RECORD = re.compile(r"^(?P<key>[0-9a-f]+)-(?P<attempt>[0-9]+)\.json$")


def write_text(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    StoreError
        If the folder cannot be written or the disk is full.
    FileExistsError
        If it exists and must not be replaced.
    """
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".", dir=path.parent)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        Path(temporary).chmod(0o644)
        if replace:
            Path(temporary).replace(path)
        else:
            os.link(temporary, path)
            Path(temporary).unlink()
    except FileExistsError:
        Path(temporary).unlink(missing_ok=True)
        raise
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise StoreError(
            f"{path.parent} cannot be written ({error.strerror}). Choose another folder with --out, "
            "or make room."
        ) from error


@dataclass(frozen=True)
class Store:
    """Records and their by-products under one folder."""

    root: Path

    @property
    def records_folder(self) -> Path:
        """Where records lie."""
        return self.root / "records"

    @property
    def work(self) -> Path:
        """What may be deleted."""
        return self.root / "work"

    def check_writable(self) -> None:
        """Refuse a folder that cannot be written, before any work is done."""
        probe = self.work / ".probe"
        write_text(probe, "")
        probe.unlink()

    def task_folder(self, digest: str) -> Path:
        """Where a frozen task lies."""
        return self.work / "tasks" / digest[:_KEY_LETTERS]

    def job_file(self, key: str) -> Path:
        """Where a job is described."""
        return self.work / "jobs" / f"{key[:_KEY_LETTERS]}.json"

    def complaint_file(self, key: str) -> Path:
        """Where a job says why it could not write a record."""
        return self.work / "jobs" / f"{key[:_KEY_LETTERS]}.complaint.txt"

    def log_file(self, key: str) -> Path:
        """Where a job's output goes."""
        return self.work / "logs" / f"{key[:_KEY_LETTERS]}.txt"

    # records

    def files_of(self, key: str = "") -> list[Path]:
        """Return the record files whose key starts so, oldest attempt first; other files are not ours."""
        names = {
            path: _RECORD.match(path.name) for path in self.records_folder.glob(f"{key[:_KEY_LETTERS]}*")
        }
        found = {path: (name["key"], int(name["attempt"])) for path, name in names.items() if name}
        return sorted(found, key=lambda path: found[path])

    def records(self, key: str = "") -> Iterator[Record]:
        """Read the records whose key starts so, oldest attempt first."""
        for path in self.files_of(key):
            yield self.read(path)

    def read(self, path: Path) -> Record:
        """Read one record file."""
        try:
            text = path.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{path} cannot be read ({error}).") from error
        return Record.from_json(text, str(path))

    def find(self, key: str) -> Record | None:
        """Return the newest finished record of a key; failures are never served."""
        done = [record for record in self.records(key) if record.ok and record.key == key]
        return done[-1] if done else None

    def write(self, record: Record) -> Path:
        """Write a record beside earlier attempts."""
        last = max((int(path.stem.split("-")[1]) for path in self.files_of(record.key)), default=0)
        for attempt in itertools.count(last + 1):
            path = self.records_folder / f"{record.key[:_KEY_LETTERS]}-{attempt}.json"
            with contextlib.suppress(FileExistsError):  # another process took this number
                write_text(path, record.to_json(), replace=False)
                return path
        raise AssertionError("unreachable: the numbers do not end")

    # draws

    def draws_file(self, digest: str) -> Path:
        """Where draws lie."""
        return self.root / "draws" / f"{digest[:_KEY_LETTERS]}.npz"

    def write_draws(self, draws: Mapping[str, Drawn]) -> dict[str, str]:
        """Keep draws and return what their record says of them among its keys; nothing where there are none.

        Write them before the record: draws without a record do no harm.
        """
        if not draws:
            return {}
        digest = draws_digest(draws)
        write_draws(draws, self.draws_file(digest))
        return {"draws": digest}

    def read_draws(self, record: Record) -> dict[str, Drawn]:
        """Return the draws of a record.

        Raises
        ------
        StoreError
            If it has none, or their file is gone, damaged or that of other draws.
        """
        digest = record.keys.get("draws")
        if digest is None:
            raise StoreError(
                f"The record {record.key[:12]} has no draws: it was scored with --draws 0, or by an earlier "
                "version. Run the method again."
            )
        return read_draws(self.draws_file(digest), digest)

    # networks

    def network_folder(self, key: str) -> Path:
        """Where an inferred network lies."""
        return self.work / "networks" / key[:_KEY_LETTERS]

    def partial_folder(self, key: str) -> Path:
        """Where the finished rows of a network lie until all are there."""
        return self.work / "partial" / key[:_KEY_LETTERS]

    def write_network(self, key: str, network: Network, about: Mapping[str, Any]) -> None:
        """Keep a network; its manifest is written last, inside a folder that is renamed into place."""
        folder = self.network_folder(key)
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".network-", dir=folder.parent))
        try:
            if sparse.issparse(network.scores):
                sparse.save_npz(work / "scores.npz", network.scores, compressed=False)
            else:
                np.save(work / "scores.npy", network.scores)
            manifest = {
                "key": key,
                "regulators": network.regulators,
                "targets": network.targets,
                "signed": network.signed,
                "digest": digest_matrix(network.scores),
                **about,
            }
            write_text(work / "manifest.json", json.dumps(manifest))
            if folder.exists():  # made anew with --force, or damaged
                shutil.rmtree(folder)
            work.rename(folder)
            shutil.rmtree(self.partial_folder(key), ignore_errors=True)
        except OSError as error:
            if error.errno == errno.ENOTEMPTY:  # another process made the same network meanwhile
                return
            raise StoreError(f"{folder.parent} cannot be written ({error.strerror}).") from error
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def read_network(self, key: str) -> tuple[Network, dict[str, Any]] | None:
        """Return a kept network and what was kept with it; None where there is no whole, unchanged one."""
        folder = self.network_folder(key)
        with contextlib.suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, NetworkError):
            manifest = json.loads((folder / "manifest.json").read_text())
            if (folder / "scores.npz").exists():
                scores = sparse.csr_array(sparse.load_npz(folder / "scores.npz"))
            else:
                scores = np.load(folder / "scores.npy", mmap_mode="r")
            names = tuple(manifest["regulators"]), tuple(manifest["targets"])
            network = Network(scores, *names, signed=manifest["signed"])
            if manifest["key"] == key and manifest["digest"] == digest_matrix(network.scores):
                return network, manifest
        return None
