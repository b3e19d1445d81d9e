"""What keys are made of: everything that could change a result, and nothing else."""

import dataclasses
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from bengrn import edge_table, gene_lists, gene_table, genes, preprocess, truth_table
from bengrn.digests import code_digest, digest_json, file_digest
from bengrn.fetch import content_digest
from bengrn.heads import combine, overlap, published, ridge, select, stream, values
from bengrn.heads import pairs as pairs_of_heads
from bengrn.heads.select import Rule
from bengrn.heads.selection import SELECTION_VERSION
from bengrn.registry import Declared
from bengrn.request import HeadsAsked, Scoring, Selection
from bengrn.resolve import Chosen
from bengrn.tasks import frozen, held_out, naming
from bengrn.tasks.enrichment import ENRICHMENT_VERSION
from bengrn.tasks.network import SCORE_VERSION
from bengrn.truths import factors, pairs, split

__all__ = [
    "heads_ingredients",
    "inference_key",
    "request_ingredients",
    "scoring_ingredients",
    "universe_ingredients",
]

_REQUEST_VERSION = "request/1"
_INFER_VERSION = "infer/1"
_NUMERIC = "cpu/float32"


def request_ingredients(
    method: Chosen,
    truth: Chosen,
    data: Chosen,
    selection: Selection,
    seed: int,
    scoring: Mapping[str, Any],
    *,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what answers a request from the store: names, versions, code, settings, file digests.

    Parameters
    ----------
    more
        What else was asked for, such as a universe or a selection of heads; nothing that was not.
    """
    return {
        "version": _REQUEST_VERSION,
        "method": method.identity(),
        "truth": {**truth.identity(), "files": _undeclared(truth)},
        "data": {**data.identity(), "files": _undeclared(data)},
        "selection": dataclasses.asdict(selection),
        "frozen": _freezing_code(),
        "scoring": scoring,
        "seed": seed,
        "numeric": _NUMERIC,
        **(more or {}),
    }


def heads_ingredients(heads: HeadsAsked, other: Chosen | None) -> dict[str, Any]:
    """Return what a request's key says of a selection of heads.

    Parameters
    ----------
    heads
        As it was asked for.
    other
        The truth to select by, where it is not the scored one.
    """
    how: dict[str, Any] = {"recipe": heads.recipe}
    if heads.mode != "published":
        how = {"share": heads.share, "rule": dataclasses.asdict(Rule())}
    return {
        "version": SELECTION_VERSION,
        "mode": heads.mode,
        "truth": {**other.identity(), "files": _undeclared(other)} if other else None,
        "code": _digests_of(
            split, overlap, held_out, combine, pairs_of_heads, published, ridge, select, stream, values
        ),
        **how,
    }


def universe_ingredients(rule: str) -> dict[str, Any]:
    """Return what a key says of a universe that is not all pairs: the rule, its code and its lists."""
    lists = sorted((Path(str(gene_lists.__file__)).parent / "data").glob("tfs_*"))
    return {
        "rule": rule,
        **_digests_of(factors, gene_lists),
        **{one.name: file_digest(one) for one in lists},
    }


def _digests_of(*modules: ModuleType) -> dict[str, str]:
    """Return the digests of modules' files, by their short names."""
    return {one.__name__.rpartition(".")[2]: file_digest(Path(str(one.__file__))) for one in modules}


def _undeclared(chosen: Chosen) -> dict[str, str]:
    """Return the digests of a source's files that came without one; the others are in its code."""
    files = getattr(chosen.instance, "files", {})
    return {name: content_digest(remote) for name, remote in files.items() if not remote.sha256}


def scoring_ingredients(scoring: Scoring, metrics: Sequence[Declared]) -> dict[str, Any]:
    """Return what goes into a key for a score: draws, versions, and the code of metrics of plug-ins."""
    versions = {
        one.name: one.declaration.version
        if one.package == "bengrn"
        else f"{one.declaration.version} {code_digest(one.module)}"
        for one in metrics
    }
    tested = ENRICHMENT_VERSION if scoring.enrichment else ""
    asked = {**dataclasses.asdict(scoring), "enrichment": tested}
    return {**asked, "version": SCORE_VERSION, "metrics": versions}


def _freezing_code() -> dict[str, str]:
    """Return the digests of what turns data and a truth into a task, and the version of scanpy."""
    modules = (frozen, naming, preprocess, truth_table, edge_table, pairs, genes, gene_table)
    tables = Path(str(gene_table.__file__)).parent / "data"
    return {
        "version": frozen.FROZEN_VERSION,
        **_digests_of(*modules),
        **{one.name: file_digest(one) for one in sorted(tables.glob("genes_*"))},
        "scanpy": metadata.version("scanpy"),
    }


def inference_key(
    method: Mapping[str, Any],
    seed: int,
    digests: Mapping[str, str],
    *,
    reads_truth: bool,
    heads: Mapping[str, Any] | None = None,
) -> str:
    """Return the content address of a network.

    Parameters
    ----------
    method
        Its identity: name, version, code, settings.
    seed
        Given to the method.
    digests
        Of the frozen task.
    reads_truth
        Whether the truth is an input too, as for the positive control.
    heads
        How the heads that make it were selected, if it is made of heads.
    """
    made_from = ["counts", "values", "depth", "cells", "genes", "regulators"]
    made_from += ["truth", "targets"] if reads_truth else []
    if reads_truth and "scored_regulators" in digests:  # fewer than are asked for
        made_from += ["scored_regulators"]
    return digest_json(
        {
            "version": _INFER_VERSION,
            "method": method,
            "seed": seed,
            "numeric": _NUMERIC,
            "made_from": {name: digests[name] for name in made_from},
            **({"heads": heads} if heads else {}),
        }
    )
