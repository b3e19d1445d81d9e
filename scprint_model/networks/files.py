"""Networks as files: AnnData with ``varp["GRN"]``, or a long table of source, target and weight."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from scprint_model.errors import ScprintError
from scprint_model.networks.infer import GeneNetwork

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["SUFFIXES", "to_anndata", "write_network"]

SUFFIXES = (".h5ad", ".tsv", ".csv", ".parquet")


def to_anndata(network: GeneNetwork, said: Mapping[str, Any] | None = None) -> "AnnData":
    """Return a network as the field keeps it: genes in ``var``, scores in ``varp["GRN"]``.

    A row regulates its column. Genes that are no regulators have empty rows. ``var["cells"]`` is in how many
    cells a gene was shown, ``uns["scprint"]`` what `said` says.
    """
    import pandas as pd
    from anndata import AnnData

    place = {name: number for number, name in enumerate(network.targets)}
    rows = [place[name] for name in network.regulators]
    scores: Any = network.scores
    if len(rows) == len(network.targets):
        order = np.argsort(rows)
        square = scores[order]
    else:
        spread = sparse.csr_array(
            (np.ones(len(rows), np.float32), (rows, range(len(rows)))), (len(place), len(rows))
        )
        square = sparse.csr_array(spread @ sparse.csr_array(scores))
    var = pd.DataFrame({"cells": network.cells_of_target}, index=list(network.targets))
    made = AnnData(var=var, shape=(0, len(var)))
    made.varp["GRN"] = square
    made.uns["scprint"] = {"tokens": network.tokens, "attention": network.attention, **(said or {})}
    return made


def write_network(path: Path, network: GeneNetwork, said: Mapping[str, Any] | None = None) -> None:
    """Write a network; the suffix says how.

    Raises
    ------
    ScprintError
        If the suffix is another one.
    """
    if path.suffix not in SUFFIXES:
        raise ScprintError(f"{path} ends on {path.suffix!r}; a network is written as {', '.join(SUFFIXES)}.")
    if path.suffix == ".h5ad":
        to_anndata(network, said).write_h5ad(path)
        return
    import pandas as pd

    scores = sparse.coo_array(network.scores)
    regulators, targets = np.array(network.regulators, object), np.array(network.targets, object)
    row, column = scores.coords
    kept = regulators[row] != targets[column]
    columns = {"source": regulators[row], "target": targets[column], "weight": scores.data}
    table = pd.DataFrame(columns)[kept].sort_values("weight", ascending=False, kind="stable")
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False)
    else:
        table.to_csv(path, sep="," if path.suffix == ".csv" else "\t", index=False)
