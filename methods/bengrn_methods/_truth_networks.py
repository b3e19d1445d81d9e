"""Networks out of a truth: its edges, or nothing but its degrees."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from scipy import sparse

from bengrn.plugin import Network, Truth

__all__ = ["END_PRESETS", "Ends", "edges_alone", "product_of_degrees"]

Ends = Literal["both", "regulators", "targets"]
END_PRESETS: Mapping[str, Mapping[str, object]] = {"out": {"ends": "regulators"}, "in": {"ends": "targets"}}


def product_of_degrees(
    truth: Truth, genes: tuple[str, ...], regulators: Sequence[str], ends: Ends
) -> Network:
    """Return out-degree x in-degree in a truth (a gene that it lacks: 0), or one of them."""
    out, into = _degrees(truth)
    out_R = np.array([out.get(name, 0) if ends != "targets" else 1 for name in regulators], dtype=np.float32)
    in_T = np.array([into.get(name, 0) if ends != "regulators" else 1 for name in genes], dtype=np.float32)
    return Network(np.outer(out_R, in_T), tuple(regulators), genes)


def _degrees(truth: Truth) -> tuple[dict[str, int], dict[str, int]]:
    """Return gene -> out-degree and gene -> in-degree, without self-pairs and genes of degree 0."""
    edges = truth.edges.tocoo()
    source = np.array(truth.regulators, dtype=object)[edges.row]
    target = np.array(truth.targets, dtype=object)[edges.col]
    other = source != target
    return Counter(source[other].tolist()), Counter(target[other].tolist())


def edges_alone(truth: Truth, genes: tuple[str, ...], regulators: Sequence[str]) -> Network:
    """Return weight 1 for each edge of a truth among these regulators and genes, no other entry."""
    row_of = {name: row for row, name in enumerate(regulators)}
    column_of = {name: column for column, name in enumerate(genes)}
    rows = np.array([row_of.get(name, -1) for name in truth.regulators], dtype=np.intp)
    columns = np.array([column_of.get(name, -1) for name in truth.targets], dtype=np.intp)
    edges = truth.edges.tocoo()
    row_E, column_E = rows[edges.row], columns[edges.col]
    inside_E = (row_E >= 0) & (column_E >= 0)
    ones = np.ones(int(inside_E.sum()), dtype=np.float32)
    scores_RT = sparse.csr_array(
        (ones, (row_E[inside_E], column_E[inside_E])), shape=(len(regulators), len(genes))
    )
    return Network(scores_RT, tuple(regulators), genes)
