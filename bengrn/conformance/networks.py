"""What the networks of a method must hold: the one that it infers, and those of its heads."""

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from bengrn.digests import digest_matrix
from bengrn.errors import BengrnError
from bengrn.metrics.ranking import average_precision, rank
from bengrn.planted import Planted, planted
from bengrn.silence import captured_stdout
from bengrn.tasks.frozen import count_pairs
from bengrn.truths.align import align
from bengrn.values import Network, Truth

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = [
    "SEED",
    "CheckFailedError",
    "check_cell_order",
    "check_difficult_genes",
    "check_direction",
    "check_empty_input",
    "check_gene_order",
    "check_input_unmodified",
    "check_rows_are_regulators",
    "check_seed",
    "check_silence",
    "refuse_wrong_direction",
]

SEED = 7
# two ways to the same number may differ by rounding, not by more
_TOLERANCE = 1e-4
# by the head's name; the one that `infer` or `from_truth` gives has none
Networks = dict[str, Network]


class CheckFailedError(AssertionError):
    """A check that does not hold; the message says what was seen."""


def _infer(method: Any, data: Planted) -> Networks:
    """Call the method as the runner does: for its network, and for its heads, if it offers any."""
    given = {"regulators": data.regulators, "seed": SEED}
    found: dict[str, Any] = {}
    if hasattr(method, "from_truth"):
        found[""] = method.from_truth(data.adata, data.truth, **given)
    elif hasattr(method, "infer"):
        found[""] = method.infer(data.adata, **given)
    if hasattr(method, "heads"):
        found |= dict(method.heads(data.adata, **given))
    for name, network in found.items():
        if not isinstance(network, Network):
            what = f"the head {name}" if name else "infer"
            raise CheckFailedError(
                f"{what} returned {type(network).__name__}; expected bengrn.plugin.Network"
            )
    return found


def _dense(network: Network, data: Planted) -> np.ndarray[Any, Any]:
    """Return the scores on the asked regulators x all genes, NaN where there is none."""
    scores: Any = network.scores
    full = np.full((len(data.regulators), data.adata.n_vars), np.nan)
    row = {name: number for number, name in enumerate(data.regulators)}
    column = {name: number for number, name in enumerate(data.adata.var_names)}
    dense = scores.toarray() if sparse.issparse(scores) else np.asarray(scores)
    rows = [row[name] for name in network.regulators if name in row]
    columns = [column[name] for name in network.targets if name in column]
    inside = (
        [name in row for name in network.regulators],
        [name in column for name in network.targets],
    )
    full[np.ix_(rows, columns)] = dense[np.ix_(*inside)]
    for number, name in enumerate(data.regulators):
        full[number, column[name]] = np.nan  # self-pairs say nothing
    return full


def _same(first: Networks, second: Networks, one: Planted, other: Planted, what: str) -> None:
    """Refuse networks of two calls that differ by more than rounding, gene by gene."""
    if list(first) != list(second):
        raise CheckFailedError(f"{what}: heads {list(first)} become {list(second)}; expected the same")
    for name, network in first.items():
        _same_scores(network, second[name], one, other, f"{what}, head {name}" if name else what)


def _same_scores(first: Network, second: Network, one: Planted, other: Planted, what: str) -> None:
    """Refuse two networks that differ by more than rounding, gene by gene."""
    a, b = _dense(first, one), _dense(second, other)
    order = [list(other.adata.var_names).index(name) for name in one.adata.var_names]
    rows = [other.regulators.index(name) for name in one.regulators]
    b = b[np.ix_(rows, order)]
    scale = max(float(np.nanmax(np.abs(a), initial=0.0)), 1e-12)
    gap = np.nan_to_num(np.abs(np.nan_to_num(a) - np.nan_to_num(b))).max() / scale
    if gap > _TOLERANCE:
        raise CheckFailedError(f"{what}: scores move by up to {gap:.1%} of the largest; expected none")


def check_rows_are_regulators(method: Any) -> None:
    """Rows are the regulators asked for, columns are genes: also when only some genes are asked for."""
    data = planted(regulators="some")
    for network in _infer(method, data).values():
        strangers = set(network.regulators) - set(data.regulators)
        if strangers:
            raise CheckFailedError(
                f"rows hold {len(strangers)} genes that were not asked for as regulators, {min(strangers)!r} "
                "first. Transposed? A row regulates its column"
            )
        unknown = set(network.targets) - set(data.adata.var_names)
        if unknown:
            raise CheckFailedError(f"columns hold {min(unknown)!r}, which is no gene of the data")


