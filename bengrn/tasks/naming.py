"""Gene names of data, of a truth and of a network, brought together: one gene, one name."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn import genes as gene_names
from bengrn.errors import NetworkError
from bengrn.values import Network, Truth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Names", "name_data", "name_network", "name_truth"]

# of every gene of the data: the name that it has in the task, None where that is lost or ambiguous
Names = Mapping[str, str | None]
Positions = npt.NDArray[np.intp]


def name_truth(truth: Truth, data_names: Sequence[str]) -> tuple[Truth, int]:
    """Return a truth under current symbols, and how many of its names changed.

    A name that the data use as well stays. Names that end at one symbol are one gene: it has the edges of
    all of them, and a sign or effect where none of them says otherwise.
    """
    if not gene_names.has_table(truth.organism):
        return truth, 0
    current, known = partial(gene_names.current_symbol, organism=truth.organism), set(data_names)
    names = dict.fromkeys([*truth.regulators, *truth.targets])
    new = {name: name if name in known else current(name) for name in names}
    renamed = sum(old != name for old, name in new.items())
    if not renamed:
        return truth, 0
    regulators, row_R = _places([new[name] for name in truth.regulators])
    targets, column_T = _places([new[name] for name in truth.targets])

    def merge(matrix: Any) -> Any:
        if matrix is None:
            return None
        stored = sparse.coo_array(matrix)
        place = row_R[stored.row] * np.intp(len(targets)) + column_T[stored.col]
        return _agreed(place, stored.data, (len(regulators), len(targets)))

    changed = {what: merge(getattr(truth, what)) for what in ("edges", "sign", "effect")}
    return dataclasses.replace(truth, regulators=regulators, targets=targets, **changed), renamed


def _places(names: Sequence[str]) -> tuple[tuple[str, ...], Positions]:
    """Return the different names, and where among them each name stands."""
    different = tuple(dict.fromkeys(names))
    index = {name: position for position, name in enumerate(different)}
    return different, np.array([index[name] for name in names], dtype=np.intp)


def _agreed(place_E: Positions, value_E: npt.NDArray[Any], shape: tuple[int, int]) -> sparse.csr_array:
    """Return a CSR matrix of the values at flat places; where values of one place differ, nothing."""
    stored = value_E != 0
    place_E, value_E = place_E[stored], value_E[stored]
    order = np.argsort(place_E, kind="stable")
    place_N, first = np.unique(place_E[order], return_index=True)
    if not len(place_N):
        return sparse.csr_array(shape, dtype=value_E.dtype)
    low_N = np.minimum.reduceat(value_E[order], first)
    same = low_N == np.maximum.reduceat(value_E[order], first)
    return sparse.csr_array((low_N[same], divmod(place_N[same], shape[1])), shape=shape)


def _without_version(name: str) -> str:
    """Return an Ensembl id without its version; any other name as it is."""
    return name.partition(".")[0].removesuffix("_PAR_Y") if name.startswith("ENS") else name


def name_data(adata: "AnnData", truth: Truth) -> tuple["AnnData", dict[str, str | None], dict[str, Any]]:
    """Return the data under the truth's gene names, without genes whose name is lost or ambiguous.

    Returns
    -------
    named
        The data.
    names
        Every gene of the data -> its name in `named`, or None.
    naming
        How many were mapped, ambiguous and lost.
    """
    old = list(adata.var_names)
    tested = {*truth.regulators, *truth.targets}
    if not gene_names.has_table(truth.organism):
        kind = truth.organism or "unknown"
        return adata, dict(zip(old, old, strict=True)), {"gene_ids": kind, "genes_mapped": len(old)}
    mapped = gene_names.to_symbols(old, organism=truth.organism)
    # a name that the truth itself uses stays, even where it is no longer the current symbol
    new = [name if name in tested else symbol for name, symbol in zip(old, mapped.symbols, strict=True)]
    owners: dict[str, int] = {}
    for position, name in enumerate(new):
        if name is not None and (name not in owners or old[position] == name):
            owners[name] = position
    names = {
        old[position]: name if name is not None and owners[name] == position else None
        for position, name in enumerate(new)
    }
    named = adata[:, [name is not None for name in names.values()]].copy()
    named.var_names = [name for name in names.values() if name is not None]
    naming = {
        "gene_ids": mapped.kind,
        "genes_mapped": mapped.n_mapped,
        "genes_ambiguous": mapped.n_ambiguous,
        "genes_lost": mapped.n_lost,
    }
    return named, names, naming


def name_network(network: Network, names: Names, organism: str, where: str) -> tuple[Network, list[str]]:
    """Return a network under a task's gene names, and warnings.

    Parameters
    ----------
    network
        Its genes named as the data name them, as the task does, or by another name of the same gene.
    names, organism
        Of the task.
    where
        The network's file, for messages.

    Returns
    -------
    network
        The same scores; a gene that has no name in the task keeps its own, which nothing is scored on.
    warnings
        How much of it cannot be scored.

    Raises
    ------
    NetworkError
        If the data do not have a gene, or two names end at one gene.
    """
    wanted = dict.fromkeys([*network.regulators, *network.targets])
    found = _look_up(list(wanted), names, organism)
    strangers = [name for name in wanted if name not in found]
    if strangers:
        raise NetworkError(
            f"{where} names {len(strangers)} genes that the data do not have, {min(strangers)!r} first; "
            "expected the data's names (current symbols). Rename or drop them."
        )
    regulators, lost_R = _rename(network.regulators, found, where)
    targets, lost_T = _rename(network.targets, found, where)
    renamed = dataclasses.replace(network, regulators=regulators, targets=targets)
    return renamed, _left_out(network, lost_R, lost_T)


def _look_up(wanted: Sequence[str], names: Names, organism: str) -> dict[str, str | None]:
    """Return the task's name of each name, None where it is lost; a stranger is left out."""
    known = {**{name: name for name in names.values() if name is not None}, **names}
    found = {name: known[name] for name in wanted if name in known}
    rest = [name for name in wanted if name not in known]
    if not rest or not gene_names.has_table(organism):
        return found
    current = partial(gene_names.current_symbol, organism=organism)
    by_symbol: dict[str, str | None] = {}
    # a kept name wins, and of several that which is the current symbol
    for name, new in sorted(
        known.items(), key=lambda item: (item[1] is not None, item[1] == current(item[0]))
    ):
        by_symbol[current(_without_version(name))] = new
    symbols = {name: current(_without_version(name)) for name in rest}
    return found | {name: by_symbol[symbol] for name, symbol in symbols.items() if symbol in by_symbol}


