"""The files of the genome-wide Perturb-seq screen of Replogle et al. 2022, read piece by piece.

* `anderson-darling p-values, BH-corrected.csv.gz`: a row per measured gene (Ensembl id), a column per
  perturbation, named `10023_ZC3H18_P1P2_ENSG00000158545`; non-targeting columns end otherwise.
* `K562_gwps_normalized_bulk_01.h5ad`: a row per perturbation, under the same names but in another order;
  `X` is the mean z-scored expression of its cells, `obs` how many cells there are and what is left of the
  target's expression.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn_datasets.gwps.h5ad_rows import opened, read_column, read_names, row_blocks

__all__ = ["PValues", "read_checks", "read_effects", "read_p_values"]

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]

_PERTURBATION = re.compile(r".*_(ENSG\d{11})", re.ASCII)
_GENE = re.compile(r"ENSG\d{11}", re.ASCII)
_CONTROL = "non-targeting"
_BUFFER = 1 << 20  # bytes of unpacked text; a row has about 200,000


@dataclass(frozen=True, eq=False)
class PValues:
    """Which measured genes change when a gene is perturbed.

    Parameters
    ----------
    regulators
        R perturbed genes, Ensembl ids.
    columns
        R names of the columns that they were read from.
    targets
        T measured genes, Ensembl ids.
    edges
        Shape (R, T), boolean CSR: the p-value is below the level. Self-pairs are included.
    losses
        What was left out, and how much.
    """

    regulators: tuple[str, ...]
    columns: tuple[str, ...]
    targets: tuple[str, ...]
    edges: sparse.csr_array
    losses: dict[str, int] = field(default_factory=dict)


def read_p_values(path: Path, *, alpha: float) -> PValues:
    """Read the matrix of p-values row by row: no more than a row and the edges are held.

    Of the columns of one perturbed gene the first is read. A gene without any p-value was not tested; an
    empty value elsewhere is no edge, and is counted.

    Raises
    ------
    ValueError
        If the file is truncated, has another header, or holds values that are no p-values.
    """
    with _lines(path) as lines:
        first_line = next(lines, b"").decode(errors="replace").replace('"', "")
        header = first_line.rstrip("\r\n").split(",")[1:]
        first, losses = _first_columns(header, path.name)
        place_R = np.fromiter(first.values(), np.intp, len(first))
        known_R = np.zeros(len(first), np.int64)
        targets: dict[str, None] = {}
        hits: list[npt.NDArray[np.int32]] = []
        for line in lines:
            name, _, rest = line.partition(b",")
            gene = name.decode(errors="replace").strip().strip('"')
            if not _GENE.fullmatch(gene) or gene in targets:
                losses["rows of a gene listed before" if gene in targets else "rows without a gene id"] += 1
                continue
            values_R = _numbers(rest, len(header), f"{path.name}, row {gene}")[place_R]
            is_known_R = ~np.isnan(values_R)
            if not is_known_R.any():
                losses["measured genes without a p-value"] += 1
                continue
            known_R += is_known_R
            targets[gene] = None
            hits.append(np.flatnonzero(values_R < alpha).astype(np.int32))
    if not hits:
        raise ValueError(f"{path.name} has no row with an Ensembl gene id and p-values; is it whole?")
    return _assemble(tuple(targets), first, [header[one] for one in first.values()], hits, known_R, losses)


def _assemble(
    targets: tuple[str, ...],
    first: dict[str, int],
    columns: list[str],
    hits: list[npt.NDArray[np.int32]],
    known_R: npt.NDArray[np.int64],
    losses: Counter[str],
) -> PValues:
    """Turn the hits of each measured gene into edges, without perturbed genes that were never tested."""
    starts = np.cumsum([0, *map(len, hits)])
    edges_TR = sparse.csr_array(
        (np.ones(starts[-1], bool), np.concatenate(hits), starts), shape=(len(hits), len(first))
    )
    tested = np.flatnonzero(known_R > 0)
    losses["perturbed genes without a p-value"] = len(first) - len(tested)
    losses["pairs without a p-value"] = int((len(targets) - known_R[tested]).sum())
    regulators = list(first)
    return PValues(
        tuple(regulators[one] for one in tested),
        tuple(columns[one] for one in tested),
        targets,
        sparse.csr_array(edges_TR.T.tocsr()[tested]),
        dict(losses),
    )


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[bytes]]:
    """Unpack the lines of a gzip file; one that is broken anywhere is refused in one line."""
    import gzip
    import io
    import zlib

    try:
        with gzip.open(path, "rb") as packed, io.BufferedReader(packed, _BUFFER) as text:
            yield iter(text)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"{path.name} is truncated or no gzip file ({error}); expected the p-values as they are "
            "published. Download it again"
        ) from error


def _first_columns(header: Sequence[str], where: str) -> tuple[dict[str, int], Counter[str]]:
    """Return perturbed gene -> its first column, and how many columns are left out."""
    first: dict[str, int] = {}
    losses: Counter[str] = Counter()
    for position, name in enumerate(header):
        found = _PERTURBATION.fullmatch(name)
        if found is None:
            losses["columns of controls" if _CONTROL in name else "columns without a gene id"] += 1
        elif found[1] in first:
            losses["further columns of a perturbed gene"] += 1
        else:
            first[found[1]] = position
    if not first:
        hint = " Is it transposed?" if any(_GENE.fullmatch(name) for name in header) else ""
        shown = ", ".join(map(repr, header[:2])) or "nothing"
        raise ValueError(
            f"{where}: the header names {shown} and so on; expected perturbations that end in an underscore "
            f"and an Ensembl id, such as '10023_ZC3H18_P1P2_ENSG00000158545'.{hint}"
        )
    return first, losses


def _numbers(text: bytes, expected: int, where: str) -> Floats:
    """Return the p-values of a row, NaN where one is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        # faster than any reader of tables, which spend their time on 11,000 columns
        fields = pc.split_pattern(pa.array([text.rstrip(b"\r\n")], pa.string()), ",").values
        values: Floats = pc.cast(
            pc.if_else(pc.is_in(fields, pa.array(["", "NA"])), "nan", fields), pa.float64()
        ).to_numpy()
    except pa.ArrowInvalid as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{where} holds something else than numbers ({reason}); expected p-values"
        ) from error
    if len(values) != expected:
        raise ValueError(f"{where} has {len(values)} values, but the header names {expected} perturbations")
    wrong = values[(values < 0) | (values > 1)]
    if wrong.size:
        raise ValueError(f"{where} holds {wrong[0]:g}; expected p-values between 0 and 1")
    return values


