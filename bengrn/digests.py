"""Content addresses: canonical JSON, files, arrays, and the code of a plug-in."""

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from scipy import sparse

__all__ = [
    "canonical",
    "code_digest",
    "digest_json",
    "digest_matrix",
    "digest_names",
    "file_digest",
]


def canonical(value: Any) -> str:
    """Return JSON with sorted keys and no spaces; sets are sorted, tuples are lists."""

    def plain(item: Any) -> Any:
        if isinstance(item, (set, frozenset)):
            return sorted(item)
        if isinstance(item, (np.integer, np.floating)):
            return item.item()
        raise TypeError(f"{type(item).__name__} has no canonical form")

    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=plain, allow_nan=False)


def digest_json(value: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def digest_names(names: Iterable[str]) -> str:
    """Return the SHA-256 of names in their order."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def digest_matrix(matrix: Any) -> str:
    """Return the SHA-256 of a dense or CSR matrix: shape, type and values, not its storage."""
    state = hashlib.sha256()
    if sparse.issparse(matrix):
        csr = sparse.csr_array(matrix)
        if not csr.has_canonical_format:
            csr = csr.copy()
            csr.sum_duplicates()
        state.update(f"csr {csr.shape} {csr.dtype.str}".encode())
        # index width depends on how a matrix was made, not on what it holds
        for part in (csr.indptr.astype(np.int64), csr.indices.astype(np.int64), csr.data):
            state.update(np.ascontiguousarray(part).view(np.uint8).data)
    else:
        state.update(f"dense {matrix.shape} {matrix.dtype.str}".encode())
        state.update(np.ascontiguousarray(matrix).view(np.uint8).data)
    return state.hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def code_digest(module: ModuleType, *, with_data: bool = False) -> str:
    """Return the SHA-256 of a plug-in's own code, and of the data that it ships.

    Its own code is its file and what that imports from the same top-level package, followed as text;
    shipped data is every file in the folder `data` beside it. Over-sensitive to comments: safe.
    """
    origin = Path(str(module.__file__))
    files = _own_files(origin, module.__name__)
    data = origin.parent.glob("data/*") if with_data else ()
    shipped = sorted(one for one in data if one.is_file())
    parts = [f"{one.name}:{file_digest(one)}" for one in [*sorted(files), *shipped]]
    return digest_names(parts)


def _own_files(origin: Path, module: str) -> set[Path]:
    """Return the file and the files of the same package that it imports, however deep."""
    parts = module.split(".")
    is_package = origin.name == "__init__.py"
    if len(parts) == 1 and not is_package:
        return {origin}  # a module of its own: its neighbours belong to others
    root = origin.parents[len(parts) if is_package else len(parts) - 1]
    waiting, found = [origin], set[Path]()
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for name in _imported(path, root):
            if name.split(".")[0] == parts[0]:
                stem = root.joinpath(*name.split("."))
                possible = (stem.with_suffix(".py"), stem / "__init__.py")
                waiting += [one for one in possible if one.is_file()]
    return found


def _imported(path: Path, root: Path) -> Iterator[str]:
    """Yield the absolute names that a file imports, anywhere in it."""
    inside = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = inside[: len(inside) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)
