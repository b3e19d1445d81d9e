"""The conformance kit: what every method must hold, for its author to check.

`bengrn validate NAME-or-FILE` runs it; in a test file, two lines do:

    from bengrn.testing import method_checks
    test_my_method = method_checks("my-method")

`expected_failures` names checks that a method cannot hold, with the reason; one that passes after all
is reported.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from bengrn.digests import digest_matrix
from bengrn.errors import BengrnError
from bengrn.metrics.ranking import average_precision, rank
from bengrn.planted import Planted, planted
from bengrn.registry import build_registry
from bengrn.request import parse_named
from bengrn.resolve import Chosen, choose
from bengrn.silence import captured_stdout
from bengrn.truths.align import align
from bengrn.values import Network

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["CHECKS", "Outcome", "find_method", "method_checks", "validate_method"]

_SEED = 7
# two ways to the same number may differ by rounding, not by more
_TOLERANCE = 1e-4


class _CheckFailedError(AssertionError):
    """A check that does not hold; the message says what was seen."""


@dataclass(frozen=True)
class Outcome:
    """How a check went: "passed", "failed", "expected failure", "unexpected pass" or "skipped"."""

    check: str
    result: str
    message: str = ""

    @property
    def good(self) -> bool:
        """Whether this is no reason to worry."""
        return self.result in ("passed", "expected failure", "skipped")


def _infer(method: Any, data: Planted, *, seed: int = _SEED) -> Network:
    """Call the method as the runner does."""
    if hasattr(method, "from_truth"):
        network = method.from_truth(data.adata, data.truth, regulators=data.regulators, seed=seed)
    else:
        network = method.infer(data.adata, regulators=data.regulators, seed=seed)
    if not isinstance(network, Network):
        raise _CheckFailedError(f"infer returned {type(network).__name__}; expected bengrn.plugin.Network")
    return network


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


def _same(first: Network, second: Network, one: Planted, other: Planted, what: str) -> None:
    """Refuse two networks that differ by more than rounding, gene by gene."""
    a, b = _dense(first, one), _dense(second, other)
    order = [list(other.adata.var_names).index(name) for name in one.adata.var_names]
    rows = [other.regulators.index(name) for name in one.regulators]
    b = b[np.ix_(rows, order)]
    scale = max(float(np.nanmax(np.abs(a), initial=0.0)), 1e-12)
    gap = np.nan_to_num(np.abs(np.nan_to_num(a) - np.nan_to_num(b))).max() / scale
    if gap > _TOLERANCE:
        raise _CheckFailedError(f"{what}: scores move by up to {gap:.1%} of the largest; expected none")


def check_rows_are_regulators(method: Any) -> None:
    """Rows are the regulators asked for, columns are genes: also when only some genes are asked for."""
    data = planted(regulators="some")
    network = _infer(method, data)
    strangers = set(network.regulators) - set(data.regulators)
    if strangers:
        raise _CheckFailedError(
            f"rows hold {len(strangers)} genes that were not asked for as regulators, {min(strangers)!r} "
            "first. Transposed? A row regulates its column"
        )
    unknown = set(network.targets) - set(data.adata.var_names)
    if unknown:
        raise _CheckFailedError(f"columns hold {min(unknown)!r}, which is no gene of the data")


def check_direction(method: Any) -> None:
    """Find a planted network, and better in the right direction than transposed."""
    data = planted(regulators="all")
    network = _infer(method, data)
    found = _precision(network, data)
    random = data.truth.edges.sum() / (data.adata.n_vars * (data.adata.n_vars - 1))
    if found < 3 * random:
        raise _CheckFailedError(
            f"average precision {found:.3f} on a planted network; expected over {3 * random:.3f}"
        )
    if set(network.regulators) == set(network.targets) and not sparse.issparse(network.scores):
        turned = Network(
            np.asarray(network.scores).T.copy(), network.targets, network.regulators, network.signed
        )
        other = _precision(turned, data)
        if found < 0.9 * other:
            raise _CheckFailedError(
                f"average precision {found:.3f}, but {other:.3f} when transposed. Rows must be regulators"
            )


def _precision(network: Network, data: Planted) -> float:
    return float(average_precision(rank(align(network, data.truth))))


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
        raise _CheckFailedError("infer changed adata. Work on a copy: dense_counts(adata) gives one")


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
        raise _CheckFailedError(f"infer printed {first!r}. Return results; track() shows progress")


def check_difficult_genes(method: Any) -> None:
    """Score a gene without variance, and one regulator alone, with finite numbers."""
    data = planted(regulators="one", constant_gene=True)
    scores = _dense(_infer(method, data), data)
    if np.isnan(scores).all():
        raise _CheckFailedError("no pair of a single regulator was scored")


def check_empty_input(method: Any) -> None:
    """No cells: a ValueError or a BengrnError with a message, not a network and not a crash."""
    data = planted(regulators="some").without_cells()
    try:
        _infer(method, data)
    except _CheckFailedError:
        raise
    except (ValueError, BengrnError) as error:
        if str(error).strip():
            return
        raise _CheckFailedError(f"no cells gave a {type(error).__name__} without a message") from error
    except Exception as error:
        raise _CheckFailedError(
            f"no cells gave {type(error).__name__}: {error}. Raise ValueError with a clear line"
        ) from error
    raise _CheckFailedError("no cells gave a network; expected a ValueError with a clear line")


CHECKS: dict[str, Callable[[Any], None]] = {
    "rows-are-regulators": check_rows_are_regulators,
    "direction": check_direction,
    "gene-order": check_gene_order,
    "cell-order": check_cell_order,
    "seed": check_seed,
    "input-unmodified": check_input_unmodified,
    "silence": check_silence,
    "difficult-genes": check_difficult_genes,
    "empty-input": check_empty_input,
}
# a control knows nothing, or the answer: finding a planted network is not its business
_NOT_FOR_CONTROLS = ("direction",)
_NOT_FOR_READERS = ("empty-input",)


def validate_method(
    method: Chosen, check: str, expected_failures: Mapping[str, str] | None = None
) -> Outcome:
    """Run one check on a method.

    Raises
    ------
    BengrnError
        If a check does not exist.
    """
    expected = dict(expected_failures or {})
    unknown = {check, *expected} - set(CHECKS)
    if unknown:
        raise BengrnError(f"There is no check {min(unknown)!r}. Checks: {', '.join(CHECKS)}.")
    reason = _skipped(check, method)
    if reason:
        return Outcome(check, "skipped", reason)
    try:
        CHECKS[check](method.instance)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a method may raise anything; that is the finding
        message = str(error) if isinstance(error, _CheckFailedError) else f"{type(error).__name__}: {error}"
        result = "expected failure" if check in expected else "failed"
        return Outcome(check, result, expected.get(check, message))
    return Outcome(check, "unexpected pass" if check in expected else "passed", expected.get(check, ""))


def _skipped(check: str, method: Chosen) -> str:
    """Return why a check does not apply, or nothing."""
    if getattr(method.instance, "origin", "") == "control":
        if check in _NOT_FOR_CONTROLS:
            return "a control finds nothing by itself"
        if hasattr(method.instance, "from_truth") and check in _NOT_FOR_READERS:
            return "a control that reads the truth needs no cells"
    return ""


def find_method(name: str, settings: Mapping[str, object] | None = None) -> Chosen:
    """Return an installed method, or one of a file, with settings."""
    asked = parse_named(name)
    files = [asked.file] if asked.file else []
    return choose(build_registry(files), "method", asked, settings)


def method_checks(
    name: str | Path,
    *,
    settings: Mapping[str, object] | None = None,
    expected_failures: Mapping[str, str] | None = None,
) -> Callable[[str], None]:
    """Return a pytest test that runs every check on a method.

    Parameters
    ----------
    name
        An installed method, `name` or `package/name`, or the path of its file.
    settings
        To make the checks quick, such as {"ntrees": 20}.
    expected_failures
        check -> why the method cannot hold it.
    """
    import pytest

    @pytest.mark.parametrize("check", list(CHECKS))
    def test_conforms(check: str) -> None:
        method = find_method(str(name), settings)
        outcome = validate_method(method, check, expected_failures)
        if outcome.result == "skipped":
            pytest.skip(outcome.message)
        assert outcome.good, f"{name}, {check}: {outcome.result}. {outcome.message}"  # noqa: S101

    return test_conforms
