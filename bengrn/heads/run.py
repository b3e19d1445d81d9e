"""What the runner calls: heads selected by one part of a truth, their network for the other part."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bengrn.digests import digest_matrix, digest_names
from bengrn.errors import NetworkError, SettingError
from bengrn.heads.combine import combine
from bengrn.heads.overlap import Training, refuse_overlap
from bengrn.heads.published import select_as_published
from bengrn.heads.select import Rule, select_heads
from bengrn.heads.selection import SELECTION_VERSION, HeadSelection
from bengrn.heads.stream import Heads
from bengrn.values import Network, Truth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["infer_as_published", "infer_with_heads", "selection_ingredients"]


def infer_with_heads(
    method: Any, adata: "AnnData", training: Training, *, seed: int, rule: Rule | None = None
) -> tuple[Network, HeadSelection]:
    """Select the heads of a method by the training truth and return their network.

    The method's `heads` is called twice with the same arguments: to select, and to add up.

    Parameters
    ----------
    method
        An instance with `heads(adata, *, regulators, seed)`.
    adata
        Of the frozen task.
    training
        What to select by, and what will be scored.
    seed
        For the method, and for the selection.
    rule
        How to select; default `Rule()`.

    Returns
    -------
    network
        On all genes, the training genes included: score it on `training.test` alone.
    selection
        For the record.

    Raises
    ------
    SettingError
        If the method offers no heads.
    NetworkError, TruthError
        If heads or truth cannot be used, or the scored truth holds a training gene.
    """
    regulators = _regulators(adata, (*training.train.regulators, *training.test.regulators))
    selection = select_heads(
        _heads(method, adata, regulators, seed), training.train, name=training.name, seed=seed, rule=rule
    )
    refuse_overlap(selection, training.test)
    return combine(_heads(method, adata, regulators, seed), selection), selection


def infer_as_published(
    method: Any,
    adata: "AnnData",
    truth: Truth,
    *,
    name: str,
    preset: str,
    seed: int,
    scored: Truth | None = None,
) -> tuple[Network, HeadSelection]:
    """Select heads as it was published, for compat scores on all pairs of the same truth; leaky.

    Other arguments and errors as in `infer_with_heads` and `bengrn.heads.published.select_as_published`.

    Parameters
    ----------
    truth
        To select by.
    scored
        What will be scored, on all its pairs; default `truth`.
    """
    regulators = _regulators(adata, (*truth.regulators, *(scored or truth).regulators))
    selection = select_as_published(
        _heads(method, adata, regulators, seed), truth, name=name, preset=preset, seed=seed
    )
    return combine(_heads(method, adata, regulators, seed), selection), selection


def selection_ingredients(
    truth: Truth, rule: Rule | str, scored: Sequence[str] | None = None
) -> dict[str, Any]:
    """Return what a key says of a selection: the training truth by content, and the rule or recipe.

    Parameters
    ----------
    scored
        Regulators that are scored, which the heads have rows for beside the training ones.
    """
    rows = {} if scored is None else {"rows": digest_names(sorted({*truth.regulators, *scored}))}
    return {
        **rows,
        "version": SELECTION_VERSION,
        "regulators": digest_names(truth.regulators),
        "targets": digest_names(truth.targets),
        "edges": digest_matrix(truth.edges),
        "rule": rule if isinstance(rule, str) else dataclasses.asdict(rule),
    }


def _heads(method: Any, adata: "AnnData", regulators: Sequence[str], seed: int) -> Heads:
    """Ask a method for its heads."""
    if not hasattr(method, "heads"):
        raise SettingError(
            f"{getattr(method, 'name', type(method).__name__)} offers no heads to select among; expected a "
            "method with `heads`. Run it without head selection."
        )
    return _checked(method.heads(adata, regulators=regulators, seed=seed), regulators, adata.var_names)


def _checked(heads: Any, regulators: Sequence[str], genes: Sequence[str]) -> Heads:
    """Yield the heads; refuse a first one on genes that were not asked for (all have the same genes)."""
    try:
        stream = iter(heads)
    except TypeError as error:
        raise NetworkError(
            f"heads returned {type(heads).__name__}; expected pairs of a name and a Network, one by one"
        ) from error
    for item in stream:
        match item:
            case (_, Network() as head):
                _check_rows(head, regulators, genes)
                del head
        yield item
        del item
        break
    yield from stream  # holds no head while the next one is made


def _check_rows(head: Network, regulators: Sequence[str], genes: Sequence[str]) -> None:
    """Refuse a head on genes that were not asked for."""
    for what, names, known in (
        ("rows", head.regulators, regulators),
        ("columns", head.targets, genes),
    ):
        strangers = set(names) - set(known)
        if strangers:
            raise NetworkError(
                f"the heads' {what} hold {len(strangers)} genes, {min(strangers)!r} first, that were not "
                "asked for. Transposed? A row is a regulator, a column one of adata.var_names"
            )


def _regulators(adata: "AnnData", wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the regulators among the genes of the data, in their order."""
    asked = set(wanted)
    return tuple(name for name in adata.var_names if name in asked)