def read_checks(path: Path, columns: Sequence[str]) -> tuple[Floats, Floats]:
    """Return how many cells each of R perturbations has, and what is left of its target's expression.

    Both are NaN where the pseudo-bulk does not have the perturbation; the second (1 is unchanged), also
    where the target is not among the measured genes.

    Raises
    ------
    ValueError
        If the file is no such h5ad, or has none of the perturbations.
    """
    with opened(path) as stored:
        row_R = _find(columns, read_names(stored["obs"]), path.name)
        checks = []
        for column in ("num_cells_filtered", "fold_expr"):
            values = np.append(read_column(stored["obs"], column).astype(np.float64), np.nan)
            checks.append(values[row_R])  # a row of -1 takes the NaN
    return checks[0], checks[1]


def read_effects(
    path: Path, columns: Sequence[str], targets: Sequence[str], edges: sparse.csr_array
) -> npt.NDArray[np.float32]:
    """Return the change of expression at each edge, in the order of `edges`; NaN where it is not known.

    Parameters
    ----------
    columns, targets
        R perturbations and T measured genes, as in `PValues`.
    edges
        Shape (R, T), CSR.

    Raises
    ------
    ValueError
        If the file is no such h5ad, or has none of the perturbations or genes.
    """
    effect_E = np.full(edges.nnz, np.nan, np.float32)
    with opened(path) as stored:
        row_R = _find(columns, read_names(stored["obs"]), path.name)
        column_T = _find(targets, read_names(stored["var"]), path.name)
        used = np.flatnonzero((row_R >= 0) & (np.diff(edges.indptr) > 0))
        used = used[np.argsort(row_R[used])]
        blocks = row_blocks(stored["X"], row_R[used])
        rows = (block[[one]].toarray().ravel() for block in blocks for one in range(block.shape[0]))
        for regulator, row in zip(used, rows, strict=True):
            mine = slice(edges.indptr[regulator], edges.indptr[regulator + 1])
            effect_E[mine] = np.append(row, np.nan)[column_T[edges.indices[mine]]]
    effect_E[~np.isfinite(effect_E)] = np.nan
    return effect_E


def _find(wanted: Sequence[str], names: npt.NDArray[Any], where: str) -> Positions:
    """Return where each wanted name stands, -1 where it does not."""
    index = {name: position for position, name in enumerate(names)}
    found = np.array([index.get(name, -1) for name in wanted], np.intp)
    if (found < 0).all():
        shown = ", ".join(repr(str(name)) for name in names[:2])
        raise ValueError(f"{where} names {shown} and so on; expected names such as {wanted[0]!r}")
    return found
