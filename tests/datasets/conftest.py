"""The real files of sources, where there is a mirror of them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bengrn.fetch import fetch, is_at_hand


@pytest.fixture(scope="session")
def real_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Any], dict[str, Path]]]:
    """Return the files of a source, checked, as the harness hands them over; skip where one is absent."""

    def find(source: Any) -> dict[str, Path]:
        if not os.environ.get("BENGRN_DATA"):
            pytest.skip("needs real files: set BENGRN_DATA")
        absent = [remote.path for remote in source.files.values() if not is_at_hand(remote)]
        if absent:
            pytest.skip(f"{absent[0]} is not in BENGRN_DATA")
        return {name: fetch(remote) for name, remote in source.files.items()}

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENGRN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield find