def check_direction(method: Any) -> None:
    """Find a planted network, and better in the right direction than transposed."""
    data = planted(regulators="all")
    refuse_wrong_direction(_infer(method, data)[""], data.truth)


def refuse_wrong_direction(network: Network, truth: Truth) -> None:
    """Refuse a network that does not find a truth, or finds it better when transposed.

    Raises
    ------
    CheckFailedError
        With the average precisions.
    """
    found = _precision(network, truth)
    n_pairs, n_true = count_pairs(truth)
    random = n_true / n_pairs
    if found < 3 * random:
        raise CheckFailedError(
            f"average precision {found:.3f} on a planted network; expected over {3 * random:.3f}"
        )
    if set(network.regulators) == set(network.targets) and not sparse.issparse(network.scores):
        turned = Network(
            np.asarray(network.scores).T.copy(), network.targets, network.regulators, network.signed
        )
        other = _precision(turned, truth)
        if found < 0.9 * other:
            raise CheckFailedError(
                f"average precision {found:.3f}, but {other:.3f} when transposed. Rows must be regulators"
            )


def _precision(network: Network, truth: Truth) -> float:
    return float(average_precision(rank(align(network, truth))))


def check_gene_order(method: Any) -> None:
    """Permuting genes permutes the scores and changes nothing else."""
    data = planted(regulators="some")
    shuffled = data.permuted(genes=True)
    _same(_infer(method, data), _infer(method, shuffled), data, shuffled, "permuting genes")


def check_cell_order(method: Any) -> None:
    """Permuting cells changes nothing."""
    data = planted(regulators="some")
    shuffled = data.permuted(genes=False)
    _same(_infer(method, data), _infer(method, shuffled), data, shuffled, "permuting cells")


def check_seed(method: Any) -> None:
    """Give the same scores for the same seed."""
    data = planted(regulators="some")
    _same(_infer(method, data), _infer(method, data), data, data, "the same seed twice")


def check_input_unmodified(method: Any) -> None:
    """Leave the data as they were."""
    data = planted(regulators="some")
    before = _state(data.adata)
    _infer(method, data)
    if _state(data.adata) != before:
        raise CheckFailedError("infer changed adata. Work on a copy: dense_counts(adata) gives one")


def _state(adata: "AnnData") -> tuple[Any, ...]:
    parts = (adata.layers, adata.obsm, adata.varm, adata.uns, adata.obsp, adata.varp)
    columns = (list(adata.obs), list(adata.var), *map(list, parts))
    return digest_matrix(adata.X), tuple(adata.var_names), tuple(adata.obs_names), str(columns)


def check_silence(method: Any) -> None:
    """Nothing is printed, neither by Python nor below it."""
    data = planted(regulators="some")
    with captured_stdout() as printed:
        _infer(method, data)
    if printed:
        first = printed[0].strip().partition("\n")[0][:60]
        raise CheckFailedError(f"infer printed {first!r}. Return results; track() shows progress")


def check_difficult_genes(method: Any) -> None:
    """Score a gene without variance, and one regulator alone, with finite numbers."""
    data = planted(regulators="one", constant_gene=True)
    for network in _infer(method, data).values():
        if np.isnan(_dense(network, data)).all():
            raise CheckFailedError("no pair of a single regulator was scored")


def check_empty_input(method: Any) -> None:
    """No cells: a ValueError or a BengrnError with a message, not a network and not a crash."""
    data = planted(regulators="some").without_cells()
    try:
        _infer(method, data)
    except CheckFailedError:
        raise
    except (ValueError, BengrnError) as error:
        if str(error).strip():
            return
        raise CheckFailedError(f"no cells gave a {type(error).__name__} without a message") from error
    except Exception as error:
        raise CheckFailedError(
            f"no cells gave {type(error).__name__}: {error}. Raise ValueError with a clear line"
        ) from error
    raise CheckFailedError("no cells gave a network; expected a ValueError with a clear line")
