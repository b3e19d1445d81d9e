"""The folder of results: records for good, and a work folder that may be deleted at any time.

records/KEY-N.json     one record per attempt; never overwritten
work/tasks/DIGEST/     frozen tasks
work/networks/KEY/     inferred networks, so that a new metric needs no new inference
work/jobs/KEY.json     jobs, for `bengrn exec KEY`
"""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from bengrn.errors import StoreError
from bengrn.record import Record
from bengrn.values import Network

__all__ = ["Store", "write_text"]

_KEY_LETTERS = 20


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    StoreError
        If the folder cannot be written or the disk is full.
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
        Path(temporary).replace(path)
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

    def log_file(self, key: str) -> Path:
        """Where a job's output goes."""
        return self.work / "logs" / f"{key[:_KEY_LETTERS]}.txt"

    # records

    def files_of(self, key: str = "") -> list[Path]:
        """Return the record files whose key starts so, oldest first."""
        found = self.records_folder.glob(f"{key[:_KEY_LETTERS]}*.json")
        return sorted(found, key=lambda path: (path.stem.split("-")[0], int(path.stem.split("-")[1])))

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
        attempt = 1 + max((int(path.stem.split("-")[1]) for path in self.files_of(record.key)), default=0)
        path = self.records_folder / f"{record.key[:_KEY_LETTERS]}-{attempt}.json"
        write_text(path, record.to_json())
        return path

    # networks

    def network_folder(self, key: str) -> Path:
        """Where an inferred network lies."""
        return self.work / "networks" / key[:_KEY_LETTERS]

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
                **about,
            }
            write_text(work / "manifest.json", json.dumps(manifest))
            if folder.exists():  # made anew with --force
                shutil.rmtree(folder)
            work.rename(folder)
        except OSError as error:
            raise StoreError(f"{folder.parent} cannot be written ({error.strerror}).") from error
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def read_network(self, key: str) -> tuple[Network, dict[str, Any]] | None:
        """Return a kept network and what was kept with it; None where there is no whole one."""
        folder = self.network_folder(key)
        with contextlib.suppress(OSError, ValueError):
            manifest = json.loads((folder / "manifest.json").read_text())
            if manifest["key"] != key:
                return None
            if (folder / "scores.npz").exists():
                scores = sparse.csr_array(sparse.load_npz(folder / "scores.npz"))
            else:
                scores = np.load(folder / "scores.npy", mmap_mode="r")
            return (
                Network(
                    scores,
                    tuple(manifest["regulators"]),
                    tuple(manifest["targets"]),
                    signed=manifest["signed"],
                ),
                manifest,
            )
        return None
