"""A perturbation screen out of anybody's h5ad: which column, which label, which gene a label means."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bengrn import genes as gene_names
from bengrn.errors import DataError
from bengrn.screens.truth import ScreenReport, ScreenRule, screen_truth
from bengrn.settings import suggest
from bengrn.values import ORGANISMS, Truth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Screen", "read_screen", "screen_from_file"]

# what columns of labels are called, in any case; the first that holds a control is taken
COLUMNS = (
    "perturbation", "target_gene", "gene_target", "perturbed_gene", "guide_target", "grna_target",
    "sgrna_target", "target", "gene", "condition", "knockout", "perturbation_name", "perturbations",
)  # fmt: skip
# what unperturbed cells are called, without case, spaces and punctuation
CONTROLS = (
    "nontargeting", "nontargetingcontrol", "nontarget", "control", "controls", "ctrl", "nt", "ntc", "nc",
    "negativecontrol", "negctrl", "neg", "scramble", "scrambled", "safetargeting", "safeharbor",
    "unperturbed", "mock",
)  # fmt: skip
_SYMBOL_COLUMNS = ("symbol", "gene_symbol", "gene_symbols", "gene_name", "gene_names", "feature_name")


@dataclass(frozen=True, eq=False)
class Screen:
    """A screen as read from a file.

    Parameters
    ----------
    adata
        C cells x G genes, as they lie in the file.
    column, control
        The column of labels, and the label of unperturbed cells.
    labels
        C perturbed genes, spelled as in `var_names` where they are measured; the control; None for a
        cell without a label or with several perturbed genes.
    several
        Cells with several perturbed genes.
    """

    adata: "AnnData"
    column: str
    control: str
    labels: tuple[str | None, ...]
    several: int


def screen_from_file(
    path: Path,
    *,
    column: str | None = None,
    control: str | None = None,
    batch: str | None = None,
    layer: str = "X",
    rule: ScreenRule | None = None,
    organism: str | None = None,
    null_groups: int = 10,
    seed: int = 0,
) -> tuple[Truth, ScreenReport]:
    """Derive a truth from the screen in an h5ad file; the arguments are those of `screen_truth`.

    Parameters
    ----------
    path
        The file; read whole.
    column, control
        The column of `obs` with the perturbed genes, and the label of unperturbed cells; guessed from
        their names where they are not given.
    organism
        One of `ORGANISMS`; where it is not given, human or mouse by the gene names.

    Raises
    ------
    DataError
        If the file cannot be read, or it is not clear which column or label is meant; see also
        `screen_truth`.
    TruthError
        See `screen_truth`.
    """
    if organism is not None and organism not in ORGANISMS:
        raise DataError(f"There is no organism {organism!r}.{suggest(organism, ORGANISMS)}")
    screen = read_screen(path, column=column, control=control, organism=organism)
    truth, report = screen_truth(
        screen.adata,
        perturbation=screen.labels,
        control=screen.control,
        rule=rule,
        batch=batch,
        layer=layer,
        organism=organism or gene_names.guess_organism(list(screen.adata.var_names)),
        version=f"{path.name}, {screen.column}",
        null_groups=null_groups,
        seed=seed,
    )
    if not screen.several:
        return truth, report
    # these cells were given no label, so the count of such cells holds them too
    losses = dict(truth.losses)
    without = losses.pop("cells without a perturbation", 0) - screen.several
    losses = {"cells with several perturbed genes": screen.several, **losses}
    if without:
        losses["cells without a perturbation"] = without
    return dataclasses.replace(truth, losses=losses), report


def read_screen(
    path: Path, *, column: str | None = None, control: str | None = None, organism: str | None = None
) -> Screen:
    """Read a screen; see `screen_from_file`.

    Labels such as "KLF1+ctrl" stand for KLF1; cells with several genes, "KLF1+BAK1", are left out.
    """
    adata = _read(path)
    column, control = _choose(adata, column, control, path.name)
    genes = {label: _genes_of(label, control) for label in _texts(adata, column)}
    spelling = _spelling(adata, {one for names in genes.values() for one in names}, organism)
    meant = {
        label: None if len(names) > 1 else (spelling.get(names[0], names[0]) if names else control)
        for label, names in genes.items()
    }
    meant[""] = None
    given = ["" if _is_missing(one) else str(one).strip() for one in adata.obs[column].tolist()]
    several = sum(len(genes.get(one, ())) > 1 for one in given)
    return Screen(adata, column, control, tuple(meant[one] for one in given), several)


def _read(path: Path) -> "AnnData":
    """Return the file's content; refuse what is no h5ad."""
    import warnings

    import anndata

    if not path.is_file():
        raise DataError(f"There is no file {path}. Give the path of an h5ad with a perturbation screen.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # older formats
            return anndata.read_h5ad(path)
    except Exception as error:  # whatever the readers of broken files raise
        line = str(error).partition("\n")[0] or type(error).__name__
        raise DataError(f"{path.name} cannot be read as h5ad ({line}).") from error


def _choose(adata: "AnnData", column: str | None, control: str | None, name: str) -> tuple[str, str]:
    """Return the column of labels and the label of the control; guess what is not given."""
    if column is not None and column not in adata.obs:
        raise DataError(f"{name} has no obs[{column!r}].{suggest(column, map(str, adata.obs), 'Columns')}")
    asked = [column] if column is not None else _candidates(adata)
    if not asked:
        columns = ", ".join(map(str, adata.obs)) or "none"
        raise DataError(
            f"No column of {name} looks like perturbed genes ({columns}). Name it: --column NAME."
        )
    found = {one: _controls(_texts(adata, one), control) for one in asked}
    possible = {one: labels for one, labels in found.items() if labels}
    if not possible:
        shown = "; ".join(f"obs[{one!r}]: {_examples(_texts(adata, one))}" for one in asked)
        wanted = (
            f"No cell is labelled {control!r}" if control else "No label looks like that of control cells"
        )
        raise DataError(f"{wanted} in {name} ({shown}). Name the control: --control LABEL.")
    different = {one for one in possible if not _same(adata, one, next(iter(possible)))}
    if different:
        raise DataError(
            f"Several columns of {name} could hold the perturbed genes: {', '.join(possible)}. "
            "Name one: --column NAME."
        )
    chosen, labels = next(iter(possible.items()))
    if len(labels) > 1:
        raise DataError(
            f"Several labels of obs[{chosen!r}] could be the control: {', '.join(labels)}. "
            "Name one: --control LABEL."
        )
    return chosen, labels[0]


def _candidates(adata: "AnnData") -> list[str]:
    """Return the columns whose name says perturbed genes, likeliest first."""
    by_name = {str(one).lower(): str(one) for one in adata.obs}
    return [by_name[one] for one in COLUMNS if one in by_name]


def _controls(labels: Sequence[str], control: str | None) -> list[str]:
    """Return the labels that are the control, or look like one."""
    if control is not None:
        return [one for one in labels if one == control]
    return [one for one in labels if re.sub(r"[^a-z0-9]", "", one.lower()) in CONTROLS]


def _same(adata: "AnnData", one: str, other: str) -> bool:
    """Whether two columns label the cells alike, whatever they call the labels."""
    pairs = adata.obs[[one]].astype(str).assign(other=adata.obs[other].astype(str)).drop_duplicates()
    return bool(pairs[one].is_unique and pairs["other"].is_unique)


def _texts(adata: "AnnData", column: str) -> list[str]:
    """Return the different labels of a column, without missing ones."""
    return sorted({str(one).strip() for one in adata.obs[column].unique() if not _is_missing(one)} - {""})


def _is_missing(value: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(value))


def _examples(labels: Sequence[str]) -> str:
    return ", ".join(labels[:8]) + (f" and {len(labels) - 8} more" if len(labels) > 8 else "")


def _genes_of(label: str, control: str) -> list[str]:
    """Return the genes that a label names; none for the control."""
    if label == control:
        return []
    names = [one for one in label.split("+") if one and one != control and one.lower() != "ctrl"]
    return list(dict.fromkeys(names))  # two guides of one gene


def _spelling(adata: "AnnData", wanted: set[str], organism: str | None) -> Mapping[str, str]:
    """Return how the data spell those perturbed genes that they measure under another name."""
    names = [str(one) for one in adata.var_names]
    strangers = wanted - set(names)
    if not strangers:
        return {}
    found: dict[str, str] = {}
    for column in _SYMBOL_COLUMNS:
        if column in adata.var:
            found.update(_unique(map(str, adata.var[column]), names, strangers))
    species = organism or gene_names.guess_organism(names)
    rest = strangers - set(found)
    if not rest or not gene_names.has_table(species):
        return found
    of_symbol = _unique((gene_names.current_symbol(one, species) for one in names), names, None)
    # a label may be in another case than the gene: STAT1 is Stat1 in mouse
    recased = {one: gene_names.recased(one, species) or one for one in rest}
    symbols = {one: gene_names.current_symbol(name, species) for one, name in recased.items()}
    return found | {one: of_symbol[symbol] for one, symbol in symbols.items() if symbol in of_symbol}


def _unique(keys: Any, names: Sequence[str], wanted: set[str] | None) -> dict[str, str]:
    """Return key -> name for keys that stand for one name only."""
    found: dict[str, str | None] = {}
    for key, name in zip(keys, names, strict=True):
        if wanted is None or key in wanted:
            found[key] = None if key in found else name
    return {key: name for key, name in found.items() if name is not None}
