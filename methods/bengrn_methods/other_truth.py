"""Controls made of another truth: what its degrees score, and what its edges do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from scipy import sparse

from bengrn.plugin import Network, Truth, name_truth, read_truth
from bengrn_methods._names import positions
from bengrn_methods._truth_networks import END_PRESETS, Ends, edges_alone, product_of_degrees

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Degrees", "Edges"]

_BASELINE = "control of this project"


@dataclass(frozen=True, kw_only=True)
class Degrees:
    """Score a pair by how many targets its regulator and how many regulators its target have elsewhere.

    Out-degree times in-degree in another truth of the same organism: hubs are hubs everywhere, and whoever
    knows which genes are hubs scores high without knowing one edge. A gene that the other truth lacks has
    degree 0. With `ends` it is the degree of the regulators alone (the preset `out`) or of the targets alone
    (`in`).

    Parameters
    ----------
    of
        The other truth: a table of edges (source, target), or a parquet that bengrn wrote.
    ends
        Whose degrees.
    among
        Which edges count: those among the task's genes, or all that are listed.
    """

    name: ClassVar[str] = "degrees"
    version: ClassVar[str] = "2"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = _BASELINE
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = END_PRESETS

    of: Path | None = None
    ends: Ends = "both"
    among: Literal["task", "list"] = "task"

    def __post_init__(self) -> None:
        """Refuse to guess another truth."""
        _check_given(self.of, self.name)

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return out-degree x in-degree, or one of them."""
        genes = tuple(str(name) for name in adata.var_names)
        other = _read_other(cast("Path", self.of), genes, regulators)
        if self.among == "task":
            other = _among(other, genes, regulators)
        return _check_found(product_of_degrees(other, genes, regulators, self.ends), other)


@dataclass(frozen=True, kw_only=True)
class Edges:
    """Predict exactly the edges of another truth: what real binding data would score.

    With equal weights all its edges tie, so that an early precision is an expectation over their order; its
    range is in the record.

    Parameters
    ----------
    of
        The other truth: a table of edges (source, target), or a parquet that bengrn wrote.
    weights
        All 1, or out-degree x in-degree among the task's genes (the preset `by-degree`): edges, hubs first.
    """

    name: ClassVar[str] = "edges"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "control"
    source: ClassVar[str] = _BASELINE

    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {"by-degree": {"weights": "degrees"}}

    of: Path | None = None
    weights: Literal["equal", "degrees"] = "equal"

    def __post_init__(self) -> None:
        """Refuse to guess another truth."""
        _check_given(self.of, self.name)

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return a weight for each edge among these regulators and genes, no other entry."""
        genes = tuple(str(name) for name in adata.var_names)
        other = _among(_read_other(cast("Path", self.of), genes, regulators), genes, regulators)
        network = _check_found(edges_alone(other, genes, regulators), other)
        if self.weights == "equal":
            return network
        product = product_of_degrees(other, genes, regulators, "both")
        weights_RT = sparse.csr_array(sparse.csr_array(network.scores).multiply(product.scores))
        return Network(weights_RT, network.regulators, network.targets)


def _check_given(other: Path | None, name: str) -> None:
    """Refuse to go without another truth."""
    if other is None:
        raise ValueError(f"it is made of another truth; name its file: --set {name}.of=FILE")


def _read_other(path: Path, genes: tuple[str, ...], regulators: Sequence[str]) -> Truth:
    """Return another truth, its genes named as these are."""
    positions(genes, regulators)
    return name_truth(read_truth(path), genes)[0]


def _among(truth: Truth, genes: Sequence[str], regulators: Sequence[str]) -> Truth:
    """Return a truth on those of these regulators and genes that it tested."""
    rows, columns = set(regulators), set(genes)
    return truth.restrict(
        [name for name in truth.regulators if name in rows],
        [name for name in truth.targets if name in columns],
    )


def _check_found(network: Network, other: Truth) -> Network:
    """Return the network; refuse one without any score."""
    if network.scores.max() > 0:
        return network
    raise ValueError(
        f"{other.version or 'the other truth'} has no edge of the {len(network.regulators)} regulators or "
        f"none to the {len(network.targets)} genes ({network.targets[0]!r} first); expected a truth of the "
        "same organism and names."
    )