def _rename(names: Sequence[str], found: Names, where: str) -> tuple[tuple[str, ...], npt.NDArray[np.bool_]]:
    """Return the task's names, and which of the names are lost: those keep their own.

    Of several names of one gene, the one that is the task's own name stands for it.
    """
    several = {name for name, count in Counter(found[one] for one in names).items() if count > 1 and name}
    own = set(names)
    unclear = [one for one in names if found[one] in several and found[one] not in own]
    if unclear:
        raise NetworkError(
            f"{where} names the gene {found[unclear[0]]!r} more than once, {unclear[0]!r} first; expected "
            "one name for a gene. Keep one of them."
        )
    lost = [found[one] is None or (found[one] in several and found[one] != one) for one in names]
    new = tuple(one if gone else str(found[one]) for one, gone in zip(names, lost, strict=True))
    return new, np.array(lost, dtype=bool)


def _left_out(network: Network, lost_R: npt.NDArray[np.bool_], lost_T: npt.NDArray[np.bool_]) -> list[str]:
    """Return a warning that counts the lost genes and the pairs in their rows and columns, if any."""
    genes = {*np.array(network.regulators)[lost_R], *np.array(network.targets)[lost_T]}
    if not genes:
        return []
    scores: Any = network.scores
    if sparse.issparse(scores):
        pairs = (np.repeat(lost_R, np.diff(scores.indptr)) | lost_T[scores.indices]).sum()
    else:
        pairs = scores.size - (~lost_R).sum() * (~lost_T).sum()
    return [
        f"{len(genes):,} genes of the network have no name of their own in the task (lost, ambiguous or "
        f"named twice); {pairs:,} of its pairs are left out"
    ]
