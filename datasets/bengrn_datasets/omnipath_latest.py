"""Today's OmniPath, through its web service.

Data sources hold no network code; this is the one exception, because OmniPath's query is its interface:
there is no file to declare. It is asked only by `bengrn datasets fetch omnipath --latest`.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["download_latest", "read_latest"]

_SECONDS = 120
_NEEDED = ("source", "target", "type", "consensus_stimulation", "consensus_inhibition", "n_references")
_LEFT_OUT = ("small_molecule", "lncrna_mrna")


def download_latest(folder: Path) -> Path:
    """Query all interactions but those of small molecules and lncRNAs; write them as a parquet.

    Columns are those of the service, except that `source` and `target` hold gene symbols where the
    service knows one (its own accessions move to `source_uniprot` and `target_uniprot`).

    Returns
    -------
    Path
        `folder/omnipath_YYYY-MM-DD.parquet`, complete or absent.

    Raises
    ------
    ImportError
        If the `omnipath` package is not installed.
    RuntimeError
        If the service cannot be reached or gives something else than interactions.
    OSError
        If the file cannot be written.
    """
    import datetime

    table = _query()
    lacking = [column for column in _NEEDED if column not in table.columns]
    if lacking or not len(table):
        found = f"lacks the columns {', '.join(lacking)}" if lacking else "is empty"
        raise RuntimeError(f"OmniPath's answer {found}; expected a table of interactions. Try again later")
    if "is_directed" in table.columns:
        table = table[table["is_directed"].astype(bool)]
    for end in ("source", "target"):
        symbols = f"{end}_genesymbol"
        if symbols in table.columns:
            named = table[symbols].where(table[symbols].astype(str).str.len() > 0, table[end])
            table = table.rename(columns={end: f"{end}_uniprot"}).assign(**{end: named})
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"omnipath_{today}.parquet"
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        table.to_parquet(fresh, index=False)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return path


def _query() -> Any:
    """Return the service's answer as a data frame."""
    with _quiet():
        try:
            import omnipath  # asks the service for its version as soon as it is imported
            from omnipath.interactions import AllInteractions
        except ImportError as error:
            raise ImportError("the package omnipath is needed; pip install 'bengrn[omnipath]'") from error
        before = omnipath.options.num_retries, omnipath.options.timeout
        omnipath.options.num_retries, omnipath.options.timeout = 0, _SECONDS
        try:
            return AllInteractions.get(exclude=list(_LEFT_OUT), genesymbols=True, organism="human")
        except Exception as error:  # offline it raises a bare RuntimeError about something else
            raise RuntimeError(
                "OmniPath's web service (https://omnipathdb.org) gives no usable answer. Check the "
                "network, or try again later; the shipped snapshot needs no network"
            ) from error
        finally:
            omnipath.options.num_retries, omnipath.options.timeout = before


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the package from logging a traceback for each server that does not answer."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def read_latest(path: Path) -> tuple[Any, str]:
    """Return the columns of the shipped snapshot out of such a parquet, and its version.

    Raises
    ------
    ValueError
        If the file is missing, no parquet, or lacks a column.
    """
    import hashlib

    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path, columns=list(_NEEDED))
        strings = {name: table[name].cast("string").dictionary_encode() for name in _NEEDED[:3]}
        up, down = (pc.fill_null(table[name].cast("int8"), 0) for name in _NEEDED[3:5])
        references = pc.fill_null(table[_NEEDED[5]].cast("float64"), 0.0)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except (pa.ArrowException, OSError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(
            f"{path} cannot be read as OmniPath's interactions ({reason}); expected a parquet with "
            f"{', '.join(_NEEDED)}. Make one: bengrn datasets fetch omnipath --latest"
        ) from error
    if any(strings[name].null_count for name in strings):
        raise ValueError(f"{path} holds interactions without a source, target or type. Fetch it again")
    sign = pc.subtract(up, down)
    return pa.table(
        {**strings, "sign": sign, "n_references": references}
    ), f"{path.name}, sha256 {sha256[:12]}"
